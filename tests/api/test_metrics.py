"""``/metrics``: what it says is what was counted, and docs/metrics.md lists all of it."""

from __future__ import annotations

import asyncio
import re
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import httpx
import pytest
import uvicorn
from prometheus_client import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families as prometheus

from aanad.api.app import create_app
from aanad.api.services import Services
from aanad.errors import StoreUnavailable
from aanad.wire.hardware import HardwareState
from aanad.wire.request_stats import RequestStats
from tests.core.conftest import Box
from tests.core.test_hardware import GIB, gpu, one_project
from tests.core.test_requests import Replica, sent, series

PAGE = Path(__file__).parents[2] / "docs" / "metrics.md"
Sample = tuple[str, frozenset[tuple[str, str]]]


@pytest.fixture
async def asr(box: Box) -> Box:
    """A box with a GPU whose asr has served requests and calls."""
    await one_project(box, gpu(0, power_limit_w=700.0, throttling=("thermal",)))
    await box.requests.refresh()
    box.cluster.kill_replica("asr", "model")
    await box.settle()
    Replica(box).writes(
        run=series(s200=5, s422=2, ongoing=3, queued=1), sent=(sent("model", is_followed=True, ongoing=2),)
    )
    Replica(box, "model").writes(served=series(ok=4, ValueError=1, ongoing=1))
    return box


async def scrape(api: httpx.AsyncClient) -> list[Metric]:
    """All families."""
    answer = await api.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    return list(prometheus(answer.text))


def values(families: list[Metric]) -> dict[Sample, float]:
    """Every sample."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def labelled(**labels: str) -> frozenset[tuple[str, str]]:
    """Labels as a key."""
    return frozenset(labels.items())


@pytest.mark.usefixtures("asr")
async def test_the_page_lists_every_metric(api: httpx.AsyncClient) -> None:
    """With its type and its labels; none is missing on either side."""
    rows = re.findall(r"^\| `(aana_\w+)` \| (\w+) \| (.*?) \| .+ \|$", PAGE.read_text(), re.MULTILINE)
    documented = {name: (kind, frozenset(re.findall(r"`(\w+)`", labels))) for name, kind, labels in rows}

    found = {}
    for family in await scrape(api):
        labels = {label for sample in family.samples for label in sample.labels} - {"le"}
        name = f"{family.name}_total" if family.type == "counter" else family.name
        found[name] = (family.type, frozenset(labels))
        assert family.documentation

    assert found == documented
    assert len(rows) == len(documented)


@pytest.mark.usefixtures("asr")
async def test_requests_and_calls_are_what_was_counted(api: httpx.AsyncClient) -> None:
    """By endpoint and status, by deployment and outcome, with their durations."""
    found = values(await scrape(api))
    run, model = {"project": "asr", "endpoint": "run"}, {"project": "asr", "deployment": "model"}

    assert found["aana_requests_total", labelled(**run, status="200")] == 5
    assert found["aana_requests_total", labelled(**run, status="422")] == 2
    assert found["aana_requests_ongoing", labelled(**run)] == 3
    assert found["aana_requests_queued", labelled(**run)] == 1
    assert found["aana_request_duration_seconds_count", labelled(**run)] == 7
    assert found["aana_request_duration_seconds_sum", labelled(**run)] == pytest.approx(0.35)
    assert found["aana_request_duration_seconds_bucket", labelled(**run, le="0.025")] == 0
    assert found["aana_request_duration_seconds_bucket", labelled(**run, le="0.05")] == 7
    assert found["aana_request_duration_seconds_bucket", labelled(**run, le="+Inf")] == 7
    assert found["aana_deployment_calls_total", labelled(**model, outcome="ok")] == 4
    assert found["aana_deployment_calls_total", labelled(**model, outcome="ValueError")] == 1
    assert found["aana_deployment_calls_ongoing", labelled(**model)] == 1
    assert found["aana_deployment_calls_queued", labelled(**model)] == 1
    assert found["aana_replica_restarts_total", labelled(**model)] == 1
    assert found["aana_project_phase", labelled(project="asr", phase="running")] == 1
    assert found["aana_project_phase", labelled(project="asr", phase="failed")] == 0
    assert found["aana_replicas", labelled(**model, phase="running")] == 1


@pytest.mark.usefixtures("asr")
async def test_hardware_is_what_was_measured(api: httpx.AsyncClient) -> None:
    """In base units; a GPU by its node and index."""
    found = values(await scrape(api))
    one = {"node": "10.0.0.1", "gpu": "0"}

    assert found["aana_gpu_info", labelled(**one, uuid="GPU-0", name="H100")] == 1
    assert found["aana_gpu_up", labelled(**one)] == 1
    assert found["aana_gpu_utilization_ratio", labelled(**one)] == 0.3
    assert found["aana_gpu_memory_used_bytes", labelled(**one)] == 10 * GIB
    assert found["aana_gpu_power_watts", labelled(**one)] == 200
    assert found["aana_gpu_power_limit_watts", labelled(**one)] == 700
    assert found["aana_gpu_throttled", labelled(**one)] == 1
    assert found["aana_node_cpu_utilization_ratio", labelled(node="10.0.0.1")] == 0.5


async def test_what_nobody_measured_is_left_out(api: httpx.AsyncClient, box: Box) -> None:
    """A zero would be a lie; a GPU that is lost is there and down."""
    await one_project(box, gpu(0, power_w=None, state=HardwareState.LOST))

    found = values(await scrape(api))

    assert found["aana_gpu_up", labelled(node="10.0.0.1", gpu="0")] == 0
    assert not [name for name, _ in found if name.startswith("aana_gpu_power")]


@pytest.mark.usefixtures("asr")
async def test_open_metrics_where_it_is_asked_for(api: httpx.AsyncClient) -> None:
    """As newer Prometheus servers do; with the same numbers."""
    answer = await api.get(
        "/metrics", headers={"accept": "application/openmetrics-text; version=1.0.0,text/plain;q=0.5"}
    )

    assert answer.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    uptime = ("aana_daemon_uptime_seconds", frozenset())
    ours, plain = values(list(open_metrics(answer.text))), values(await scrape(api))
    assert ours.keys() == plain.keys()
    assert {key: value for key, value in ours.items() if key != uptime} == {
        key: value for key, value in plain.items() if key != uptime
    }


async def test_a_box_without_projects_and_without_ray(api: httpx.AsyncClient, box: Box) -> None:
    """Says so, and is no error."""
    box.cluster.up = False
    await box.reconciler.tick()

    found = values(await scrape(api))

    assert found["aana_cluster_up", frozenset()] == 0
    assert found["aana_store_up", frozenset()] == 1


async def test_a_database_that_fails_does_not_hide_the_daemon(
    api: httpx.AsyncClient, asr: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An alert on it needs the page."""

    async def projects() -> None:
        raise StoreUnavailable("The disk is full.")

    monkeypatch.setattr(asr.store, "projects", projects)

    found = values(await scrape(api))

    assert found["aana_store_up", frozenset()] == 0
    assert not [name for name, _ in found if name.startswith("aana_requests")]


