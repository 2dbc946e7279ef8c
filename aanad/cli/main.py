"""The entry of the `aana` command, and the one edge where errors become sentences and exit codes."""

from __future__ import annotations

import errno
import gc
import os
import sys

import click

from aanad import __version__
from aanad.cli import (
    check,
    console,
    contexts,
    deploy,
    endpoints,
    events,
    gpus,
    invoke,
    logs,
    new,
    nodes,
    operations,
    plan,
    projects,
    replicas,
    revisions,
    scale,
    secrets,
    status,
    top,
)
from aanad.cli.outcomes import ExitCode, exit_code_of, report
from aanad.cli.session import Session, session_options
from aanad.errors import AanaError


class AanaGroup(click.Group):
    """Runs a verb and turns whatever it raises into one sentence, a hint and an exit code."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the verb."""
        # Made here, so that the verb's context shares it and the errors below know the output.
        ctx.ensure_object(Session)
        try:
            return super().invoke(ctx)
        except AanaError as error:
            report(error, as_json=ctx.ensure_object(Session).is_json)
            ctx.exit(exit_code_of(error))
        except KeyboardInterrupt:
            ctx.exit(ExitCode.INTERRUPTED)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            if os.environ.get("AANA_DEBUG") == "1":
                raise
            if isinstance(error, OSError) and error.errno == errno.EPIPE:
                # Whoever read our output has gone, as in `aana logs | head`; that is no error of ours.
                sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - for the exit's flush
                ctx.exit(ExitCode.DONE)
            click.echo(f"error: internal error ({type(error).__name__}: {error})", err=True)
            click.echo("hint: AANA_DEBUG=1 shows where; please report it.", err=True)
            ctx.exit(ExitCode.FAILED)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order in which one gets to know them, not by the alphabet."""
        del ctx
        return list(self.commands)


@click.group(cls=AanaGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@session_options
@click.version_option(__version__, prog_name="aana", message="%(prog)s %(version)s")
def aana() -> None:
    """Run AI models on this box: deploy projects, watch them, send them requests.

    \b
    Exit codes: 0 done, 1 failed, 2 usage, 3 not found, 4 refused, 5 timed out while waiting,
    6 the daemon cannot be reached.
    """


for _command in (
    new.new,
    check.check,
    deploy.deploy,
    plan.plan,
    projects.ps,
    projects.start,
    projects.stop,
    projects.restart,
    scale.scale,
    revisions.rollback,
    operations.cancel,
    projects.rm,
    revisions.history,
    revisions.diff,
    operations.operations,
    replicas.replicas,
    endpoints.endpoints,
    invoke.invoke,
    logs.logs,
    gpus.gpus,
    nodes.nodes,
    events.events,
    top.top,
    secrets.secret,
    status.status,
    contexts.context,
    console.tui,
):
    aana.add_command(_command)


def main() -> None:
    """Run the command."""
    # Looking for garbage while modules are imported takes a twentieth of a short command; the session enables it again.
    gc.disable()
    # No plugin of pydantic has a place here, and looking for one reads the metadata of every installed package.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    aana(prog_name="aana")


if __name__ == "__main__":
    main()
