"""Where replicas go, and what people read where they find no room."""

from __future__ import annotations

from aanad.core.placement import Demand, Held, held_by, place
from aanad.core.records import (
    NodeResources,
    ObservedApplication,
    ObservedCluster,
    ObservedDeployment,
    ObservedReplica,
)
from aanad.core.shortage import Holder, Lack
from aanad.wire.plan import Placed

GIB = 1024.0**3


def node(number: int = 1, **total: float) -> NodeResources:
    """The node 10.0.0.<number>."""
    return NodeResources(f"node{number}", f"10.0.0.{number}", total)


def demand(replicas: int = 1, *, project: str = "chat", deployment: str = "model", **resources: float) -> Demand:
    """What chat/model wants."""
    return Demand(project, deployment, replicas, resources)


def held(name: str, number: int = 1, **resources: float) -> Held:
    """What one replica of ``project/deployment`` holds on 10.0.0.<number>."""
    project, _, deployment = name.partition("/")
    return Held(project, deployment, f"node{number}", resources)


def test_replicas_are_spread() -> None:
    """Each of two nodes gets half of a deployment's replicas, the first one what is over."""
    placement = place([node(1, CPU=8), node(2, CPU=8)], [], [demand(5, CPU=1)])

    assert placement.fits
    assert placement.demands[0].placed == (Placed(node="10.0.0.1", replicas=3), Placed(node="10.0.0.2", replicas=2))


def test_replicas_that_are_there_count_for_the_spread() -> None:
    """A new replica goes where there is none of its deployment yet."""
    placement = place([node(1, CPU=8), node(2, CPU=8)], [held("chat/model", CPU=1)], [demand(CPU=1)])

    assert placement.demands[0].placed == (Placed(node="10.0.0.2", replicas=1),)


def test_the_best_fit_is_taken_among_equals() -> None:
    """What needs no GPU leaves the whole node to what may need it."""
    nodes = [node(1, CPU=8, GPU=2), node(2, CPU=8, GPU=1)]

    assert place(nodes, [], [demand(GPU=1)]).demands[0].placed == (Placed(node="10.0.0.2", replicas=1),)


def test_earlier_demands_take_the_room_of_later_ones() -> None:
    """The order is the order of importance, and the sentence names who came first."""
    first, second = demand(GPU=1, project="asr", deployment="whisper"), demand(GPU=1)
    placement = place([node(GPU=1)], [], [first, second])

    assert [found.shortage is None for found in placement.demands] == [True, False]
    assert placement.shortages[0].message == ("model needs 1 GPU: on 10.0.0.1 0 of 1 are free (asr/whisper holds 1).")
    assert placement.of("chat", "model") == placement.demands[1]
    assert placement.of("chat", "other") is None


def test_a_shortage_says_who_holds_it_and_what_would_free_it() -> None:
    """Amounts by deployment, the largest first; the hint names the project to stop."""
    placement = place(
        [node(GPU=1, CPU=8)], [held("asr/whisper", GPU=0.5), held("tts/voice", GPU=0.25)], [demand(GPU=1, CPU=0.1)]
    )
    [shortage] = placement.shortages

    assert shortage.lacks == (
        Lack("10.0.0.1", "GPU", 1, 0, 1, (Holder("asr", "whisper", 0.5), Holder("tts", "voice", 0.25))),
    )
    assert shortage.is_feasible
    assert shortage.message == (
        "model needs 1 GPU: on 10.0.0.1 0 of 1 are free (asr/whisper holds 0.5, tts/voice holds 0.25)."
    )
    assert shortage.hint == (
        "Stop asr (holds 0.5 GPU on 10.0.0.1) and tts (holds 0.25 GPU on 10.0.0.1), "
        "or ask for less: num_gpus in project.toml."
    )


