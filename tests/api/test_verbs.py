"""The routes of the lifecycle: plans, scale, rollback, diff, secrets, cancelling; what they take and refuse."""

from __future__ import annotations

import httpx
import pytest

from aanad.wire.diff import RevisionDiff
from aanad.wire.operations import Operation
from aanad.wire.plan import Plan
from aanad.wire.projects import ProjectDetail, Scale
from aanad.wire.secrets import MAX_SECRET_BYTES
from tests.core.conftest import Box

ZIP = {"content-type": "application/zip"}


async def test_a_plan_is_answered_and_nothing_done(api: httpx.AsyncClient, box: Box) -> None:
    """For a deploy the archive is the body; for other verbs the query says it."""
    await box.deploy("asr")
    puts = len(box.cluster.puts)

    deploy = await api.post("/v1/projects/asr/plan?action=deploy", content=b"asr\nv2", headers=ZIP)
    restart = await api.post("/v1/projects/asr/plan?action=restart")
    scale = await api.post(
        "/v1/projects/asr/plan?action=scale", json={"deployments": {"model": {"replicas": 2}, "ingress": None}}
    )
    await box.settle(2)

    plans = [Plan.model_validate(answer.json()) for answer in (deploy, restart, scale)]
    assert ["deploy", "restart", "scale"] == [plan.action for plan in plans]
    assert ["app.py"] == plans[0].files.changed
    assert (puts, 1) == (len(box.cluster.puts), len(await box.overview.revisions("asr")))


async def test_scale_rollback_and_diff(api: httpx.AsyncClient, box: Box) -> None:
    """A change answers with its operation; the project then shows what was set."""
    await box.deploy("asr")
    await box.deploy("asr", "v2")

    scaled = await api.post("/v1/projects/asr/scale", json={"deployments": {"model": {"max_replicas": 2}}})
    await box.settle()
    diff = RevisionDiff.model_validate((await api.get("/v1/projects/asr/diff")).json())
    back = await api.post(f"/v1/projects/asr/rollback?revision={diff.before[:5]}")
    await box.settle()

    detail = ProjectDetail.model_validate((await api.get("/v1/projects/asr")).json())
    assert (202, "scale") == (scaled.status_code, scaled.json()["kind"])
    assert (202, diff.before) == (back.status_code, back.json()["revision"])
    assert ({"model": Scale(max_replicas=2)}, diff.before) == (detail.scale, detail.revision)


async def test_an_operation_is_cancelled(api: httpx.AsyncClient, box: Box) -> None:
    """While it loads it says that it can be; afterwards it cannot."""
    box.cluster.unready.add("asr")
    upload = await box.upload("asr")
    await box.settle(3)
    path = f"/v1/operations/{upload.id}"
    assert (await api.get(path)).json()["cancellable"]

    cancelled = Operation.model_validate((await api.post(f"{path}/cancel")).json())
    again = await api.post(f"{path}/cancel")

    assert ("cancelled", False) == (cancelled.state, cancelled.cancellable)
    assert (409, "operation_finished") == (again.status_code, again.json()["code"])


