"""The view of GPUs and nodes."""

from __future__ import annotations

import pytest

from aana_tui.app import Console
from aana_tui.demo import hardware
from aana_tui.demo.box import SimulatedBox
from aana_tui.places import Place
from aana_tui.screens.gpus import GpusView
from aana_tui.state.hardware_history import HardwareHistory
from aana_tui.widgets.card_list import CardList
from aana_tui.widgets.gpu_card import CardSize, gpu_card, node_line, size_for
from aana_tui.widgets.gpu_users import users_of
from aanad.wire.hardware import Gpu, GpuHolder, GpuProcess, HardwareState, History, Node, Series
from tests.tui.consoles import eventually, running, screen_text

HOSTILE = "\x1b[2J\x1b]0;owned\x07[/x]\u202eevil\n"


def a_gpu(**more: object) -> Gpu:
    return Gpu.model_validate(
        {
            "node": "10.0.0.9", "index": 0, "uuid": "GPU-0", "name": "NVIDIA H100", "state": "ok", "reason": "ok",
            "utilization_percent": 40, "memory_used_bytes": 1 << 30, "memory_total_bytes": 80 << 30, **more,
        }
    )  # fmt: skip


def here(pilot: object) -> Place:
    app = getattr(pilot, "app")  # noqa: B009 - the pilot's app is a console
    assert isinstance(app, Console)
    return app.trail.here


async def test_eight_gpus_fit_into_a_small_terminal(box: SimulatedBox) -> None:
    """All of them at once at 80x24, each with use, memory, heat and power, and room for processes below."""
    async with running(box, size=(80, 24)) as pilot:
        await pilot.press("3")
        await eventually(pilot, lambda: "gpu-box-1" in screen_text(pilot))
        lines = screen_text(pilot).splitlines()

        for index in range(8):
            item = box.items("gpus")[f"{hardware.HEAD}/{index}"]
            (row,) = [line for line in lines if line[1:].startswith((f"● {index} ", f"✖ {index} ", f"● gpu {index} "))]
            if item["state"] == "ok":
                assert f"{item['utilization_percent']:.0f}%" in row
                assert f"{item['temperature_c']:.0f} °C" in row
                assert f"{item['power_w']:.0f}/700 W" in row
        assert "WHO" in screen_text(pilot)


async def test_the_graphs_are_full_from_the_first_look(box: SimulatedBox) -> None:
    """The daemon's own history is asked for, at the width of the view."""
    async with running(box, size=(120, 40)) as pilot:
        await pilot.press("3")
        await eventually(pilot, lambda: any(one.path == "/v1/gpus/history" for one in box.requests))
        await eventually(pilot, lambda: "⣿" in screen_text(pilot))

        (util,) = [line for line in screen_text(pilot).splitlines() if "util" in line][:1]
        graph = [sign for sign in util if "\u2800" <= sign <= "\u28ff"]
        assert len(graph) > 20
        assert "\u2800" not in graph


async def test_a_lost_gpu_says_why_and_what_to_do(box: SimulatedBox) -> None:
    """In its card briefly; in full when the cursor is on it."""
    async with running(box, size=(100, 40)) as pilot:
        await pilot.press("3")
        await eventually(pilot, lambda: "✖ gpu 3" in screen_text(pilot))
        await pilot.press(*"jjjj")
        await eventually(pilot, lambda: "reboot the machine" in screen_text(pilot).replace("\n", " "))

        assert "lost: The GPU fell off the bus." in screen_text(pilot)


async def test_without_a_gpu_cpu_and_memory_are_shown_and_it_says_so() -> None:
    """A laptop is a box too."""
    box = SimulatedBox(gpus=0)
    async with running(box, size=(80, 24)) as pilot:
        await pilot.press("3")
        await eventually(pilot, lambda: "CPU and memory are shown" in screen_text(pilot))
        text = screen_text(pilot)

        assert "This machine has no NVIDIA GPU: CPU and memory are shown." in text
        assert "cpu" in text
        assert "GiB" in text


async def test_gpus_that_cannot_be_measured_say_why_and_what_to_do() -> None:
    """A driver that does not fit is told with its cure, not as a machine without GPUs."""
    box = SimulatedBox(gpus=0)
    node = Node.model_validate(box.items("nodes")[hardware.HEAD])
    update = {
        "gpu_state": HardwareState.FAILED, "gpu_reason": "driver_mismatch", "gpu_message": "Driver and library differ.",
        "gpu_hint": "Reboot the machine.",
    }  # fmt: skip
    box.set("nodes", hardware.HEAD, node.model_copy(update=update))
    async with running(box, size=(100, 30)) as pilot:
        await pilot.press("3")

        await eventually(
            pilot, lambda: "GPUs failed: Driver and library differ. Reboot the machine." in screen_text(pilot)
        )


async def test_from_a_gpu_to_its_process_to_its_replica_and_back(box: SimulatedBox) -> None:
    """Enter leads from the card to the processes, and from a process to its replica; escape leads back."""
    async with running(box) as pilot:
        await pilot.press("3")
        await eventually(pilot, lambda: "gpu 0" in screen_text(pilot))
        await pilot.press("j")
        first = box.items("gpus")[f"{hardware.HEAD}/0"]["processes"][0]
        await pilot.press("enter")
        await pilot.press("enter")
        await eventually(pilot, lambda: here(pilot).view == "replicas")

        assert here(pilot) == Place("replicas", first["project"], first["deployment"], first["replica"])
        await pilot.press("escape")
        await eventually(pilot, lambda: here(pilot).view == "gpus")


