"""What `aana top` shows, at every size."""

from __future__ import annotations

import pytest

from aanad.cli.cells import width
from aanad.cli.screen import Size
from aanad.cli.top_table import SORTS, top_document, top_lines
from aanad.wire.hardware import GpuProcess, HardwareState
from aanad.wire.phase import Phase
from tests.cli.samples import GIB, gpu, node, sample, stats
from tests.client.fake_daemon import project, replica

SMALL = Size(80, 24)
HOSTILE = "evil\x1b[2J\x1b]0;title\x07\u202egnp\n\x9b31m"


def names(lines: list[str]) -> list[str]:
    """The first cells below the titles of the projects."""
    start = next(number for number, line in enumerate(lines) if line.startswith("NAME"))
    return [line.split()[0] for line in lines[start + 1 :] if line]


def test_one_project_on_a_small_screen() -> None:
    """Everything that is asked for first stands within 80 columns."""
    lines = top_lines(sample(gpus=[gpu()]), SMALL)

    assert lines[0].startswith("aanad 0.1.0  up ")
    assert lines[0].endswith("ray ready  2 projects, 1 running                 03:04:05Z")
    assert lines[1:] == [
        "node 10.0.0.1  cpu 50 % of 16  mem 8.0 GiB of 64.0 GiB",
        "gpu 0  37 %  mem 12.0 GiB of 80.0 GiB  212 of 700 W  54 °C  held by llm  NVIDIA H100",
        "",
        "NAME      PHASE   READY REVISION     REQ/S ERR/S    P50    P95 ONGO QUEUE   RSS",
        "lowercase running   2/2 0123456789ab    12   0.5 3.2 ms 120 ms    3     1 3 MiB",
    ]


def test_a_wide_screen_shows_all_of_it() -> None:
    """The whole revision, and room between the columns."""
    lines = top_lines(sample(), Size(120, 40))

    assert "lowercase  running    2/2  0123456789ab     12    0.5  3.2 ms  120 ms" in lines[-1]


def test_without_projects_it_says_how_to_begin() -> None:
    """An empty table explains itself."""
    assert top_lines(sample([]), SMALL)[-1] == "No projects: `aana deploy FOLDER` brings one up."


@pytest.mark.parametrize("columns", [20, 40, 60, 80, 120, 200])
@pytest.mark.parametrize("length", [1, 16, 48])
@pytest.mark.parametrize("character", ["n", "語"])
def test_tables_fit_every_width(columns: int, length: int, character: str) -> None:
    """The name stays, numbers go before names become unreadable, and wide characters are counted as wide."""
    name = character * length
    found = sample([project(name, message=HOSTILE), project("b", Phase.FAILED, reason="gpu_out_of_memory")])
    lines = top_lines(found, Size(columns, 24), replicas=True)
    start = next(number for number, line in enumerate(lines) if line.startswith("NAME"))

    assert all(width(line) <= columns for line in lines[start:])
    assert lines[start + 1].split()[0] == "b"
    assert lines[start + 2].startswith(name[: min(length, 16) // width(character) - 1])


def test_what_comes_from_elsewhere_cannot_steer_the_terminal() -> None:
    """Whatever the daemon, a project or a driver names itself."""
    found = sample(
        [project(HOSTILE, reason=HOSTILE, revision=HOSTILE)],
        replicas=[
            replica(id=HOSTILE, project=HOSTILE, deployment=HOSTILE, node=HOSTILE, reason=HOSTILE, phase="failed")
        ],
        gpus=[
            gpu(name=HOSTILE, throttling=[HOSTILE], processes=[GpuProcess(pid=1, name=HOSTILE, is_foreign=True)]),
            gpu(node=HOSTILE, state=HardwareState.LOST, reason=HOSTILE, message=HOSTILE),
        ],
        nodes=[node(HOSTILE, state=HardwareState.STALE, reason=HOSTILE, message=HOSTILE, gpu_reason=HOSTILE)],
        state="failed",
        message=HOSTILE,
        hint=HOSTILE,
    )
    for size in (SMALL, None):
        assert all(character.isprintable() for line in top_lines(found, size, replicas=True) for character in line)


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("name", ["a", "b", "c"]),
        ("phase", ["b", "c", "a"]),
        ("rate", ["c", "a", "b"]),
        ("errors", ["a", "c", "b"]),
        ("p50", ["a", "b", "c"]),
        ("p95", ["a", "b", "c"]),
        ("ongoing", ["a", "b", "c"]),
        ("queued", ["c", "a", "b"]),
        ("gpus", ["b", "a", "c"]),
        ("rss", ["b", "c", "a"]),
    ],
)
def test_projects_are_sorted(sort: str, expected: list[str]) -> None:
    """By name upwards, the worst phase first, else the highest first; equal ones by name."""
    found = sample(
        [project("c"), project("b", Phase.FAILED), project("a", Phase.STOPPED)],
        replicas=[
            replica(project="b", gpus=[0, 1], rss_bytes=9 * GIB),
            replica(project="c", rss_bytes=GIB),
            replica(project="a", gpus=[0], rss_bytes=1),
        ],
        requests=[
            stats("a", rate=5, error_rate=2),
            stats("c", rate=50, error_rate=1, queued=7, p50_ms=None, p95_ms=None),
        ],
    )
    if sort in {"p50", "p95", "ongoing"}:
        found.requests["c"] = found.requests["c"].model_copy(update={"ongoing": 0})

    assert names(top_lines(found, None, sort=sort)) == expected
    assert set(SORTS) >= {sort}


