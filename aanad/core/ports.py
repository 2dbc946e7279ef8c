"""The seams of the brain: everything outside, as protocols. Adapters and the store implement them; tests fake them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
    from collections.abc import Set as AbstractSet
    from datetime import datetime
    from pathlib import Path

    from aanad.core.measurements import GpuReading, MachineMeasurement, NodeReport
    from aanad.core.records import (
        ApplicationConfig,
        CountsReading,
        EventQuery,
        LogQuery,
        LogSource,
        MutationRequest,
        NodeProcess,
        NodeResources,
        ObservedCluster,
        ProjectRecord,
        RevisionRecord,
        Timing,
    )
    from aanad.wire.events import Event
    from aanad.wire.manifest import LoadResult
    from aanad.wire.operations import Operation
    from aanad.wire.project_file import ProjectFile
    from aanad.wire.unit import EnvironmentResult, UnitStatus


class Clock(Protocol):
    """Time; injected, so that tests own it."""

    def now(self) -> datetime:
        """The time of day, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds from an arbitrary start, never going back."""
        ...


class Cluster(Protocol):
    """Ray Serve on a running head. Every method raises ClusterUnavailable where it does not answer."""

    async def observe(self) -> ObservedCluster:
        """Read all applications."""
        ...

    async def apply(self, configs: list[ApplicationConfig], foreign: list[dict[str, Any]]) -> None:
        """Tell Serve the whole configuration; applications left out are deleted.

        Args:
            configs: our applications.
            foreign: applications that are not ours, as Serve repeated them.
        """
        ...

    async def ensure_archive(self, uri: str, archive: Path) -> None:
        """See that the cluster holds an archive, and upload it where Ray dropped it."""
        ...

    async def node_processes(self, nodes: Iterable[str]) -> Mapping[tuple[str, int], NodeProcess]:
        """Memory of worker processes, by node id and pid; refreshed by Ray each five seconds."""
        ...

    async def nodes(self) -> list[NodeResources]:
        """The nodes that are alive, with what Ray may hand out on each; the head first."""
        ...

    async def node_reports(self) -> list[NodeReport]:
        """What the agents of all nodes that are alive last told Ray, each five seconds."""
        ...

    async def last_lines(self, node_id: str, files: list[str], count: int) -> list[str]:
        """The end of log files of one node (globs below its session's log folder), the last `count` lines together.

        Files that are not there are left out.
        """
        ...


class GpuSampler(Protocol):
    """The GPUs of this machine, sampled beside everything else."""

    def latest(self) -> GpuReading:
        """The last reading; never waits, never raises."""
        ...


class Machine(Protocol):
    """This machine's CPUs and memory."""

    def measure(self) -> MachineMeasurement:
        """Measure now; CPUs since the last time."""
        ...


class Processes(Protocol):
    """The processes of this machine."""

    def name(self, pid: int) -> str:
        """The command's name; empty where it is gone or hidden."""
        ...

    def lineage(self, pid: int) -> list[int]:
        """The process itself, its parent, the parent's parent and so on, as far as they live."""
        ...


class RayUnit(Protocol):
    """The Ray unit on its socket. Every method raises ClusterUnavailable where it does not answer."""

    async def status(self) -> UnitStatus:
        """How the unit and its head are."""
        ...

    async def prepare(self, requirements: str) -> EnvironmentResult:
        """Install what a ``requirements.txt`` names into an environment of its own; the same text, the same one."""
        ...

    async def load(
        self,
        archive: Path,
        *,
        project: str,
        app: str | None,
        environment: str | None = None,
        secrets: Mapping[str, str] | None = None,
    ) -> LoadResult:
        """Import a project in a process of its own and say what is in it.

        Args:
            archive: its files.
            project: its name.
            app: `module:attribute` where not the one of ``app.py``.
            environment: the id that `prepare` gave, where it has requirements.
            secrets: further environment variables for the import.
        """
        ...


class Archives(Protocol):
    """The archives of revisions, by content."""

    async def save(self, chunks: AsyncIterator[bytes]) -> StoredArchive:
        """Keep an uploaded archive; complete on disk, or not there at all.

        Raises:
            InvalidProject: it is no zip archive, too large, or holds a path that leaves its folder.
        """
        ...

    def path(self, digest: str) -> Path:
        """Where the archive with this digest lies."""
        ...

    async def has(self, digest: str) -> bool:
        """Whether the archive is there."""
        ...

    async def delete(self, digest: str) -> None:
        """Remove an archive; one that is not there is no error."""
        ...

    async def files(self, digest: str) -> dict[str, bytes]:
        """Contents by path inside the project's folder; a file beyond a megabyte is given by its SHA-256 alone.

        Raises:
            Failed: ``archive_missing``.
        """
        ...


class StoredArchive(Protocol):
    """An archive that was just kept."""

    @property
    def digest(self) -> str:
        """SHA-256 over the sorted names and contents of its files: the same for the same files, however packed."""
        ...

    @property
    def size_bytes(self) -> int:
        """Size of the archive."""
        ...

    @property
    def top(self) -> str:
        """The one folder that holds all its files: the project's name."""
        ...

    @property
    def file(self) -> ProjectFile:
        """Its ``project.toml``, or the defaults where it has none."""
        ...

    @property
    def requirements(self) -> str | None:
        """Its ``requirements.txt``; None where it has none, or an empty one."""
        ...


class Secrets(Protocol):
    """The secrets of projects, outside the database and the revisions. Raises StoreUnavailable where that fails."""

    async def names(self, project: str) -> list[str]:
        """Names of a project's secrets, sorted."""
        ...

    async def values(self, project: str) -> dict[str, str]:
        """All of them."""
        ...

    async def set(self, project: str, name: str, value: str) -> bool:
        """Keep one; False where it had this very value already.

        Raises:
            InvalidInput: ``secret_too_large``: more than wire.secrets allows.
        """
        ...

    async def remove(self, project: str, name: str) -> bool:
        """Forget one; False where there is none of that name."""
        ...

    async def remove_all(self, project: str) -> None:
        """Forget all of a project."""
        ...

    def sealed(self, project: str) -> str | None:
        """All of a project, sealed for its replicas with a key made of the cluster's token.

        The same secrets and token give the same text. None where it has no secrets.

        Raises:
            ClusterUnavailable: the cluster has no token (yet) to seal them with.
        """
        ...


class Store(Protocol):
    """Desired state, operations and events. Every method raises StoreUnavailable where the database fails."""

    async def projects(self) -> list[ProjectRecord]:
        """All projects, by name."""
        ...

    async def project(self, name: str) -> ProjectRecord | None:
        """One project."""
        ...

    async def change_project(
        self,
        name: str,
        change: Callable[[ProjectRecord | None], ProjectRecord | None],
        *,
        begins: Callable[[ProjectRecord], Operation] | None = None,
        request: MutationRequest | None = None,
    ) -> ProjectRecord | None:
        """Read a project, let `change` answer what it becomes, and write that, all in one transaction.

        Args:
            name: the project.
            change: gets None where there is no such project, and answers None to leave things as they are; what it
                raises ends the transaction without a trace.
            begins: the operation that carries the change out, written with it or not at all.
            request: what asked for that operation.
        """
        ...

    async def save_checkpoint(self, name: str, phase: str, reason: str, since: datetime) -> None:
        """Note a phase; touches nothing that anybody asked for."""
        ...

    async def save_timings(self, name: str, timings: dict[str, Timing]) -> None:
        """Note what starts and ends took; touches nothing that anybody asked for."""
        ...

    async def delete_project(self, name: str) -> None:
        """Remove a project with its revisions; its events and operations stay."""
        ...

    async def save_revision(self, record: RevisionRecord) -> None:
        """Insert a revision; one that is there already stays as it is."""
        ...

    async def mark_revision(
        self, project: str, revision: str, *, activated_at: datetime | None = None, ready_at: datetime | None = None
    ) -> None:
        """Note when a revision was activated, or was ready for the first time (later times are not noted)."""
        ...

    async def delete_revision(self, project: str, revision: str) -> None:
        """Forget a revision; one that is not there is no error."""
        ...

    async def revision(self, project: str, revision: str) -> RevisionRecord | None:
        """One revision."""
        ...

    async def revisions(self, project: str | None = None) -> list[RevisionRecord]:
        """Revisions, the newest first."""
        ...

    async def save_operation(self, operation: Operation, request: MutationRequest | None = None) -> None:
        """Insert or replace an operation; `request` is what asked for it, noted where given."""
        ...

    async def requested(self, actor: str, key: str) -> tuple[Operation, MutationRequest] | None:
        """The newest operation that an actor asked for under this key."""
        ...

    async def operation(self, operation_id: str) -> Operation | None:
        """One operation."""
        ...

    async def operations(
        self, *, project: str | None = None, unfinished: bool = False, limit: int = 100
    ) -> list[Operation]:
        """Operations, the newest first."""
        ...

    async def append_event(
        self,
        *,
        time: datetime,
        type_: str,
        actor: str,
        message: str,
        project: str | None = None,
        data: dict[str, Any] | None = None,
    ) -> Event:
        """Add one event at the end of the record."""
        ...

    async def events(self, query: EventQuery, *, since: int | None = None, limit: int = 100) -> list[Event]:
        """Events after a cursor, the oldest first; without one the last `limit`, the oldest first too."""
        ...

    async def event_bounds(self) -> tuple[int, int]:
        """The cursors of the first and the last event that are kept; zeros where there is none."""
        ...

    async def prune_events(self, *, before: datetime | None, keep: int | None, at_most: int) -> int:
        """Forget some of the first events, in one short transaction; the last event always stays.

        Args:
            before: the first ones that are older than this.
            keep: those before the last so many.
            at_most: how many to forget now.

        Returns:
            How many were forgotten; fewer than `at_most` where none is left to forget.
        """
        ...


class LogReader(Protocol):
    """Log files of the current Ray session, of the Ray unit and of the daemon."""

    def read(self, sources: Callable[[], Awaitable[list[LogSource]]], query: LogQuery) -> AsyncIterator[bytes]:
        """The records that the query wants, in time order: pieces of NDJSON of whole lines, as ``wire.logs`` says.

        `sources` is asked again while following, so that new replicas are followed too.

        Raises:
            InvalidInput: ``invalid_pattern``, ``invalid_cursor``; at once, not with the first piece.
        """
        ...


class Routes(Protocol):
    """What clients reach at Serve's port."""

    async def leads_to(self, prefix: str, project: str) -> bool:
        """Whether a request under this prefix arrives at the project by now; never raises."""
        ...


class CountsFiles(Protocol):
    """What replicas write of their requests and calls, on this machine and on others. Never raises."""

    async def here(self, settled: AbstractSet[str]) -> CountsReading | None:
        """Read those of this machine's Ray session; None where there is no session (yet).

        Args:
            settled: names that need not be read.
        """
        ...

    async def there(self, node_id: str, settled: AbstractSet[str]) -> CountsReading | None:
        """Read those of another node; None where it did not answer."""
        ...
