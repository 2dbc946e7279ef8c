"""The simulated daemon's control API, as a transport of httpx: the client is the real one."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import httpx

from aana_tui.demo import daemon, endpoints, events, hardware, logs, plans, projects, verbs
from aana_tui.demo.routes import READS, Call, Refusal, refused, role_of

if TYPE_CHECKING:
    from aana_tui.demo.box import SimulatedBox
    from aana_tui.demo.routes import Route

ROUTES: list[Route] = [
    *daemon.routes,
    *projects.routes,
    *verbs.routes,
    *plans.routes,
    *hardware.routes,
    *logs.routes,
    *endpoints.routes,
    *events.routes,
]
"""All parts; the first that matches answers."""


class SimulatedTransport(httpx.BaseTransport):
    """Answers for a box; one for each client, so that `close` ends what that client reads."""

    def __init__(self, box: SimulatedBox) -> None:
        self._box = box
        self._is_closed = False

    def close(self) -> None:
        """End the streams."""
        self._is_closed = True
        with self._box.changed:
            self._box.changed.notify_all()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request, in the way that the box's faults let it.

        Raises:
            httpx.ConnectError: the link is down.
        """
        request.read()
        box = self._box
        cuts = box.faults.cuts
        if box.faults.is_down:
            raise httpx.ConnectError("The link is down.", request=request)
        box.faults.note(request)
        if box.faults.delay_s:
            time.sleep(box.faults.delay_s)
        if (problem := box.faults.problem_for(request)) is not None:
            return refused(problem)

        def is_cut() -> bool:
            return self._is_closed or box.is_closed or box.faults.cuts != cuts

        path = request.url.path
        for route in ROUTES:
            if (found := route.match(request.method, path)) is not None:
                try:
                    _require(route, request, box)
                    return route.answer(Call(box, request, found, is_cut))
                except Refusal as refusal:
                    return refused(refusal.problem)
        return refused(Refusal(404, "not_found", f"The demo has no {path}.", "A real daemon may.").problem)


def _require(route: Route, request: httpx.Request, box: SimulatedBox) -> None:
    role = role_of(request, box.role)
    if not role.covers(route.role):
        verb = "changed" if request.method not in READS else "read"
        raise Refusal(
            403, "forbidden", f"As a {role} you may not do this: nothing is {verb}.", f"It needs the role {route.role}."
        )
