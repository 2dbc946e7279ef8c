"""Fifty projects on one box, ten of them running: how long ``aana ps`` takes, and what the daemon costs at rest."""

from __future__ import annotations

import statistics
import time

from tests.bench.daemon import at_rest
from tests.e2e.box import PROJECTS, Box, eventually

PROJECTS_IN_ALL = 50
RUNNING = 10
READINGS = 7
DEPLOY_LIMIT_S = 900.0


def fill_up(box: Box) -> None:
    """Add small projects beside those that run already until there are enough of either kind."""
    listed = box.json("ps")
    to_run = RUNNING - sum(project["phase"] == "running" for project in listed)
    operations = []
    for number in range(PROJECTS_IN_ALL - len(listed)):
        folder = box.copy_project(PROJECTS / "lowercase", f"small_{number:02}")
        if number >= to_run:
            (folder / "project.toml").write_text("autostart = false\n")
        operations.append(box.json("deploy", folder, "--detach")["id"])
    eventually(lambda: unfinished(box, operations), lambda left: not left, within=DEPLOY_LIMIT_S, every=1)


def unfinished(box: Box, operations: list[str]) -> list[str]:
    """Those that are still under way; one that failed ends the measurement."""
    states = {each: box.get(f"/v1/operations/{each}").json() for each in operations}
    for found in states.values():
        if found["state"] not in {"running", "succeeded"}:
            raise SystemExit(f"{found['project']} was not deployed: {found['problem']}")
    return [each for each, found in states.items() if found["state"] == "running"]


def seconds_of_ps(box: Box) -> list[float]:
    """Wall time of the whole command, as a person waits for it."""
    box.ok("ps")
    seconds = []
    for _ in range(READINGS):
        began = time.perf_counter()
        box.ok("ps")
        seconds.append(time.perf_counter() - began)
    return seconds


def report(box: Box) -> None:
    """Print the figures of a box that is up."""
    fill_up(box)
    phases = [project["phase"] for project in box.json("ps")]
    print(f"fleet: {len(phases)} projects, {phases.count('running')} running, {phases.count('stopped')} stopped")
    seconds = seconds_of_ps(box)
    print(f"aana ps: median {statistics.median(seconds):.2f} s, max {max(seconds):.2f} s (aim 0.3 s)")
    rss, share = at_rest(box)
    print(f"at rest with the fleet: {rss:.0f} MB RSS, {share:.2f} % of one core (aim 3 %)", flush=True)
