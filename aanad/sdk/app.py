"""`AanaSDK`: the object in which a project registers its deployments and endpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aanad.errors import InvalidProject
from aanad.sdk.naming import check_deployment_name, check_endpoint_name, check_endpoint_path, check_project_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aanad.sdk.deployment import RegisteredDeployment
    from aanad.sdk.endpoint import Endpoint, RegisteredEndpoint
    from aanad.sdk.hooks import AfterHook, BeforeHook
    from aanad.sdk.routers import RegisteredRouter


class AanaSDK:
    """A project's app; `app.py` makes one and registers everything in it.

    Attributes:
        name: the project's name; it must agree with the folder's (or ``project.toml``'s).
        endpoints: name → `RegisteredEndpoint`, with ``name``, ``path``, ``summary``, ``request_schema()``,
            ``response_schema()`` and ``streaming``.
        deployments: name → `RegisteredDeployment`, with ``name``, ``class_name``, ``replicas``, ``max_replicas``,
            ``num_cpus``, ``num_gpus``, ``memory_bytes``, ``resources``, ``methods`` and ``serve_deployment``.
        routers: what `register_router` was given, in that order: `RegisteredRouter`, with ``router``, ``prefix`` and
            ``kind``.
    """

    def __init__(self, name: str) -> None:
        self.name = check_project_name(name)
        self.endpoints: dict[str, RegisteredEndpoint] = {}
        self.deployments: dict[str, RegisteredDeployment] = {}
        self.routers: list[RegisteredRouter] = []

    def register_deployment(self, name: str, instance: object) -> None:
        """Add a deployment.

        Args:
            name: how endpoints ask for it: ``AanaDeploymentHandle.create(name)``.
            instance: a class decorated with ``@serve.deployment``, or its ``.options(...)``.

        Raises:
            InvalidProject: the name is taken, reserved or malformed.
            InvalidSignature: `instance` is not a deployment of a class.
        """
        from aanad.sdk.deployment import RegisteredDeployment

        check_deployment_name(name)
        if name in self.deployments:
            raise InvalidProject(
                f"Deployment {name}: the name is registered twice.",
                hint="Give each register_deployment(name=…) a name of its own.",
                code="duplicate_deployment",
            )
        self.deployments[name] = RegisteredDeployment(name, instance)

    def register_endpoint(
        self,
        name: str,
        path: str,
        summary: str,
        endpoint_cls: type[Endpoint],
        *,
        description: str = "",
        tags: Sequence[str] = (),
        timeout_s: float | None = None,
        max_concurrent: int | None = None,
        max_queued: int | None = None,
        before: Sequence[BeforeHook] = (),
        after: Sequence[AfterHook] = (),
    ) -> None:
        """Add an endpoint.

        Args:
            name: how the console, the command and OpenAPI call it.
            path: where it answers, under the project's route prefix; starts with a slash.
            summary: one line that says what it does.
            endpoint_cls: a subclass of `Endpoint`.
            description: several lines on what it does, as Markdown.
            tags: groups of OpenAPI and the docs page.
            timeout_s: seconds that one request may take; then it is cancelled and answered by 504.
            max_concurrent: requests that one ingress replica works on at once.
            max_queued: requests that may wait for their turn beyond those; more are answered by 429.
            before: functions called with the `EndpointRequest` before `run`; what they raise is the answer.
            after: functions called with the `EndpointRequest` and its `EndpointOutcome` once the answer is complete.

        Raises:
            InvalidProject: the name or the path is taken, reserved or malformed.
            InvalidSignature: `run` has a signature that cannot be served.
        """
        from aanad.sdk.endpoint import RegisteredEndpoint
        from aanad.sdk.endpoint_options import endpoint_options

        check_endpoint_name(name)
        check_endpoint_path(name, path)
        if name in self.endpoints:
            raise InvalidProject(
                f"Endpoint {name}: the name is registered twice.",
                hint="Give each register_endpoint(name=…) a name of its own.",
                code="duplicate_endpoint_name",
            )
        for other in self.endpoints.values():
            if other.path == path:
                raise InvalidProject(
                    f"Endpoint {name}: the path {path} is already taken by endpoint {other.name}.",
                    hint="Give each register_endpoint(path=…) a path of its own.",
                    code="duplicate_endpoint_path",
                )
        options = endpoint_options(
            name,
            description=description,
            tags=tags,
            timeout_s=timeout_s,
            max_concurrent=max_concurrent,
            max_queued=max_queued,
            before=before,
            after=after,
        )
        endpoint = RegisteredEndpoint(name, path, summary, endpoint_cls, options)
        if self.routers:
            from aanad.sdk.routers import check_collisions

            check_collisions(self.routers, [endpoint])
        self.endpoints[name] = endpoint

    def register_router(self, router: object, prefix: str = "") -> None:
        """Add further routes: those of a web framework, or an ASGI application.

        Endpoints and the project's own pages are asked first, then the routers in the order of registration; one that
        has no route for a request leaves it to the next.

        Args:
            router: a FastAPI ``APIRouter`` or ``FastAPI``, a Starlette ``Router`` or ``Starlette``, or any ASGI
                callable ``(scope, receive, send)``.
            prefix: where its paths begin, under the project's route prefix; starts with a slash, or is empty.

        Raises:
            InvalidProject: the prefix is malformed, or it, or a route of the router, is the path of an endpoint or of
                a page that every project has.
            InvalidSignature: `router` is none.
        """
        from aanad.sdk.routers import check_collisions, registered_router

        registered = registered_router(router, prefix)
        check_collisions([registered], self.endpoints.values())
        self.routers.append(registered)

    def __repr__(self) -> str:
        return f"AanaSDK(name={self.name!r})"
