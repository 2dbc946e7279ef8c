"""Fetching a URL that an author wrote. What clients send is fetched by the server, under its own rules."""

from __future__ import annotations

from aanad.sdk.exceptions import Failed
from aanad.sdk.models import media_types
from aanad.sdk.temporary import TemporaryFile, new_file

_TIMEOUT_S = 60.0


def fetch(url: str) -> tuple[TemporaryFile, str | None]:
    """The bytes of a URL in a temporary file, and the media type that the server declared.

    Raises:
        Failed: it cannot be fetched.
    """
    import httpx

    file = new_file()
    try:
        with (
            httpx.Client(timeout=_TIMEOUT_S, follow_redirects=True) as client,
            client.stream("GET", url) as response,
            file.path.open("wb") as target,
        ):
            response.raise_for_status()
            for part in response.iter_bytes():
                target.write(part)
            declared = media_types.essence(response.headers.get("content-type"))
    except httpx.HTTPStatusError as error:
        file.close()
        raise Failed(f"Media could not be fetched: the server answered {error.response.status_code}.") from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        file.close()
        raise Failed("Media could not be fetched: its server did not answer.") from error
    return file, None if declared in media_types.GENERIC else declared
