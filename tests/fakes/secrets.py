"""Secrets in memory."""

from __future__ import annotations

import hashlib


class FakeSecrets:
    """Sealed is a hash."""

    def __init__(self) -> None:
        self.kept: dict[str, dict[str, str]] = {}

    async def names(self, project: str) -> list[str]:
        return sorted(self.kept.get(project, {}))

    async def values(self, project: str) -> dict[str, str]:
        return dict(self.kept.get(project, {}))

    async def set(self, project: str, name: str, value: str) -> bool:
        if self.kept.get(project, {}).get(name) == value:
            return False
        self.kept.setdefault(project, {})[name] = value
        return True

    async def remove(self, project: str, name: str) -> bool:
        return self.kept.get(project, {}).pop(name, None) is not None

    async def remove_all(self, project: str) -> None:
        self.kept.pop(project, None)

    def sealed(self, project: str) -> str | None:
        secrets = self.kept.get(project)
        return "sealed:" + hashlib.sha256(repr(sorted(secrets.items())).encode()).hexdigest() if secrets else None
