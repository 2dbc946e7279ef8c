"""Revisions: list them, compare them, go back to one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from aanad.cli.changes import print_settings, print_title
from aanad.cli.projects import standing
from aanad.cli.session import Session, pass_session, project_argument, revision_ids, session_options
from aanad.cli.tables import is_coloured, print_json, print_table, size
from aanad.cli.waiting import finish, require_one_way_of_waiting, waiting_options
from aanad.client.terminal import sanitise

if TYPE_CHECKING:
    from aanad.wire.diff import FileDiff
    from aanad.wire.projects import Revision

_LINE_COLOURS = {"+": "green", "-": "red", "@": "cyan"}


@click.command()
@project_argument
@session_options
@pass_session
def history(session: Session, project: str) -> None:
    """List a project's revisions, the newest first; a good one has been ready once."""
    with session.client() as client:
        listed = client.revisions(project)
    if session.is_json:
        print_json(listed)
        return
    print_table(
        ["REVISION", "STATE", "CREATED", "BY", "SIZE", "COMMIT"],
        [
            [
                revision.id,
                _state(revision),
                f"{revision.created_at:%Y-%m-%d %H:%M:%SZ}",
                revision.created_by,
                size(revision.size_bytes),
                (revision.git_commit or "-")[:12],
            ]
            for revision in listed
        ],
        empty=f"{project} has no revisions.",
    )


@click.command()
@project_argument
@click.argument("before", required=False, shell_complete=revision_ids)
@click.argument("after", required=False, shell_complete=revision_ids)
@session_options
@pass_session
def diff(session: Session, project: str, before: str | None, after: str | None) -> None:
    """Show what differs between two revisions: settings first, then files, line by line.

    BEFORE is the revision that was active before where it is not given, AFTER the active one. The first 4 digits of
    a revision are enough.
    """
    with session.client() as client:
        found = client.diff(project, before, after)
    if session.is_json:
        print_json(found)
        return
    if not found.settings and not found.files:
        click.echo(sanitise(f"{found.before} and {found.after} do not differ."), err=True)
        return
    if found.settings:
        print_title("settings")
        print_settings(found.settings)
    for file in found.files:
        _print_file(file)


@click.command()
@project_argument
@click.argument("revision", required=False, shell_complete=revision_ids)
@waiting_options
@session_options
@pass_session
def rollback(session: Session, project: str, revision: str | None, timeout_s: float | None, *, detach: bool) -> None:
    """Go back to an older revision.

    REVISION is the last good one before the active one where it is not given; its first 4 digits are enough.
    """
    require_one_way_of_waiting(timeout_s, detach=detach)
    with session.client() as client:
        finish(
            session,
            client,
            client.rollback(project, revision),
            timeout_s=timeout_s,
            detach=detach,
            outcome=lambda _: standing(client, project),
        )


def _state(revision: Revision) -> str:
    if revision.active:
        return "active"
    return "good" if revision.ready_at else "-"


def _print_file(file: FileDiff) -> None:
    """Print a file as ``git diff`` does, so that eyes and programs know it."""
    path = sanitise(file.path)
    print_title(f"diff a/{path} b/{path}")
    if file.change != "changed":
        click.echo("new file" if file.change == "added" else "deleted file")
    before = "/dev/null" if file.change == "added" else f"a/{path}"
    after = "/dev/null" if file.change == "removed" else f"b/{path}"
    if file.binary:
        click.echo(f"Binary files {before} and {after} differ")
        return
    lines = file.lines
    if lines and not lines[0].startswith("--- "):
        lines = [f"--- {before}", f"+++ {after}", *lines]
    is_head = True
    for line in lines:
        is_head = is_head and not line.startswith("@@")
        _print_line(line, is_head=is_head)


def _print_line(line: str, *, is_head: bool) -> None:
    # A tab is kept, it may be the change; a line break inside a line would make it look like two.
    text = sanitise(line, lines=True).replace("\n", " ")
    if not is_coloured():
        click.echo(text)
    elif is_head:
        click.echo(click.style(text, bold=True))
    else:
        click.echo(click.style(text, fg=_LINE_COLOURS.get(text[:1])))
