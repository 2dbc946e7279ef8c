"""What a change would do, before anybody makes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from aanad.cli.changes import print_changed, print_settings, print_title
from aanad.cli.outcomes import exit_code_of, report
from aanad.cli.scale import target_option
from aanad.cli.session import Session, pass_session, project_names, session_options
from aanad.cli.tables import print_json, print_table
from aanad.client.terminal import sanitise
from aanad.errors import InvalidInput, Refused

if TYPE_CHECKING:
    from aanad.client import Target
    from aanad.wire.plan import Plan, PlanStep

LAST_GOOD = ""
"""What ``--rollback`` is where it names no revision."""
_ACTIONS = "--rollback, --restart, --start, --stop, --remove or --scale"


def _names_and_files(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    names = project_names(ctx, parameter, incomplete)
    return [*map(CompletionItem, names), CompletionItem(incomplete, type="file")]


@click.command()
@click.argument("project", metavar="TARGET|PROJECT", shell_complete=_names_and_files)
@click.option(
    "--rollback",
    "revision",
    is_flag=False,
    flag_value=LAST_GOOD,
    metavar="[REV]",
    help="Plan going back to an older revision; to the last good one where none is named.",
)
@click.option("--start", is_flag=True, help="Plan starting it.")
@click.option("--restart", is_flag=True, help="Plan replacing its replicas.")
@click.option("--stop", is_flag=True, help="Plan stopping it.")
@click.option("--remove", is_flag=True, help="Plan removing it.")
@click.option(
    "--scale",
    "sizes",
    multiple=True,
    metavar="DEPLOYMENT=N|MIN..MAX|reset",
    help="Plan other numbers of replicas; may be given again.",
)
@target_option
@session_options
@pass_session
def plan(
    session: Session,
    project: str,
    revision: str | None,
    sizes: tuple[str, ...],
    target: float | None,
    *,
    start: bool,
    restart: bool,
    stop: bool,
    remove: bool,
) -> None:
    """Say what a change would do, where it fits and what it interrupts; nothing of it is done.

    A TARGET, as `aana deploy` takes it, is planned to be deployed; with an option it is a PROJECT's name. Exit code 4
    where not all replicas find room.

    \b
    aana plan projects/lowercase
    aana plan lowercase --rollback
    aana plan lowercase --scale lowercase_deployment=3
    """
    from aanad.client import pack

    given = {
        "rollback": revision is not None,
        "start": start,
        "restart": restart,
        "stop": stop,
        "remove": remove,
        "scale": bool(sizes),
    }
    actions = [action for action, is_given in given.items() if is_given]
    if len(actions) > 1:
        raise InvalidInput(
            f"{' and '.join(f'--{action}' for action in actions)} are two changes.",
            hint="Plan one at a time.",
            code="invalid_plan",
        )
    if target is not None and not sizes:
        raise InvalidInput(
            "--target-ongoing-requests goes with --scale.",
            hint="Give --scale DEPLOYMENT=MIN..MAX.",
            code="invalid_plan",
        )
    from aanad.client.scale_words import scale_request

    scale = scale_request(sizes, target) if sizes else None
    archive = None if actions else pack(_folder(project))
    with session.client() as client:
        if archive is not None:
            found = client.plan_deploy(archive)
        else:
            found = client.plan(project, actions[0], revision=revision or None, scale=scale)
    if session.is_json:
        print_json(found)
    else:
        _print(found)
    if not found.fits:
        error = Refused(
            f"{found.project} would not find room for all its replicas.",
            hint="The plan's steps say what is short, and who holds it.",
            code="does_not_fit",
        )
        report(error, as_json=session.is_json)
        click.get_current_context().exit(exit_code_of(error))


def _folder(text: str) -> Target:
    from aanad.client import parse_target

    try:
        return parse_target(text)
    except InvalidInput as error:
        if text.isidentifier():
            raise InvalidInput(
                error.message, hint=f"For the project {text} say which change: {_ACTIONS}.", code=error.code
            ) from error
        raise


def _print(plan: Plan) -> None:
    print_title(plan.summary)
    if plan.revision_before != plan.revision_after:
        click.echo(sanitise(f"revision: {plan.revision_before or '-'} → {plan.revision_after or '-'}"))
    files = plan.files
    if files.added or files.changed or files.removed:
        click.echo()
        print_title("files")
        for path in files.added:
            print_changed("added", path)
        for path in files.changed:
            print_changed("changed", path)
        for path in files.removed:
            print_changed("removed", path)
    if plan.settings:
        click.echo()
        print_title("settings")
        print_settings(plan.settings)
    if plan.steps:
        click.echo()
        print_table(
            ["ORDER", "DEPLOYMENT", "ACTION", "REPLICAS", "HOW", "WHERE", "MESSAGE"],
            [_row(step) for step in sorted(plan.steps, key=lambda step: step.order)],
            empty="",
        )
    if plan.notes:
        click.echo()
    for note in plan.notes:
        click.echo(f"note: {sanitise(note)}")


def _row(step: PlanStep) -> list[str]:
    replicas = str(step.replicas_after)
    if step.replicas_before != step.replicas_after:
        replicas = f"{step.replicas_before} → {step.replicas_after}"
    return [
        str(step.order),
        step.deployment,
        step.action.replace("_", " "),
        replicas,
        _how(step),
        ", ".join(f"{place.node} ×{place.replicas}" for place in step.placement) or "-",  # noqa: RUF001 - times
        step.message,
    ]


def _how(step: PlanStep) -> str:
    if step.gap_s is not None:
        return f"gap about {step.gap_s:.1f} s" if step.gap_s else "gap, how long is not known yet"
    if step.surge:
        return "beside the old ones, no gap"
    return "-" if step.action in {"start", "stop", "keep"} else "no gap"
