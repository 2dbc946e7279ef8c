"""A daemon that answers what a test told it to, through `httpx.MockTransport`; no socket, no process."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx

from aanad.client import Client
from aanad.wire.base import WireModel
from aanad.wire.operations import Operation, OperationKind, OperationState, Step
from aanad.wire.phase import Phase
from aanad.wire.problems import MEDIA_TYPE, Problem
from aanad.wire.projects import EndpointRef, Project, ProjectDetail, Replica

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@dataclass
class FakeDaemon:
    """Answers by route (``GET /v1/projects``); of several answers the last one stays."""

    requests: list[httpx.Request] = field(default_factory=list)
    answers: dict[str, list[httpx.Response]] = field(default_factory=lambda: defaultdict(list))
    is_away: bool = False
    breaks: int = 0
    """How many of the next requests arrive and lose their answer: the connection breaks."""

    def on(self, route: str, value: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> None:
        """Add an answer: a wire model, a list of them, or bytes as they are."""
        content = value if isinstance(value, bytes) else json.dumps(_plain(value)).encode()
        self.answers[route].append(
            httpx.Response(status, content=content, headers={"content-type": "application/json", **(headers or {})})
        )

    def refuse(self, route: str, status: int, code: str, message: str, hint: str | None = None) -> None:
        """Add a problem as the answer."""
        problem = Problem(title="Problem", status=status, code=code, message=message, hint=hint)
        self.on(route, problem, status=status, headers={"content-type": MEDIA_TYPE})

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer a request."""
        if self.is_away:
            raise httpx.ConnectError("gone") from FileNotFoundError("gone")
        request.read()
        self.requests.append(request)
        if self.breaks:
            self.breaks -= 1
            raise httpx.RemoteProtocolError("cut")
        answers = self.answers[f"{request.method} {request.url.path}"]
        assert answers, f"the test told nothing about {request.method} {request.url.path}"
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    @property
    def transport(self) -> httpx.MockTransport:
        """What carries a client's requests here."""
        return httpx.MockTransport(self)

    def client(self) -> Client:
        """A client of this daemon."""
        return Client("unix:///nowhere/aanad.sock", transport=self.transport)

    def seen(self) -> list[str]:
        """The requests so far, as ``METHOD path?query``."""
        return [f"{request.method} {request.url.raw_path.decode()}" for request in self.requests]


def _plain(value: Any) -> Any:
    if isinstance(value, WireModel):
        return value.model_dump(mode="json")
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value


def operation(
    state: OperationState = OperationState.SUCCEEDED,
    *,
    kind: OperationKind = OperationKind.DEPLOY,
    steps: list[Step] | None = None,
    problem: Problem | None = None,
    **changes: Any,
) -> Operation:
    """An operation on the project lowercase."""
    values: dict[str, Any] = {"id": "op-1", "project": "lowercase", "actor": "root", "created_at": NOW}
    return Operation(kind=kind, state=state, steps=steps or [], problem=problem, **{**values, **changes})


def project(name: str = "lowercase", phase: Phase = Phase.RUNNING, **changes: Any) -> Project:
    """A project, running unless said otherwise."""
    values: dict[str, Any] = {
        "name": name,
        "phase": phase,
        "reason": "ready",
        "message": "",
        "hint": "",
        "since": NOW,
        "desired": "running",
        "revision": "0123456789ab",
        "route_prefix": f"/{name}",
        "ready": 2,
        "replicas": 2,
        "endpoints": [EndpointRef(name="lowercase", path="/lowercase")],
        "etag": '"1"',
    }
    return Project(**{**values, **changes})


def detail(name: str = "lowercase", **changes: Any) -> ProjectDetail:
    """The same project, with all of it."""
    return ProjectDetail(
        **project(name, **changes).model_dump(),
        url=f"http://127.0.0.1:8000/{name}",
        created_at=NOW,
        deployments=[],
        manifest_deployments=[],
    )


def replica(**changes: Any) -> Replica:
    """A replica of the project lowercase."""
    values: dict[str, Any] = {
        "id": "r1",
        "project": "lowercase",
        "deployment": "ingress",
        "node": "127.0.0.1",
        "pid": 41,
        "phase": Phase.RUNNING,
        "gpus": [],
        "gpu_memory_bytes": None,
        "rss_bytes": 3 * 1024 * 1024,
        "restarts": 0,
        "started_at": NOW,
    }
    return Replica(**{**values, **changes})
