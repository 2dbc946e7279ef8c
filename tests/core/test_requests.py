"""Numbers of requests and calls, from what replicas wrote."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

import pytest

from aanad.core.records import CountsReading
from aanad.core.replica_counts import SETTLED_AFTER_S
from aanad.errors import NotFound
from aanad.wire.replica_counts import ReplicaCounts, SentCounts, SeriesCounts
from aanad.wire.request_stats import RequestStats
from tests.core.conftest import Box

FIFTY_MS = 108
"""The bucket of requests that took a little less than 0.05 s."""


def series(ongoing: int = 0, queued: int = 0, **outcomes: int) -> SeriesCounts:
    """Requests by status, written ``s200=3``, or calls by outcome; each took 0.05 s."""
    words = {outcome.removeprefix("s"): count for outcome, count in outcomes.items()}
    count = sum(words.values())
    buckets = {FIFTY_MS: count} if count else {}
    return SeriesCounts(outcomes=words, buckets=buckets, sum_s=count * 0.05, ongoing=ongoing, queued=queued)


def sent(deployment: str, *, project: str = "asr", is_followed: bool | None = None, **counts: int) -> SentCounts:
    """Calls that were sent to a deployment."""
    return SentCounts(**dict(series(**counts)), project=project, deployment=deployment, is_followed=is_followed)


class Replica:
    """One replica of asr that counts."""

    def __init__(self, box: Box, deployment: str = "ingress", replica: str | None = None, *, node: str = "") -> None:
        app = box.observation.application("asr")
        assert app is not None
        self.box = box
        self.node = node
        self.deployment = deployment
        self.replica = replica or app.deployments[deployment].replicas[0].id

    def writes(
        self,
        *,
        is_last: bool = False,
        served: SeriesCounts | None = None,
        sent: tuple[SentCounts, ...] = (),
        **endpoints: SeriesCounts,
    ) -> None:
        """Its file, which holds sums since it began."""
        counts = ReplicaCounts(
            version=1,
            project="asr",
            deployment=self.deployment,
            replica=self.replica,
            is_last=is_last,
            endpoints=endpoints,
            served=served,
            sent=list(sent),
        )
        self.box.counts.write(counts, self.node)


@pytest.fixture
async def asr(box: Box) -> Box:
    """A box with asr running, whose daemon has looked once."""
    await box.deploy("asr")
    await box.requests.refresh()
    return box


async def row(box: Box, kind: str, name: str) -> RequestStats:
    """One row, read anew."""
    box.clock.advance(1)
    [found] = [row for row in await box.requests.stats("asr") if (row.kind, row.name) == (kind, name)]
    return found


async def test_what_was_never_asked_for_is_there_with_zeros(asr: Box) -> None:
    """The project, its endpoints, its deployments: so that a screen has its rows from the start."""
    rows = await asr.requests.stats()

    assert [(row.kind, row.name, row.total, row.rate, row.p50_ms) for row in rows] == [
        ("project", "asr", 0, 0.0, None),
        ("endpoint", "run", 0, 0.0, None),
        ("deployment", "model", 0, 0.0, None),
    ]


async def test_requests_of_all_replicas_are_added_up(asr: Box) -> None:
    """By status, with errors, and the project as the sum of its endpoints and what is counted beside them."""
    Replica(asr).writes(run=series(s200=5, s422=1))
    Replica(asr, replica="another").writes(run=series(s200=2, s500=3), **{"(no route)": series(s404=4)})

    run, project = await row(asr, "endpoint", "run"), await row(asr, "project", "asr")

    assert run.by_status == {"200": 7, "422": 1, "500": 3}
    assert (run.total, run.errors) == (11, 3)
    assert (await row(asr, "endpoint", "(no route)")).by_status == {"404": 4}
    assert (project.total, project.errors) == (15, 3)
    assert project.by_status == {"200": 7, "404": 4, "422": 1, "500": 3}


async def test_a_later_file_replaces_an_earlier_one(asr: Box) -> None:
    """It holds sums, so nothing is counted twice."""
    replica = Replica(asr)
    for count in (3, 3, 8):
        replica.writes(run=series(s200=count))
        assert (await row(asr, "endpoint", "run")).total == count


async def test_rates_are_of_the_last_minute(asr: Box) -> None:
    """By difference; what lies further back than the window no longer counts."""
    replica = Replica(asr)
    asr.clock.advance(10)
    replica.writes(run=series(s200=15, s500=5))
    after_10_s = await row(asr, "endpoint", "run")
    for _ in range(12):
        asr.clock.advance(10)
        await asr.requests.refresh()
    replica.writes(run=series(s200=45, s500=5))
    later = await row(asr, "endpoint", "run")

    assert after_10_s.window_s == 11
    assert after_10_s.rate == pytest.approx(20 / 11, abs=0.001)
    assert after_10_s.error_rate == pytest.approx(5 / 11, abs=0.001)
    assert 60 <= later.window_s <= 71
    assert later.rate == pytest.approx(30 / later.window_s, abs=0.001)
    assert later.error_rate == 0
    assert later.p50_ms == pytest.approx(50, rel=0.072)


async def test_what_was_counted_before_the_daemon_looked_is_no_rate(box: Box) -> None:
    """A daemon that starts beside replicas that have served for days shows their totals, and no burst."""
    await box.deploy("asr")
    Replica(box).writes(run=series(s200=100_000))
    await box.requests.refresh()
    box.clock.advance(5)

    found = await row(box, "endpoint", "run")

    assert found.total == 100_000
    assert found.rate == 0


async def test_what_a_replica_counted_stays_when_it_is_gone(asr: Box) -> None:
    """Also when its file is removed; what it had under way is gone with it."""
    replica = Replica(asr)
    replica.writes(run=series(s200=5, ongoing=2))
    assert (await row(asr, "endpoint", "run")).ongoing == 2

    asr.cluster.kill_replica("asr", "ingress")
    await asr.settle()
    gone = await row(asr, "endpoint", "run")
    asr.counts.nodes[""] = {}
    removed = await row(asr, "endpoint", "run")

    assert (gone.total, gone.ongoing) == (5, 0)
    assert (removed.total, removed.ongoing) == (5, 0)


async def test_a_replica_that_ended_in_order_is_read_for_the_last_time(asr: Box) -> None:
    """Its file says so; nothing is under way there any more, and it costs nothing from then on."""
    Replica(asr).writes(run=series(s200=5, ongoing=1), is_last=True)
    found = await row(asr, "endpoint", "run")
    await row(asr, "endpoint", "run")

    assert (found.total, found.ongoing) == (5, 0)
    assert asr.counts.settled == set(asr.counts.nodes[""] or ())


async def test_a_crashed_replica_is_let_go_after_a_while(asr: Box) -> None:
    """A replica that Serve does not list and whose file does not change is not read for ever."""
    Replica(asr, replica="crashed").writes(run=series(s200=5))
    Replica(asr).writes(run=series(s200=1))
    await row(asr, "endpoint", "run")
    asr.clock.advance(SETTLED_AFTER_S + 1)
    await asr.requests.refresh()

    assert (await row(asr, "endpoint", "run")).total == 6
    assert asr.counts.settled == {"aana_requests_asr_ingress_crashed.json"}


async def test_a_file_that_vanishes_and_comes_back_is_counted_once(asr: Box) -> None:
    """A quiet replica's file may be swept away as old; it writes all of its sums again with its next request."""
    replica = Replica(asr)
    replica.writes(run=series(s200=5))
    await row(asr, "endpoint", "run")
    asr.counts.nodes[""] = {}
    await row(asr, "endpoint", "run")
    replica.writes(run=series(s200=6))

    assert (await row(asr, "endpoint", "run")).total == 6


