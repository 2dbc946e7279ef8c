"""How the daemon is: is it well, is Ray, where does it listen; and how one project is, with all that explains it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import click

from aanad.cli.session import Session, pass_session, project_names, session_options
from aanad.cli.tables import age, print_json

if TYPE_CHECKING:
    from pydantic import BaseModel

    from aanad.wire.projects import ProjectDetail, Scale
    from aanad.wire.status import Status


@click.command()
@click.argument("project", required=False, shell_complete=project_names)
@session_options
@pass_session
def status(session: Session, project: str | None) -> None:
    """Say how the daemon, Ray and the store are; or how one PROJECT is, and why.

    Of a project it shows each deployment, what failed with its evidence, and the last crash of each deployment.
    """
    with session.client() as client:
        if project is None:
            daemon = client.status()
            _show(session, daemon, _lines(daemon))
        else:
            found = client.project(project)
            _show(session, found, _project_lines(found))


def _show(session: Session, model: BaseModel, lines: list[tuple[str, str]]) -> None:
    if session.is_json:
        print_json(model)
        return
    from aanad.client import sanitise

    width = max(len(title) for title, _ in lines)
    for title, text in lines:
        click.echo(f"{title.ljust(width)}  {sanitise(text)}".rstrip())


def _project_lines(found: ProjectDetail) -> list[tuple[str, str]]:
    lines = [
        (found.name, f"{found.phase} ({found.reason}) for {age(found.since)}"),
        ("", found.message),
        ("", found.hint),
        ("revision", found.revision or "none"),
        ("serves at", found.url),
        ("replicas", f"{found.ready} of {found.replicas} ready"),
    ]
    for deployment in found.deployments:
        why = "" if deployment.phase == "running" else f" ({deployment.reason}) {deployment.message}"
        counted = f"{deployment.ready} of {deployment.replicas}"
        lines.append(("", f"{deployment.name}: {deployment.phase}, {counted}{why}"))
    if found.scale:
        sizes = [f"{name}={_size(scale)}" for name, scale in sorted(found.scale.items())]
        lines.append(("scaled by hand", ", ".join(sizes)))
    if found.secrets:
        lines.append(("secrets", ", ".join(found.secrets)))
    if found.priority:
        lines.append(("priority", str(found.priority)))
    lines += [("evidence" if number == 0 else "", line) for number, line in enumerate(found.evidence)]
    for deployment in found.deployments:
        for crash in deployment.crashes[:1]:
            again = f", {len(deployment.crashes)} of late" if len(deployment.crashes) > 1 else ""
            where = f"pid {crash.pid} on {crash.node}, {age(crash.at)} ago{again}"
            lines.append(("last crash", f"{deployment.name}: {crash.message} ({where})"))
            lines += [("", line) for line in crash.lines]
    return [(title, text) for title, text in lines if text]


def _size(scale: Scale) -> str:
    if scale.replicas is not None:
        return str(scale.replicas)
    return f"{1 if scale.min_replicas is None else scale.min_replicas}..{scale.max_replicas}"


def _lines(found: Status) -> list[tuple[str, str]]:
    cluster, store = found.cluster, found.store
    lines = [
        ("aanad", f"{found.version}, pid {found.pid}, up {timedelta(seconds=int(found.uptime_s))}"),
        ("socket", found.socket),
        ("ray", f"{cluster.state} ({cluster.mode})" + (f": {cluster.message}" if cluster.message else "")),
    ]
    if cluster.hint:
        lines.append(("", cluster.hint))
    if cluster.cold_starts > 1:
        lines.append(("", f"cold starts: {cluster.cold_starts}"))
    lines.extend(
        ("", f"{process.name}, pid {process.pid}, run again {process.restarts} times") for process in cluster.processes
    )
    if cluster.dashboard_url:
        lines.append(("dashboard", cluster.dashboard_url))
    lines += [
        ("store", store.url if store.ok else f"{store.url}: {store.message}"),
        ("state", found.state_dir),
        ("serves at", found.serve_url),
        ("projects", f"{found.projects}, {found.running} running"),
    ]
    return lines
