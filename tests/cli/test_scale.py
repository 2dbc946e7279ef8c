"""aana scale."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from aanad.wire.operations import OperationKind
from aanad.wire.projects import Scale, ScaleRequest
from tests.client.fake_daemon import detail, operation

if TYPE_CHECKING:
    from tests.cli.conftest import Run
    from tests.client.fake_daemon import FakeDaemon


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["model=3"], {"model": Scale(replicas=3)}),
        (["model=0..4"], {"model": Scale(min_replicas=0, max_replicas=4)}),
        (["model=reset", "other=1"], {"model": None, "other": Scale(replicas=1)}),
        (
            ["model=1..4", "other=2", "--target-ongoing-requests", "2.5"],
            {
                "model": Scale(min_replicas=1, max_replicas=4, target_ongoing_requests=2.5),
                "other": Scale(replicas=2),
            },
        ),
    ],
)
def test_numbers_ranges_and_reset(
    run: Run, daemon: FakeDaemon, words: list[str], expected: dict[str, Scale | None]
) -> None:
    """A number is fixed, a range follows the requests, reset goes back to what the project says."""
    daemon.on("POST /v1/projects/lowercase/scale", operation(kind=OperationKind.SCALE))
    daemon.on("GET /v1/projects/lowercase", detail())

    result = run("scale", "lowercase", *words)

    assert result.exit_code == 0
    assert result.stdout.startswith("lowercase is running")
    assert ScaleRequest.model_validate_json(daemon.requests[0].content) == ScaleRequest(deployments=expected)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["model"], "'model' does not say how many replicas."),
        (["=3"], "'=3' does not say how many replicas."),
        (["model="], "'' in 'model=' is no number of replicas."),
        (["model=many"], "'many' in 'model=many' is no number of replicas."),
        (["model=1.."], "'1..' in 'model=1..' is no number of replicas."),
        (["model=-1"], "'-1' in 'model=-1' is no number of replicas."),
        (["model=0"], "'0' in 'model=0' cannot be used: it should be greater than or equal to 1."),
        (["model=4..1"], "'4..1' in 'model=4..1' cannot be used: min_replicas is more than max_replicas."),
        (["model=1", "model=2"], "model is named twice."),
        (["model=2", "--target-ongoing-requests", "3"], "--target-ongoing-requests goes with a range"),
    ],
)
def test_what_is_no_size_never_reaches_the_daemon(run: Run, daemon: FakeDaemon, words: list[str], said: str) -> None:
    """One sentence, a hint, exit code 2; programs get the code."""
    result = run("scale", "lowercase", *words)

    assert result.exit_code == 2
    assert result.stderr.startswith(f"error: {said}")
    assert "\nhint: " in result.stderr
    assert json.loads(run("scale", "lowercase", *words, "-o", "json").stderr)["code"] == "invalid_scale"
    assert daemon.requests == []


def test_scale_without_a_size_is_a_usage_error(run: Run, daemon: FakeDaemon) -> None:
    """There is nothing to do."""
    assert run("scale", "lowercase").exit_code == 2
    assert daemon.requests == []


def test_a_scale_that_cannot_fit_is_refused(run: Run, daemon: FakeDaemon) -> None:
    """Exit code 4, in the daemon's words."""
    daemon.refuse("POST /v1/projects/lowercase/scale", 409, "does_not_fit", "A GPU is short.", "Stop something.")

    result = run("scale", "lowercase", "model=3")

    assert (result.exit_code, result.stderr) == (4, "error: A GPU is short.\nhint: Stop something.\n")
