"""Media types: what bytes look like, what a name says, what a pattern takes."""

from __future__ import annotations

import mimetypes

GENERIC = frozenset({"application/octet-stream", "binary/octet-stream", ""})
"""Types that say nothing."""

_SUFFIXES = {
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
    "audio/wav": ".wav",
    "audio/flac": ".flac",
    "audio/mpeg": ".mp3",
    "audio/ogg": ".ogg",
    "video/mp4": ".mp4",
    "video/webm": ".webm",
    "video/x-matroska": ".mkv",
}
_BY_SUFFIX = {suffix: media_type for media_type, suffix in _SUFFIXES.items()}
_STARTS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"fLaC", "audio/flac"),
    (b"ID3", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
    (b"\xff\xf3", "audio/mpeg"),
    (b"\xff\xf2", "audio/mpeg"),
    (b"%PDF-", "application/pdf"),
)
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}
_FTYP = {
    b"M4A ": "audio/mp4",
    b"qt  ": "video/quicktime",
    b"avif": "image/avif",
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"mif1": "image/heif",
}
_OGG = {b"vorbis": "audio/ogg", b"pusHea": "audio/ogg", b"peex  ": "audio/ogg", b"theora": "video/ogg"}
"""By what stands one byte into the first packet."""
HEAD = 64
"""Bytes from the beginning that `sniff` needs."""


def sniff(head: bytes) -> str | None:
    """The media type that the first bytes show, None where they show none."""
    for start, media_type in _STARTS:
        if head.startswith(start):
            return media_type
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12])
    if head[4:8] == b"ftyp":
        return _FTYP.get(head[8:12], "video/mp4")
    if head[:4] == b"OggS":
        return _OGG.get(head[29:35], "application/ogg")
    if head[:2] == b"BM" and head[6:10] == b"\0\0\0\0" and len(head) == HEAD:
        return "image/bmp"
    if head[:4] == b"\x1aE\xdf\xa3":
        return "video/webm" if b"webm" in head else "video/x-matroska"
    return None


def of_name(name: str | None) -> str | None:
    """The media type that a file's name or the path of a URL says."""
    if not name:
        return None
    suffix = "." + name.rpartition(".")[2].lower()
    return _BY_SUFFIX.get(suffix) or mimetypes.guess_type(name)[0]


def suffix_of(media_type: str) -> str:
    """The usual end of a name, with its dot; empty where none is known."""
    return _SUFFIXES.get(media_type) or mimetypes.guess_extension(media_type) or ""


def essence(media_type: str | None) -> str:
    """The type without parameters, in lower case."""
    return (media_type or "").partition(";")[0].strip().lower()


def matches(media_type: str, patterns: tuple[str, ...]) -> bool:
    """Whether one of the patterns, ``image/*`` say, takes the type."""
    family = media_type.partition("/")[0]
    return any(pattern in ("*/*", media_type, f"{family}/*") for pattern in patterns)