def test_many_gpus_and_nodes_are_summed_where_there_is_no_room() -> None:
    """A screen is for projects too; elsewhere each has its line."""
    gpus = [gpu(index, utilization_percent=index * 10) for index in range(8)]
    gpus[7] = gpu(7, state=HardwareState.LOST, reason="gpu_lost", utilization_percent=None, memory_used_bytes=None)
    nodes = [node(f"10.0.0.{number}", cpu_percent=number) for number in range(10)]

    few = top_lines(sample(gpus=gpus, nodes=nodes), SMALL)
    assert few[1] == "10 nodes  cpu 4 % of 160  mem 80.0 GiB of 640.0 GiB"
    assert few[2] == "8 gpus  1 not ok  30 % (max 60)  mem 84.0 GiB of 640.0 GiB  1699 W  8 held"

    every = top_lines(sample(gpus=gpus, nodes=nodes), None)
    assert every[1].startswith("node 10.0.0.0  cpu 0 % of 16")
    assert next(line for line in every if line.startswith("gpu 7")).startswith("gpu 7  lost (gpu_lost)")


def test_gpus_of_several_nodes_are_told_apart() -> None:
    """By the node's address; what is wrong stands before what a narrow screen cuts off."""
    found = sample(gpus=[gpu(), gpu(node="10.0.0.2", throttling=["power"], holders=[])])

    assert "gpu 10.0.0.2:0  throttled: power  37 %" in "\n".join(top_lines(found, None))


def test_a_ray_that_is_not_ready_is_explained() -> None:
    """In a line of its own."""
    found = sample(state="recovering", message="gcs_server is run again.", hint="Wait.")

    assert "ray recovering: gcs_server is run again. Wait." in top_lines(found, SMALL)


def test_replicas_follow_their_projects() -> None:
    """In the projects' order, each with what it holds and why it does not run."""
    found = sample(
        [project("b"), project("a")],
        replicas=[
            replica(id="r2", project="b", phase=Phase.FAILED, reason="crash_loop", restarts=3),
            replica(id="r1", project="a", gpus=[0, 1], gpu_memory_bytes=GIB),
        ],
    )
    lines = top_lines(found, None, replicas=True)

    assert [line.split()[:4] for line in lines[-2:]] == [
        ["r1", "a", "ingress", "running"],
        ["r2", "b", "ingress", "failed"],
    ]
    assert "0,1  1.0 GiB" in lines[-2]
    assert lines[-1].endswith("crash_loop")


@pytest.mark.parametrize(
    ("rate", "ms", "shown"),
    [
        (0, None, ["0", "-"]),
        (0.01, 0.04, ["<0.1", "0.0", "ms"]),
        (9.96, 9.94, ["10.0", "9.9", "ms"]),
        (1234.4, 999.4, ["1234", "999", "ms"]),
        (12345, 61_234, ["12.3k", "61.2", "s"]),
    ],
)
def test_numbers_are_short(rate: float, ms: float | None, shown: list[str]) -> None:
    """As many digits as one reads."""
    found = sample(requests=[stats(rate=rate, error_rate=0, p50_ms=ms, p95_ms=None)])

    assert top_lines(found, None)[-1].split()[4 : 4 + 1 + len(shown)] == [shown[0], "0", *shown[1:]]


def test_programs_get_the_apis_own_objects() -> None:
    """With what each project does and holds; replicas only where they are wanted."""
    document = top_document(sample(gpus=[gpu()]))

    assert list(document) == ["time", "status", "projects", "gpus", "nodes"]
    [found] = document["projects"]  # type: ignore[misc]
    assert found == {  # type: ignore[has-type]
        **project().model_dump(mode="json"),
        "requests": stats().model_dump(mode="json"),
        "gpus": 0,
        "gpu_memory_bytes": 0,
        "rss_bytes": 3 * 1024 * 1024,
    }
    assert document["time"] == "2026-01-02T03:04:05Z"
    assert top_document(sample(), replicas=True)["replicas"] == [replica().model_dump(mode="json")]
