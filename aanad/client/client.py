"""The control API as typed calls. One method a route; models of `aanad.wire` in and out; errors are `AanaError`."""

from __future__ import annotations

import re
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self
from urllib.parse import quote

from aanad.client.connection import Connection, parsed
from aanad.client.contexts import resolve
from aanad.client.invocations import DURATION_HEADER, Answer, Invocation
from aanad.client.problems import error_of
from aanad.errors import AanaError, Failed, NotFound, TimedOut
from aanad.wire.events import Event
from aanad.wire.logs import LogRecord
from aanad.wire.operations import Operation, OperationState
from aanad.wire.problems import Problem
from aanad.wire.projects import Endpoint, Project, ProjectDetail, Replica, Revision
from aanad.wire.status import Health, Status, Version

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import httpx

    from aanad.client.connection import Parameters
    from aanad.client.packing import Archive

_NAME = re.compile(r"[a-z][a-z0-9_]{0,47}")
POLL_S = 0.5
"""How long one request waits for an operation: often enough to show its steps."""


class Client:
    """A daemon, as its users see it.

    Args:
        context: ``unix:///path/to/aanad.sock``; ``AANA_CONTEXT`` or this machine's daemon where not given.
        transport: what carries the requests, for tests: an `httpx.MockTransport`, say.
    """

    def __init__(self, context: str | None = None, *, transport: httpx.BaseTransport | None = None) -> None:
        self._connection = Connection(resolve(context), transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connection."""
        self._connection.close()

    @property
    def address(self) -> str:
        """Where the daemon is, as a context."""
        return str(self._connection.address)

    # The daemon

    def health(self) -> Health:
        """Whether the daemon is alive."""
        return parsed(Health, self._get("/healthz"))

    def version(self) -> Version:
        """The daemon's version and those of its API."""
        return parsed(Version, self._get("/v1/version"))

    def status(self) -> Status:
        """The daemon, Ray and the store."""
        return parsed(Status, self._get("/v1/status"))

    # Projects

    def projects(self) -> list[Project]:
        """All projects, by name."""
        return parsed(list[Project], self._get("/v1/projects"))

    def project(self, name: str) -> ProjectDetail:
        """One project with its deployments."""
        return parsed(ProjectDetail, self._get(_project(name)))

    def endpoints(self, project: str) -> list[Endpoint]:
        """A project's endpoints with their JSON schemas."""
        return parsed(list[Endpoint], self._get(_project(project, "endpoints")))

    def revisions(self, project: str) -> list[Revision]:
        """A project's history, newest first."""
        return parsed(list[Revision], self._get(_project(project, "revisions")))

    def replicas(self, project: str | None = None) -> list[Replica]:
        """The replicas of one project, or of all."""
        return parsed(list[Replica], self._get(_project(project, "replicas") if project else "/v1/replicas"))

    def deploy(self, archive: Archive, *, activate: bool = True) -> Operation:
        """Upload an archive as a revision; with `activate` it is what runs next."""
        response = self._connection.request(
            "POST",
            _project(archive.name, "revisions"),
            parameters={"activate": activate, "app": archive.app, "git_commit": archive.git_commit},
            content=archive.content,
            headers={"content-type": "application/zip"},
        )
        return parsed(Operation, response.content)

    def start(self, project: str) -> Operation:
        """Ask for a project to run."""
        return self._verb(project, "start")

    def stop(self, project: str) -> Operation:
        """Ask for a project to stop."""
        return self._verb(project, "stop")

    def restart(self, project: str) -> Operation:
        """Replace a project's replicas."""
        return self._verb(project, "restart")

    def remove(self, project: str, *, force: bool = False) -> Operation:
        """Forget a project and its revisions; a running one only with `force`."""
        response = self._connection.request("DELETE", _project(project), parameters={"force": force})
        return parsed(Operation, response.content)

    # Operations

    def operations(self, project: str | None = None) -> list[Operation]:
        """What was asked for, newest first."""
        return parsed(list[Operation], self._get("/v1/operations", {"project": project}))

    def operation(self, operation_id: str, *, wait_s: float = 0.0) -> Operation:
        """One operation; with `wait_s` as soon as it is final, or after that time as it is then."""
        path = f"/v1/operations/{quote(operation_id, safe='')}"
        response = self._connection.request("GET", path, parameters={"wait": wait_s or None}, wait_s=wait_s)
        return parsed(Operation, response.content)

    def wait(
        self,
        operation: Operation,
        *,
        timeout_s: float | None = None,
        check: bool = True,
        on_change: Callable[[Operation], None] = lambda _: None,
    ) -> Operation:
        """Wait until an operation is final.

        Args:
            operation: as a verb gave it.
            timeout_s: how long at most; without limit where not given.
            check: raise the operation's own error where it did not succeed.
            on_change: called with the operation now and after each look at it.

        Raises:
            TimedOut: it goes on; only the waiting is over.
            Failed: with `check`, it failed or was cancelled (or the class that its problem's code stands for).
        """
        deadline = time.monotonic() + timeout_s if timeout_s is not None else None
        on_change(operation)
        while not operation.state.is_final:
            wait_s = POLL_S if deadline is None else min(POLL_S, deadline - time.monotonic())
            if wait_s <= 0:
                raise TimedOut(
                    f"The {operation.kind} of {operation.project} has not finished within {timeout_s:g} s.",
                    hint="It goes on: `aana ps` shows where it stands, `aana events -f` follows it.",
                    operation=operation,
                )
            operation = self.operation(operation.id, wait_s=wait_s)
            on_change(operation)
        if check and operation.state is not OperationState.SUCCEEDED:
            raise outcome_error(operation)
        return operation

    # Requests, logs, events

    @contextmanager
    def invoke(self, project: str, endpoint: str, invocation: Invocation | None = None) -> Iterator[Answer]:
        """Send a request to an endpoint through the daemon; an error of the endpoint is an answer too."""
        path = _project(project, f"endpoints/{quote(endpoint, safe='')}/invoke")
        arguments = (invocation or Invocation()).as_arguments()
        with self._connection.stream("POST", path, **arguments) as response:
            if response.is_error and DURATION_HEADER not in response.headers:
                response.read()
                raise error_of(parsed(Problem, response.content))
            yield Answer(response)

    def logs(
        self,
        project: str | None = None,
        *,
        deployment: str | None = None,
        replica: str | None = None,
        tail: int | None = None,
        follow: bool = False,
    ) -> Iterator[LogRecord]:
        """Log records, oldest first; with `follow` the stream does not end by itself."""
        parameters: Parameters = {
            "project": project,
            "deployment": deployment,
            "replica": replica,
            "tail": tail,
            "follow": follow,
        }
        for line in self._connection.lines("/v1/logs", parameters, follow=follow):
            yield parsed(LogRecord, line)

    def events(self, *, project: str | None = None, since: int | None = None, limit: int | None = None) -> list[Event]:
        """Events after the cursor `since`, oldest first; the newest ones where it is not given."""
        return parsed(list[Event], self._get("/v1/events", {"project": project, "since": since, "limit": limit}))

    def follow_events(
        self, *, project: str | None = None, since: int | None = None, limit: int | None = None
    ) -> Iterator[Event]:
        """As `events`, and then each new one as it happens."""
        parameters: Parameters = {"project": project, "since": since, "limit": limit, "follow": True}
        for line in self._connection.lines("/v1/events", parameters, follow=True):
            yield parsed(Event, line)

    def _get(self, path: str, parameters: Parameters | None = None) -> bytes:
        return self._connection.request("GET", path, parameters=parameters).content

    def _verb(self, project: str, verb: str) -> Operation:
        return parsed(Operation, self._connection.request("POST", _project(project, verb)).content)


def outcome_error(operation: Operation) -> AanaError:
    """Why an operation did not succeed."""
    if operation.problem is not None:
        return error_of(operation.problem)
    what = f"The {operation.kind} of {operation.project}"
    if operation.state is OperationState.CANCELLED:
        return Failed(
            f"{what} was cancelled.",
            hint="A later change of the same project took its place, or somebody cancelled it: `aana events` says who.",
            code="operation_cancelled",
        )
    return Failed(f"{what} failed.", hint=f"`aana logs {operation.project}` may say why.", code="operation_failed")


def _project(name: str, rest: str = "") -> str:
    if not _NAME.fullmatch(name):
        # What cannot be a name is not there either, and must not become another path.
        raise NotFound(f"There is no project {name}.", hint="`aana ps` lists them.", code="project_not_found")
    path = f"/v1/projects/{name}"
    return f"{path}/{rest}" if rest else path
