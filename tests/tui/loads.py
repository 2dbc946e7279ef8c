"""Boxes that are harder on a console than real ones."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

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


def chatter(box: SimulatedBox, lines: int) -> None:
    """Some log lines of one replica."""
    project = box.projects["whisper"]
    replica = project.replicas("asr")[0]
    for _ in range(lines):
        record = box.log.add(
            f"segment {box.log.end}: 14.2 s of audio in 212 ms, language en (0.98), 31 tokens, beam 5",
            project=project.name, deployment="asr", replica=replica.id, source="serve",
        )  # fmt: skip
        assert record.message


@contextmanager
def ticking(happens: Callable[[], object], each_s: float) -> Iterator[None]:
    """Let something happen again and again, in a thread."""
    ends = Event()

    def run() -> None:
        due = time.monotonic()
        while not ends.wait(max(0.0, due - time.monotonic())):
            happens()
            due += each_s

    thread = Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ends.set()
        thread.join()
