"""Setting and removing secrets: kept outside the revisions, and given to replicas by replacing them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aanad.errors import NotFound
from aanad.wire.secrets import Secret, SecretChange

if TYPE_CHECKING:
    from aanad.core.commands import Commands
    from aanad.core.events import Events
    from aanad.core.ports import Secrets


class SecretChanges:
    """The verbs of secrets; a value that goes in never comes out again."""

    def __init__(self, *, secrets: Secrets, commands: Commands, events: Events) -> None:
        self._secrets = secrets
        self._commands = commands
        self._events = events

    async def list(self, project: str) -> list[Secret]:
        """The names of a project's secrets; it need not be deployed yet."""
        return [Secret(name=name) for name in await self._secrets.names(project)]

    async def set(self, project: str, name: str, value: str, *, actor: str) -> SecretChange:
        """Keep a secret; a project that runs gets it by the replacement of its replicas."""
        if not await self._secrets.set(project, name, value):
            return SecretChange(name=name)
        await self._events.record("secret.set", f"The secret {name} was set.", project=project, actor=actor, name=name)
        return SecretChange(name=name, operation=await self._commands.reconfigure(project, actor=actor))

    async def remove(self, project: str, name: str, *, actor: str) -> SecretChange:
        """Forget a secret.

        Raises:
            NotFound: ``secret_not_found``.
        """
        if not await self._secrets.remove(project, name):
            raise NotFound(
                f"{project} has no secret {name}.",
                hint=f"aana secret list {project} lists them.",
                code="secret_not_found",
            )
        await self._events.record(
            "secret.removed", f"The secret {name} was removed.", project=project, actor=actor, name=name
        )
        return SecretChange(name=name, operation=await self._commands.reconfigure(project, actor=actor))
