"""Ray Serve over the dashboard's REST API; the only code that knows its words."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING, Any

import httpx
import orjson

from aanad.adapters import ray_nodes, serve_documents
from aanad.adapters.ray_logs import RayLogs
from aanad.core.records import ObservedCluster
from aanad.errors import ClusterUnavailable, Failed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Mapping
    from pathlib import Path

    from aanad.core.measurements import NodeReport
    from aanad.core.records import ApplicationConfig, NodeProcess, NodeResources

READ_TIMEOUT_S = 5.0
APPLY_TIMEOUT_S = 90.0
"""The first PUT starts Serve, which takes seconds on a quiet machine and much longer on a busy one."""
NODES_MAX_AGE_S = 2.0
MAX_NODES = 10_000
"""Ray lists dead nodes too, and only a hundred in all unless asked for more."""
HTTP_NOT_FOUND = 404


class RayDashboard:
    """One cluster's REST API, with the cluster's token."""

    def __init__(
        self,
        *,
        url: Callable[[], str | None],
        token: Callable[[], str | None],
        host: str,
        port: int,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """`url` and `token` are asked each time: the head may come back on another port with another token."""
        self._url = url
        self._token = token
        self._http_options = {"host": host, "port": port}
        self._client = httpx.AsyncClient(timeout=READ_TIMEOUT_S, trust_env=False, transport=transport)
        self._processes: dict[str, tuple[float, dict[tuple[str, int], NodeProcess]]] = {}
        self._processes_lock = asyncio.Lock()
        self._nodes: tuple[float, list[NodeResources]] = (float("-inf"), [])
        self._nodes_lock = asyncio.Lock()
        self._logs = RayLogs(self._stream)
        self._readings = serve_documents.Readings()
        self._seen: tuple[bytes, ObservedCluster] = (b"", ObservedCluster(serve_runs=False, applications={}))
        """The last answer, and what it says."""

    async def close(self) -> None:
        """Close idle connections."""
        await self._client.aclose()

    async def observe(self) -> ObservedCluster:
        """Read all applications."""
        response = await self._request("GET", "/api/serve/applications/")
        if response.content != self._seen[0]:
            self._seen = (response.content, self._readings.cluster(_json(response)))
        return self._seen[1]

    async def apply(self, configs: list[ApplicationConfig], foreign: list[dict[str, Any]]) -> None:
        """Tell Serve the whole configuration."""
        document = serve_documents.config_document(configs, foreign, self._http_options)
        await self._request("PUT", "/api/serve/applications/", json=document, timeout=APPLY_TIMEOUT_S)

    async def ensure_archive(self, uri: str, archive: Path) -> None:
        """See that the cluster holds an archive; asking also keeps Ray from dropping it for some minutes."""
        path = "/api/packages/" + uri.replace("://", "/")
        try:
            # Its status is enough: the body may have 90 MB, and running projects are asked for each minute.
            async with self._stream("GET", path):
                return
        except Failed as error:
            if error.context.get("status") != HTTP_NOT_FOUND:
                raise
        try:
            content = await asyncio.to_thread(archive.read_bytes)
        except OSError as error:
            raise Failed(
                f"The archive of the revision cannot be read: {error.strerror}.",
                hint="Deploy the project again.",
                code="archive_missing",
            ) from error
        await self._request("PUT", path, content=content, timeout=APPLY_TIMEOUT_S)

    async def node_processes(self, nodes: Iterable[str]) -> Mapping[tuple[str, int], NodeProcess]:
        """Memory of worker processes; one reading serves all who ask within two seconds."""
        async with self._processes_lock:
            found: dict[tuple[str, int], NodeProcess] = {}
            for node in sorted(nodes):
                read_at, processes = self._processes.get(node, (float("-inf"), {}))
                if time.monotonic() - read_at > NODES_MAX_AGE_S:
                    try:
                        response = await self._request("GET", f"/nodes/{node}")
                    except Failed:
                        continue  # the node left between two readings
                    processes = ray_nodes.worker_processes(node, _json(response))
                    self._processes[node] = (time.monotonic(), processes)
                found.update(processes)
            for gone in self._processes.keys() - set(nodes):
                del self._processes[gone]
            return found

    async def nodes(self) -> list[NodeResources]:
        """The nodes that are alive; one reading serves all who ask within two seconds."""
        async with self._nodes_lock:
            read_at, nodes = self._nodes
            if time.monotonic() - read_at > NODES_MAX_AGE_S:
                response = await self._request("GET", "/api/v0/nodes", params={"limit": MAX_NODES})
                nodes = ray_nodes.node_resources(_json(response))
                self._nodes = (time.monotonic(), nodes)
            return list(nodes)

    async def node_reports(self) -> list[NodeReport]:
        """What the agents of all nodes that are alive last told Ray."""
        # Without that word Ray answers from its cache, which may be minutes old: it is renewed after it was read.
        response = await self._request("GET", "/nodes", params={"view": "summary", "nocache": "1"})
        return ray_nodes.node_reports(_json(response))

    async def last_lines(self, node_id: str, files: list[str], count: int) -> list[str]:
        """The end of log files of one node, the last `count` lines together."""
        return await self._logs.last_lines(node_id, files, count)

    async def log_names(self, node_id: str, pattern: str) -> list[str]:
        """Names of one node's log files, by a glob below its session's log folder."""
        return await self._logs.names(node_id, pattern)

    async def log_content(self, node_id: str, name: str, limit: int) -> bytes | None:
        """One log file of a node; None where it is not there or larger than `limit` bytes."""
        return await self._logs.content(node_id, name, limit)

    async def document(self, path: str, **params: str | int) -> Any:
        """A page of the REST API that has no method of its own here."""
        return _json(await self._request("GET", path, params=params))

    async def _request(self, method: str, path: str, **options: Any) -> httpx.Response:
        async with self._stream(method, path, **options) as response:
            await response.aread()
            return response

    @contextlib.asynccontextmanager
    async def _stream(self, method: str, path: str, **options: Any) -> AsyncIterator[httpx.Response]:
        base = self._url()
        if base is None:
            raise ClusterUnavailable("Ray's REST API is not up yet.")
        token = self._token()
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        try:
            async with self._client.stream(method, base + path, headers=headers, **options) as response:
                if response.is_error:
                    await response.aread()
                    raise _refusal(response, base)
                yield response
        except httpx.HTTPError as error:
            raise ClusterUnavailable(
                f"Ray's REST API at {base} does not answer ({type(error).__name__}).",
                hint="It may be starting; aana status shows the Ray unit.",
            ) from error


def _refusal(response: httpx.Response, base: str) -> ClusterUnavailable | Failed:
    if response.status_code in {401, 403}:
        return ClusterUnavailable(
            f"Ray's REST API at {base} refuses the token.",
            hint="Is another Ray on that port, or ray.token_path another cluster's?",
            code="cluster_token_refused",
        )
    if response.status_code in {502, 503, 504}:
        return ClusterUnavailable(f"Ray's REST API at {base} is not ready ({response.status_code}).")
    lines = response.text.strip().splitlines() or [response.reason_phrase]
    return Failed(f"Ray refused: {lines[-1]}", detail=lines[-30:], status=response.status_code)


def _json(response: httpx.Response) -> Any:
    try:
        try:
            return orjson.loads(response.content)
        except orjson.JSONDecodeError:
            return response.json()  # Python's own reads NaN too, which a node may report
    except ValueError as error:
        raise ClusterUnavailable(f"Ray's REST API answered no JSON at {response.url.path}.") from error
