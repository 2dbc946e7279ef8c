"""Secrets in memory; sealed is a hash of them."""

from __future__ import annotations

import hashlib

from aanad.adapters.secret_files import check_secrets
from aanad.errors import ClusterUnavailable, StoreUnavailable


class FakeSecrets:
    """`up` and `has_token` take the store and the cluster's token away."""

    def __init__(self) -> None:
        self.up = True
        self.has_token = True
        self._values: dict[str, dict[str, str]] = {}

    async def names(self, project: str) -> list[str]:
        return sorted(self._of(project))

    async def values(self, project: str) -> dict[str, str]:
        return dict(self._of(project))

    async def set(self, project: str, name: str, value: str) -> bool:
        known = self._of(project)
        check_secrets(name, {**known, name: value})
        if known.get(name) == value:
            return False
        known[name] = value
        return True

    async def remove(self, project: str, name: str) -> bool:
        return self._of(project).pop(name, None) is not None

    async def remove_all(self, project: str) -> None:
        self._of(project).clear()

    def sealed(self, project: str) -> str | None:
        values = sorted(self._of(project).items())
        if not values:
            return None
        if not self.has_token:
            raise ClusterUnavailable("The cluster has no token yet to seal secrets with.")
        return f"sealed:{hashlib.sha256(repr((project, values)).encode()).hexdigest()}"

    def _of(self, project: str) -> dict[str, str]:
        if not self.up:
            raise StoreUnavailable("The secrets could not be read.")
        return self._values.setdefault(project, {})
