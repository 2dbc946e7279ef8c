"""The shape of a row: an annotation, what the schema says of it, what is accepted, what is refused in which words."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

NO_DEFAULT = object()
Upload = tuple[str, bytes, str | None]
"""Name, content and media type."""


@dataclass(frozen=True)
class Parameter:
    """``async def run(self, value: <annotation>)``."""

    id: str
    annotation: Any
    schema: dict[str, Any]
    """Of the field ``value``, without its title."""
    accepts: list[tuple[str, Any]] = field(default_factory=list)
    """What is sent as JSON, and what `run` gets."""
    refuses: list[tuple[str, str, str]] = field(default_factory=list)
    """What is sent as JSON, the field that the problem names (below ``body.value``), and its message."""
    default: Any = NO_DEFAULT
    defs: dict[str, Any] = field(default_factory=dict)
    """The schemas to which `schema` refers."""
    is_titled: bool = True
    """Whether pydantic gives the field a title: not where it refers to a class, which has one."""

    def request_schema(self) -> dict[str, Any]:
        """The whole schema of the request."""
        value = {"title": "Value", **self.schema} if self.is_titled and "$ref" not in self.schema else self.schema
        whole: dict[str, Any] = {
            "title": "RowRequest",
            "type": "object",
            "additionalProperties": False,
            "properties": {"value": value},
        }
        if self.default is NO_DEFAULT and "default" not in self.schema:
            whole["required"] = ["value"]
        return whole | ({"$defs": self.defs} if self.defs else {})


@dataclass(frozen=True)
class MediaParameter:
    """A parameter that takes media or bytes; what `run` gets is compared by what it holds."""

    id: str
    annotation: Any
    schema: dict[str, Any]
    """Of the field ``value`` in JSON."""
    form: dict[str, Any] | None = None
    """Of the field in a form; None where it takes no file."""
    accepts: list[tuple[str, Any]] = field(default_factory=list)
    """What is sent as JSON, and what `run` gets."""
    refuses: list[tuple[str, ...]] = field(default_factory=list)
    """What is sent as JSON, the field (below ``body.value``), the message, and a code other than invalid_request."""
    uploads: list[tuple[list[Upload], Any]] = field(default_factory=list)
    """Files of the form, and what `run` gets."""
    wrong_uploads: list[tuple[list[Upload], int, str, str]] = field(default_factory=list)
    """Files of the form, the status, the code and the sentence."""
    defs: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Result:
    """``async def run(self) -> <annotation>``."""

    id: str
    annotation: Any
    schema: dict[str, Any]
    """Of the answer, whole."""
    answers: list[tuple[Any, str]]
    """What `run` returns, and the JSON that is answered; of a stream the chunks and the lines."""
    is_stream: bool = False
    wrong: list[Any] = field(default_factory=list)
    """What `run` must not return: answered by 500, code invalid_result."""


@dataclass(frozen=True)
class MediaResult:
    """A result that is sent in the form that the client accepts."""

    id: str
    annotation: Any
    schema: dict[str, Any] | None
    """Of its form in JSON, or of one chunk; None where it has none."""
    media_types: list[str]
    """Those that OpenAPI names, in their order."""
    value: Any
    """What `run` returns; of a stream its chunks."""
    answers: dict[str, tuple[str | int, Any]]
    """By Accept: the media type and what the body shows, or a status and the body; of 406 no body is compared."""
    wrong: list[Any] = field(default_factory=list)
    """What `run` must not return: answered by 500, code invalid_result."""
    may_be_empty: bool = False
    is_stream: bool = False


@dataclass(frozen=True)
class Unservable:
    """An annotation that registration says no to."""

    id: str
    annotation: Any
    name: str
    """How the sentence calls the type."""
    hint: str
    of_result: bool = False
