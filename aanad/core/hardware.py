"""Nodes and GPUs as the wire shows them, and which GPUs a replica has."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from aanad.core import gpu_use
from aanad.core.measurements import ReplicaGpus
from aanad.core.placement import held_by
from aanad.errors import NotFound
from aanad.wire.hardware import Gpu, HardwareState, History, Node, Series

if TYPE_CHECKING:
    from aanad.core.hosts import Host, Hosts
    from aanad.core.measurements import GpuMeasurement
    from aanad.core.observation import Observation
    from aanad.core.ports import Clock, Processes
    from aanad.core.sample_history import SampleHistory, SeriesKey


class Hardware:
    """Answers ``/v1/nodes`` and ``/v1/gpus``."""

    def __init__(
        self,
        *,
        hosts: Hosts,
        history: SampleHistory,
        processes: Processes,
        observation: Observation,
        clock: Clock,
    ) -> None:
        self._hosts = hosts
        self._history = history
        self._processes = processes
        self._observation = observation
        self._clock = clock

    async def gpus(self) -> list[Gpu]:
        """All GPUs, those of this machine first; also those that Ray hands out and nobody can measure."""
        hosts = await self._hosts.list()
        groups = {(host.id, pid): group for host in hosts for pid, group in host.groups.items()}
        replicas = gpu_use.owners(self._observation.cluster, groups)
        found = []
        for host in hosts:
            holders = gpu_use.holders(host.slots, host.id, replicas, host.index_of)
            # The parents of a process are known on this machine only.
            processes = self._processes if host.is_local else None
            for gpu in host.gpus:
                using = [gpu_use.process(user, host.id, replicas, processes) for user in gpu.users]
                found.append(
                    _gpu(host, gpu).model_copy(update={"processes": using, "holders": holders.get(gpu.index, [])})
                )
        return found

    async def nodes(self) -> list[Node]:
        """All machines of the cluster that are alive, this one first."""
        held: dict[str, dict[str, float]] = {}
        for each in held_by(self._observation.cluster):
            of_node = held.setdefault(each.node_id, {})
            for name, value in each.resources.items():
                of_node[name] = round(of_node.get(name, 0.0) + value, 4)
        return [_node(host, held.get(host.id, {})) for host in await self._hosts.list()]

    async def replica_gpus(self) -> dict[str, ReplicaGpus]:
        """By a replica's id, what it has; replicas without any are left out."""
        indexes: dict[str, set[int]] = {}
        memory: dict[str, int] = {}
        for gpu in await self.gpus():
            for holder in gpu.holders:
                indexes.setdefault(holder.replica, set()).add(gpu.index)
            for process in gpu.processes:
                if process.replica is not None:
                    indexes.setdefault(process.replica, set()).add(gpu.index)
                    if process.gpu_memory_bytes is not None:
                        memory[process.replica] = memory.get(process.replica, 0) + process.gpu_memory_bytes
        return {replica: ReplicaGpus(tuple(sorted(found)), memory.get(replica)) for replica, found in indexes.items()}

    async def history(self, *, seconds: float, width: int, node: str | None = None, gpu: int | None = None) -> History:
        """The last `seconds` of GPUs in `width` steps.

        Args:
            seconds: an hour at most.
            width: how many steps.
            node: only this one, by address, hostname or id.
            gpu: only GPUs of this index.

        Raises:
            NotFound: ``node_not_found``, ``gpu_not_found``.
        """
        addresses = await self._addresses(node)
        keys = [key for key in self._history.series() if key.node in addresses and key.gpu is not None]
        if gpu is not None:
            keys = [key for key in keys if key.gpu == gpu]
            if not keys:
                raise NotFound(
                    f"Nothing was measured of a GPU {gpu}.", hint="`aana gpus` lists them.", code="gpu_not_found"
                )
        return self._read(keys, addresses, seconds, width)

    async def node_history(self, *, seconds: float, width: int, node: str | None = None) -> History:
        """The last `seconds` of the nodes' CPUs and memory in `width` steps.

        Raises:
            NotFound: ``node_not_found``.
        """
        addresses = await self._addresses(node)
        keys = [key for key in self._history.series() if key.node in addresses and key.gpu is None]
        return self._read(keys, addresses, seconds, width)

    async def _addresses(self, wanted: str | None) -> dict[str, str]:
        """By the history's names, the addresses of all nodes or of one."""
        found = {
            host.key: host.address
            for host in await self._hosts.list()
            if wanted is None or wanted in {host.address, host.hostname, host.id}
        }
        if not found and wanted is not None:
            raise NotFound(f"There is no node {wanted}.", hint="`aana nodes` lists them.", code="node_not_found")
        return found

    def _read(self, keys: list[SeriesKey], addresses: dict[str, str], seconds: float, width: int) -> History:
        now, monotonic = self._clock.now(), self._clock.monotonic()
        # The present second is not over yet.
        last, count = int(monotonic) - 1, max(1, round(seconds))
        series = []
        for key in keys:
            mean, highest = self._history.read(key, last=last, seconds=count, width=width)
            series.append(Series(node=addresses[key.node], gpu=key.gpu, metric=key.metric, mean=mean, max=highest))
        start = now - timedelta(seconds=monotonic - (last + 1 - count))
        return History(start=start, step_s=count / width, series=series)


def _gpu(host: Host, gpu: GpuMeasurement) -> Gpu:
    return Gpu(
        node=host.address,
        index=gpu.index,
        uuid=gpu.uuid,
        name=gpu.name,
        state=gpu.state,
        reason=gpu.reason,
        message=gpu.message,
        hint=gpu.hint,
        utilization_percent=gpu.utilization_percent,
        memory_used_bytes=gpu.memory_used_bytes,
        memory_total_bytes=gpu.memory_total_bytes,
        temperature_c=gpu.temperature_c,
        power_w=gpu.power_w,
        power_limit_w=gpu.power_limit_w,
        throttling=list(gpu.throttling),
        measured_at=gpu.measured_at,
    )


def _node(host: Host, held: dict[str, float]) -> Node:
    reading = host.reading
    state, reason, message, hint = reading.state, reading.reason, reading.message, reading.hint
    if host.unseen:
        first = host.unseen[0]
        state, reason, message, hint = first.state, first.reason, first.message, first.hint
    elif state is HardwareState.NONE:
        reason = "no_gpu" if reason == "nvml_missing" else reason
    return Node(
        id=host.id,
        address=host.address,
        hostname=host.hostname,
        is_head=host.is_local,
        state=host.state,
        reason=host.reason,
        message=host.message,
        hint=host.hint,
        cpus=host.cpus,
        cpu_percent=host.cpu_percent,
        memory_used_bytes=host.memory_used_bytes,
        memory_total_bytes=host.memory_total_bytes,
        gpus=len(host.gpus),
        gpu_state=state,
        gpu_reason=reason,
        gpu_message=message,
        gpu_hint=hint,
        resources_total=host.resources,
        resources_held=held,
        measured_at=host.measured_at,
    )
