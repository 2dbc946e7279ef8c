"""The routes: what they take, what they answer, and the one shape of their errors."""

from __future__ import annotations

import httpx
import pytest

from aanad.wire.events import Event
from aanad.wire.operations import Operation
from aanad.wire.projects import Endpoint, Project, ProjectDetail, Replica, Revision
from aanad.wire.status import Health, Status, Version
from tests.core.conftest import Box

ZIP = {"content-type": "application/zip"}


async def test_an_upload_becomes_an_operation(api: httpx.AsyncClient, box: Box) -> None:
    """202, where to ask again, and in the end 200 with the outcome."""
    answer = await api.post("/v1/projects/asr/revisions", content=b"asr\nv1", headers=ZIP)
    operation = Operation.model_validate(answer.json())
    assert (202, f"/v1/operations/{operation.id}") == (answer.status_code, answer.headers["location"])

    await box.read_out()
    await box.settle()

    ended = await api.get(answer.headers["location"])
    assert (200, "succeeded") == (ended.status_code, ended.json()["state"])


async def test_a_folder_of_the_machine_is_deployed_for_an_admin_only(
    api: httpx.AsyncClient, box: Box, peer: dict[str, str | int]
) -> None:
    """Root and the daemon's user may name a path; anybody else would read with the daemon's rights."""
    peer["aana.uid"] = 54_321
    refused = await api.post("/v1/projects", json={"path": "/srv/asr"})
    assert (403, "forbidden") == (refused.status_code, refused.json()["code"])

    peer["aana.uid"] = 0
    accepted = await api.post("/v1/projects", json={"path": "/srv/asr"})
    await box.read_out()
    await box.settle()

    assert (202, "ann") == (accepted.status_code, accepted.json()["actor"])
    assert await box.standing("asr") == ("running", "ready")
    [revision] = (await api.get("/v1/projects/asr/revisions")).json()
    assert revision["git_commit"] == "abcdef0"


async def test_projects_are_listed_and_read(api: httpx.AsyncClient, box: Box) -> None:
    """The wire models, with an ETag for If-Match."""
    await box.deploy("asr")

    listed = await api.get("/v1/projects")
    read = await api.get("/v1/projects/asr")

    detail = ProjectDetail.model_validate(read.json())
    assert ["asr"] == [Project.model_validate(each).name for each in listed.json()]
    assert (detail.etag, "http://box:8000/asr") == (read.headers["etag"], detail.url)
    assert ["ingress", "model"] == sorted(deployment.name for deployment in detail.deployments)


async def test_verbs_answer_with_an_operation(api: httpx.AsyncClient, box: Box) -> None:
    """Each verb is accepted at once, and its outcome can be asked for."""
    await box.deploy("asr")
    for method, path in (
        ("POST", "/v1/projects/asr/restart"),
        ("POST", "/v1/projects/asr/stop"),
        ("POST", "/v1/projects/asr/start"),
        ("DELETE", "/v1/projects/asr?force=true"),
    ):
        answer = await api.request(method, path)
        operation = Operation.model_validate(answer.json())
        assert answer.status_code == 202
        await box.settle()
        assert (await api.get(f"/v1/operations/{operation.id}")).json()["state"] == "succeeded", path

    kinds = [each["kind"] for each in (await api.get("/v1/operations")).json()]
    assert sorted(kinds) == ["deploy", "remove", "restart", "start", "stop"]


async def test_if_match_protects_from_acting_on_old_news(api: httpx.AsyncClient, box: Box) -> None:
    """412 where the project was changed since the caller looked; anything that is no ETag is 422."""
    await box.deploy("asr")
    etag = (await api.get("/v1/projects/asr")).headers["etag"]
    await api.post("/v1/projects/asr/restart")

    late = await api.post("/v1/projects/asr/stop", headers={"if-match": etag})
    wrong = await api.post("/v1/projects/asr/stop", headers={"if-match": '"x"'})

    assert (412, "version_mismatch", 422) == (late.status_code, late.json()["code"], wrong.status_code)


async def test_endpoints_replicas_and_revisions(api: httpx.AsyncClient, box: Box) -> None:
    """Each list holds its wire model."""
    await box.deploy("asr")

    [endpoint] = [Endpoint.model_validate(each) for each in (await api.get("/v1/projects/asr/endpoints")).json()]
    replicas = [Replica.model_validate(each) for each in (await api.get("/v1/replicas?project=asr")).json()]
    [revision] = [Revision.model_validate(each) for each in (await api.get("/v1/projects/asr/revisions")).json()]

    assert "http://box:8000/asr/run" == endpoint.url
    assert [("ingress", 1024), ("model", 1024)] == sorted((r.deployment, r.rss_bytes or 0) for r in replicas)
    assert (True, "ann") == (revision.active, revision.created_by)


