"""`Endpoint`: what authors subclass, and what the app keeps of each registered one."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aanad.errors import InvalidSignature
from aanad.sdk.signature import Signature

if TYPE_CHECKING:
    from aanad.sdk.hooks import AfterHook, BeforeHook
    from aanad.sdk.signature import JsonSchema


class Endpoint:
    """A typed function with a path.

    `run` has one annotated parameter for each field of the request and an annotated result. It may be ``async def``
    (the rule), a plain ``def`` (it then runs in a thread), or a generator of either kind: a stream of answers.
    One object of the class lives in each ingress replica and answers many requests at once.
    """

    async def initialize(self) -> None:
        """Get ready, once, before the first request: ask for handles here."""

    async def run(self, *args: Any, **kwargs: Any) -> Any:
        """Answer one request; every endpoint defines its own."""
        raise NotImplementedError


@dataclass(frozen=True)
class EndpointOptions:
    """What an endpoint may have beyond its signature."""

    description: str = ""
    """Several lines on what it does, as Markdown."""
    tags: tuple[str, ...] = ()
    timeout_s: float | None = None
    """Seconds that one request may take; then it is cancelled and answered by 504."""
    max_concurrent: int | None = None
    """Requests that one ingress replica works on at once."""
    max_queued: int | None = None
    """Requests that may wait for their turn beyond those; more are answered by 429."""
    before: tuple[BeforeHook, ...] = ()
    after: tuple[AfterHook, ...] = ()


class RegisteredEndpoint:
    """One endpoint of an app, with its compiled signature.

    Attributes:
        name: unique in the project.
        path: starts with a slash; under the project's route prefix.
        summary: one line that says what it does.
        endpoint_cls: the author's class.
        signature: the compiled request and response.
        streaming: whether `run` is a generator.
        options: what `AanaSDK.register_endpoint` was given beyond that.
    """

    def __init__(
        self,
        name: str,
        path: str,
        summary: str,
        endpoint_cls: type[Endpoint],
        options: EndpointOptions | None = None,
    ) -> None:
        if not (inspect.isclass(endpoint_cls) and issubclass(endpoint_cls, Endpoint)):
            raise InvalidSignature(
                f"Endpoint {name}: endpoint_cls must be a subclass of Endpoint, not {endpoint_cls!r}.",
                hint=f"Write 'class {name.title().replace('_', '')}(Endpoint)' and pass the class itself.",
                code="not_an_endpoint",
            )
        if endpoint_cls.run is Endpoint.run:
            raise InvalidSignature(
                f"Endpoint {name}: {endpoint_cls.__name__} has no run method.",
                hint="Define 'async def run(self, …)' with annotated parameters.",
                code="endpoint_without_run",
            )
        if not isinstance(summary, str):
            raise InvalidSignature(
                f"Endpoint {name}: summary must be a string, not {summary!r}.",
                hint="Say in one line what the endpoint does.",
            )
        self.name = name
        self.path = path
        self.summary = summary
        self.endpoint_cls = endpoint_cls
        self.options = options or EndpointOptions()
        self.signature = Signature(name, endpoint_cls.run)
        self.streaming = self.signature.streaming

    def request_schema(self) -> JsonSchema:
        """JSON Schema (2020-12) of the request body."""
        return self.signature.request_schema()

    def response_schema(self) -> JsonSchema:
        """JSON Schema (2020-12) of the answer, or of one chunk where the endpoint streams."""
        return self.signature.response_schema()
