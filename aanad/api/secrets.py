"""``/v1/projects/{project}/secrets``: names can be read, values only set."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from aanad.api.answers import ACCEPTED
from aanad.api.projects import Name
from aanad.api.services import Actor, Core
from aanad.errors import InvalidInput
from aanad.wire.secrets import MAX_SECRET_BYTES, Secret, SecretChange, SecretName

router = APIRouter(prefix="/v1/projects", tags=["secrets"])
OfSecret = Annotated[SecretName, Path(description="The environment variable that replicas get.")]


@router.get("/{project}/secrets")
async def list_secrets(core: Core, project: Name) -> list[Secret]:
    """The names of a project's secrets; it need not be deployed yet."""
    return await core.secrets.list(project)


@router.put("/{project}/secrets/{name}")
async def set_secret(
    core: Core, actor: Actor, project: Name, name: OfSecret, request: Request, response: Response
) -> SecretChange:
    """Keep a secret: the body is its value (UTF-8 text). A project that runs gets it by new replicas."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_SECRET_BYTES:
            raise InvalidInput(
                f"A secret has at most {MAX_SECRET_BYTES} bytes.",
                hint="Keep larger things in a file that the project reads.",
                code="secret_too_large",
            )
    try:
        value = body.decode()
    except UnicodeDecodeError as error:
        raise InvalidInput("The value is no UTF-8 text.", hint="Encode it, as base64 say.") from error
    if not value or "\0" in value:
        raise InvalidInput("The value is empty, or holds a zero byte, which no environment variable can.")
    change = await core.secrets.set(project, name, value, actor=actor)
    if change.operation is not None:
        response.status_code = ACCEPTED
    return change


@router.delete("/{project}/secrets/{name}")
async def remove_secret(core: Core, actor: Actor, project: Name, name: OfSecret, response: Response) -> SecretChange:
    """Forget a secret. A project that runs gets new replicas without it."""
    change = await core.secrets.remove(project, name, actor=actor)
    if change.operation is not None:
        response.status_code = ACCEPTED
    return change