def test_the_hint_stops_as_little_as_possible() -> None:
    """Of several projects, the smallest that suffices; of several nodes, the one with the fewest to stop."""
    nodes = [node(1, GPU=2), node(2, GPU=4)]
    busy = [
        held("asr/whisper", 1, GPU=1),
        held("tts/voice", 1, GPU=1),
        held("art/sdxl", 2, GPU=3),
        held("ocr/reader", 2, GPU=1),
    ]
    [shortage] = place(nodes, busy, [demand(GPU=2)]).shortages

    assert shortage.message == (
        "model needs 2 GPUs: on 10.0.0.1 0 of 2 are free (asr/whisper holds 1, tts/voice holds 1); "
        "on 10.0.0.2 0 of 4 are free (art/sdxl holds 3, ocr/reader holds 1)."
    )
    assert shortage.hint == "Stop art (holds 3 GPUs on 10.0.0.2), or ask for less: num_gpus in project.toml."


def test_what_can_never_fit_is_told_apart() -> None:
    """Stopping others would not help, so the hint does not say so."""
    [shortage] = place([node(1, GPU=1), node(2, CPU=8)], [held("asr/whisper", GPU=1)], [demand(GPU=2)]).shortages

    assert not shortage.is_feasible
    assert shortage.message == (
        "model needs 2 GPUs: on 10.0.0.1 0 of 1 are free (asr/whisper holds 1); 10.0.0.2 has none."
    )
    assert shortage.hint == "Ask for less: num_gpus in project.toml, or add a node with 2 GPUs."


def test_the_hint_for_what_never_fits_names_what_is_too_much() -> None:
    """The GPU is only busy; the memory is more than there is."""
    wanted = demand(GPU=1, memory=80 * GIB)
    [shortage] = place([node(GPU=1, memory=64 * GIB)], [held("asr/whisper", GPU=1)], [wanted]).shortages

    assert shortage.hint == (
        "Ask for less: memory in the deployment's ray_actor_options, or add a node with 80 GiB of memory."
    )


def test_only_the_replicas_that_do_not_fit_are_short() -> None:
    """Those that fit are placed; own replicas are no reason to stop anything."""
    placement = place([node(GPU=2)], [], [demand(3, GPU=1)])
    [shortage] = placement.shortages

    assert placement.demands[0].placed == (Placed(node="10.0.0.1", replicas=2),)
    assert (shortage.replicas, shortage.wanted) == (1, 3)
    assert shortage.message == (
        "1 of 3 replicas of model find no room, each needs 1 GPU: on 10.0.0.1 0 of 2 are free (chat/model holds 2)."
    )
    assert shortage.hint == "Ask for fewer replicas of model, or ask for less: num_gpus in project.toml."


def test_parts_of_a_gpu_fit_on_one_card() -> None:
    """Of two GPUs, three replicas with 0.6 each take two, though 0.8 are free in all."""
    placement = place([node(GPU=2)], [], [demand(3, GPU=0.6)])

    assert placement.demands[0].placed == (Placed(node="10.0.0.1", replicas=2),)
    assert placement.shortages[0].message == (
        "1 of 3 replicas of model find no room, each needs 0.6 GPU: "
        "on 10.0.0.1 each of its 2 GPUs has at most 0.4 free (chat/model holds 1.2)."
    )


def test_a_whole_gpu_must_be_wholly_free() -> None:
    """Half a GPU left on each of two is no GPU."""
    busy = [held("asr/whisper", GPU=0.6), held("tts/voice", GPU=0.6)]

    assert place([node(GPU=2)], busy, [demand(GPU=1)]).shortages[0].lacks[0].free == 0
    assert place([node(GPU=2)], [held("asr/whisper", GPU=0.5), held("tts/voice", GPU=0.5)], [demand(GPU=1)]).fits


def test_fractions_add_up() -> None:
    """Ten times 0.1 is 1, and 0.1 and 0.2 leave 0.7 for 0.7."""
    assert place([node(CPU=1)], [], [demand(10, CPU=0.1)]).fits
    assert not place([node(CPU=1)], [], [demand(11, CPU=0.1)]).fits
    assert place([node(GPU=1)], [held("a/b", GPU=0.1), held("c/d", GPU=0.2)], [demand(GPU=0.7)]).fits


