"""How the operations that were begun here end; asked for only where the watch does not tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aanad.errors import AanaError

if TYPE_CHECKING:
    from aana_tui.app import Console
    from aanad.wire.operations import Operation


def look(console: Console) -> None:
    """Say which have ended, and look for those that the watch has forgotten."""
    for operation in console.followed.take_finished():
        _say_end(console, operation)
    missing = console.followed.missing()
    if missing:
        console.run_worker(_ask(console, missing), exclusive=True, group="followed", exit_on_error=False)


async def _ask(console: Console, names: list[str]) -> None:
    """The link was lost when they ended, say."""
    session, followed = console.session, console.followed
    for name in names:
        try:
            followed.add(await session.ask(lambda client, name=name: client.operation(name)))  # type: ignore[misc]
        except AanaError as error:
            if error.code == "operation_not_found":
                followed.forget(name)
            return


def _say_end(console: Console, operation: Operation) -> None:
    if operation.state == "succeeded":
        console.notify(f"{operation.kind} of {operation.project}: done")
    else:
        from aanad.client.operations import outcome_error

        console.say_error(outcome_error(operation))