async def test_a_file_that_begins_anew_adds_to_the_sum(asr: Box) -> None:
    """Sums that shrink are those of another beginning: totals never go back."""
    replica = Replica(asr)
    for count in (5, 2, 3):
        replica.writes(run=series(s200=count))
        found = await row(asr, "endpoint", "run")

    assert found.total == 5 + 3


async def test_a_deployment_that_counts_itself(asr: Box) -> None:
    """Its replicas know the outcomes; what its callers wait for and no replica works on is its queue."""
    model = Replica(asr, "model")
    model.writes(served=series(ongoing=2, ok=7, ValueError=1, cancelled=1))
    Replica(asr).writes(sent=(sent("model", is_followed=True, ongoing=4, ok=7),))
    Replica(asr, "model", replica="gone").writes(sent=(sent("model", ongoing=9),))

    found = await row(asr, "deployment", "model")

    assert found.by_status == {"ValueError": 1, "cancelled": 1, "ok": 7}
    assert (found.total, found.errors) == (9, 1)
    assert (found.ongoing, found.queued) == (2, 2)


async def test_calls_wait_while_no_replica_is_there(asr: Box) -> None:
    """A caller that knows that the deployment counts itself is enough to call them queued."""
    Replica(asr).writes(sent=(sent("model", is_followed=True, ongoing=3),))

    found = await row(asr, "deployment", "model")

    assert (found.ongoing, found.queued, found.total) == (0, 3, 0)


