"""replicas, endpoints, logs, events, status."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import pytest

from aanad.wire.events import Event
from aanad.wire.logs import LogRecord
from aanad.wire.phase import Phase
from aanad.wire.projects import Crash, CrashKind, DeploymentStatus, Endpoint, LastExit, Scale
from aanad.wire.status import ClusterStatus, Status, StoreStatus
from tests.client.fake_daemon import NOW, detail, replica

if TYPE_CHECKING:
    from tests.cli.conftest import Run
    from tests.client.fake_daemon import FakeDaemon

RECORD = LogRecord(
    time=NOW,
    project="lowercase",
    deployment="ingress",
    replica="ingress-0123456789",
    source="serve",
    level="ERROR",
    message="It \x1b[31mfailed\n  at line 1",
)
EVENT = Event(cursor=7, time=NOW, type="project.phase", project="lowercase", actor="root", message="It runs.")


def test_replicas_of_one_project_or_of_all(run: Run, daemon: FakeDaemon) -> None:
    """The JSON keys are those that scripts rely on."""
    daemon.on("GET /v1/replicas", [replica()])
    daemon.on("GET /v1/projects/lowercase/replicas", [replica()])

    assert run("replicas").stdout.splitlines()[1].split()[:6] == [
        "r1",
        "lowercase",
        "ingress",
        "running",
        "127.0.0.1",
        "41",
    ]
    assert list(json.loads(run("replicas", "lowercase", "-o", "json").stdout)[0]) == [
        "id",
        "project",
        "deployment",
        "node",
        "pid",
        "phase",
        "gpus",
        "gpu_memory_bytes",
        "rss_bytes",
        "restarts",
        "started_at",
        "reason",
        "message",
        "hint",
        "since",
        "last_exit",
    ]


def test_a_replica_tells_how_the_last_one_ended(run: Run, daemon: FakeDaemon) -> None:
    """What it may stand in for: how that one ended, and when."""
    ended = LastExit(at=NOW, kind=CrashKind.OUT_OF_MEMORY, message="The machine ran out of memory.")
    daemon.on("GET /v1/replicas", [replica(restarts=1, last_exit=ended), replica()])

    first, second = run("replicas").stdout.splitlines()[1:]

    assert "  out_of_memory " in first
    assert " ago  -" in first
    assert " ago " not in second


def test_a_replica_that_does_not_run_says_why(run: Run, daemon: FakeDaemon) -> None:
    """Its reason is a code, its message a sentence with what to do; one that runs needs no words."""
    failed = replica(
        phase="failed", reason="gpu_out_of_memory", message="It needs 9 GiB, 4 are free.", hint="Free some."
    )
    daemon.on("GET /v1/replicas", [replica(reason="ready", message="It runs."), failed])

    lines = run("replicas").stdout.splitlines()

    assert lines[0].split()[-2:] == ["REASON", "MESSAGE"]
    assert lines[1].endswith("  ready")
    assert lines[2].endswith("  gpu_out_of_memory  It needs 9 GiB, 4 are free. Free some.")


def test_endpoints_show_their_parameters(run: Run, daemon: FakeDaemon) -> None:
    """What may be left out stands in brackets."""
    endpoint = Endpoint(
        name="lowercase",
        path="/lowercase",
        summary="Lowercase text",
        request_schema={"properties": {"text": {}, "strip": {}}, "required": ["text"]},
        response_schema={},
        project="lowercase",
        url="http://127.0.0.1:8000/lowercase/lowercase",
    )
    daemon.on("GET /v1/projects/lowercase/endpoints", [endpoint])

    assert "text [strip]" in run("endpoints", "lowercase").stdout
    assert json.loads(run("endpoints", "lowercase", "-o", "json").stdout)[0]["url"] == endpoint.url


def test_endpoints_show_their_limits(run: Run, daemon: FakeDaemon) -> None:
    """Seconds, how many at once and how many waiting; nothing where there is no limit."""
    common: dict[str, Any] = {"request_schema": {}, "response_schema": {}, "project": "p", "url": "http://x/y"}
    daemon.on(
        "GET /v1/projects/p/endpoints",
        [
            Endpoint(name="free", path="/free", **common),
            Endpoint(name="timed", path="/timed", timeout_s=0.5, tags=["a", "b"], **common),
            Endpoint(name="both", path="/both", timeout_s=30, max_concurrent=2, max_queued=8, **common),
            Endpoint(name="patient", path="/patient", max_concurrent=4, **common),
        ],
    )
    lines = [line.split() for line in run("endpoints", "p").stdout.splitlines()]

    assert lines == [
        ["NAME", "URL", "ANSWER", "LIMITS", "TAGS", "PARAMETERS", "SUMMARY"],
        ["free", "http://x/y", "json", "-", "-"],
        ["timed", "http://x/y", "json", "0.5", "s", "a", "b", "-", "-"],
        ["both", "http://x/y", "json", "30", "s,", "2+8", "-", "-"],
        ["patient", "http://x/y", "json", "4", "-", "-"],
    ]


@pytest.mark.parametrize(
    ("media_types", "streaming", "word"),
    [
        ([], False, "json"),
        ([], True, "stream"),
        (["application/json"], False, "json"),
        (["application/x-ndjson", "text/event-stream"], True, "stream"),
        (["image/png", "image/jpeg"], False, "image"),
        (["audio/mpeg"], True, "audio stream"),
        (["application/octet-stream"], False, "bytes"),
        (["application/pdf", "application/json"], False, "application/pdf"),
    ],
)
def test_endpoints_show_what_they_answer(
    run: Run, daemon: FakeDaemon, media_types: list[str], streaming: bool, word: str
) -> None:
    """In one word; an endpoint of an older revision shows what is known of it."""
    endpoint = Endpoint(
        name="it",
        path="/it",
        request_schema={},
        response_schema={},
        streaming=streaming,
        media_types=media_types,
        project="p",
        url="http://box/p/it",
    )
    daemon.on("GET /v1/projects/p/endpoints", [endpoint])

    header, line = run("endpoints", "p").stdout.splitlines()
    column = header.index("ANSWER")
    assert line[column : header.index("LIMITS")].strip() == word


def test_logs_are_one_line_a_record_with_the_rest_indented(run: Run, daemon: FakeDaemon) -> None:
    """Time, place, level, message; harmless."""
    daemon.on("GET /v1/logs", f"{RECORD.model_dump_json()}\n".encode())

    result = run("logs", "lowercase", "--tail", "5", "--deployment", "ingress")

    assert result.stdout == ("2026-01-02T03:04:05.000Z lowercase/ingress#23456789 ERROR It failed\n      at line 1\n")
    assert daemon.seen() == ["GET /v1/logs?project=lowercase&deployment=ingress&tail=5&follow=false"]


def test_logs_as_json_are_one_object_a_line(run: Run, daemon: FakeDaemon) -> None:
    """A stream that jq reads as it comes."""
    daemon.on("GET /v1/logs", f"{RECORD.model_dump_json()}\n{RECORD.model_dump_json()}\n".encode())

    lines = run("logs", "-o", "json").stdout.splitlines()

    assert [LogRecord.model_validate_json(line) for line in lines] == [RECORD, RECORD]


def test_events_can_be_listed_and_followed(run: Run, daemon: FakeDaemon) -> None:
    """A list as JSON; a line an event when following, which goes on after the last one where the link was cut."""
    daemon.on("GET /v1/events", [EVENT])

    assert run("events", "--since", "6").stdout == ("7 2026-01-02T03:04:05Z project.phase lowercase (root) It runs.\n")
    assert json.loads(run("events", "-o", "json").stdout)[0]["cursor"] == 7
    daemon.answers.clear()
    daemon.on("GET /v1/events", f"{EVENT.model_dump_json()}\n".encode())
    daemon.refuse("GET /v1/events", 404, "not_found", "It is gone.")
    assert Event.model_validate_json(run("events", "-f", "-o", "json").stdout) == EVENT
    assert daemon.seen()[-2:] == [
        "GET /v1/events?limit=50&follow=true",
        "GET /v1/events?since=7&limit=50&follow=true",
    ]


def test_events_are_chosen_by_project_type_actor_and_time(run: Run, daemon: FakeDaemon) -> None:
    """Options may be repeated; a duration or a time gives all events since, page after page; bad ones, a sentence."""
    daemon.on("GET /v1/events", [EVENT] * 1000)
    daemon.on("GET /v1/events", [])

    run("events", "--project", "asr", "--project", "ocr", "--type", "replica.*", "--actor", "ann", "--since", "7")
    run("events", "--since", "2026-01-02T03:00", "--limit", "5")
    began = datetime.now(UTC)
    run("events", "--since", "2h")

    chosen = "project=asr&project=ocr&type=replica.%2A&actor=ann"
    *seen, last = daemon.seen()
    assert seen == [
        f"GET /v1/events?{chosen}&since=7&limit=1000",
        f"GET /v1/events?{chosen}&since=7&limit=1000",
        "GET /v1/events?after=2026-01-02T03%3A00%3A00%2B00%3A00&limit=5",
    ]
    after = datetime.fromisoformat(parse_qs(last)["GET /v1/events?after"][0])
    assert timedelta(hours=2) - timedelta(seconds=5) < began - after <= timedelta(hours=2)
    wrong = run("events", "--since", "yesterday")
    assert (2, True) == (wrong.exit_code, "neither 30s, 10m, 2h, 1d nor a time" in wrong.stderr)


def test_status_says_how_ray_is(run: Run, daemon: FakeDaemon) -> None:
    """Also while Ray is still coming up: the daemon answers, and that is what counts."""
    status = Status(
        version="0.1.0",
        pid=7,
        started_at=NOW,
        uptime_s=61,
        socket="/run/s",
        serve_url="http://127.0.0.1:8000",
        state_dir="/var/lib/aana",
        cluster=ClusterStatus(mode="managed", state="starting", message="The head starts.", since=NOW),
        store=StoreStatus(url="sqlite:///x", ok=True),
        projects=2,
        running=1,
    )
    daemon.on("GET /v1/status", status)

    result = run("status")

    assert result.exit_code == 0
    assert "aanad      0.1.0, pid 7, up 0:01:01\n" in result.stdout
    assert "ray        starting (managed): The head starts.\n" in result.stdout
    assert "projects   2, 1 running\n" in result.stdout
    assert Status.model_validate_json(run("status", "-o", "json").stdout) == status


def test_status_of_a_project_explains_it(run: Run, daemon: FakeDaemon) -> None:
    """Its phase and reason, each deployment, what was set by hand, and the last crash with its last lines."""
    crash = Crash(
        deployment="model",
        replica="abc",
        node="10.0.0.1",
        pid=41,
        at=NOW,
        kind=CrashKind.SIGNAL,
        signal="SIGSEGV",
        message="It was ended by SIGSEGV.",
        lines=["the last\x1b[31m words"],
    )
    model = DeploymentStatus(
        name="model", phase=Phase.DEGRADED, reason="crash_loop", message="model crashed 3 times.", hint="", since=NOW,
        ready=1, replicas=2, crashes=[crash, crash],
    )  # fmt: skip
    found = detail(phase=Phase.DEGRADED, reason="crash_loop").model_copy(
        update={"deployments": [model], "scale": {"model": Scale(min_replicas=0, max_replicas=2)}, "secrets": ["TOKEN"]}
    )
    daemon.on("GET /v1/projects/lowercase", found)

    told = run("status", "lowercase").stdout

    assert told.startswith("lowercase       degraded (crash_loop) for ")
    assert "model: degraded, 1 of 2 (crash_loop) model crashed 3 times." in told
    assert ("scaled by hand  model=0..2" in told, "secrets         TOKEN" in told) == (True, True)
    assert "last crash      model: It was ended by SIGSEGV. (pid 41 on 10.0.0.1," in told
    assert ("the last" in told, "\x1b" in told) == (True, False)
