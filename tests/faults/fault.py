"""One fault under load: who is killed, what clients saw of it, and how long until all was as desired again."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from typing import Self

import httpx
import psutil

from tests.e2e.box import NO_TLS, Box, eventually
from tests.e2e.traffic import Traffic

BODY = {"text": ["ABC"]}
ANSWER = {"text": ["abc"]}
WARM = 20
"""So many answers show that the traffic flows."""

COLD_START_S = 240
"""Enough for a cold start on a machine that is busy with other things."""
DEPLOYMENT = "lowercase_deployment"
Desired = dict[str, int]
"""Ready replicas by project; 0 for one that must be stopped. Other projects do not matter."""
DESIRED: Desired = {"lowercase": 2, "pair": 3, "idle": 0}
"""What the box of these tests must come back to."""


def standing(box: Box, desired: Desired = DESIRED) -> str:
    """Empty where everything is as desired, else what is not, in a line."""
    try:
        status, projects = box.get("/v1/status"), box.get("/v1/projects")
        if not status.is_success or not projects.is_success:
            return f"the daemon answers {status.status_code} and {projects.status_code}: {projects.text}"
        cluster = status.json()["cluster"]["state"]
        listed = [project for project in projects.json() if project["name"] in desired]
        found = {project["name"]: (project["phase"], project["ready"], project["replicas"]) for project in listed}
        expected = {name: ("running" if count else "stopped", count, count) for name, count in desired.items()}
        if cluster != "ready" or found != expected:
            return f"cluster {cluster}, projects {found}"
        for name in [name for name, count in desired.items() if count]:
            answer = httpx.post(f"{box.serve_url}/{name}/lowercase", json=BODY, timeout=5, verify=NO_TLS)
            if not answer.is_success or answer.json() != ANSWER:
                return f"{name} answers {answer.status_code}"
    except httpx.HTTPError as error:
        return f"{type(error).__name__} at {error.request.url}"
    return ""


class Fault:
    """Traffic to one project while something dies; its line for the report is complete when it is left."""

    def __init__(self, box: Box, what: str, *, project: str, report: list[str]) -> None:
        self.traffic = Traffic(f"{box.serve_url}/{project}/lowercase", BODY)
        self._box = box
        self._what = what
        self._report = report
        self._struck_at = 0.0
        self._took_s: float | None = None

    def __enter__(self) -> Self:
        assert not standing(self._box)
        self.traffic.__enter__()
        self.until_more_answers()
        return self

    def __exit__(self, *_: object) -> None:
        self.traffic.__exit__()
        failures = self.traffic.failures
        detail = f" ({', '.join(f'{count} {outcome}' for outcome, count in failures.items())})" if failures else ""
        self._report.append(
            f"{self._what:22} {self.traffic.answered():6,} answered, {sum(failures.values())} failed{detail}, "
            f"longest wait {self.traffic.longest_wait_s():.1f} s, outage {self.traffic.longest_outage_s():.1f} s, "
            + ("NOT as desired again" if self._took_s is None else f"as desired again after {self._took_s:.1f} s")
        )

    def kill(self, *pids: int) -> None:
        """SIGKILL, and the clock starts."""
        self._struck_at = time.monotonic()
        for pid in pids:
            os.kill(pid, signal.SIGKILL)

    def until_more_answers(self) -> None:
        """Wait until the traffic flows, now."""
        before = self.traffic.answered()
        eventually(self.traffic.answered, lambda count: count > before + WARM)

    def until_as_desired(self, is_replaced: Callable[[], bool], *, within: float = COLD_START_S) -> None:
        """Wait until what died is there again and nothing differs from what the operator asked for."""
        eventually(is_replaced, within=within, every=0.05)
        eventually(lambda: standing(self._box), lambda found: not found, within=within)
        self._took_s = time.monotonic() - self._struck_at


def haproxy(box: Box) -> int | None:
    """The pid of the box's HAProxy; the younger one while two hand over."""
    found = [
        process
        for process in psutil.process_iter(["name", "cmdline", "create_time"])
        if process.info["name"] == "haproxy" and any(str(box.runtime_dir) in text for text in process.info["cmdline"])
    ]
    return max(found, key=lambda process: process.info["create_time"]).pid if found else None


def serve_controller(box: Box) -> int | None:
    """The pid of the actor that is Serve's controller; Ray writes an actor's class into its command line."""
    for process in psutil.Process(box.component("raylet")).children(recursive=True):
        try:
            if process.cmdline()[:1] and process.cmdline()[0].startswith("ray::ServeController"):
                return process.pid
        except psutil.Error:
            continue
    return None
