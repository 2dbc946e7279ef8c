# ruff: noqa: D101, D102 - a project as its author writes it
from collections.abc import AsyncGenerator

from aanad.sdk import AanaDeploymentHandle, Endpoint
from aanad.sdk.exceptions import Forbidden
from aanad.sdk.hooks import EndpointOutcome, EndpointRequest

visits: list[dict[str, str | None]] = []


def check_badge(request: EndpointRequest) -> None:
    if "x-badge" not in request.headers:
        raise Forbidden("Only with a badge.", hint="Send the header X-Badge.", code="no_badge")
    request.arguments["badge"] = request.headers["x-badge"]


async def count_visit(request: EndpointRequest, outcome: EndpointOutcome) -> None:
    error = getattr(outcome.error, "code", None)
    visits.append({"request_id": request.request_id, "result": outcome.result, "error": error})


class DeskEndpoint(Endpoint):
    async def initialize(self) -> None:
        self.clerk = await AanaDeploymentHandle.create("clerk")

    async def run(self, name: str) -> str:
        return await self.clerk.attend(name)


class WaitEndpoint(DeskEndpoint):
    async def run(self, name: str = "nobody") -> str:
        return await self.clerk.attend(name)


class CallsEndpoint(Endpoint):
    async def initialize(self) -> None:
        self.clerk = await AanaDeploymentHandle.create("clerk")

    async def run(self) -> AsyncGenerator[int, None]:
        async for call in self.clerk.calls():
            yield call


class BadgeEndpoint(Endpoint):
    async def run(self, badge: str = "") -> str:
        return f"welcome {badge}"
