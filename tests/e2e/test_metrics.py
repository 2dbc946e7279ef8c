"""The numbers at /metrics and /v1/requests are those of the requests that were sent."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.e2e.box import TEST_PROJECTS, Box, eventually

pytestmark = pytest.mark.e2e

REPLICAS = """
[deployments.ingress]
replicas = 2

[deployments.worker]
replicas = 2
"""


class Sent:
    """What was sent to a project, by endpoint and status."""

    def __init__(self, box: Box, project: str) -> None:
        self.counts: Counter[tuple[str, str]] = Counter()
        self._box = box
        self._project = project

    def post(self, path: str, status: int, *, endpoint: str | None = None, times: int = 1, **options: Any) -> None:
        """Send a request, which must be answered so."""
        for _ in range(times):
            answer = self._box.post(f"/{self._project}{path}", **options)
            assert answer.status_code == status, answer.text
        self.counts[endpoint or path[1:], str(status)] += times

    def read(self, path: str, endpoint: str) -> None:
        """Read a page."""
        assert self._box.read(f"/{self._project}{path}").status_code == 200
        self.counts[endpoint, "200"] += 1

    def leave(self, path: str, body: object) -> None:
        """Send a request, and leave before its answer is complete."""
        with httpx.stream("POST", f"{self._box.serve_url}/{self._project}{path}", json=body, timeout=30) as response:
            next(response.iter_bytes())
        self.counts[path[1:], "499"] += 1


def scraped(box: Box, metric: str, project: str, *labels: str) -> dict[tuple[str, ...], float]:
    """One metric of one project at /metrics, by the other labels."""
    return {
        tuple(sample.labels[label] for label in labels): sample.value
        for family in text_string_to_metric_families(box.get("/metrics").text)
        for sample in family.samples
        if sample.name == metric and sample.labels["project"] == project
    }


def rows(box: Box, project: str, kind: str) -> dict[str, dict[str, Any]]:
    """What /v1/requests says of a project, by name."""
    return {row["name"]: row for row in box.get(f"/v1/requests?project={project}").json() if row["kind"] == kind}


def counted(box: Box, project: str) -> dict[tuple[str, str], int]:
    """Requests by endpoint and status, as both say it."""
    by_metrics = scraped(box, "aana_requests_total", project, "endpoint", "status")
    by_api = {
        (name, status): count
        for name, row in rows(box, project, "endpoint").items()
        for status, count in row["by_status"].items()
    }
    return by_api if by_api == by_metrics else {("/metrics differs", repr(by_metrics)): len(by_api)}


@pytest.fixture(scope="module")
def counted_project(box: Box) -> Iterator[str]:
    """A project with two replicas of its ingress and of a deployment."""
    folder = box.copy_project(TEST_PROJECTS / "playground", "counted")
    (folder / "project.toml").write_text(REPLICAS)
    box.ok("deploy", folder)
    yield "counted"
    box.remove("counted")


@pytest.fixture(scope="module")
def sent(box: Box, counted_project: str) -> Sent:
    """A known mix of requests to it."""
    sent = Sent(box, counted_project)
    send_mix(sent)
    return sent


def send_mix(sent: Sent) -> None:
    """Each way a request can go."""
    sent.post("/echo", 200, json={"text": ["A"]}, times=20)
    sent.post("/echo", 422, json={"text": 1}, times=3)
    sent.post("/echo", 400, content=b"{", times=2)
    sent.post("/who", 200, json={}, times=10)
    sent.post("/fail", 500, json={}, times=2)
    sent.post("/missing", 404, json={"name": "x"}, times=4)
    sent.post("/wrong", 500, json={})
    sent.post("/count", 200, json={"limit": 3}, times=5)
    sent.leave("/count", {"limit": 1000, "pause_s": 0.05})
    sent.post("/nowhere", 404, endpoint="(no route)", times=6)
    sent.read("/docs", "(pages)")
    # Its status had gone out as 200, and its last line is the error.
    sent.post("/count", 200, endpoint="unused", json={"limit": 3, "fail_at": 1})
    del sent.counts["unused", "200"]
    sent.counts["count", "500"] += 1


def expect(look: Callable[[], dict[Any, Any]], counts: Counter[Any]) -> None:
    """Wait until the numbers are these."""
    eventually(look, lambda seen: seen == dict(counts), within=30, every=0.5)


def kill_one(box: Box, project: str, deployment: str) -> None:
    """A replica crashes, and another takes its place."""
    pids = box.pids(project)[deployment]
    os.kill(min(pids), signal.SIGKILL)
    eventually(
        lambda: [each for each in box.json("replicas", project) if each["deployment"] == deployment],
        lambda seen: len(seen) == 2 and all(each["phase"] == "running" and each["pid"] != min(pids) for each in seen),
        within=90,
    )


def test_requests_are_counted_by_endpoint_and_status(box: Box, counted_project: str, sent: Sent) -> None:
    """Exactly as they were sent, at /metrics and at /v1/requests."""
    expect(lambda: counted(box, counted_project), sent.counts)

    durations = scraped(box, "aana_request_duration_seconds_count", counted_project, "endpoint")
    by_endpoint = Counter()
    for (endpoint, _), count in sent.counts.items():
        by_endpoint[endpoint] += count
    assert {endpoint: count for (endpoint,), count in durations.items() if count} == dict(by_endpoint)
    [project] = rows(box, counted_project, "project").values()
    assert project["total"] == sent.counts.total()
    assert project["errors"] == sum(count for (_, status), count in sent.counts.items() if status.startswith("5"))
    assert project["p50_ms"] is not None


@pytest.mark.parametrize("deployment", ["ingress", "worker"])
def test_what_a_replica_counted_stays_when_it_crashes(
    box: Box, counted_project: str, sent: Sent, deployment: str
) -> None:
    """Another takes its place, and goes on counting."""
    # A replica writes once a second, so what it counted in its last second goes with it where it is killed.
    expect(lambda: counted(box, counted_project), sent.counts)
    kill_one(box, counted_project, deployment)
    send_mix(sent)

    expect(lambda: counted(box, counted_project), sent.counts)


def test_nothing_is_lost_where_replicas_end_in_order(box: Box, counted_project: str, sent: Sent) -> None:
    """A restart replaces all of them right after the last request, and each says all that it has counted."""
    send_mix(sent)
    box.ok("restart", counted_project)
    send_mix(sent)

    expect(lambda: counted(box, counted_project), sent.counts)


def test_calls_are_counted_by_deployment_and_outcome(box: Box, counted_project: str, sent: Sent) -> None:
    """As the deployments' replicas saw them end; a stream that is left is a cancelled call."""
    expect(
        lambda: scraped(box, "aana_deployment_calls_total", counted_project, "deployment", "outcome"),
        Counter(
            {
                ("worker", "ok"): sent.counts["who", "200"],
                ("counter", "ok"): sent.counts["count", "200"],
                ("counter", "cancelled"): sent.counts["count", "499"],
                ("counter", "RuntimeError"): sent.counts["count", "500"] + sent.counts["fail", "500"],
                ("counter", "nothing_found"): sent.counts["missing", "404"],
            }
        ),
    )


