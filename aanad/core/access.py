"""Who may do what: the role that the settings give a user."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aanad.wire.access import Role

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class AccessRules:
    """The operator's rules.

    Args:
        own_uid: the daemon's own user, who is an admin as root is.
        listed: roles by user name; a name that is here has this role, whoever it is.
        default: the role of everybody else who can open the socket.
    """

    own_uid: int
    listed: Mapping[str, Role] = field(default_factory=dict)
    default: Role = Role.OPERATOR

    def granted(self, name: str, uid: int | None) -> Role:
        """The role of a user; one that the kernel does not name may only look."""
        if uid is None:
            return Role.VIEWER
        if name in self.listed:
            return self.listed[name]
        return Role.ADMIN if uid in {0, self.own_uid} else self.default
