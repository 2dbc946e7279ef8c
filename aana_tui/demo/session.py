"""A session with a simulated daemon."""

from __future__ import annotations

from datetime import UTC, datetime
from threading import Lock, Thread
from time import sleep
from typing import TYPE_CHECKING

from aana_tui.session import Session

if TYPE_CHECKING:
    from aana_tui.demo.box import SimulatedBox
    from aanad.client import Client


def demo_session(box: SimulatedBox | None = None, *, pace: float = 1.0) -> Session:
    """A session with this box, or with one of its own.

    Args:
        box: made when the console first connects, where not given: the frame is painted before.
        pace: simulated seconds in a real one; 0 lets the box stand still.
    """
    return Session("demo", _Simulation(box, pace).connect)


class _Simulation:
    def __init__(self, box: SimulatedBox | None, pace: float) -> None:
        self._box = box
        self._pace = pace
        self._lock = Lock()
        self._is_running = False

    def connect(self) -> Client:
        from aana_tui.demo.box import SimulatedBox
        from aana_tui.demo.transport import SimulatedTransport
        from aanad.client import Client

        with self._lock:
            box = self._box = self._box or SimulatedBox(start=datetime.now(UTC))
            if self._pace and not self._is_running:
                self._is_running = True
                Thread(target=self._run, args=[box], name="demo", daemon=True).start()
        return Client("unix:///demo", transport=SimulatedTransport(box))

    def _run(self, box: SimulatedBox) -> None:
        while not box.is_closed:
            sleep(1 / self._pace)
            box.tick()
