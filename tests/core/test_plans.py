"""Plans: what a change would do, in which order, where it fits, what it interrupts; and that nothing is done."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from aanad.core.diffs import setting_changes
from aanad.core.records import NodeResources
from aanad.errors import ImportFailed, InvalidInput, InvalidProject
from aanad.wire.plan import Change, Plan, StepAction
from aanad.wire.project_file import DeploymentOverride, ProjectFile
from aanad.wire.projects import Scale, ScaleRequest
from aanad.wire.requests import RequestOverrides
from tests.contracts.store import REVISION
from tests.core.conftest import Box

BIG = 6.0
"""CPUs: more than half of the node, so it does not fit twice."""


async def plan_deploy(box: Box, project: str = "asr", content: str = "v1") -> Plan:
    """The plan of deploying something."""

    async def chunks() -> AsyncIterator[bytes]:
        yield f"{project}\n{content}".encode()

    return await box.plans.deploy(project, chunks(), app=None, actor="ann")


def actions(plan: Plan) -> dict[str, StepAction]:
    """What happens to each deployment."""
    return {step.deployment: step.action for step in plan.steps}


async def test_the_plan_of_a_first_deploy(box: Box) -> None:
    """Every deployment starts, on a node that is named; nothing of it is kept or begun."""
    plan = await plan_deploy(box)

    assert {"model": StepAction.START, "ingress": StepAction.START} == actions(plan)
    assert [(step.deployment, step.placement[0].node) for step in plan.steps] == [
        ("model", "10.0.0.1"),
        ("ingress", "10.0.0.1"),
    ]
    assert (None, True, False) == (plan.revision_before, plan.fits, plan.interrupts)
    assert ([], {}, [], []) == (
        await box.overview.projects(),
        box.archives.kept,
        box.cluster.puts,
        await box.operations.list(),
    )


async def test_a_change_of_files_replaces_every_replica_beside_the_old_ones(box: Box) -> None:
    """The plan says so, names the files and says that no request waits."""
    first = (await box.deploy("asr")).revision

    plan = await plan_deploy(box, content="v2")

    assert {"model": StepAction.REPLACE, "ingress": StepAction.REPLACE} == actions(plan)
    assert (["app.py"], first) == (plan.files.changed, plan.revision_before)
    assert all(step.surge and step.gap_s is None for step in plan.steps)
    assert (True, False, "asr: 2 to replace; no request fails.") == (plan.fits, plan.interrupts, plan.summary)
    assert "A change of files replaces every replica of the project." in plan.notes


def test_rules_of_requests_are_settings_of_the_project() -> None:
    """A plan and a diff show those that the project sets; those of the operator are not its own."""
    before = replace(REVISION, file=ProjectFile(requests=RequestOverrides(paths=("/a", "/b"), max_json_depth=9)))
    after = replace(REVISION, file=ProjectFile(requests=RequestOverrides(urls="public", paths=(), max_json_depth=9)))

    assert [
        Change(name="requests.paths", before="/a, /b", after="none"),
        Change(name="requests.urls", before=None, after="public"),
    ] == setting_changes(before, after, {})


async def test_deploying_what_runs_changes_nothing(box: Box) -> None:
    """The same files: every deployment is kept, and the archive stays where it was."""
    await box.deploy("asr")

    plan = await plan_deploy(box)

    assert {StepAction.KEEP} == set(actions(plan).values())
    assert (True, 1) == (plan.summary.startswith("Nothing would change"), len(box.archives.kept))


async def test_a_gap_is_said_before_it_happens(box: Box) -> None:
    """What does not fit twice ends first; how long that takes is what its last end and start took."""
    box.ask_for(BIG)
    await box.deploy("asr")
    await box.commands.restart("asr", actor="ann")
    await box.settle()

    plan = await plan_deploy(box, content="v2")

    [model] = [step for step in plan.steps if step.deployment == "model"]
    timing = (await box.commands.require("asr")).timings["model"]
    assert (False, (timing.stop_s or 0) + (timing.start_s or 0)) == (model.surge, model.gap_s)
    assert (model.gap_s or 0) > 0
    assert (True, True) == (plan.fits, plan.interrupts)
    assert "model must end first" in plan.summary
    [ingress] = [step for step in plan.steps if step.deployment == "ingress"]
    assert (True, None) == (ingress.surge, ingress.gap_s)


async def test_a_plan_that_cannot_fit_says_who_holds_what(box: Box) -> None:
    """Two projects that want most of the node: the second one's plan does not fit, and names the first."""
    box.ask_for(BIG)
    await box.deploy("asr")

    plan = await plan_deploy(box, "tts")

    [model] = [step for step in plan.steps if step.deployment == "model"]
    assert (False, []) == (plan.fits, model.placement)
    assert "asr/model holds 6" in model.message
    assert "Stop asr" in model.message


