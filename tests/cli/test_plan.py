"""aana plan."""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from aanad.wire.plan import Change, FileChanges, Placed, Plan, PlanStep, StepAction
from aanad.wire.projects import Scale, ScaleRequest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Run
    from tests.client.fake_daemon import FakeDaemon

ROUTE = "POST /v1/projects/lowercase/plan"


def plan(**changes: Any) -> Plan:
    values: dict[str, Any] = {"project": "lowercase", "action": "restart", "revision_before": "0123456789ab"}
    return Plan(**{**values, "revision_after": "0123456789ab", "summary": "It would restart.", **changes})


def step(order: int, deployment: str, action: StepAction, before: int, after: int, **changes: Any) -> PlanStep:
    return PlanStep(
        order=order, deployment=deployment, action=action, replicas_before=before, replicas_after=after, **changes
    )


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "lowercase"
    folder.mkdir()
    (folder / "app.py").touch()
    monkeypatch.chdir(tmp_path)
    return folder


@pytest.mark.parametrize(
    ("target", "app"), [("lowercase", ""), ("lowercase.app:x", "&app=app%3Ax"), ("lowercase/app.py", "")]
)
def test_a_target_is_planned_to_be_deployed(run: Run, daemon: FakeDaemon, folder: Path, target: str, app: str) -> None:
    """Whatever `aana deploy` takes; the daemon gets the same archive."""
    daemon.on(ROUTE, plan(action="deploy"))

    assert run("plan", target).exit_code == 0
    assert daemon.seen() == [f"{ROUTE}?action=deploy{app}"]
    assert zipfile.ZipFile(io.BytesIO(daemon.requests[0].content)).namelist() == [f"{folder.name}/app.py"]


@pytest.mark.parametrize(
    ("options", "query"),
    [
        (["--rollback"], "action=rollback"),
        (["--rollback", "0123"], "action=rollback&revision=0123"),
        (["--start"], "action=start"),
        (["--restart"], "action=restart"),
        (["--stop"], "action=stop"),
        (["--remove"], "action=remove"),
    ],
)
def test_with_an_option_it_is_a_projects_name(
    run: Run, daemon: FakeDaemon, folder: Path, options: list[str], query: str
) -> None:
    """Also where a folder of that name is there."""
    daemon.on(ROUTE, plan())

    assert run("plan", folder.name, *options).exit_code == 0
    assert daemon.seen() == [f"{ROUTE}?{query}"]


def test_a_plan_of_other_sizes(run: Run, daemon: FakeDaemon) -> None:
    """In the words of `aana scale`."""
    daemon.on(ROUTE, plan(action="scale"))

    run("plan", "lowercase", "--scale", "model=1..3", "--scale", "other=reset", "--target-ongoing-requests", "2")

    wanted = {"model": Scale(min_replicas=1, max_replicas=3, target_ongoing_requests=2), "other": None}
    assert daemon.seen() == [f"{ROUTE}?action=scale"]
    assert ScaleRequest.model_validate_json(daemon.requests[0].content) == ScaleRequest(deployments=wanted)


def test_a_plan_is_for_reading(run: Run, daemon: FakeDaemon) -> None:
    """The summary, what changes, the steps in their order, and what else follows."""
    steps = [
        step(2, "model", StepAction.REPLACE, 1, 1, gap_s=6.31, placement=[Placed(node="10.0.0.2", replicas=1)]),
        step(1, "ingress", StepAction.REPLACE, 1, 2, surge=True, placement=[Placed(node="10.0.0.1", replicas=2)]),
        step(2, "fresh", StepAction.REPLACE, 1, 1, gap_s=0),
        step(3, "more", StepAction.SCALE_UP, 1, 2, message="A GPU is free."),
        step(3, "other", StepAction.KEEP, 1, 1),
    ]
    daemon.on(
        ROUTE,
        plan(
            revision_after="ba9876543210",
            files=FileChanges(added=["new.py"], changed=["app.py"], removed=["old\x1b[2J.py"]),
            settings=[Change(name="deployments.model.replicas", before="1", after="2")],
            steps=steps,
            notes=["Requests wait."],
            interrupts=True,
        ),
    )

    lines = run("plan", "lowercase", "--restart").stdout.splitlines()

    assert lines[:10] == [
        "It would restart.",
        "revision: 0123456789ab → ba9876543210",
        "",
        "files",
        "  + new.py",
        "  ~ app.py",
        "  - old.py",
        "",
        "settings",
        "  ~ deployments.model.replicas: 1 → 2",
    ]
    assert [" ".join(line.split()) for line in lines[10:]] == [
        "",
        "ORDER DEPLOYMENT ACTION REPLICAS HOW WHERE MESSAGE",
        "1 ingress replace 1 → 2 beside the old ones, no gap 10.0.0.1 ×2",  # noqa: RUF001
        "2 model replace 1 gap about 6.3 s 10.0.0.2 ×1",  # noqa: RUF001
        "2 fresh replace 1 gap, how long is not known yet -",
        "3 more scale up 1 → 2 no gap - A GPU is free.",
        "3 other keep 1 - -",
        "",
        "note: Requests wait.",
    ]


def test_a_plan_that_changes_nothing_is_its_summary(run: Run, daemon: FakeDaemon) -> None:
    """No empty headings, no empty table."""
    daemon.on(ROUTE, plan(summary="Nothing would change."))

    assert run("plan", "lowercase", "--start").output == "Nothing would change.\n"


def test_a_plan_that_does_not_fit_has_its_own_exit_code(run: Run, daemon: FakeDaemon) -> None:
    """4, with the plan on standard output, so that a pipeline stops before it deploys."""
    found = plan(fits=False, summary="It would not fit.")
    daemon.on(ROUTE, found)

    people = run("plan", "lowercase", "--restart")
    program = run("plan", "lowercase", "--restart", "-o", "json")

    assert (people.exit_code, program.exit_code) == (4, 4)
    assert people.stdout == "It would not fit.\n"
    assert people.stderr.startswith("error: lowercase would not find room for all its replicas.\nhint: ")
    assert Plan.model_validate_json(program.stdout) == found
    assert json.loads(program.stderr)["code"] == "does_not_fit"


@pytest.mark.parametrize(
    ("arguments", "said", "hint"),
    [
        (["lowercase", "--stop", "--restart"], "--restart and --stop are two changes.", "one at a time"),
        (["lowercase", "--rollback", "--scale", "x=1"], "--rollback and --scale are two changes.", "one at a time"),
        (["lowercase", "--target-ongoing-requests", "2"], "--target-ongoing-requests goes with --scale.", "MIN..MAX"),
        (["lowercase", "--scale", "x"], "'x' does not say how many replicas.", "DEPLOYMENT=3"),
        (["lowercase"], "There is no folder lowercase.", "--restart"),
        (["no/folder"], "There is no folder no/folder.", "Give a folder"),
    ],
)
def test_what_cannot_be_planned_never_reaches_the_daemon(
    run: Run,
    daemon: FakeDaemon,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    said: str,
    hint: str,
) -> None:
    """One sentence and what to do, exit code 2."""
    monkeypatch.chdir(tmp_path)

    result = run("plan", *arguments)

    assert result.exit_code == 2
    first, second = result.stderr.splitlines()
    assert first == f"error: {said}"
    assert hint in second
    assert daemon.requests == []
