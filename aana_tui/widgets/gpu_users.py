"""Who is on a GPU and who holds it, as rows of a table; no widgets."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from aana_tui.actions.action import Target
from aana_tui.widgets.gpu_card import NOTHING, amount
from aana_tui.widgets.live_table import Cell, Column, Row
from aanad.client import sanitise

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aanad.wire.hardware import Gpu, GpuHolder, GpuProcess

COLUMNS = [
    Column("who", "WHO", 28),
    Column("pid", "PID", 8, right=True),
    Column("memory", "MEMORY", 9, right=True),
    Column("gpu", "GPU", 3, right=True),
    Column("name", "PROCESS", 22),
]
HOLDS = "holds it, no process"


class User(NamedTuple):
    """A process on a GPU, or a replica that holds one without a process there."""

    key: str
    row: Row
    target: Target


def users_of(gpus: Iterable[Gpu]) -> list[User]:
    """All of these GPUs: processes of strangers first, since nobody expects them."""
    users = []
    for gpu in gpus:
        seen = {process.replica for process in gpu.processes}
        users += [_process(gpu, process) for process in gpu.processes if process.is_foreign]
        users += [_process(gpu, process) for process in gpu.processes if not process.is_foreign]
        users += [_holder(gpu, holder) for holder in gpu.holders if holder.replica not in seen]
    return users


def user_rows(users: Iterable[User]) -> list[Row]:
    """The table's rows."""
    return [user.row for user in users]


def _process(gpu: Gpu, process: GpuProcess) -> User:
    who = _path(process.project, process.deployment, process.replica)
    if process.is_foreign or not who:
        who, tone = "✖ foreign, not Aana's", "warn"
    else:
        tone = ""
    memory, name = amount(process.gpu_memory_bytes), sanitise(process.name) or NOTHING
    return _user(
        gpu, str(process.pid), (process.project, process.deployment, process.replica),
        [Cell(who, tone), Cell(str(process.pid)), Cell(memory), Cell(str(gpu.index), "dim"), Cell(name, tone or "dim")],
        [who, process.pid, process.gpu_memory_bytes, gpu.index, name], process.model_dump_json(indent=2),
        is_fault=process.is_foreign,
    )  # fmt: skip


def _holder(gpu: Gpu, holder: GpuHolder) -> User:
    who = _path(holder.project, holder.deployment, holder.replica)
    said = HOLDS if holder.share == 1 else f"holds {holder.share:.0%}, no process"
    return _user(
        gpu, f"holder/{holder.replica}", (holder.project, holder.deployment, holder.replica),
        [Cell(who), Cell(NOTHING, "dim"), Cell(NOTHING, "dim"), Cell(str(gpu.index), "dim"), Cell(said, "dim")],
        [who, None, None, gpu.index, said], holder.model_dump_json(indent=2),
    )  # fmt: skip


def _user(
    gpu: Gpu,
    key: str,
    whose: tuple[str | None, str | None, str | None],
    cells: list[Cell],
    values: list[object],
    json: str,
    *,
    is_fault: bool = False,
) -> User:
    key = f"{gpu.node}/{gpu.index}/{key}"
    project, deployment, replica = whose
    row = Row(key, tuple(cells), tuple(values), is_fault=is_fault)
    kind, label = ("replica", replica or "") if project else ("process", f"pid {cells[1].text}")
    target = Target(
        kind, key, sanitise(label), project=project, deployment=deployment, replica=replica, json=json,
        row=" ".join(cell.text for cell in cells),
    )  # fmt: skip
    return User(key, row, target)


def _path(*parts: str | None) -> str:
    return sanitise("/".join(part for part in parts if part))
