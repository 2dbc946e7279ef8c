"""Boxes that are harder on a console than real ones."""

from __future__ import annotations

from aana_tui.demo.box import SimulatedBox
from aanad.wire.projects import Replica


def busy(box: SimulatedBox) -> None:
    """Let all replicas' memory change in each second."""

    def stir() -> None:
        chance = box.chance(f"stir {box.seconds}")
        for key, item in list(box.items("replicas").items()):
            replica = Replica.model_validate(item)
            used = {
                "rss_bytes": int((replica.rss_bytes or 1 << 29) * chance.uniform(0.9, 1.1)),
                "gpu_memory_bytes": replica.gpu_memory_bytes
                and int(replica.gpu_memory_bytes * chance.uniform(0.9, 1.1)),
            }
            box.set("replicas", key, replica.model_copy(update=used))

    box.each_second.append(stir)
