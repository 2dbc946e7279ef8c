"""CORS: which pages of other origins may call a project's endpoints from a browser. Off where no origin is set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

METHODS = ("GET", "HEAD", "POST", "OPTIONS")
EXPOSED = ("Accept-Ranges", "Content-Disposition", "Content-Range", "ETag", "Retry-After", "X-Request-ID")
"""Headers of an answer that a page may read, beyond those that it always may."""
MAX_AGE_S = 600


def around(app: Any, origins: Sequence[str]) -> Any:
    """`app`, with what browsers need to see before they let pages of `origins` call it; ``*`` is any origin."""
    from starlette.middleware.cors import CORSMiddleware

    return CORSMiddleware(
        app,
        allow_origins=[origin.rstrip("/") for origin in origins],
        allow_methods=METHODS,
        allow_headers=("*",),
        expose_headers=EXPOSED,
        max_age=MAX_AGE_S,
    )