async def test_from_a_process_to_its_logs(box: SimulatedBox) -> None:
    """The key of logs means the replica that the process belongs to."""
    async with running(box) as pilot:
        await pilot.press("3")
        await eventually(pilot, lambda: "gpu 0" in screen_text(pilot))
        first = box.items("gpus")[f"{hardware.HEAD}/0"]["processes"][0]
        await pilot.press("j", "tab", "l")
        await eventually(pilot, lambda: here(pilot).view == "logs")

        assert here(pilot).replica == first["replica"]


async def test_a_foreign_process_is_marked_and_leads_nowhere(box: SimulatedBox) -> None:
    """It stands first, says that it is not Aana's, and has neither replica nor logs."""
    async with running(box) as pilot:
        await pilot.press("3")
        await eventually(pilot, lambda: "gpu 6" in screen_text(pilot))
        await pilot.press(*"jjjjjjj")
        await eventually(pilot, lambda: "31337" in screen_text(pilot))
        assert "✖ foreign, not Aana's" in screen_text(pilot)
        await pilot.press("enter", "enter", "l")
        await pilot.pause()

        assert here(pilot).view == "gpus"


async def test_a_replica_leads_to_its_gpu(box: SimulatedBox) -> None:
    """A place that names a replica puts the cursor on the GPU that it is on."""
    process = box.items("gpus")[f"{hardware.HEAD}/4"]["processes"][0]
    async with running(box) as pilot:
        assert isinstance(pilot.app, Console)
        pilot.app.go(Place("gpus", process["project"], process["deployment"], process["replica"]))
        await eventually(pilot, lambda: pilot.app.screen.query(CardList))
        cards = pilot.app.screen.query_one(CardList)

        await eventually(pilot, lambda: cards.cursor_key is not None and cards.cursor_key.startswith("gpu/"))
        gpu = box.items("gpus")[(cards.cursor_key or "").removeprefix("gpu/")]
        assert process["replica"] in {one["replica"] for one in gpu["processes"]}


async def test_a_gpu_itself_is_not_stopped(box: SimulatedBox) -> None:
    """What changes something needs a process to be selected, and says so."""
    async with running(box) as pilot:
        await pilot.press("3", "j")
        await eventually(pilot, lambda: pilot.app.screen.query(GpusView))
        view = pilot.app.screen.query_one(GpusView)
        from aana_tui.actions.registry import BY_ID

        assert "enter" in (view.hindrance(BY_ID["project.stop"]) or "")


def test_who_holds_a_gpu_without_a_process_is_listed() -> None:
    """A replica that idles still has its GPU."""
    gpu = a_gpu(
        processes=[GpuProcess(pid=7, name="x", project="asr", deployment="d", replica="r1")],
        holders=[
            GpuHolder(project="asr", deployment="d", replica="r1"),
            GpuHolder(project="asr", deployment="d", replica="r2", share=0.5),
        ],
    )

    assert [user.row.cells[0].text for user in users_of([gpu])] == ["asr/d/r1", "asr/d/r2"]
    assert users_of([gpu])[1].row.cells[-1].text == "holds 50%, no process"


@pytest.mark.parametrize("size", list(CardSize))
@pytest.mark.parametrize("width", [20, 60, 79, 200])
def test_hostile_names_stay_text(size: CardSize, width: int) -> None:
    """No escape, no reordering, no line break reaches the screen, at any width."""
    gpu = a_gpu(name=HOSTILE, state="lost", message=HOSTILE, hint=HOSTILE, throttling=[HOSTILE])
    node = Node(
        id="n", address=HOSTILE, hostname=HOSTILE, is_head=True, state=HardwareState.STALE, reason="x", message=HOSTILE
    )
    history = HardwareHistory(60, 10)
    cards = [gpu_card(gpu, history, width, size), node_line(node, history, width, size)]
    text = "".join(piece.fitted for card in cards for line in card.lines for piece in line)

    assert text.isprintable() or not any(sign < " " or sign in "\x1b\u202e" for sign in text)


def test_cards_are_as_large_as_there_is_room() -> None:
    """All GPUs are seen at once before any is seen large."""
    assert size_for(100, 60, 2, 1) is CardSize.TALL
    assert size_for(100, 40, 8, 1) is CardSize.FULL
    assert size_for(79, 18, 8, 2) is CardSize.COMPACT
    assert size_for(79, 17, 8, 2) is CardSize.ROW
    assert size_for(50, 60, 8, 2) is CardSize.ROW


def test_a_step_is_shown_when_it_is_complete() -> None:
    """The graph does not change between two steps; what nobody looked at is as it was at the last look."""
    history = HardwareHistory(40, 4)
    loaded = Series(node="n", gpu=0, metric="m", mean=[1, 2, 3, 4], max=[1, 2, 3, 4])
    history.load(History.model_validate({"start": "2026-01-01T00:00:00Z", "step_s": 10, "series": [loaded]}), 100)
    key = ("n", 0, "m")
    history.extend({key: 10}, 101)
    history.extend({key: 20}, 109)
    assert history.values(*key) == [1, 2, 3, 4]

    history.extend({key: 30}, 111)
    assert history.values(*key) == [2, 3, 4, 15]
    history.extend({key: None}, 135)
    assert history.values(*key) == [4, 15, 30, 30]
