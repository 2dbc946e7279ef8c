"""What the routers call; put together by the composition root."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Annotated, Protocol

from fastapi import Depends, Header, Query, Request

from aanad.core.access import AccessRules
from aanad.core.broadcasting import Broadcasting
from aanad.core.cancelling import Cancelling
from aanad.core.commands import Commands
from aanad.core.deploy import Deploy
from aanad.core.events import Events
from aanad.core.hardware import Hardware
from aanad.core.logs import Logs
from aanad.core.operations import Operations
from aanad.core.overview import Overview
from aanad.core.plans import Plans
from aanad.core.records import MutationRequest
from aanad.core.requests import Requests
from aanad.core.revisions import Revisions
from aanad.core.secret_changes import SecretChanges
from aanad.core.status import DaemonStatus
from aanad.errors import InvalidInput


class Answer(Protocol):
    """The head of an endpoint's answer, with its body to come."""

    @property
    def status_code(self) -> int:
        """HTTP status."""
        ...

    @property
    def headers(self) -> object:
        """HTTP headers, a mapping of names to values."""
        ...

    def aiter_raw(self) -> AsyncIterator[bytes]:
        """The body as it arrives."""
        ...


class Inference(Protocol):
    """Sends a test request to an endpoint."""

    def post(
        self, url: str, *, headers: dict[str, str], body: AsyncIterator[bytes]
    ) -> AbstractAsyncContextManager[Answer]:
        """Send it, and give the answer's head."""
        ...


class PackedFolder(Protocol):
    """An archive that was made of a folder."""

    @property
    def name(self) -> str:
        """The project's name."""
        ...

    @property
    def app(self) -> str | None:
        """`module:attribute`, where it was named."""
        ...

    @property
    def git_commit(self) -> str | None:
        """The commit that the folder is at."""
        ...

    def chunks(self) -> AsyncIterator[bytes]:
        """The archive."""
        ...


class Packing(Protocol):
    """Makes an archive of a folder of this machine."""

    async def pack(self, path: str) -> PackedFolder:
        """Pack it; InvalidProject where it is none."""
        ...


@dataclass(frozen=True)
class Services:
    """The core, ready to be asked."""

    access: AccessRules
    commands: Commands
    deploy: Deploy
    cancelling: Cancelling
    plans: Plans
    revisions: Revisions
    secrets: SecretChanges
    operations: Operations
    overview: Overview
    events: Events
    logs: Logs
    requests: Requests
    broadcasting: Broadcasting
    hardware: Hardware
    status: DaemonStatus
    inference: Inference
    packing: Packing


def services(request: Request) -> Services:
    """The services of the application that a request came to."""
    found = request.app.state.services
    assert isinstance(found, Services)  # noqa: S101 - state is untyped
    return found


def actor(request: Request) -> str:
    """Who asks: the user at the other end of the Unix socket, as the kernel says."""
    return str(request.scope.get("aana.actor", "unknown"))


def uid(request: Request) -> int | None:
    """The number of the user who asks, where the kernel says it."""
    found = request.scope.get("aana.uid")
    return found if isinstance(found, int) else None


def expected_version(if_match: Annotated[str | None, Header()] = None) -> int | None:
    """The version that the caller saw, from ``If-Match``."""
    if if_match is None or if_match == "*":
        return None
    text = if_match.removeprefix("W/").strip('"')
    if not text.isdigit():
        raise InvalidInput("If-Match takes the ETag of a project.", hint="GET /v1/projects/{name} gives it.")
    return int(text)


async def mutation_request(
    request: Request,
    idempotency_key: Annotated[
        str | None, Header(max_length=200, description="Sent again, it changes nothing twice.")
    ] = None,
) -> MutationRequest | None:
    """By what the same request is known; an archive's content is added where it is known."""
    if idempotency_key is None:
        return None
    if not idempotency_key.strip():
        raise InvalidInput("Idempotency-Key is empty.", hint="Take a UUID, say.")
    asked = f"{request.method} {request.url.path}?{request.url.query}"
    found = MutationRequest(idempotency_key, "").about(asked)
    if request.headers.get("content-type", "").startswith("application/json"):
        found = found.about((await request.body()).decode(errors="replace"))
    return found


Core = Annotated[Services, Depends(services)]
Actor = Annotated[str, Depends(actor)]
Mutation = Annotated[MutationRequest | None, Depends(mutation_request)]
ExpectedVersion = Annotated[int | None, Depends(expected_version)]
Wait = Annotated[float, Query(ge=0, le=3600, description="Seconds to wait for the outcome.")]
