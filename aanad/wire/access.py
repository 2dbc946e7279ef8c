"""Who a caller is, and what it may do."""

from __future__ import annotations

from enum import StrEnum

from aanad.wire.base import WireModel

ROLE_HEADER = "aana-role"
"""On any request: act with this role at most, so that a client can be kept from changing anything."""


class Role(StrEnum):
    """Each may do all that the one before it may."""

    VIEWER = "viewer"
    """Reads everything but secrets, and changes nothing."""
    OPERATOR = "operator"
    """Starts, stops, deploys, scales, sends test requests."""
    ADMIN = "admin"
    """Also what reaches beyond projects: folders of the daemon's machine, access itself."""

    def covers(self, other: Role) -> bool:
        """Whether this role may do what `other` may."""
        order = list(Role)
        return order.index(self) >= order.index(other)


class Access(WireModel):
    """The answer of ``GET /v1/access``."""

    actor: str
    """The caller's name, as events show it."""
    role: Role
    """What it may do with this request; at most what `ROLE_HEADER` asked for."""
    granted: Role
    """What it could do without that header."""
