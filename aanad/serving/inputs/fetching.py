"""Media that a request gives by URL: fetched before its endpoint runs, under the rules of requests."""

from __future__ import annotations

import asyncio
import ssl
from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING

import httpcore
import httpx

from aanad.errors import AanaError
from aanad.sdk.models.media import Media
from aanad.serving.inputs.addresses import AddressRefused, HostUnknown, PublicBackend
from aanad.serving.inputs.refusals import size, too_many_urls
from aanad.serving.problems import RequestRefused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import BaseModel

    from aanad.serving.inputs.files import RequestFiles
    from aanad.wire.requests import RequestRules

MAX_REDIRECTS = 5
MAX_URLS = 100
CONCURRENT = 8
"""Fetches of one request at once."""
_HEADERS = {"accept": "*/*", "accept-encoding": "identity", "user-agent": "aana"}


async def fetch_all(pending: list[Media], request: BaseModel, rules: RequestRules, files: RequestFiles) -> None:
    """Fetch what is missing, all at the same time; the first that fails ends the others.

    Raises:
        RequestRefused: a URL that is against the rules, or cannot be fetched; it names the field.
    """
    if len(pending) > MAX_URLS:
        raise too_many_urls(MAX_URLS)
    turns = asyncio.Semaphore(CONCURRENT)

    async def fetch(media: Media) -> None:
        async with turns:
            await _Fetch(media, _field_of(request, media), rules, files).run()

    try:
        async with asyncio.TaskGroup() as group:
            for media in pending:
                group.create_task(fetch(media))
    except BaseExceptionGroup as failures:
        raise _first(failures) from failures


class _Fetch:
    """One URL."""

    def __init__(self, media: Media, field: str, rules: RequestRules, files: RequestFiles) -> None:
        self._media = media
        self._field = field
        self._rules = rules
        self._files = files

    async def run(self) -> None:
        """Give the media its bytes."""
        url = self._media.url or ""
        try:
            async with (
                asyncio.timeout(self._rules.url_timeout_s),
                httpx.AsyncClient(
                    transport=_transport(checked=self._rules.urls == "public"),
                    headers=_HEADERS,
                    timeout=None,  # noqa: S113 - the whole fetch has one
                    follow_redirects=True,
                    max_redirects=MAX_REDIRECTS,
                    trust_env=False,
                ) as client,
                client.stream("GET", url) as response,
            ):
                await self._take(response)
        except TimeoutError as error:
            raise self._refused(
                "download_timeout",
                f"the URL was not fetched within {self._rules.url_timeout_s:g} s",
                status=HTTPStatus.GATEWAY_TIMEOUT,
            ) from error
        except AddressRefused as error:
            raise self._refused(
                "url_refused", f"{error.host} is no public address", hint="Send the file itself."
            ) from error
        except HostUnknown as error:
            raise self._refused("download_failed", f"the host {error.host} is not known") from error
        except httpx.TooManyRedirects as error:
            raise self._refused("download_failed", f"the URL redirects more than {MAX_REDIRECTS} times") from error
        except httpx.UnsupportedProtocol as error:
            raise self._refused("url_refused", "the URL leads to something that is neither http nor https") from error
        except (httpx.HTTPError, httpx.InvalidURL, httpcore.UnsupportedProtocol, ssl.SSLError) as error:
            raise self._refused("download_failed", "the URL's server does not answer as it should") from error
        except AanaError as error:
            status = HTTPStatus(getattr(error, "status", HTTPStatus.UNPROCESSABLE_ENTITY))
            raise self._refused(error.code, error.message, status=status, hint=error.hint) from error

    async def _take(self, response: httpx.Response) -> None:
        if not response.is_success:
            raise self._refused("download_failed", f"the URL's server answered {response.status_code}")
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            raise self._refused("download_failed", "the URL's server compressed its answer, unasked")
        limit = self._rules.max_download_bytes
        length = response.headers.get("content-length", "")
        if length.isdecimal() and int(length) > limit:
            raise self._too_large(limit)
        file = self._files.add()
        async for part in response.aiter_raw():
            if file.size + len(part) > limit:
                raise self._too_large(limit)
            file.write(part)
        name = response.url.path.rpartition("/")[2] or None
        self._media.provide(file.finish(name, response.headers.get("content-type")))

    def _too_large(self, limit: int) -> RequestRefused:
        return self._refused(
            "download_too_large",
            f"what the URL leads to is larger than {size(limit)}",
            status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            hint="The operator's limit is requests.max_download_bytes.",
        )

    def _refused(
        self,
        code: str,
        message: str,
        *,
        status: HTTPStatus = HTTPStatus.UNPROCESSABLE_ENTITY,
        hint: str | None = None,
    ) -> RequestRefused:
        return RequestRefused(
            status,
            code,
            f"{self._field}: {message.rstrip('.')}.",
            hint=hint or "See that the URL can be reached from the server, or send the file itself.",
            field=self._field,
        )


def _transport(*, checked: bool) -> httpx.AsyncHTTPTransport:
    transport = httpx.AsyncHTTPTransport(verify=_certificates(), trust_env=False)
    if checked:
        # httpx has no parameter for the backend.
        transport._pool = httpcore.AsyncConnectionPool(  # noqa: SLF001
            ssl_context=_certificates(), network_backend=PublicBackend()
        )
    return transport


@cache
def _certificates() -> ssl.SSLContext:
    """Reading all authorities takes long enough to do it once; ``SSL_CERT_FILE`` names others, a company's say."""
    return httpx.create_ssl_context()


def _first(failures: BaseExceptionGroup[BaseException]) -> BaseException:
    refused = failures.subgroup(RequestRefused)
    found: BaseException = refused or failures
    while isinstance(found, BaseExceptionGroup):
        found = found.exceptions[0]
    return found


def _field_of(request: BaseModel, media: Media) -> str:
    """Where in the request it stands: ``image``, ``frames.2``; walked only for requests with URLs."""
    names = {key: field.alias or key for key, field in type(request).model_fields.items()}
    for key, value in request.__dict__.items():
        found = next(_paths(value, media, 0), None)
        if found is not None:
            return ".".join([names.get(key, key), *found])
    return "url"


def _paths(value: object, media: Media, depth: int) -> Iterator[tuple[str, ...]]:
    if value is media:
        yield ()
        return
    if depth > 16 or isinstance(value, (str, bytes, int, float, Media)):  # noqa: PLR2004
        return
    inside = value if isinstance(value, dict) else getattr(value, "__dict__", None)
    if isinstance(inside, dict):
        children = [(str(key), each) for key, each in inside.items()]
    elif isinstance(value, (list, tuple, set, frozenset)):
        children = [(str(index), each) for index, each in enumerate(value)]
    else:
        return
    for key, each in children:
        for rest in _paths(each, media, depth + 1):
            yield (key, *rest)
