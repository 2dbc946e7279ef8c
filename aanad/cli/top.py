"""Top: a table of everything that refreshes itself, for a terminal without the console."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from aanad.cli.following import delay_option, follow_reading
from aanad.cli.session import Session, pass_session, project_names, session_options

if TYPE_CHECKING:
    from aanad.cli.screen import Size
    from aanad.cli.top_sample import Sample

# Named here too, so that `aana --help` loads nothing for it.
_SORTS = ("name", "phase", "rate", "errors", "p50", "p95", "ongoing", "queued", "gpus", "rss")


@click.command()
@click.argument("projects", metavar="[PROJECT]...", nargs=-1, shell_complete=project_names)
@delay_option
@click.option(
    "-n", "--iterations", type=click.IntRange(min=1), metavar="N", help="End after so many; the last one stays."
)
@click.option("-b", "--batch", is_flag=True, help="One after the other on a terminal too, for a file say.")
@click.option(
    "--sort",
    type=click.Choice(_SORTS),
    default="name",
    show_default=True,
    help="Order projects; of numbers the highest first.",
)
@click.option("--replicas", is_flag=True, help="Show each replica too.")
@session_options
@pass_session
def top(
    session: Session,
    projects: tuple[str, ...],
    delay_s: float,
    iterations: int | None,
    sort: str,
    *,
    batch: bool,
    replicas: bool,
) -> None:
    """Show what goes on, again and again, until q or Ctrl-C: Ray, nodes, GPUs, and projects with their requests.

    Rates and percentiles are of the last minute. With -o json one object a line.
    """
    from aanad.cli.top_sample import read_sample, require_projects
    from aanad.cli.top_table import top_document, top_lines

    is_first = True

    with session.client() as client:

        def read() -> Sample:
            nonlocal is_first
            sample = read_sample(client, projects)
            if is_first:
                require_projects(sample, projects)
            is_first = False
            return sample

        def lines(sample: Sample, size: Size | None) -> list[str]:
            return top_lines(sample, size, sort=sort, replicas=replicas)

        follow_reading(
            session,
            read,
            lines=lines,
            document=lambda sample: top_document(sample, sort=sort, replicas=replicas),
            delay_s=delay_s,
            iterations=iterations,
            batch=batch,
        )
