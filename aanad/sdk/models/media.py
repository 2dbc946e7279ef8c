"""`Media`: bytes with a media type, from wherever they are, read when they are needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, ClassVar

if TYPE_CHECKING:
    from pathlib import Path

    from aanad.sdk.models.inputs import Upload


class Media:
    """Bytes with a media type; its subclasses know what the bytes mean.

    Args:
        content: the bytes.
        path: the file that has them.
        url: where they can be fetched (http, https or data).
        media_type: ``image/png`` say; guessed where not given.
        filename: how a client called it, or shall.
        media_id: the caller's own name for it.
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
        raise NotImplementedError

    @classmethod
    def from_upload(cls, upload: Upload) -> Media:
        """Media of a form's file; a file on disk stays the request's, which removes it."""
        raise NotImplementedError

    def provide(self, upload: Upload) -> None:
        """Give media that has only a URL its bytes, once they are fetched."""
        raise NotImplementedError

    def read(self) -> bytes:
        """All of its bytes."""
        raise NotImplementedError

    def open(self) -> BinaryIO:
        """Its bytes as a file, from the beginning."""
        raise NotImplementedError

    def save(self, path: str | Path) -> Path:
        """Write its bytes to a file."""
        raise NotImplementedError
