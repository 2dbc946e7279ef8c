"""Secrets: their names travel, their values only towards the daemon."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

from aanad.wire.base import WireModel
from aanad.wire.operations import Operation

SecretName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,127}$")]
"""The name of the environment variable that replicas get."""
MAX_SECRET_BYTES = 16 * 1024
"""Of one value."""
MAX_SECRETS_BYTES = 32 * 1024
"""Of all names and values of a project."""
SEALED_VARIABLE = "AANA_SEALED_SECRETS"
"""The variable in which a replica gets its project's secrets, sealed with a key made of the cluster's token."""


class Secret(WireModel):
    """One secret of a project, without its value."""

    name: str


class SecretChange(WireModel):
    """A secret was set or removed."""

    name: str
    operation: Operation | None = None
    """The replacement of the project's replicas; None where it does not run."""
