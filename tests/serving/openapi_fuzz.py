"""A bounded, repeatable run of schemathesis over one project: its requests, and what is wrong with the answers."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema

from aanad.serving.testing import running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Mapping

    from schemathesis.schemas import BaseSchema

    from aanad.sdk import AanaSDK

SEED = 4


@dataclass
class Findings:
    """What came of a run."""

    failures: set[str] = field(default_factory=set)
    """The check, the operation, what was wrong, and the request as a curl command."""
    answers: set[tuple[str, str, int]] = field(default_factory=set)
    """Method, path and status of each answer."""
    operations: set[str] = field(default_factory=set)
    """Those that were called: ``POST /echo``."""


def config(
    max_examples: int, refusals: Mapping[str, Collection[str]], unchecked: Mapping[str, Collection[str]]
) -> SchemathesisConfig:
    """Every check that there is, but for some of some paths; the same requests in every run.

    Args:
        max_examples: for each operation in each phase.
        refusals: by path, the statuses of requests that fit their schema and are refused all the same.
        unchecked: by path, the checks that are not made.
    """
    checks: dict[str, dict[str, Any]] = {}
    for path, statuses in refusals.items():
        checks.setdefault(path, {}).update(_accepting("2xx", *statuses))
    for path, names in unchecked.items():
        checks.setdefault(path, {}).update({name: {"enabled": False} for name in names})
    return SchemathesisConfig.from_dict(
        {
            "seed": SEED,
            "cache": {"enabled": False},
            "continue-on-failure": True,
            "generation": {"max-examples": max_examples, "deterministic": True, "no-shrink": True, "database": "none"},
            # What it would learn from the messages of refusals is which words they have, not what is accepted.
            "phases": {"stateful": {"enabled": False}, "fuzzing": {"error-feedback": {"enabled": False}}},
            "checks": _accepting("2xx"),
            "operations": [{"include-path": path, "checks": each} for path, each in checks.items()],
        }
    )


def _accepting(*statuses: str) -> dict[str, Any]:
    return {"positive_data_acceptance": {"expected-statuses": list(statuses)}}


class Application:
    """A project as an ASGI application, whose deployments live from the lifespan's start to its end."""

    def __init__(self, app: AanaSDK) -> None:
        self._app = app
        self._routes: Any = None

    @asynccontextmanager
    async def _running(self) -> AsyncIterator[None]:
        async with running(self._app) as client:
            transport: Any = client._transport
            self._routes = transport.app
            yield

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """One request, or the whole lifespan."""
        if scope["type"] != "lifespan":
            await self._routes(scope, receive, send)
            return
        await receive()
        async with self._running():
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})


def run(document: BaseSchema, left_out: Collection[str] = ()) -> Findings:
    """Send requests to the operations of a document, but for those of the paths that are left out."""
    found = Findings()
    for path in left_out:
        document = document.exclude(path=path)
    for event in from_schema(document).execute():
        match event:
            case events.FatalError():
                raise event.exception
            case events.NonFatalError():
                found.failures.add(f"{event.label}: {event.value!r}")
            case events.ScenarioFinished():
                _read(event, found)
    return found


def _read(event: events.ScenarioFinished, found: Findings) -> None:
    recorder = event.recorder
    for case_id, interaction in recorder.interactions.items():
        if interaction.response is None:
            continue
        case = recorder.cases[case_id].value
        found.operations.add(case.operation.label)
        found.answers.add((interaction.request.method, case.operation.path, interaction.response.status_code))
    for checks in recorder.checks.values():
        for check in checks:
            if (info := check.failure_info) is not None:
                said = info.failure.message or info.failure.title
                found.failures.add(f"{check.name}: {info.failure.operation}: {said}\n{info.code_sample}")
