"""Media in JSON: what a client may send, what it gets, and the schemas that say so."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from pydantic_core import PydanticCustomError, core_schema

from aanad.errors import AanaError
from aanad.sdk.models.data_url import decode_base64
from aanad.sdk.models.file_names import last_part
from aanad.sdk.models.inputs import InputContext

if TYPE_CHECKING:
    from pydantic_core.core_schema import CoreSchema, ValidationInfo

    from aanad.sdk.models.media import Media

_SOURCES = ("url", "path", "content")
_NAMES = ("media_type", "filename", "media_id")
_BLANKS = r"[ \t\r\n]*"
_DIGIT, _FILL = f"[A-Za-z0-9+/]{_BLANKS}", f"={_BLANKS}"
_BASE64 = f"^{_BLANKS}(?:(?:{_DIGIT}){{4}})*(?:(?:{_DIGIT}){{2}}(?:{_FILL}){{2}}|(?:{_DIGIT}){{3}}{_FILL})?$"
"""Line breaks may stand in it."""
_HOST = r"(?:[^/?#]*@)?(?:[^/?#@:\[\]\s]|\[[0-9A-Fa-f:.]+\])"
_URL = f"^(?:[hH][tT][tT][pP][sS]?://{_HOST}|[dD][aA][tT][aA]:[^,]*,)"


def core_schema_of(cls: type[Media]) -> CoreSchema:
    """How pydantic reads and writes media of a class."""

    def validate(value: object, info: ValidationInfo) -> Media:
        context = info.context if isinstance(info.context, InputContext) else None
        try:
            return _validate(cls, value, context)
        except AanaError as error:
            raise _refusal(error.code, error.message) from error

    return core_schema.with_info_plain_validator_function(
        validate,
        serialization=core_schema.plain_serializer_function_ser_schema(
            to_json, when_used="json", return_schema=core_schema.dict_schema()
        ),
    )


def to_json(media: Media) -> dict[str, str]:
    """Media as a JSON object: its type, its name if it has one, its bytes in base64."""
    answer = {"media_type": media.media_type}
    if media.filename:
        answer["filename"] = media.filename
    return answer | {"content": base64.b64encode(media.read()).decode("ascii")}


def json_schema_of(cls: type[Media], mode: str) -> dict[str, Any]:
    """The schema of media of a class: what may be sent, or what is answered."""
    kind = cls.__name__
    media_type = {"type": "string", "description": "The media type.", "examples": [cls.default_media_type]}
    filename = {"type": "string", "description": "The file's name."}
    content: dict[str, Any] = {"type": "string", "contentEncoding": "base64", "description": "The bytes in base64."}
    if mode == "serialization":
        return {
            "title": kind,
            "description": f"{kind}: its media type and its bytes.",
            "type": "object",
            "properties": {"media_type": media_type, "filename": filename, "content": content},
            "required": ["media_type", "content"],
            "additionalProperties": False,
        }
    content["pattern"] = _BASE64
    url = {"type": "string", "pattern": _URL, "description": "An http, https or data URL."}
    return {
        "title": kind,
        "description": f"{kind}: a URL, or an object with exactly one of url, path and content; or a file of the form.",
        "anyOf": [
            {
                "type": "object",
                "properties": {
                    "url": url,
                    "path": {"type": "string", "description": "A file on the server, where its settings allow it."},
                    "content": content,
                    "media_type": media_type,
                    "filename": filename,
                    "media_id": {"type": "string", "description": "The caller's own name for it."},
                },
                "oneOf": [{"required": [source]} for source in _SOURCES],
                "additionalProperties": False,
            },
            url,
        ],
    }


def _validate(cls: type[Media], value: object, context: InputContext | None) -> Media:
    if isinstance(value, cls):
        return value
    if isinstance(value, str):
        return _of_url(cls, value, {}, context)
    if isinstance(value, dict):
        return _of_object(cls, value, context)
    made = cls.of_value(value)
    if made is None:
        _refuse("media_type", f"Give {_article(cls)} as a URL or as an object with one of url, path and content.")
    return made


def _of_object(cls: type[Media], value: dict[Any, Any], context: InputContext | None) -> Media:
    if context is not None and value.keys() == {"upload"}:
        return _of_upload(cls, value["upload"], context)
    unknown = [str(name) for name in value if name not in _SOURCES + _NAMES]
    if unknown:
        _refuse("media_field", f"{cls.__name__} has no field '{unknown[0][:40]}'.")
    wrong = [name for name, text in value.items() if not isinstance(text, str)]
    if wrong:
        _refuse("media_field", f"The field {wrong[0]} must be a string.")
    sources = [name for name in _SOURCES if name in value]
    if len(sources) != 1:
        got = " and ".join(sources) or "none"
        _refuse("media_source", f"Give exactly one of url, path and content; got {got}.")
    names: dict[str, Any] = {name: value[name] for name in _NAMES if name in value}
    if "filename" in names:
        names["filename"] = last_part(names["filename"])
    if "url" in value:
        return _of_url(cls, value["url"], names, context)
    if "path" in value:
        return _checked(cls(path=_allowed_path(value["path"], context), **names), context)
    return _checked(cls(decode_base64(value["content"]), **names), context)


def _of_url(cls: type[Media], url: str, names: dict[str, Any], context: InputContext | None) -> Media:
    scheme = url[:8].partition(":")[0].lower()
    if scheme == "data":
        return _checked(cls(url=url, **names), context)
    if scheme not in {"http", "https"}:
        _refuse("media_source", 'A string must be an http, https or data URL; base64 is sent as {"content": …}.')
    if context is None or not context.urls:
        _refuse("url_not_allowed", "Media by URL is not allowed here; send the file itself.")
    media = cls(url=url, **names)
    media._pending = True
    media.limit(context.max_image_pixels)
    context.pending.append(media)
    return media


def _of_upload(cls: type[Media], index: object, context: InputContext) -> Media:
    if not isinstance(index, int) or isinstance(index, bool) or not 0 <= index < len(context.uploads):
        _refuse("no_such_upload", "The form has no such file.")
    return _checked(cls.from_upload(context.uploads[index]), context)


def _allowed_path(text: str, context: InputContext | None) -> Path:
    if context is None or not context.folders:
        _refuse("path_not_allowed", "Files on the server are not allowed here; send the file itself.")
    try:
        path = Path(text).resolve()
        inside = Path(text).is_absolute() and any(path.is_relative_to(folder.resolve()) for folder in context.folders)
        found = inside and path.is_file()
    except (OSError, ValueError, RuntimeError):  # a name with a null byte, a loop of links
        inside = found = False
    if not inside:
        _refuse("path_not_allowed", "The path must be absolute and lead into a folder that the server allows.")
    if not found:
        _refuse("no_such_file", "There is no such file on the server.")
    return path


def _checked(media: Media, context: InputContext | None) -> Media:
    media.limit(context.max_image_pixels if context is not None else None)
    media.check()
    return media


def _article(cls: type[Media]) -> str:
    name = cls.__name__.lower()
    if name == "audio":
        return name
    return f"an {name}" if name[0] in "aeiou" else f"a {name}"


def _refuse(kind: str, message: str) -> NoReturn:
    raise _refusal(kind, message)


def _refusal(kind: str, message: str) -> PydanticCustomError:
    return PydanticCustomError(kind, "{reason}", {"reason": message})
