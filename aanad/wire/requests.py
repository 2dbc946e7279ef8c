"""What a project's endpoints take from their clients; set by the operator, and per project in ``project.toml``."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

MIB = 1024 * 1024


PROBE_HEADER = "aana-probe"
"""On the daemon's own look at a project's index, which is no client's request and is not counted."""


class RequestRules(BaseModel):
    """The limits of one request, and where its media may come from."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    max_body_bytes: int = Field(default=1024 * MIB, ge=1)
    """Bytes of a whole request, files included; above it the answer is 413."""
    max_json_bytes: int = Field(default=64 * MIB, ge=1)
    """Bytes of a request's JSON, which is held in memory."""
    max_json_depth: int = Field(default=64, ge=1, le=190)
    """How deep lists and objects of a request's JSON may be nested."""
    max_memory_bytes: int = Field(default=1 * MIB, ge=0)
    """Bytes of a request's files that are kept in memory; what is beyond goes to disk while it arrives."""
    max_image_pixels: int = Field(default=100_000_000, ge=1)
    """Pixels of an image that a client sends; a larger one is refused before it is decoded."""
    urls: Literal["off", "public", "any"] = "off"
    """Whether media may be given by URL; `public` refuses private, loopback and link-local addresses, `any` takes
    them too."""
    url_timeout_s: float = Field(default=30.0, gt=0)
    """Seconds that fetching one URL may take."""
    max_download_bytes: int = Field(default=1024 * MIB, ge=1)
    """Bytes that may be fetched from one URL."""
    paths: tuple[str, ...] = ()
    """Folders of the server; media may be given by a path in one of them. Empty: never."""
    cors_origins: tuple[str, ...] = ()
    """Origins whose pages may call the endpoints from a browser, `https://app.example.org` say; `*` is any."""


class RequestOverrides(BaseModel):
    """The same, for one project; what is not given is the operator's."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_body_bytes: int | None = Field(default=None, ge=1)
    max_json_bytes: int | None = Field(default=None, ge=1)
    max_json_depth: int | None = Field(default=None, ge=1, le=190)
    max_memory_bytes: int | None = Field(default=None, ge=0)
    max_image_pixels: int | None = Field(default=None, ge=1)
    urls: Literal["off", "public", "any"] | None = None
    url_timeout_s: float | None = Field(default=None, gt=0)
    max_download_bytes: int | None = Field(default=None, ge=1)
    paths: tuple[str, ...] | None = None
    cors_origins: tuple[str, ...] | None = None

    def over(self, rules: RequestRules) -> RequestRules:
        """`rules`, with what is given here instead."""
        return rules.model_copy(update=self.model_dump(exclude_none=True))
