"""Checking: whether a folder can be deployed, what it answers and what it needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from aanad.cli.session import Session, pass_session, session_options
from aanad.cli.tables import print_object, print_table, size

if TYPE_CHECKING:
    from aanad.cli.checking import Checked
    from aanad.wire.manifest import DeploymentManifest, EndpointManifest

DEFAULT_TIMEOUT_S = 60.0


@click.command()
@click.argument("path", type=click.Path())
@click.option(
    "--timeout",
    "timeout_s",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    default=DEFAULT_TIMEOUT_S,
    show_default=True,
    help="How long importing the project may take.",
)
@session_options
@pass_session
def check(session: Session, path: str, timeout_s: float) -> None:
    """Check a project without starting it and without a daemon.

    PATH is what deploy takes. Its code is packed and imported as a deploy would; its endpoints, with their fields,
    and what its deployments need are printed. Exit code 1: it cannot be deployed.
    """
    from aanad.cli.checking import check_project
    from aanad.client import parse_target
    from aanad.errors import InvalidProject, NotFound

    try:
        target = parse_target(path)
    except InvalidProject as error:
        raise NotFound(error.message, hint=error.hint, code=error.code) from error
    checked = check_project(target, timeout_s=timeout_s)
    if session.is_json:
        print_object(_as_json(checked))
        return
    _print(checked)


def _as_json(checked: Checked) -> dict[str, object]:
    return {
        "name": checked.manifest.name,
        "app": checked.manifest.app,
        "route_prefix": checked.route_prefix,
        "files": checked.archive.files,
        "size_bytes": len(checked.archive.content),
        "requirements": checked.requirements,
        "endpoints": [endpoint.model_dump(mode="json") for endpoint in checked.manifest.endpoints],
        "deployments": [deployment.model_dump(mode="json") for deployment in checked.deployments],
        "settings": checked.settings.model_dump(mode="json"),
        "seconds": checked.seconds,
    }


def _print(checked: Checked) -> None:
    from aanad.cli.schema_text import type_text
    from aanad.client import sanitise

    manifest, prefix = checked.manifest, checked.route_prefix
    packed = size(len(checked.archive.content))
    click.echo(sanitise(f"{manifest.name} can be deployed: {checked.archive.files} files, {packed} packed."))
    click.echo()
    print_table(
        ["ENDPOINT", "PATH", "STREAM", "ANSWER", "SUMMARY"],
        [
            [
                one.name,
                f"{prefix}{one.path}",
                "yes" if one.streaming else "",
                _answer(one, type_text(one.response_schema)),
                one.summary or "-",
            ]
            for one in manifest.endpoints
        ],
        empty="It has no endpoints.",
    )
    fields = [row for one in manifest.endpoints for row in _fields(one)]
    if fields:
        click.echo()
        print_table(["ENDPOINT", "FIELD", "TYPE", "DEFAULT", "DESCRIPTION"], fields, empty="")
    click.echo()
    print_table(
        ["DEPLOYMENT", "REPLICAS", "CPUS", "GPUS", "MEMORY", "OTHER", "CLASS", "METHODS"],
        [_needs(one) for one in checked.deployments],
        empty="It has no deployments.",
    )
    if checked.requirements:
        click.echo()
        click.echo(sanitise("It needs packages: " + ", ".join(checked.requirements)))


def _answer(endpoint: EndpointManifest, text: str) -> str:
    others = [media_type for media_type in endpoint.media_types if not media_type.endswith(("json", "event-stream"))]
    return ", ".join(others) or text


def _fields(endpoint: EndpointManifest) -> list[list[str]]:
    import json

    from aanad.cli.schema_text import field_text

    schema = endpoint.request_schema
    required = schema.get("required", [])
    return [
        [
            endpoint.name,
            name,
            field_text(field),
            "required" if name in required else json.dumps(field.get("default"), ensure_ascii=False),
            field.get("description") or "-",
        ]
        for name, field in schema.get("properties", {}).items()
    ]


def _needs(deployment: DeploymentManifest) -> list[str]:
    fixed = (
        f"{deployment.replicas}" if not deployment.autoscaling else f"{deployment.replicas}..{deployment.max_replicas}"
    )
    return [
        deployment.name,
        fixed,
        f"{deployment.num_cpus:g}",
        f"{deployment.num_gpus:g}",
        size(deployment.memory_bytes),
        ", ".join(f"{name}: {amount:g}" for name, amount in deployment.resources.items()) or "-",
        deployment.class_name,
        ", ".join(deployment.methods) or "-",
    ]
