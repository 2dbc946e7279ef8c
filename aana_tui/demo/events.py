"""The simulated record of events, as it is read."""

from __future__ import annotations

from datetime import timedelta
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from aana_tui.demo.routes import Call, Routes, answered
from aanad.wire.events import Event

if TYPE_CHECKING:
    import httpx

    from aana_tui.demo.box import SimulatedBox

MISSING = "events.missing"
BEFORE = 420
"""Events of the day before; more than are watched."""
NAMES = ("asr", "captions", "detect", "embed", "rerank", "translate", "whisper")
ACTORS = ("alice", "bob", "ci")
routes = Routes()


def remember(box: SimulatedBox) -> None:
    """What happened in the day before."""
    chance = box.chance("events")
    for number in range(BEFORE):
        name, actor = chance.choice(NAMES), chance.choice(ACTORS)
        at = box.now - timedelta(seconds=(BEFORE - number) * 180 + chance.randint(0, 120))
        match chance.randint(0, 5):
            case 0:
                box.record("operation.started", f"restart of {name} began.", project=name, actor=actor, at=at)
            case 1:
                said = f"restart of {name} succeeded"
                box.record("operation.finished", said, project=name, actor=actor, at=at, state="succeeded")
            case 2:
                said = "updating → running (ready) All replicas are ready."
                box.record(
                    "project.phase", said, project=name, at=at, phase="running", reason="ready", before="updating"
                )
            case 3:
                said = f"The secret HF_TOKEN of {name} was set."
                box.record("secret.set", said, project=name, actor=actor, at=at, name="HF_TOKEN")
            case 4:
                said = f"A viewer may not stop {name}."
                box.record("access.denied", said, project=name, actor="uid 1007", at=at, method="POST", peer="unix")
            case _:
                box.record("revision.pruned", f"A revision of {name} was forgotten.", project=name, at=at)


@routes("GET", "/v1/events")
def events(call: Call) -> httpx.Response:
    """Those after a cursor, or the last ones."""
    query, record = call.query, list(call.box.event_log)
    projects, types, actor = query.get_list("project"), query.get_list("type"), query.get("actor")
    limit = int(query.get("limit", 100))
    found = [
        event
        for event in record
        if (not projects or event.project in projects)
        and (not types or any(fnmatchcase(event.type, pattern) for pattern in types))
        and actor in {None, event.actor}
    ]
    headers = {"aana-cursor": str(record[-1].cursor if record else 0)}
    if "since" not in query:
        return answered(found[-limit:], headers=headers)
    since = int(query["since"])
    chosen = [event for event in found if event.cursor > since][:limit]
    if record and since < record[0].cursor - 1:
        chosen.insert(0, _missing(record[0]))
    return answered(chosen, headers=headers)


def _missing(first: Event) -> Event:
    return Event(
        cursor=first.cursor - 1, time=first.time, type=MISSING, actor="aanad",
        message="Events before this are not kept any more.",
    )  # fmt: skip
