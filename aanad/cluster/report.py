"""The one place that knows what the unit says of itself."""

from __future__ import annotations

import logging
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import aanad
from aanad.cluster.head import RAYLET
from aanad.wire.unit import UnitProcess, UnitState, UnitStatus

if TYPE_CHECKING:
    from aanad.errors import AanaError

log = logging.getLogger(__name__)
EVIDENCE_LINES = 12


class Report:
    """The unit's state, changed by the supervisor and read by everybody."""

    def __init__(self, log_file: str | None = None) -> None:
        self.status = UnitStatus(
            pid=os.getpid(),
            version=aanad.__version__,
            state=UnitState.STARTING,
            since=datetime.now(UTC),
            cold_starts=0,
            log_file=log_file,
            visible_gpus=os.environ.get("CUDA_VISIBLE_DEVICES") or None,
        )

    def raylet(self) -> int | None:
        """The pid of the raylet, whose children the replicas are."""
        return next((process.pid for process in self.status.processes if process.name == RAYLET), None)

    def turn(self, state: UnitState, message: str = "", *, code: str = "", hint: str = "") -> None:
        """Enter a state."""
        now = datetime.now(UTC) if state != self.status.state else self.status.since
        update = {"state": state, "message": message, "code": code, "hint": hint, "since": now}
        if any(getattr(self.status, name) != value for name, value in update.items()):
            log.info("unit.%s %s%s", state, f"{code}: " if code else "", message)
        self.status = self.status.model_copy(update=update)

    def fail(self, error: AanaError) -> None:
        """Enter ``failed`` with the error's sentence and the last lines of its evidence."""
        message = "\n".join([error.message, *error.detail[-EVIDENCE_LINES:]])
        self.turn(UnitState.FAILED, message, code=error.code, hint=error.hint or "")

    def describe(
        self,
        *,
        cold_starts: int,
        processes: list[UnitProcess],
        dashboard_url: str | None,
        session_dir: str | None,
        node_address: str | None,
    ) -> None:
        """Say what runs."""
        self.status = self.status.model_copy(
            update={
                "cold_starts": cold_starts,
                "processes": processes,
                "dashboard_url": dashboard_url,
                "session_dir": session_dir,
                "node_address": node_address,
            }
        )
