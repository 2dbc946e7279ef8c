"""`Media`: bytes with a media type, from wherever they are, read when they are needed."""

from __future__ import annotations

import io
import shutil
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, ClassVar, Self
from urllib.parse import urlsplit

from aanad.sdk.exceptions import InvalidMedia
from aanad.sdk.models import data_url, media_types

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic_core.core_schema import CoreSchema

    from aanad.sdk.models.inputs import Upload
    from aanad.sdk.models.transfer import DistantFile
    from aanad.sdk.temporary import TemporaryFile


class Media:
    """Bytes with a media type; its subclasses know what the bytes mean.

    It has exactly one source. Nothing is read, fetched or decoded before it is needed; that then blocks, so call
    what reads from a thread where the event loop must not wait.

    Args:
        content: the bytes.
        path: the file that has them.
        url: where they can be fetched (http, https or data). What an author writes is fetched as it stands; a URL
            that a client sends is fetched by the server, under its settings, before `Endpoint.run` begins.
        media_type: ``image/png`` say; guessed where not given.
        filename: how a client called it, or shall.
        media_id: the caller's own name for it.

    Raises:
        TypeError: none or several of the sources are given.
        InvalidMedia: a URL of another scheme, or a data URL that cannot be read.
    """

    default_media_type: ClassVar[str] = "application/octet-stream"
    accepted_media_types: ClassVar[tuple[str, ...]] = ("*/*",)
    """What a client's upload may be."""

    def __init__(
        self,
        content: bytes | None = None,
        *,
        path: str | Path | None = None,
        url: str | None = None,
        media_type: str | None = None,
        filename: str | None = None,
        media_id: str | None = None,
    ) -> None:
        self._begin(
            {"content": content, "path": path, "url": url},
            media_type=media_type,
            filename=filename,
            media_id=media_id,
        )

    def _begin(
        self,
        sources: dict[str, Any],
        *,
        media_type: str | None,
        filename: str | None,
        media_id: str | None,
    ) -> None:
        given = {name: value for name, value in sources.items() if value is not None}
        if len(given) != 1:
            names = ", ".join(sources)
            got = " and ".join(given) or "none"
            raise TypeError(f"{type(self).__name__} takes exactly one of {names}; got {got}.")
        self.filename = filename
        self.media_id = media_id
        self._media_type = media_type
        self._content: bytes | None = None
        self._path: Path | None = None
        self._url: str | None = None
        self._value: Any = None
        self._file: TemporaryFile | None = None
        self._distant: DistantFile | None = None
        self._pending = False
        self._lock = threading.Lock()
        [(name, value)] = given.items()
        if name == "content":
            self._content = bytes(value)
        elif name == "path":
            self._path = Path(value)
        elif name == "url":
            self._begin_url(value)
        else:
            self._value = value

    def _begin_url(self, url: str) -> None:
        scheme = url.partition(":")[0].lower()
        if scheme == "data":
            self._content, declared = data_url.decode(url)
            self._media_type = self._media_type or declared
        elif scheme in {"http", "https"} and _host_of(url):
            self._url = url
        else:
            raise InvalidMedia(
                "The URL is no whole http, https or data URL.", hint="Write https://… or data:…", code="invalid_url"
            )

    @classmethod
    def from_upload(cls, upload: Upload) -> Self:
        """Media of a form's file; a file on disk stays the request's, which removes it.

        Raises:
            InvalidMedia: the upload says that it is something else.
        """
        made = cls.__new__(cls)
        Media.__init__(
            made,
            upload.content if upload.path is None else None,
            path=upload.path,
            media_type=cls._accepted(upload.media_type),
            filename=upload.filename,
        )
        return made

    @classmethod
    def of_temporary(cls, file: TemporaryFile, *, filename: str | None = None, media_id: str | None = None) -> Self:
        """Media of a temporary file, which it owns."""
        made = cls.__new__(cls)
        Media.__init__(made, path=file.path, filename=filename, media_id=media_id)
        made._file = file  # noqa: SLF001 - of this class
        return made

    def provide(self, upload: Upload) -> None:
        """Give media that has only a URL its bytes, once they are fetched.

        Raises:
            InvalidMedia: they are something else.
        """
        found = self._accepted(upload.media_type)
        self._media_type = self._media_type or found
        self.filename = self.filename or upload.filename
        self._content, self._path = (upload.content, None) if upload.path is None else (None, upload.path)
        self._pending = False
        self.check()

    @classmethod
    def _accepted(cls, media_type: str | None) -> str | None:
        """The type that a client declared, None where it says nothing."""
        declared = media_types.essence(media_type)
        if declared in media_types.GENERIC:
            return None
        if not media_types.matches(declared, cls.accepted_media_types):
            expected = " or ".join(cls.accepted_media_types)
            raise InvalidMedia(
                f"A file of type {declared} was sent where {expected} is expected.",
                hint="Name the file's type in the form: -F name=@file;type=…",
                status=415,
                code="media_type_not_accepted",
            )
        return declared

    @property
    def media_type(self) -> str:
        """As given, else as the first bytes, the file's name or the class say."""
        if self._media_type:
            return self._media_type
        path = self._path or (self._distant and self._distant.path)
        name = self.filename or (path and path.name) or (self._url and urlsplit(self._url).path)
        return self._sniffed() or media_types.of_name(name) or self.default_media_type

    @property
    def url(self) -> str | None:
        """Where it is or was fetched from, if from anywhere."""
        return self._url

    @property
    def path(self) -> Path | None:
        """The file that has its bytes, if one does; see `on_disk`."""
        return self._path

    @property
    def is_temporary(self) -> bool:
        """Whether its file is a temporary one of its own, of no telling name."""
        return self._file is not None

    def read(self) -> bytes:
        """All of its bytes.

        Raises:
            InvalidMedia: they cannot be read or fetched.
        """
        if self._content is not None:
            return self._content
        if self._value is not None:
            return self._encode_value()
        try:
            return self._located().read_bytes()
        except OSError as error:
            raise self._unreadable(error) from error

    def open(self) -> BinaryIO:
        """Its bytes as a file, from the beginning.

        Raises:
            InvalidMedia: they cannot be read or fetched.
        """
        if self._content is not None or self._value is not None:
            return io.BytesIO(self.read())
        try:
            return self._located().open("rb")
        except OSError as error:
            raise self._unreadable(error) from error

    def save(self, path: str | Path) -> Path:
        """Write its bytes to a file; its folder must exist."""
        with self.open() as source, Path(path).open("wb") as target:
            shutil.copyfileobj(source, target, 1024 * 1024)
        return Path(path)

    def on_disk(self) -> Path:
        """A file with its bytes, for libraries that want a path; a temporary one lives as long as this object."""
        if self._content is None and self._value is None:
            return self._located()
        if self._file is None:
            from aanad.sdk.temporary import new_file

            file = new_file(media_types.suffix_of(self.media_type))
            file.path.write_bytes(self.read())
            self._file = file
        return self._file.path

    def close(self) -> None:
        """Remove its temporary file now, if it has one; without, that happens when nobody has the object any more."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def limit(self, max_image_pixels: int | None) -> None:
        """Set the most pixels that a picture in it may have; None leaves it as it is."""

    def check(self) -> None:
        """Look at its first bytes: `InvalidMedia` where they show that it is something else. Quick: no decoding."""
        found = None if self._value is not None else self._sniffed()
        if found is not None and not media_types.matches(found, self.accepted_media_types):
            raise InvalidMedia(
                f"{self.describe()} is {found}, where {' or '.join(self.accepted_media_types)} is expected."
            )

    def _encode_value(self) -> bytes:
        """The bytes of what a subclass was made of."""
        raise NotImplementedError

    @classmethod
    def of_value(cls, value: object) -> Self | None:
        """Media of a Python value that is natural for the class, None where it is not."""
        del value
        return None

    def _portable_value(self) -> Any:
        """What a subclass was made of, as it crosses to another process."""
        return self._value

    def _located(self) -> Path:
        with self._lock:  # two threads may ask for the same bytes
            return self._path or self._brought()

    def _brought(self) -> Path:
        """The temporary file with what had to be brought from elsewhere."""
        if self._pending:
            raise InvalidMedia(f"{self.describe()} has not been fetched.", code="media_not_fetched")
        if self._distant is not None:
            self._file = self._distant.pull()
            self._distant = None
        else:
            from aanad.sdk.models.fetching import fetch

            self._file, declared = fetch(self._url or "")
            self._media_type = self._media_type or declared
        self._path = self._file.path
        return self._path

    def _sniffed(self) -> str | None:
        if self._content is not None:
            return media_types.sniff(self._content[: media_types.HEAD])
        if self._path is None or self._value is not None:
            return None
        try:
            with self._path.open("rb") as file:
                return media_types.sniff(file.read(media_types.HEAD))
        except OSError:
            return None

    def describe(self) -> str:
        """How an error calls it."""
        kind = f"The {type(self).__name__.lower()}"
        name = self.filename or self.media_id
        return f"{kind} {name[:80]!r}" if name else kind

    def _unreadable(self, error: OSError) -> InvalidMedia:
        reason = (error.strerror or type(error).__name__).lower()
        return InvalidMedia(f"{self.describe()} cannot be read: {reason}.", code="media_unreadable")

    def __repr__(self) -> str:
        shown: list[str] = []
        if self._content is not None:
            shown.append(f"{len(self._content)} bytes")
        elif self._path is not None:
            shown.append(f"path={str(self._path)!r}")
        elif self._url is not None:
            shown.append(f"url={self._url!r}")
        if self.filename:
            shown.append(f"filename={self.filename!r}")
        return f"{type(self).__name__}({', '.join(shown)})"

    def __getstate__(self) -> dict[str, Any]:
        from aanad.sdk.models import transfer

        state = self.__dict__ | {"_file": None, "_value": self._portable_value() if self._value is not None else None}
        del state["_lock"]
        if self._path is not None:
            state["_path"] = None
            state |= transfer.send(self._path, self._file, self._unreadable)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._lock = threading.Lock()
        if self._distant is not None and (found := self._distant.found_here()) is not None:
            self._path, self._file = found
            self._distant = None

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        from aanad.sdk.models.media_json import core_schema_of

        return core_schema_of(cls)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        from aanad.sdk.models.media_json import json_schema_of

        said = schema.get("metadata", {}).get("pydantic_js_updates") or {}  # Annotated[Image, Field(description=…)]
        return json_schema_of(cls, handler.mode) | said


def _host_of(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:  # brackets without an address between them
        return None
