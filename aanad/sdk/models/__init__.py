"""What travels between clients, endpoints and deployments beyond plain JSON: media, chats, captions, parameters.

Names load on first use (PEP 562); numpy, PIL and PyAV are imported by the first call that needs them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aanad.sdk.models.file import File
    from aanad.sdk.models.image import Image
    from aanad.sdk.models.media import Media

__all__ = ["File", "Image", "Media"]

_HOMES = {
    "File": "aanad.sdk.models.file",
    "Image": "aanad.sdk.models.image",
    "Media": "aanad.sdk.models.media",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
