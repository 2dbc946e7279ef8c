"""``/v1/access``, and what stands before every route: may this caller do this?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request
from pydantic import TypeAdapter, ValidationError

from aanad.api.services import Actor, Core, uid
from aanad.errors import InvalidInput, Refused
from aanad.wire.access import ROLE_HEADER, Access, Role
from aanad.wire.project_file import ProjectName

router = APIRouter(prefix="/v1/access", tags=["access"])

CHANGES = {
    ("POST", "/v1/projects"): Role.ADMIN,
    ("DELETE", "/v1/projects/{project}"): Role.OPERATOR,
    ("POST", "/v1/projects/{project}/revisions"): Role.OPERATOR,
    ("POST", "/v1/projects/{project}/plan"): Role.OPERATOR,  # one of a deploy imports the project's code
    ("POST", "/v1/projects/{project}/start"): Role.OPERATOR,
    ("POST", "/v1/projects/{project}/stop"): Role.OPERATOR,
    ("POST", "/v1/projects/{project}/restart"): Role.OPERATOR,
    ("POST", "/v1/projects/{project}/scale"): Role.OPERATOR,
    ("POST", "/v1/projects/{project}/rollback"): Role.OPERATOR,
    ("PUT", "/v1/projects/{project}/secrets/{name}"): Role.OPERATOR,
    ("DELETE", "/v1/projects/{project}/secrets/{name}"): Role.OPERATOR,
    ("POST", "/v1/projects/{project}/endpoints/{endpoint}/invoke"): Role.OPERATOR,
    ("POST", "/v1/operations/{operation}/cancel"): Role.OPERATOR,
}
"""The role that each route needs which does more than read; the others need a viewer."""
HINTS = {
    ("POST", "/v1/projects"): "Upload the folder instead: `aana deploy` packs it as you.",
}
MAX_SHOWN_PATH = 200
_NAME = TypeAdapter(ProjectName)


@dataclass(frozen=True)
class Caller:
    """Who asks, and as what."""

    name: str
    role: Role
    """What it may do with this request."""
    granted: Role
    """What the settings let it do."""


def caller(
    core: Core,
    actor: Actor,
    request: Request,
    aana_role: Annotated[str | None, Header(description="Act with this role at most: viewer, operator, admin.")] = None,
) -> Caller:
    """Who asks: the user at the other end, with its role, which the header ``Aana-Role`` can lower."""
    granted = core.access.granted(actor, uid(request))
    if aana_role is None:
        return Caller(actor, granted, granted)
    try:
        asked = Role(aana_role)
    except ValueError as error:
        raise InvalidInput(
            f"The header {ROLE_HEADER} names no role.", hint=f"There are: {', '.join(Role)}.", code="unknown_role"
        ) from error
    return Caller(actor, asked if granted.covers(asked) else granted, granted)


Who = Annotated[Caller, Depends(caller)]


async def require_role(who: Who, core: Core, request: Request) -> None:
    """Let through whoever has the role that the route needs; anybody else is refused, and that is an event."""
    route = (request.method, str(request.scope["route"].path))
    needed = role_needed(*route)
    if who.role.covers(needed):
        return
    what = f"{request.method} {request.url.path[:MAX_SHOWN_PATH]}"
    await core.events.record(
        "access.denied",
        f"{who.name} may not {what}: it needs the role {needed}, and {who.name} has {who.role}.",
        project=_project(request),
        actor=who.name,
        role=who.role,
        granted=who.granted,
        needed=needed,
        route=" ".join(route),
    )
    raise Refused(
        f"Your role is {who.role}; {what} needs {needed}.",
        hint=_way_out(who, needed, route),
        code="forbidden",
    )


def role_needed(method: str, path: str) -> Role:
    """The role that a route needs; one that nobody thought of is for admins."""
    return CHANGES.get((method, path), Role.VIEWER if method in {"GET", "HEAD"} else Role.ADMIN)


def _way_out(who: Caller, needed: Role, route: tuple[str, str]) -> str:
    if who.granted.covers(needed):
        return f"You are {who.granted} here, but this client asked to act as {who.role}: use one that did not."
    return HINTS.get(route) or f"Whoever runs aanad may add {who.name} to `{needed}s` of [access] in its settings."


def _project(request: Request) -> str | None:
    try:
        return _NAME.validate_python(request.path_params.get("project"))
    except ValidationError:
        return None


@router.get("")
async def read_access(who: Who) -> Access:
    """Who the daemon takes the caller for, and what it may do."""
    return Access(actor=who.name, role=who.role, granted=who.granted)