async def test_secrets_go_in_and_never_come_out(api: httpx.AsyncClient, box: Box) -> None:
    """Names are listed; a value is nowhere in an answer."""
    await box.deploy("asr")

    changed = await api.put("/v1/projects/asr/secrets/TOKEN", content="hunter22")
    listed = await api.get("/v1/projects/asr/secrets")
    shown = await api.get("/v1/projects/asr")
    await box.settle()
    removed = await api.delete("/v1/projects/asr/secrets/TOKEN")

    assert (202, "configure") == (changed.status_code, changed.json()["operation"]["kind"])
    assert ([{"name": "TOKEN"}], ["TOKEN"]) == (listed.json(), shown.json()["secrets"])
    assert (202, {}) == (removed.status_code, await box.secrets.values("asr"))
    assert "hunter22" not in changed.text + listed.text + shown.text + removed.text


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("POST", "/v1/projects/nope/plan?action=stop", None, 404, "project_not_found"),
        ("POST", "/v1/projects/asr/plan?action=nonsense", None, 422, "invalid_input"),
        ("POST", "/v1/projects/asr/plan", None, 422, "invalid_input"),
        ("POST", "/v1/projects/asr/plan?action=deploy", b"asr", 422, "invalid_archive"),
        ("POST", "/v1/projects/asr/plan?action=scale", b"{}", 422, "invalid_input"),
        ("POST", "/v1/projects/asr/plan?action=scale", b"[" * 70_000, 422, "invalid_input"),
        ("POST", "/v1/projects/asr/plan?action=rollback", None, 409, "no_earlier_revision"),
        ("POST", "/v1/projects/asr/rollback?revision=ffffffff", None, 404, "revision_not_found"),
        ("POST", "/v1/projects/asr/rollback?revision=../x", None, 422, "invalid_input"),
        ("GET", "/v1/projects/asr/diff?before=ff", None, 422, "ambiguous_revision"),
        ("GET", "/v1/projects/asr/diff", None, 409, "no_earlier_revision"),
        ("POST", "/v1/operations/op_nope/cancel", None, 404, "operation_not_found"),
        ("PUT", "/v1/projects/asr/secrets/TOKEN", b"", 422, "invalid_input"),
        ("PUT", "/v1/projects/asr/secrets/TOKEN", b"a\0b", 422, "invalid_input"),
        ("PUT", "/v1/projects/asr/secrets/TOKEN", b"\xff\xfe", 422, "invalid_input"),
        ("PUT", "/v1/projects/asr/secrets/TOKEN", b"x" * (MAX_SECRET_BYTES + 1), 422, "secret_too_large"),
        ("PUT", "/v1/projects/asr/secrets/1TOKEN", b"x", 422, "invalid_input"),
        ("DELETE", "/v1/projects/asr/secrets/TOKEN", None, 404, "secret_not_found"),
    ],
)
async def test_what_cannot_be_done_is_a_problem(
    api: httpx.AsyncClient, box: Box, method: str, path: str, body: bytes | None, status: int, code: str
) -> None:
    """One clear sentence with a stable code, and the project goes on."""
    await box.deploy("asr")

    answer = await api.request(method, path, content=body)

    assert (status, code) == (answer.status_code, answer.json()["code"])
    assert answer.json()["message"].endswith(".")
    assert await box.standing("asr") == ("running", "ready")


@pytest.mark.parametrize(
    "scale",
    [
        {},
        {"replicas": 0},
        {"replicas": 2, "max_replicas": 3},
        {"min_replicas": 1},
        {"min_replicas": 3, "max_replicas": 2},
        {"replicas": 1, "target_ongoing_requests": 2},
        {"replicas": 1, "colour": "red"},
        {"max_replicas": 100_000},
    ],
)
async def test_numbers_that_make_no_sense_are_refused(api: httpx.AsyncClient, box: Box, scale: dict[str, int]) -> None:
    """Either a number or a range, within bounds; nothing is set."""
    await box.deploy("asr")

    answer = await api.post("/v1/projects/asr/scale", json={"deployments": {"model": scale}})

    assert (422, "invalid_input") == (answer.status_code, answer.json()["code"])
    assert {} == (await box.project("asr")).scale


async def test_every_change_takes_an_idempotency_key(api: httpx.AsyncClient) -> None:
    """The OpenAPI document says so of each route that begins an operation."""
    document = (await api.get("/openapi.json")).json()
    changes = [
        (f"{method} {path}", {parameter["name"].lower() for parameter in operation.get("parameters", [])})
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if "Operation" in str(operation["responses"].get("200", operation["responses"].get("202", {})))
        and method in {"post", "delete"}
        and not path.endswith("cancel")
    ]

    assert 8 == len(changes)
    assert [] == [name for name, parameters in changes if "idempotency-key" not in parameters]
    assert [] == [n for n, parameters in changes if "if-match" not in parameters and n != "post /v1/projects"]