@pytest.mark.usefixtures("asr")
async def test_v1_requests_has_the_same_numbers(api: httpx.AsyncClient) -> None:
    """As wire models; of one project or of all; one that is not there is a 404."""
    rows = [RequestStats.model_validate(row) for row in (await api.get("/v1/requests?project=asr")).json()]
    everything = await api.get("/v1/requests")
    missing = await api.get("/v1/requests?project=tts")

    assert {(row.kind, row.name): row.by_status for row in rows} == {
        ("project", "asr"): {"200": 5, "422": 2},
        ("endpoint", "run"): {"200": 5, "422": 2},
        ("deployment", "model"): {"ValueError": 1, "ok": 4},
    }
    assert len(everything.json()) == len(rows)
    assert (missing.status_code, missing.json()["code"]) == (404, "project_not_found")


@pytest.mark.usefixtures("asr")
async def test_the_pages_commands_work(services: Services, tmp_path: Path) -> None:
    """Each of its shell blocks and its program, as they stand, against a socket."""
    page = PAGE.read_text().replace("/run/aana/aanad.sock", f"{tmp_path}/aanad.sock")
    page = page.replace("/var/lib/node_exporter", str(tmp_path))
    server = uvicorn.Server(uvicorn.Config(create_app(services), uds=f"{tmp_path}/aanad.sock", log_level="error"))
    serving = asyncio.create_task(server.serve())
    try:
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)
        outputs = [await output_of("bash", "-euc", text) for text in re.findall(r"```bash\n(.*?)```", page, re.DOTALL)]
        [program] = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
        program = program.replace("Client()", f'Client("unix://{tmp_path}/aanad.sock")').replace("lowercase", "asr")
        printed = await output_of(sys.executable, "-c", program)
    finally:
        server.should_exit = True
        await serving

    assert "aana_requests_total{" in outputs[0]
    assert "aana_requests_total{" in (tmp_path / "aana.prom").read_text()
    assert "endpoint run " in printed


async def output_of(*command: str) -> str:
    """What a program prints; it must succeed."""
    process = await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=PIPE)
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    return out.decode()
