"""Opening files of sound and moving pictures with PyAV, and saying in one sentence why one cannot be."""

from __future__ import annotations

import errno
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

from aanad.sdk.exceptions import InvalidMedia

if TYPE_CHECKING:
    from collections.abc import Iterator

    from av.container import InputContainer

    from aanad.sdk.models.media import Media

_FORMATS = "aac,ac3,aiff,amr,asf,avi,caf,flac,flv,gif,matroska,webm,mov,mp4,m4a,3gp,3g2,mj2,mp3,mpeg,mpegts,ogg,wav,w64"
"""Formats that hold all they need. Playlists are none of them: they name other files and addresses to open."""

_NOT_THE_FILES_FAULT = {errno.ENOSPC, errno.EDQUOT, errno.ENOMEM, errno.EMFILE}
"""Errors while a file is made of another."""

Kind = Literal["audio", "video"]


@contextmanager
def opened(media: Media, kind: Kind) -> Iterator[InputContainer]:
    """The container of media, closed afterwards; it has at least one stream of the kind.

    Raises:
        InvalidMedia: it has not, or cannot be read, also while it is decoded.
    """
    import av

    name = media.describe()
    with media.open() as file:
        try:
            with av.open(
                file,
                "r",
                options={"format_whitelist": _FORMATS, "protocol_whitelist": "none"},
                metadata_errors="replace",
            ) as container:
                streams = container.streams.audio if kind == "audio" else container.streams.video
                if not streams:
                    what = "sound" if kind == "audio" else "pictures"
                    raise InvalidMedia(f"{name} has no {what} in it.", code=f"no_{what}")
                if streams[0].codec_context is None:
                    raise InvalidMedia(f"{name} cannot be decoded: its codec is not known.")
                yield container
        except (av.FFmpegError, EOFError, ValueError) as error:  # a ValueError: what changes its rate in the middle
            if getattr(error, "errno", None) in _NOT_THE_FILES_FAULT:
                raise
            raise InvalidMedia(
                f"{name} cannot be decoded: it is no {kind} of a known format, or broken.",
                hint="Send WAV, FLAC, MP3 or Ogg." if kind == "audio" else "Send MP4, WebM, Matroska or AVI.",
            ) from error