def test_memory_is_told_in_gib() -> None:
    """Bytes are for machines."""
    [shortage] = place(
        [node(memory=31.2 * GIB)], [held("asr/whisper", memory=30 * GIB)], [demand(memory=24 * GIB)]
    ).shortages

    assert shortage.message == (
        "model needs 24 GiB of memory: on 10.0.0.1 1.2 of 31.2 GiB are free (asr/whisper holds 30 GiB)."
    )


def test_custom_resources_are_resources() -> None:
    """Whatever an operator called them."""
    [shortage] = place([node(fast_disk=1, CPU=8)], [held("asr/whisper", fast_disk=1)], [demand(fast_disk=1)]).shortages

    assert shortage.message == ("model needs 1 fast_disk: on 10.0.0.1 0 of 1 are free (asr/whisper holds 1).")
    assert shortage.hint == (
        "Stop asr (holds 1 fast_disk on 10.0.0.1), or ask for less: fast_disk in the deployment's ray_actor_options."
    )


def test_nodes_may_be_short_of_different_things() -> None:
    """Each node's part of the sentence says of what."""
    nodes = [node(1, GPU=1, CPU=2), node(2, CPU=8)]
    [shortage] = place(nodes, [held("asr/whisper", CPU=2)], [demand(GPU=1, CPU=1)]).shortages

    assert shortage.message == (
        "model needs 1 GPU and 1 CPU: on 10.0.0.1 0 of 2 CPUs are free (asr/whisper holds 2); 10.0.0.2 has none of GPU."
    )
    assert shortage.hint == "Stop asr (holds 2 CPUs on 10.0.0.1), or ask for less: num_gpus in project.toml."


def test_many_nodes_do_not_make_a_page() -> None:
    """Three are told, the rest is counted."""
    [shortage] = place([node(number, CPU=1) for number in range(1, 6)], [], [demand(CPU=2)]).shortages

    assert shortage.message == (
        "model needs 2 CPUs: on 10.0.0.1 1 of 1 are free; on 10.0.0.2 1 of 1 are free; on 10.0.0.3 1 of 1 are free; "
        "and so on, on 5 nodes."
    )
    assert shortage.hint == "Ask for less: num_cpus in project.toml, or add a node with 2 CPUs."


def test_a_cluster_without_nodes_says_so() -> None:
    """While the head starts, say."""
    [shortage] = place([], [], [demand(GPU=1)]).shortages

    assert not shortage.is_feasible
    assert (shortage.message, shortage.hint) == (
        "model needs a node, and the cluster has none.",
        "aana status shows the Ray unit and its nodes.",
    )


def test_what_asks_for_nothing_always_fits() -> None:
    """An ingress costs nothing, even where all is taken."""
    assert place([node(CPU=1)], [held("a/b", CPU=1)], [demand(deployment="ingress"), demand(0, CPU=4)]).fits


def test_holders_on_nodes_that_left_do_not_count() -> None:
    """Serve names them for a moment."""
    assert place([node(1, GPU=1)], [held("asr/whisper", 2, GPU=1)], [demand(GPU=1)]).fits


def test_replicas_hold_what_their_deployment_asks_for() -> None:
    """One entry a replica that has a node: starting and stopping ones too, those still waiting for a node not."""

    def replica(id_: str, node_id: str | None, state: str) -> ObservedReplica:
        return ObservedReplica(id_, node_id, "10.0.0.1", None, 1, state, None, None)

    replicas = (replica("a", "node1", "RUNNING"), replica("b", "node2", "STOPPING"), replica("c", None, "STARTING"))
    deployment = ObservedDeployment("whisper", "HEALTHY", "", 2, None, replicas, {"GPU": 1.0})
    app = ObservedApplication("asr", "RUNNING", "", None, None, {"whisper": deployment})

    assert held_by(ObservedCluster(serve_runs=True, applications={"asr": app})) == [
        held("asr/whisper", 1, GPU=1.0),
        held("asr/whisper", 2, GPU=1.0),
    ]