async def test_the_plan_of_a_scale(box: Box) -> None:
    """Which replicas start, and where; those that run go on."""
    box.cluster.node_list.append(NodeResources("node2", "10.0.0.2", {"CPU": 8.0}))
    box.ask_for(BIG)
    await box.deploy("asr")
    record = await box.commands.require("asr")

    two = await box.plans.scale(record, ScaleRequest(deployments={"model": Scale(replicas=2)}))
    three = await box.plans.scale(record, ScaleRequest(deployments={"model": Scale(replicas=3)}))

    [model] = [step for step in two.steps if step.deployment == "model"]
    assert (StepAction.SCALE_UP, 1, 2, "10.0.0.2") == (
        model.action,
        model.replicas_before,
        model.replicas_after,
        model.placement[0].node,
    )
    assert (True, False) == (two.fits, three.fits)
    with pytest.raises(InvalidInput):
        await box.plans.scale(record, ScaleRequest(deployments={"modle": Scale(replicas=2)}))


async def test_going_to_a_range_replaces_every_replica(box: Box) -> None:
    """Serve's own rule, which the plan says before it happens."""
    await box.deploy("asr")
    record = await box.commands.require("asr")
    before = {replica.id for replica in await box.overview.replicas("asr")}
    request = ScaleRequest(deployments={"model": Scale(max_replicas=3)})

    plan = await box.plans.scale(record, request)
    await box.commands.scale("asr", request, actor="ann")
    await box.settle()

    assert {StepAction.REPLACE} == set(actions(plan).values())
    assert any("from a number to a range" in note for note in plan.notes)
    assert before.isdisjoint({replica.id for replica in await box.overview.replicas("asr")})


async def test_numbers_set_by_hand_are_named_in_the_plan(box: Box) -> None:
    """Kept where the deployment is still there, dropped where it is not."""
    await box.deploy("asr")
    await box.commands.scale("asr", ScaleRequest(deployments={"model": Scale(replicas=3)}), actor="ann")
    await box.settle()

    kept = await plan_deploy(box, content="v2")
    box.unit.deployments["asr"] = ["other"]
    dropped = await plan_deploy(box, content="v3")

    assert "model keeps the 3 replicas that aana scale set (the project says 1)." in kept.notes
    assert "What aana scale set for model is dropped: this revision has no such deployment." in dropped.notes
    assert (StepAction.START, StepAction.STOP) == (actions(dropped)["other"], actions(dropped)["model"])


async def test_the_plan_of_a_rollback(box: Box) -> None:
    """To the last good revision, with the files and settings that go back."""
    box.archives.projects["asr"] = ProjectFile(deployments={"model": DeploymentOverride(replicas=2)})
    first = (await box.deploy("asr")).revision
    box.archives.projects["asr"] = ProjectFile()
    await box.deploy("asr", "v2")

    plan = await box.plans.rollback(await box.commands.require("asr"), None)

    assert (first, ["app.py"]) == (plan.revision_after, plan.files.changed)
    assert [(c.name, c.before, c.after) for c in plan.settings] == [("deployments.model.replicas", "1", "2")]


async def test_the_plans_of_the_other_verbs(box: Box) -> None:
    """A restart replaces, a stop ends, a removal forgets; nothing of it is done."""
    await box.deploy("asr")
    record = await box.commands.require("asr")

    restart, stop, remove = [await box.plans.verb(record, action) for action in ("restart", "stop", "remove")]

    assert {StepAction.REPLACE} == set(actions(restart).values())
    assert {StepAction.STOP} == set(actions(stop).values()) == set(actions(remove).values())
    assert (False, True) == (restart.interrupts, stop.interrupts)
    assert "All its revisions, their archives and its secrets are forgotten." in remove.notes
    assert await box.standing("asr") == ("running", "ready")


async def test_a_plan_of_what_cannot_be_deployed_fails_like_the_deploy(box: Box) -> None:
    """With the loader's reason and evidence; and nothing is kept."""
    box.unit.failures["asr"] = box.unit.broken("No module named 'nope'.")

    with pytest.raises(ImportFailed) as unreadable:
        await plan_deploy(box)
    with pytest.raises(InvalidProject) as misnamed:
        await box.plans.deploy("asr", _chunks(b"tts\nv1"), app=None, actor="ann")

    assert ("import_error", ["line 1"], "name_mismatch") == (
        unreadable.value.code,
        unreadable.value.detail,
        misnamed.value.code,
    )
    assert ({}, []) == (box.archives.kept, await box.overview.projects())


async def test_what_does_not_run_is_not_planned_to(box: Box) -> None:
    """A deploy that starts nothing, and changes of a stopped project, say that they take effect later."""
    box.archives.projects["asr"] = ProjectFile(autostart=False)
    first = await plan_deploy(box)
    await box.deploy("asr")
    record = await box.commands.require("asr")
    scale = await box.plans.scale(record, ScaleRequest(deployments={"model": Scale(replicas=2)}))
    start = await box.plans.verb(record, "start")

    assert ([], []) == (first.steps, scale.steps)
    assert "asr stays stopped; this scale takes effect when it is started." == scale.summary
    assert "It does not run, and is not started by this: aana start asr." in first.notes
    assert {StepAction.START} == set(actions(start).values())


async def test_without_a_cluster_a_plan_promises_no_place(box: Box) -> None:
    """What would change can be said while Ray is away; where it fits cannot."""
    await box.deploy("asr")
    box.cluster.up = False

    plan = await plan_deploy(box, content="v2")

    assert {StepAction.REPLACE} == set(actions(plan).values())
    assert [] == [step.placement for step in plan.steps if step.placement]


async def _chunks(content: bytes) -> AsyncIterator[bytes]:
    yield content
