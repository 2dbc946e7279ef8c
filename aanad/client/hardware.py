"""GPUs and nodes: now, and the last hour."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aanad.client.calls import Calls

if TYPE_CHECKING:
    from aanad.client.connection import Parameters
    from aanad.wire.hardware import Gpu, History, Node


class HardwareCalls(Calls):
    """What the machines do."""

    def gpus(self) -> list[Gpu]:
        """All GPUs of the cluster, with who uses and who holds them."""
        from aanad.wire.hardware import Gpu

        return self._read(list[Gpu], "/v1/gpus")

    def nodes(self) -> list[Node]:
        """All machines of the cluster."""
        from aanad.wire.hardware import Node

        return self._read(list[Node], "/v1/nodes")

    def gpu_history(
        self, *, width: int = 60, seconds: int = 3600, node: str | None = None, gpu: int | None = None
    ) -> History:
        """The last `seconds` of GPUs (an hour at most) in `width` steps (4,000 at most); None: nothing was measured."""
        from aanad.wire.hardware import History

        parameters: Parameters = {"width": width, "seconds": seconds, "node": node, "gpu": gpu}
        return self._read(History, "/v1/gpus/history", parameters)

    def node_history(self, *, width: int = 60, seconds: int = 3600, node: str | None = None) -> History:
        """As `gpu_history`, of the nodes' CPUs and memory."""
        from aanad.wire.hardware import History

        return self._read(History, "/v1/nodes/history", {"width": width, "seconds": seconds, "node": node})
