"""A session with a simulated daemon."""

from __future__ import annotations

from threading import Thread
from time import sleep

from aana_tui.demo.box import SimulatedBox
from aana_tui.demo.transport import SimulatedTransport
from aana_tui.session import Session
from aanad.client import Client


def demo_session(box: SimulatedBox | None = None, *, pace: float = 1.0) -> Session:
    """A box whose seconds pass `pace` times as fast as real ones; 0 lets it stand still."""
    simulated = box or SimulatedBox()

    def connect() -> Client:
        return Client("unix:///demo", transport=SimulatedTransport(simulated))

    def run() -> None:
        while not simulated.is_closed:
            sleep(1 / pace)
            simulated.tick()

    if pace:
        Thread(target=run, name="demo", daemon=True).start()
    return Session("demo", connect)