def test_what_is_under_way_and_waits_is_shown(box: Box, counted_project: str, sent: Sent) -> None:
    """Two streams are two requests at their endpoint and two calls at the deployment, until their clients leave."""
    with httpx.Client(timeout=60) as client:
        stop = []
        for _ in range(2):
            request = client.build_request(
                "POST", f"{box.serve_url}/{counted_project}/count", json={"limit": 10_000, "pause_s": 0.05}
            )
            response = client.send(request, stream=True)
            chunks = response.iter_bytes()
            next(chunks)
            stop.append((response, chunks))  # httpx closes a response whose iterator nobody holds
        eventually(
            lambda: (
                rows(box, counted_project, "endpoint")["count"]["ongoing"],
                rows(box, counted_project, "deployment")["counter"]["ongoing"],
            ),
            lambda seen: seen == (2, 2),
            within=20,
        )
        for response, _ in stop:
            response.close()
    eventually(
        lambda: (
            rows(box, counted_project, "endpoint")["count"]["ongoing"],
            rows(box, counted_project, "deployment")["counter"]["ongoing"],
        ),
        lambda seen: seen == (0, 0),
        within=20,
    )
    sent.counts["count", "499"] += 2


def test_a_rate_is_that_of_the_last_minute(box: Box, counted_project: str, sent: Sent) -> None:
    """Requests by the seconds looked back, which are said."""
    before = rows(box, counted_project, "endpoint")["echo"]["total"]
    sent.post("/echo", 200, json={"text": ["A"]}, times=30)
    row = eventually(
        lambda: rows(box, counted_project, "endpoint")["echo"], lambda seen: seen["total"] == before + 30, within=20
    )

    assert row["rate"] * row["window_s"] >= 29.5
    assert 0 < row["p50_ms"] <= row["p95_ms"] <= row["p99_ms"]
