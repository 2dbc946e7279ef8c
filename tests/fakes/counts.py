"""Files of replicas' counts, in memory."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from aanad.core.records import CountsReading
from aanad.wire.replica_counts import ReplicaCounts


class FakeCountsFiles:
    def __init__(self) -> None:
        self.nodes: dict[str, dict[str, ReplicaCounts] | None] = {"": {}}
        """By node, the empty one being this machine; None where it does not answer."""
        self.readings = 0
        self.settled: frozenset[str] = frozenset()

    async def here(self, settled: AbstractSet[str]) -> CountsReading | None:
        return self._read("", settled)

    async def there(self, node_id: str, settled: AbstractSet[str]) -> CountsReading | None:
        return self._read(node_id, settled)

    def write(self, counts: ReplicaCounts, node: str = "") -> None:
        """As the replica does."""
        files = self.nodes.setdefault(node, {})
        assert files is not None
        files[counts.file_name] = counts

    def _read(self, node: str, settled: AbstractSet[str]) -> CountsReading | None:
        self.readings += 1
        self.settled = frozenset(settled)
        files = self.nodes.get(node)
        if files is None:
            return None
        return CountsReading(frozenset(files), {name: each for name, each in files.items() if name not in settled})
