"""`File`: any bytes with a media type and a name."""

from __future__ import annotations

from aanad.sdk.models.media import Media


class File(Media):
    """Any bytes with a media type and a name, as an input or an answer."""