async def test_a_plain_deployment_has_its_callers_numbers(asr: Box) -> None:
    """A class that is no BaseDeployment counts nothing itself."""
    Replica(asr).writes(sent=(sent("model", is_followed=False, ongoing=3, ok=4, RuntimeError=1),))

    found = await row(asr, "deployment", "model")

    assert found.by_status == {"RuntimeError": 1, "ok": 4}
    assert (found.ongoing, found.queued, found.errors) == (3, 0, 1)


async def test_a_queue_is_never_negative(asr: Box) -> None:
    """Callers and replicas write at different moments."""
    Replica(asr, "model").writes(served=series(ongoing=5))
    Replica(asr).writes(sent=(sent("model", ongoing=3),))

    assert (await row(asr, "deployment", "model")).queued == 0


async def test_other_nodes_are_read_too_but_seldom(asr: Box) -> None:
    """Over Ray, at most each ten seconds; a node that does not answer takes nothing away."""
    assert asr.observation.unit is not None
    asr.observation.unit = asr.observation.unit.model_copy(update={"node_address": "10.0.0.9"})
    Replica(asr, node="node1").writes(run=series(s200=5))
    asr.clock.advance(100)
    first = await row(asr, "endpoint", "run")
    Replica(asr, node="node1").writes(run=series(s200=7))
    soon = await row(asr, "endpoint", "run")
    asr.clock.advance(10)
    later = await row(asr, "endpoint", "run")
    asr.counts.nodes["node1"] = None
    asr.clock.advance(10)
    silent = await row(asr, "endpoint", "run")

    assert [found.total for found in (first, soon, later, silent)] == [5, 5, 7, 7]


async def test_many_who_ask_at_once_cost_one_reading(asr: Box) -> None:
    """Files are read once a second at most."""
    asr.clock.advance(5)
    before = asr.counts.readings
    for _ in range(10):
        await asr.requests.stats()

    assert asr.counts.readings == before + 1


async def test_a_reading_that_takes_long_is_made_less_often(asr: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hundreds of busy replicas do not take a core for a screen that refreshes each second."""
    read = asr.counts.here

    async def slowly(settled: AbstractSet[str]) -> CountsReading | None:
        asr.clock.advance(0.3)
        return await read(settled)

    monkeypatch.setattr(asr.counts, "here", slowly)
    asr.clock.advance(5)
    await asr.requests.stats()
    before = asr.counts.readings
    for _ in range(12):
        asr.clock.advance(1)
        await asr.requests.stats()

    assert asr.counts.readings - before == 2


async def test_a_project_that_is_not_there(asr: Box) -> None:
    """An error with its code; what was counted of a removed project is not shown."""
    with pytest.raises(NotFound):
        await asr.requests.stats("tts")
    await asr.store.delete_project("asr")

    assert await asr.requests.stats() == []
    assert await asr.requests.tallies() == {}
