"""Roles: who may do what, how a client lowers its own, and what a refusal says and leaves behind."""

from __future__ import annotations

import re

import httpx
import pytest

from aanad.api import access
from aanad.api.app import create_app
from aanad.api.services import Services
from aanad.core.access import AccessRules
from aanad.wire.access import Access, Role
from tests.core.conftest import Box

READS = {"GET", "HEAD"}


def test_every_route_has_a_rule(services: Services) -> None:
    """A route that does more than read stands in the table, and nothing stands there that is no route."""
    routes = {
        (method, path): operation
        for path, methods in create_app(services).openapi()["paths"].items()
        for method, operation in ((method.upper(), operation) for method, operation in methods.items())
    }

    assert set(access.CHANGES) == {route for route in routes if route[0] not in READS}


async def test_a_viewer_is_refused_by_every_route_that_changes_something(
    api: httpx.AsyncClient, box: Box, peer: dict[str, str | int]
) -> None:
    """Before anything of the request is looked at: 403 with the role one has, the role needed, and a way out."""
    await box.deploy("asr")
    peer |= {"aana.actor": "vera", "aana.uid": 54_321}
    for (method, path), needed in access.CHANGES.items():
        answer = await api.request(method, re.sub(r"\{\w+\}", "asr", path))
        problem = answer.json()
        assert (403, "forbidden") == (answer.status_code, problem["code"]), path
        assert "Your role is viewer" in problem["message"]
        assert problem["message"].endswith(f"needs {needed}.")
        assert problem["hint"]


@pytest.mark.parametrize(
    ("name", "uid", "role"),
    [
        ("root", 0, Role.ADMIN),
        ("aana", 990, Role.ADMIN),
        ("ann", 1000, Role.OPERATOR),
        ("vera", 1001, Role.VIEWER),
        ("lowered", 0, Role.VIEWER),
        ("raised", 1002, Role.ADMIN),
        ("unknown", None, Role.VIEWER),
    ],
)
def test_the_settings_give_the_role(name: str, uid: int | None, role: Role) -> None:
    """Root and the daemon's user are admins, a listed name has its role whoever it is, the rest the default."""
    listed = {"vera": Role.VIEWER, "lowered": Role.VIEWER, "raised": Role.ADMIN}

    assert role == AccessRules(own_uid=990, listed=listed).granted(name, uid)


@pytest.mark.parametrize(
    ("uid", "asked", "role", "granted"),
    [
        (0, None, "admin", "admin"),
        (0, "viewer", "viewer", "admin"),
        (0, "operator", "operator", "admin"),
        (54_321, "admin", "operator", "operator"),
        (54_321, "viewer", "viewer", "operator"),
    ],
)
async def test_the_header_lowers_the_role_and_never_raises_it(
    api: httpx.AsyncClient, peer: dict[str, str | int], uid: int, asked: str | None, role: str, granted: str
) -> None:
    """GET /v1/access says who one is, and what one may do with this request."""
    peer["aana.uid"] = uid

    answer = await api.get("/v1/access", headers={} if asked is None else {"Aana-Role": asked})

    assert Access(actor="ann", role=Role(role), granted=Role(granted)) == Access.model_validate(answer.json())


async def test_a_client_that_asked_to_be_a_viewer_is_told_so(api: httpx.AsyncClient, box: Box) -> None:
    """The hint is not to change the settings where it was the client that lowered the role."""
    await box.deploy("asr")

    refused = await api.post("/v1/projects/asr/stop", headers={"Aana-Role": "viewer"})
    read = await api.get("/v1/projects/asr", headers={"Aana-Role": "viewer"})

    assert (403, 200) == (refused.status_code, read.status_code)
    assert "this client asked to act as viewer" in refused.json()["hint"]
    assert await box.standing("asr") == ("running", "ready")


async def test_a_refusal_is_an_event(api: httpx.AsyncClient, peer: dict[str, str | int]) -> None:
    """Who tried what, with which role; it is found under the project."""
    peer |= {"aana.actor": "vera", "aana.uid": 54_321}
    await api.post("/v1/projects/asr/stop")
    await api.post("/v1/projects/NO%1b[2J/stop")

    about, other = (await api.get("/v1/events?type=access.denied")).json()

    assert ("vera", "asr") == (about["actor"], about["project"])
    assert {
        "role": "viewer",
        "granted": "viewer",
        "needed": "operator",
        "route": "POST /v1/projects/{project}/stop",
    } == about["data"]
    assert "vera may not POST /v1/projects/asr/stop" in about["message"]
    assert other["project"] is None


async def test_a_role_that_does_not_exist_is_refused(api: httpx.AsyncClient) -> None:
    """422, naming those there are; it is not taken for the highest one."""
    answer = await api.get("/v1/status", headers={"Aana-Role": "root"})

    assert (422, "unknown_role") == (answer.status_code, answer.json()["code"])
    assert answer.json()["hint"] == "There are: viewer, operator, admin."
