"""What is said of replicas that could not start, from the traceback that Serve passes on."""

from __future__ import annotations

import pytest

from aanad.core.failures import serve_failure
from aanad.core.records import ObservedApplication
from tests.contracts.store import NOON
from tests.core.test_standing import CONFIG, RECORD, RUNNING, deployment

TRACEBACK = """The deployment failed to start 3 times in a row. Error:
ray::ServeReplica:asr:model.initialize_and_get_metadata() (pid=41, ip=10.0.0.1)
  File "asr/deployments.py", line 20, in apply_config
{}"""


def said(error: str) -> tuple[str, str]:
    """The message and hint for a start that ended in an error."""
    model = deployment("DEPLOY_FAILED", RUNNING, message=TRACEBACK.format(error))
    app = ObservedApplication("asr", "DEPLOY_FAILED", "", CONFIG, None, {"model": model})
    failure = serve_failure(RECORD, app, at=NOON)
    return failure.message, failure.hint


@pytest.mark.parametrize(
    ("error", "message", "hint"),
    [
        ("ValueError: no such speaker", "ValueError: no such speaker", "aana logs asr"),
        (
            "aanad.sdk.deployments.torch_models.ModelLoadError: Salesforce/x cannot be loaded: not found.",
            "A replica could not start: Salesforce/x cannot be loaded: not found.",
            "aana logs asr",
        ),
        ("ModuleNotFoundError: No module named 'diffusers'", "No module named 'diffusers'", "'aanad[models]'"),
        ("ModuleNotFoundError: No module named 'sox.core'", "'sox.core'", "provides sox in a requirements.txt"),
    ],
)
def test_the_cause_and_what_to_do(error: str, message: str, hint: str) -> None:
    """Aana's own errors are sentences, without the class; for a missing library, what brings it."""
    found = said(error)

    assert found[0].startswith("A replica could not start: ")
    assert message in found[0]
    assert hint in found[1]
