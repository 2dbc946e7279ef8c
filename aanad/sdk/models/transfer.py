"""How files of media cross to other processes: small ones as bytes, large ones by name, on other machines in chunks."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aanad.sdk import temporary
from aanad.sdk.exceptions import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from aanad.sdk.temporary import TemporaryFile

CARRIED_BYTES = 16 * 1024 * 1024
"""A file up to this size crosses as its bytes."""
_CHUNK_BYTES = 4 * 1024 * 1024
_HELD_S = 600.0
"""How long a temporary file that was sent by name stays, for the receiver to open it."""


@dataclass(frozen=True)
class DistantFile:
    """A file as its sender saw it."""

    path: Path
    size: int
    machine: str
    node: str | None
    """The sender's node in the Ray cluster, if it was in one."""

    def found_here(self) -> tuple[Path, TemporaryFile | None] | None:
        """The file, where this is the sender's machine; under a name of its own if it can have one."""
        if self.machine != this_machine() or not self.path.is_file():
            return None
        linked = temporary.link(self.path) if self.path.is_relative_to(temporary.folder().parent) else None
        return (self.path if linked is None else linked.path), linked

    def pull(self) -> TemporaryFile:
        """A copy from the sender's node.

        Raises:
            Unavailable: it cannot be had.
        """
        if self.node is None or this_node() is None:
            raise Unavailable(
                f"The file {self.path.name} is on another machine, and there is no Ray cluster to bring it.",
                hint="Send its bytes (content=) instead of its path.",
                code="media_elsewhere",
            )
        file = temporary.new_file(self.path.suffix)
        try:
            with file.path.open("wb") as target:
                for chunk in _chunks_of(self.path, self.node):
                    target.write(chunk)
            complete = file.path.stat().st_size == self.size
        except Exception as error:  # whatever Ray raises: the node died, the file is gone
            file.close()
            raise Unavailable(f"The file {self.path.name} could not be brought from its node.") from error
        if not complete:
            file.close()
            raise Unavailable(f"The file {self.path.name} changed while it was brought from its node.")
        return file


def send(path: Path, owner: TemporaryFile | None, unreadable: Callable[[OSError], Exception]) -> dict[str, Any]:
    """What of a file goes into a pickle."""
    try:
        size = path.stat().st_size
        if size <= CARRIED_BYTES:
            return {"_content": path.read_bytes()}
    except OSError as error:
        raise unreadable(error) from error
    if owner is not None:
        temporary.hold(owner, _HELD_S)
    return {"_distant": DistantFile(path.absolute(), size, this_machine(), this_node())}


@cache
def this_machine() -> str:
    """The same in all processes that see the same files, until the machine starts again."""
    import socket

    return f"{Path('/proc/sys/kernel/random/boot_id').read_text().strip()} {socket.gethostname()}"


def this_node() -> str | None:
    """This process's node in the Ray cluster, None outside of one."""
    ray = sys.modules.get("ray")
    if ray is None or not ray.is_initialized():
        return None
    node: str = ray.get_runtime_context().get_node_id()
    return node


def _chunks_of(path: Path, node: str) -> Iterator[bytes]:
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    strategy = NodeAffinitySchedulingStrategy(node_id=node, soft=False)
    task = ray.remote(num_cpus=0, max_retries=0, scheduling_strategy=strategy)(read_chunks)
    for reference in task.remote(str(path)):
        yield ray.get(reference)


def read_chunks(path: str) -> Iterator[bytes]:
    """The parts of a file, in order; runs as a task on the node that has it."""
    with Path(path).open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            yield chunk
