"""A project in this process, for its tests: the same routes and deployments as on a box, without Ray and without ports.

::

    async with running(aana_app) as client:
        answer = await client.post("/lowercase", json={"text": ["ABC"]})

Deployments are objects in this process behind handles of Serve's shape. What crosses from one to another is copied,
and `BaseDeployment.apply_config` is called with the registered ``user_config``.
"""

from __future__ import annotations

import inspect
import warnings
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from aanad.errors import InvalidProject
from aanad.sdk import wiring
from aanad.sdk.app import AanaSDK
from aanad.serving.asgi import ProjectApp
from aanad.serving.in_process import InProcessTransport, PortalTransport
from aanad.serving.local_handle import LocalHandle
from aanad.serving.project_folder import opened
from aanad.wire.requests import RequestRules

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Ray's own, which would be the first thing that an author's test shows
    import ray.serve  # noqa: F401

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping

ORIGIN = "http://127.0.0.1:8000"
"""Where a box would answer."""


@dataclass(frozen=True)
class _Project:
    app: AanaSDK
    route_prefix: str
    configs: Mapping[str, dict[str, Any] | None]
    """What each deployment's ``reconfigure`` is called with, if it has one."""
    rules: RequestRules | None = None


@asynccontextmanager
async def running(
    project: AanaSDK | Path | str, *, deployments: Mapping[str, object] | None = None
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the project; its paths begin below the project's route prefix.

    Args:
        project: its app, or its folder, which is then read as `aana deploy` reads it: ``project.toml`` counts.
        deployments: objects in place of deployments of the app, by name.

    Raises:
        InvalidProject: the folder holds no project, or the app has no deployment of such a name.
    """
    with _resolved(project) as found:
        app, replaced = found.app, dict(deployments or {})
        if unknown := sorted(replaced.keys() - app.deployments.keys()):
            raise InvalidProject(
                f"Project {app.name} has no deployment {unknown[0]}.",
                hint=f"It has: {', '.join(sorted(app.deployments)) or 'none'}.",
                code="unknown_deployment",
            )
        made = {
            name: replaced[name] if name in replaced else await _constructed(registered.deployment_cls)
            for name, registered in app.deployments.items()
        }
        async with serving(
            app, made, route_prefix=found.route_prefix, configs=found.configs, rules=found.rules
        ) as client:
            yield client


@asynccontextmanager
async def serving(
    app: AanaSDK,
    deployments: Mapping[str, object],
    *,
    route_prefix: str,
    configs: Mapping[str, dict[str, Any] | None] | None = None,
    rules: RequestRules | None = None,
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an app with these objects as its deployments; `running` makes the objects too.

    Args:
        app: the app.
        deployments: by name.
        route_prefix: starts with a slash.
        configs: what ``reconfigure`` of deployments is called with before anything is asked of them.
        rules: what endpoints take from their clients; the defaults where not given.
    """
    before = wiring.current()
    handles = {name: LocalHandle(target) for name, target in deployments.items()}
    classes = {name: type(target) for name, target in deployments.items()}
    wiring.install(wiring.Wiring(project=app.name, handles=handles, classes=classes))
    try:
        for name, config in (configs or {}).items():
            target: Any = deployments[name]
            if config is not None and hasattr(target, "reconfigure"):
                await target.reconfigure(config)
        routes = ProjectApp(app)
        if rules is not None:
            routes.apply_rules(rules)
        await routes.initialize()
        transport = InProcessTransport(routes, route_prefix)
        try:
            async with httpx.AsyncClient(transport=transport, base_url=ORIGIN + route_prefix, timeout=None) as client:  # noqa: S113 - a model may take its time
                yield client
        finally:
            await routes.close()
    finally:
        wiring.install(before)


@contextmanager
def running_sync(
    project: AanaSDK | Path | str, *, deployments: Mapping[str, object] | None = None
) -> Iterator[httpx.Client]:
    """`running` for tests without an event loop: the project lives in a thread of its own."""
    from anyio.from_thread import start_blocking_portal

    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(running(project, deployments=deployments)) as client,
    ):
        transport: Any = client._transport  # noqa: SLF001 - httpx has no reader of it, and it is ours
        with httpx.Client(transport=PortalTransport(portal, transport), base_url=client.base_url, timeout=None) as own:  # noqa: S113 - a model may take its time
            yield own


@contextmanager
def _resolved(project: AanaSDK | Path | str) -> Iterator[_Project]:
    if isinstance(project, AanaSDK):
        yield _Project(project, f"/{project.name}", _configs(project))
        return
    with opened(Path(project)) as (app, settings):
        overrides = {key: own.user_config for key, own in settings.deployments.items() if own.user_config is not None}
        rules = settings.requests.over(RequestRules())
        yield _Project(app, settings.route_prefix or f"/{app.name}", _configs(app) | overrides, rules)


def _configs(app: AanaSDK) -> dict[str, dict[str, Any] | None]:
    return {name: registered.serve_deployment.user_config for name, registered in app.deployments.items()}


async def _constructed(cls: Any) -> object:
    """An object of a deployment's class; as in a replica, its constructor may be a coroutine."""
    made: Any = cls.__new__(cls)
    ready = made.__init__()
    if inspect.isawaitable(ready):
        await ready
    return made