async def test_invoke_passes_the_body_through(api: httpx.AsyncClient, box: Box) -> None:
    """Status, content type and body come back, with the time it took; other headers stay behind."""
    await box.deploy("asr")

    answer = await api.post(
        "/v1/projects/asr/endpoints/run/invoke", content=b"\x00\x01", headers={"content-type": "audio/wav"}
    )

    assert (201, b"http://box:8000/asr/run|\x00\x01") == (answer.status_code, answer.content)
    assert "audio/wav" == answer.headers["content-type"]
    assert float(answer.headers["x-aana-duration-ms"]) >= 0
    assert "x-secret" not in answer.headers


async def test_events_can_be_read_on_from_a_cursor(api: httpx.AsyncClient, box: Box) -> None:
    """Nothing twice, nothing lost."""
    await box.deploy("asr")
    events = [Event.model_validate(each) for each in (await api.get("/v1/events")).json()]

    rest = (await api.get("/v1/events", params={"since": events[1].cursor})).json()

    assert [event.cursor for event in events[2:]] == [each["cursor"] for each in rest]


async def test_the_daemon_tells_of_itself(api: httpx.AsyncClient, box: Box) -> None:
    """Health answers at once; readiness waits for Ray."""
    assert (await api.get("/healthz")).json() == Health(status="starting", cluster="starting", store="ok").model_dump()
    assert (await api.get("/readyz")).status_code == 503

    await box.reconciler.tick()

    assert (await api.get("/readyz")).status_code == 200
    assert Status.model_validate((await api.get("/v1/status")).json()).cluster.state == "ready"
    assert Version.model_validate((await api.get("/v1/version")).json()).api_versions == ["v1"]


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v1/projects/nope", 404, "project_not_found"),
        ("GET", "/v1/projects/nope/endpoints", 404, "project_not_found"),
        ("GET", "/v1/projects/nope/replicas", 404, "project_not_found"),
        ("GET", "/v1/projects/nope/revisions", 404, "project_not_found"),
        ("POST", "/v1/projects/nope/start", 404, "project_not_found"),
        ("POST", "/v1/projects/nope/stop", 404, "project_not_found"),
        ("POST", "/v1/projects/nope/restart", 404, "project_not_found"),
        ("DELETE", "/v1/projects/nope", 404, "project_not_found"),
        ("POST", "/v1/projects/nope/endpoints/run/invoke", 404, "project_not_found"),
        ("POST", "/v1/projects/asr/endpoints/nope/invoke", 404, "endpoint_not_found"),
        ("DELETE", "/v1/projects/asr", 409, "project_running"),
        ("POST", "/v1/projects/asr/revisions", 422, "invalid_archive"),
        ("GET", "/v1/operations/op_nope", 404, "operation_not_found"),
        ("GET", "/v1/replicas?project=nope", 404, "project_not_found"),
        ("GET", "/v1/logs?project=nope", 404, "project_not_found"),
        ("GET", "/v1/logs?project=asr&deployment=nope", 404, "deployment_not_found"),
        ("GET", "/v1/logs?tail=-1", 422, "invalid_input"),
        ("GET", "/v1/events?limit=0", 422, "invalid_input"),
        ("GET", "/v1/projects/No-Name", 422, "invalid_input"),
        ("GET", "/v1/nope", 404, "not_found"),
        ("PUT", "/v1/projects", 405, "method_not_allowed"),
    ],
)
async def test_every_error_is_a_problem(
    api: httpx.AsyncClient, box: Box, method: str, path: str, status: int, code: str
) -> None:
    """One shape: a title, the status, a stable code, one sentence and an id."""
    await box.deploy("asr")

    answer = await api.request(method, path)

    problem = answer.json()
    assert (status, code, "application/problem+json") == (
        answer.status_code,
        problem["code"],
        answer.headers["content-type"],
    )
    assert problem["status"] == status
    assert problem["request_id"].startswith("req_")
    assert problem["message"].endswith(".")


async def test_an_unexpected_failure_hides_its_detail(
    api: httpx.AsyncClient, box: Box, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A 500 with an id; the traceback is in the log under that id, and nowhere else."""

    async def fail() -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(box.overview, "projects", fail)

    answer = await api.get("/v1/projects")

    problem = answer.json()
    assert (500, "internal_error") == (answer.status_code, problem["code"])
    assert "secret" not in answer.text
    assert problem["request_id"] in caplog.text
    assert "secret detail" in caplog.text


async def test_the_api_describes_itself(api: httpx.AsyncClient) -> None:
    """Every route is in the OpenAPI document, with a summary."""
    document = (await api.get("/openapi.json")).json()

    undescribed = [
        f"{method} {path}"
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if not operation.get("description")
    ]
    assert undescribed == []
