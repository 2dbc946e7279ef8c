"""What all verbs share: which daemon, which output; options that may stand before and after the verb."""

from __future__ import annotations

import gc
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from aanad.client import Address, Client

Output = Literal["table", "json"]
Function = TypeVar("Function", bound="Callable[..., Any]")


@dataclass
class Session:
    """One run of the command; filled by the options as click reads them, the later one wins."""

    context: str | None = None
    output: Output = "table"
    transport: httpx.BaseTransport | None = None
    """What carries the requests, for tests."""

    @property
    def is_json(self) -> bool:
        """Whether the output is for a program."""
        return self.output == "json"

    def address(self) -> Address:
        """Where the daemon is that was meant."""
        from aanad.client import resolve

        return resolve(self.context)

    def client(self) -> Client:
        """A client of the daemon that was meant."""
        # httpx's own command line would load rich and pygments, a tenth of this command's start. It may be missing,
        # and None is how an import is refused.
        sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
        # A command reads one or two of the models: each is built when it is used.
        from aanad.wire.base import WireModel

        WireModel.model_config["defer_build"] = True
        from aanad.client import Client

        gc.freeze()
        gc.enable()
        return Client(self.context, transport=self.transport)


pass_session = click.make_pass_decorator(Session, ensure=True)


def _set_context(ctx: click.Context, _: click.Parameter, value: str | None) -> None:
    if value is not None:
        ctx.ensure_object(Session).context = value


def _set_output(ctx: click.Context, _: click.Parameter, value: Output | None) -> None:
    if value is not None:
        ctx.ensure_object(Session).output = value


def context_names(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    """Saved contexts, for the shell's completion."""
    try:
        from aanad.client.saved_contexts import LOCAL, read_contexts

        return [name for name in [LOCAL, *read_contexts().contexts] if name.startswith(incomplete)]
    except Exception:  # noqa: BLE001 - a failing completion must not write into the user's command line
        return []


def session_options(function: Function) -> Function:
    """Add ``--context`` and ``--output`` to the group or to a verb."""
    function = click.option(
        "-o",
        "--output",
        type=click.Choice(["table", "json"]),
        expose_value=False,
        callback=_set_output,
        help="For people, or for programs.",
    )(function)
    return click.option(
        "--context",
        metavar="NAME|URL",
        expose_value=False,
        callback=_set_context,
        shell_complete=context_names,
        help="The daemon: a saved name, unix://, https:// or ssh://; see `aana context`.",
    )(function)


def project_names(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """Names for the shell's completion; none where the daemon cannot say."""
    try:
        with ctx.ensure_object(Session).client() as client:
            return [project.name for project in client.projects() if project.name.startswith(incomplete)]
    except Exception:  # noqa: BLE001 - a failing completion must not write into the user's command line
        return []


def revision_ids(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """Revisions of the project that the words before name, for the shell's completion."""
    try:
        with ctx.ensure_object(Session).client() as client:
            found = client.revisions(ctx.params["project"])
    except Exception:  # noqa: BLE001 - as above
        return []
    return [revision.id for revision in found if revision.id.startswith(incomplete)]


project_argument = click.argument("project", shell_complete=project_names)
