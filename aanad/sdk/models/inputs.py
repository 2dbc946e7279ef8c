"""What the media of one request may be made of; the server passes it to pydantic as the validation's context."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from aanad.sdk.models.media import Media


@dataclass(frozen=True)
class Upload:
    """One file of a request's form: its bytes, or where they are on disk."""

    content: bytes | None = None
    path: Path | None = None
    filename: str | None = None
    media_type: str | None = None


@dataclass
class InputContext:
    """The sources that one request may use.

    A form's files stand in its JSON as ``{"upload": <index>}``, put there by the server. Media given by URL are
    noted in `pending`, and their bytes are there before `Endpoint.run` begins.
    """

    uploads: list[Upload] = field(default_factory=list)
    urls: bool = False
    """Whether a URL may be given at all; its address is checked when it is fetched."""
    folders: tuple[Path, ...] = ()
    """Where a path may lead."""
    max_image_pixels: int | None = None
    pending: list[Media] = field(default_factory=list)
