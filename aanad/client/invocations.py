"""A test request to an endpoint, and its answer, passed through by the daemon."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aanad.errors import InvalidInput
from aanad.wire import problems

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import httpx

DURATION_HEADER = "x-aana-duration-ms"
"""Only an answer of the endpoint itself carries it; without it an error is the daemon's own."""


@dataclass(frozen=True)
class Invocation:
    """What is sent: JSON, or a form where there are files or fields."""

    data: bytes | None = None
    """The request as JSON."""
    files: Sequence[tuple[str, Path]] = ()
    """Name and path of each; several of the same name are a list. They are read while they are sent."""
    fields: Sequence[tuple[str, str]] = ()
    accept: str = "*/*"

    @contextmanager
    def as_arguments(self) -> Iterator[dict[str, Any]]:
        """The request's body as httpx takes it, inside the ``with`` that sends it."""
        headers = {"accept": self.accept}
        if not self.files and not self.fields:
            yield {
                "content": self.data if self.data is not None else b"{}",
                "headers": {**headers, "content-type": "application/json"},
            }
            return
        # A field without a file name is how httpx is told to send a form even where no file goes with it.
        parts: list[tuple[str, Any]] = [(name, (None, value)) for name, value in self.fields]
        if self.data is not None:
            parts.append(("body", (None, self.data)))
        with ExitStack() as stack:
            try:
                parts += [(name, (path.name, stack.enter_context(path.open("rb")))) for name, path in self.files]
            except OSError as error:
                raise InvalidInput(
                    f"{error.filename} cannot be read: {error.strerror}.", code="file_unreadable"
                ) from error
            yield {"files": parts, "headers": headers}


class Answer:
    """An endpoint's answer, whole or as it comes; valid inside the ``with`` that made it."""

    def __init__(self, response: httpx.Response) -> None:
        self._response = response
        self.status = response.status_code
        self.content_type = response.headers.get("content-type", "")
        self.request_id = response.headers.get("x-request-id", "")
        """By which the project's log knows it."""
        self.filename = _filename(response.headers.get("content-disposition", ""))
        """What the endpoint calls its file; empty where it sends none. Only the name, never a path."""
        duration = response.headers.get(DURATION_HEADER, "")
        self.duration_ms = float(duration) if duration.replace(".", "", 1).isdigit() else None

    @property
    def is_error(self) -> bool:
        """Whether the endpoint refused the request or failed."""
        return self._response.is_error

    @property
    def is_text(self) -> bool:
        """Whether the answer is for reading."""
        kind = self.content_type.partition(";")[0].strip().lower()
        return (
            kind.startswith("text/")
            or kind.endswith(("+json", "+xml"))
            or kind in {"application/json", "application/x-ndjson", "application/jsonl", "application/xml"}
        )

    def chunks(self) -> Iterator[bytes]:
        """The body as it arrives."""
        return self._response.iter_bytes()

    def read(self) -> bytes:
        """The whole body."""
        return self._response.read()

    def problem(self) -> problems.Problem | None:
        """What the endpoint says is wrong, where it says so in our shape."""
        try:
            return problems.Problem.model_validate_json(self.read())
        except ValueError:
            return None


def _filename(disposition: str) -> str:
    if not disposition:
        return ""
    from email.message import Message

    message = Message()
    message["content-disposition"] = disposition
    name = (message.get_filename() or "").replace("\\", "/").rpartition("/")[2]
    return "" if name in {".", ".."} else name
