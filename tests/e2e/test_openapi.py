"""What a project's OpenAPI says is true through Serve's port too: proxy, ingress replica, deployments."""

from __future__ import annotations

import pytest
import schemathesis

from tests.e2e.box import TEST_PROJECTS, Box
from tests.serving import openapi_fuzz
from tests.serving.test_openapi_fuzz import LEFT_OUT, REFUSALS, UNCHECKED

pytestmark = pytest.mark.e2e


def test_a_project_answers_as_its_openapi_says(box: Box) -> None:
    """No 5xx and no answer that is not documented, from outside."""
    box.ok("deploy", TEST_PROJECTS / "playground")
    config = openapi_fuzz.config(5, REFUSALS["playground"], UNCHECKED["playground"])
    document = schemathesis.openapi.from_url(f"{box.serve_url}/playground/openapi.json", config=config)

    found = openapi_fuzz.run(document, LEFT_OUT["playground"])

    assert not found.failures, "\n\n".join(sorted(found.failures))
    assert {"POST /echo", "POST /who", "POST /missing", "POST /fail", "POST /wrong"} == found.operations
