"""What it means that a project does not come up: the reason, the sentence, the hint and the evidence."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from aanad.core.crashes import memory_reason
from aanad.core.records import Failure
from aanad.errors import missing_library_hint
from aanad.wire.phase import Reason
from aanad.wire.problems import Problem

if TYPE_CHECKING:
    from datetime import datetime

    from aanad.core.records import Good, ObservedApplication, ProjectRecord

EVIDENCE_LINES = 30
_MISSING_MODULE = re.compile(r"ModuleNotFoundError: No module named '([\w.]+)'")
_OWN_ERROR = re.compile(r"^aanad\.[\w.]+: ")
"""The class of an error that Aana raises on purpose, whose text is a sentence of its own."""
_EXCEPTION_LINE = re.compile(r"^(?:[A-Za-z_][\w.]*(?:Error|Exception|Exit|Interrupt|Warning)\b.*)$")


def serve_failure(record: ProjectRecord, app: ObservedApplication, *, at: datetime) -> Failure:
    """An application that Serve could not bring up."""
    messages = [
        app.message,
        *(d.message for d in app.deployments.values() if d.status in {"UNHEALTHY", "DEPLOY_FAILED"}),
    ]
    text = max(messages, key=len)
    lines = [line.rstrip() for line in text.strip().splitlines() if line.strip()]
    exceptions = [line for line in lines if _EXCEPTION_LINE.match(line.strip())]
    cause = exceptions[-1].strip() if exceptions else (lines[-1].strip() if lines else "Serve gives no reason.")
    was_built = bool(app.deployments) and app.is_built
    reason = memory_reason(text)
    if reason is None:
        reason = Reason.DEPLOY_FAILED if was_built or not exceptions else Reason.IMPORT_ERROR
    what = "A replica could not start" if was_built else "Serve could not build the project"
    missing = _MISSING_MODULE.search(cause)
    return Failure(
        reason=reason,
        message=f"{what}: {_OWN_ERROR.sub('', cause)}",
        hint=missing_library_hint(missing[1])
        if missing
        else f"Mend it and deploy again; aana logs {record.name} shows what it printed.",
        at=at,
        revision=record.revision,
        evidence=lines[-EVIDENCE_LINES:],
    )


def deadline_failure(record: ProjectRecord, app: ObservedApplication, seconds: float, *, at: datetime) -> Failure:
    """An application that did not become ready in time."""
    missing = [
        f"{deployment.name} {deployment.ready} of {deployment.target_replicas}"
        for deployment in app.deployments.values()
        if deployment.ready < deployment.target_replicas
    ]
    what = "Serve was still importing its code"
    if missing:
        what = f"ready replicas: {', '.join(missing)}"
    elif app.is_built:
        new = [deployment.name for deployment in app.deployments.values() if deployment.status != "HEALTHY"]
        what = f"new replicas missing: {', '.join(new)}"
    messages = [deployment.message for deployment in app.deployments.values() if deployment.message]
    return Failure(
        reason=Reason.START_TIMEOUT,
        message=f"It was not ready after {seconds:.0f} s ({what}).",
        hint=f"aana logs {record.name} shows how far it came; ready_timeout_s in project.toml allows more time.",
        at=at,
        revision=record.revision,
        evidence="\n".join(messages).splitlines()[-EVIDENCE_LINES:],
    )


def failed(record: ProjectRecord, failure: Failure, *, serves: bool) -> ProjectRecord:
    """The project after what is desired of it failed: back to what was good before, where that is something else.

    Args:
        record: as it was desired.
        failure: why it failed.
        serves: whether older replicas answer all the same; what fails then keeps nobody from asking.
    """
    if record.good is not None and not record.is_good:
        # A restart or a scale of the good revision leaves no failed revision behind.
        noted = failure if record.good.revision != record.revision else None
        return back_to_good(record, record.good, failure=noted)
    return replace(record, failure=replace(failure, blocks=not serves))


def back_to_good(record: ProjectRecord, good: Good, *, failure: Failure | None) -> ProjectRecord:
    """The project as it was when all its replicas were ready the last time."""
    return replace(
        record,
        revision=good.revision,
        restarts=good.restarts,
        scale=good.scale,
        failure=failure,
        version=record.version + 1,
    )


def problem_of(failure: Failure) -> Problem:
    """The failure as an operation shows it."""
    return Problem(
        title="The project did not come up",
        status=500,
        code=failure.reason,
        message=failure.message,
        hint=failure.hint or None,
        detail="\n".join(failure.evidence) or None,
    )
