"""Beginning a project: a folder that runs, with its test."""

from __future__ import annotations

import click

from aanad.cli.session import Session, pass_session, session_options
from aanad.cli.tables import print_object


@click.command()
@click.argument("name")
@click.option(
    "--path",
    "parent",
    metavar="DIR",
    type=click.Path(file_okay=False),
    default=".",
    help="Where the project's folder is made; here where not given.",
)
@session_options
@pass_session
def new(session: Session, name: str, parent: str) -> None:
    """Make a project that runs, with its test.

    NAME is a Python package's name in lower case; the folder is called so.
    """
    from pathlib import Path

    from aanad.cli.scaffold import make_project
    from aanad.client import sanitise

    folder, files = make_project(name, Path(parent).expanduser())
    if session.is_json:
        print_object({"name": name, "folder": str(folder.absolute()), "files": files})
        return
    shown = sanitise(str(folder))
    click.echo(f"{shown} is a project now: " + ", ".join(files))
    click.echo("Next:")
    for command, what in (
        (f"pytest {shown}", "its tests, with pip install pytest: no daemon, no Ray"),
        (f"aana check {shown}", "what it has and needs"),
        (f"aana deploy {shown}", "run it"),
    ):
        click.echo(f"  {command:<{len(shown) + 14}}# {what}")
