"""The control API as typed calls. One method a route; models of `aanad.wire` in and out; errors are `AanaError`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from aanad.client.calls import project_path
from aanad.client.changes import Changes
from aanad.client.connection import Connection
from aanad.client.contexts import resolve
from aanad.client.hardware import HardwareCalls
from aanad.client.operations import Operations
from aanad.client.plans import Plans
from aanad.client.streams import Streams
from aanad.wire.projects import Endpoint, Project, ProjectDetail, Replica, Revision

if TYPE_CHECKING:
    import httpx

    from aanad.client.addresses import Address
    from aanad.wire.access import Access, Role
    from aanad.wire.request_stats import RequestStats
    from aanad.wire.secrets import Secret
    from aanad.wire.status import Health, Status, Version


class Client(Changes, Plans, Operations, Streams, HardwareCalls):
    """A daemon, as its users see it.

    Args:
        context: a saved name, ``unix:///path/to/aanad.sock``, ``https://host``, ``ssh://[user@]host``, or an address
            that `resolve` gave; what `resolve` finds where not given. It is connected to with the first request, and
            an ssh tunnel is shared with all clients of this process.
        role: act with this role at most (``viewer``: nothing can be changed), whatever the daemon would allow.
        transport: what carries the requests, for tests: an `httpx.MockTransport`, say.
    """

    def __init__(
        self,
        context: str | Address | None = None,
        role: Role | str | None = None,
        *,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        address = resolve(context) if context is None or isinstance(context, str) else context
        self._connection = Connection(address, transport, role=role)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connection."""
        self._connection.close()

    def cut(self) -> None:
        """End what other threads wait for at this client, at once and for good: each gets `DaemonUnavailable`.

        Followers end too, instead of trying again; the code is ``client_cut``.
        """
        self._connection.cut()

    @property
    def address(self) -> str:
        """Where the daemon is, as a context."""
        return str(self._connection.address)

    # The daemon

    def health(self) -> Health:
        """Whether the daemon is alive."""
        from aanad.wire.status import Health

        return self._read(Health, "/healthz")

    def version(self) -> Version:
        """The daemon's version and those of its API."""
        from aanad.wire.status import Version

        return self._read(Version, "/v1/version")

    def status(self) -> Status:
        """The daemon, Ray and the store."""
        from aanad.wire.status import Status

        return self._read(Status, "/v1/status")

    def access(self) -> Access:
        """Who the daemon takes this client for, and what it may do."""
        from aanad.wire.access import Access

        return self._read(Access, "/v1/access")

    # Projects

    def projects(self) -> list[Project]:
        """All projects, by name."""
        return self._read(list[Project], "/v1/projects")

    def project(self, name: str) -> ProjectDetail:
        """One project with its deployments."""
        return self._read(ProjectDetail, project_path(name))

    def endpoints(self, project: str) -> list[Endpoint]:
        """A project's endpoints with their JSON schemas."""
        return self._read(list[Endpoint], project_path(project, "endpoints"))

    def revisions(self, project: str) -> list[Revision]:
        """A project's history, newest first."""
        return self._read(list[Revision], project_path(project, "revisions"))

    def replicas(self, project: str | None = None) -> list[Replica]:
        """The replicas of one project, or of all."""
        return self._read(list[Replica], project_path(project, "replicas") if project else "/v1/replicas")

    def requests(self, project: str | None = None) -> list[RequestStats]:
        """Numbers of requests and calls of one project, or of all: by project, endpoint and deployment."""
        from aanad.wire.request_stats import RequestStats

        return self._read(list[RequestStats], "/v1/requests", {"project": project})

    def secrets(self, project: str) -> list[Secret]:
        """The names of a project's secrets; no value ever comes back."""
        from aanad.wire.secrets import Secret

        return self._read(list[Secret], project_path(project, "secrets"))
