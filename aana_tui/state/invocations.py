"""A test request while it is under way: a thread with a client of its own; the view reads how far it is."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, field, replace
from enum import StrEnum
from threading import Lock, Thread
from typing import TYPE_CHECKING

from aana_tui.state.answer_text import AnswerText
from aana_tui.state.spool import Spool
from aanad.errors import AanaError, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from aanad.client import Answer, Client, Invocation
    from aanad.wire.problems import Problem


class Phase(StrEnum):
    """Where a request stands."""

    SENDING = "sending"
    """Nothing of the answer has come."""
    ARRIVING = "arriving"
    DONE = "done"
    """The answer is whole; its status says whether it is a good one."""
    REFUSED = "refused"
    """It did not get to the endpoint."""
    CANCELLED = "cancelled"
    LOST = "lost"
    """The link was lost before the answer was whole."""

    @property
    def is_over(self) -> bool:
        """Whether nothing more comes."""
        return self not in {Phase.SENDING, Phase.ARRIVING}


@dataclass(frozen=True)
class Progress:
    """How far a request is; seconds since it was sent."""

    phase: Phase = Phase.SENDING
    status: int | None = None
    media_type: str = ""
    filename: str = ""
    size: int = 0
    """Bytes of the answer so far."""
    chunks: int = 0
    first_byte_s: float | None = None
    total_s: float | None = None
    """Until it was over."""
    endpoint_ms: float | None = None
    """What the daemon measured until the endpoint began to answer."""
    request_id: str = ""
    sha256: str = ""
    problem: Problem | None = None
    message: str = ""
    """One sentence, where it did not go well."""
    hint: str = ""
    errors: list[object] = field(default_factory=list)

    @property
    def is_error(self) -> bool:
        """Whether it did not go well."""
        return self.phase in {Phase.REFUSED, Phase.LOST} or (self.status or 0) >= 400  # noqa: PLR2004 - HTTP's errors


class Sending:
    """One request. Every method may be called from any thread.

    Args:
        connect: makes a client; called in the request's own thread.
        project: whose endpoint it is.
        endpoint: its name.
        invocation: what is sent.
    """

    def __init__(self, connect: Callable[[], Client], project: str, endpoint: str, invocation: Invocation) -> None:
        self.project = project
        self.endpoint = endpoint
        self.invocation = invocation
        self.text = AnswerText()
        """What can be read of the answer."""
        self._connect = connect
        self._client: Client | None = None
        self._spool: Spool | None = None
        self._is_cancelled = False
        self._is_forgotten = False
        self._lock = Lock()
        self._began = time.monotonic()
        self._progress = Progress()
        # Not joined: an endpoint that hangs must not keep the console from quitting.
        self._thread = Thread(target=self._run, name="request", daemon=True)

    def start(self) -> None:
        """Send it."""
        self._began = time.monotonic()
        self._thread.start()

    def cancel(self) -> None:
        """End it at once."""
        self._is_cancelled = True
        client = self._client
        if client is not None:
            client.cut()

    def forget(self) -> None:
        """End it, and remove what it has kept."""
        self.cancel()
        with self._lock:
            self._is_forgotten = True
            if self._spool is not None:
                self._spool.remove()

    @property
    def progress(self) -> Progress:
        """How far it is."""
        return self._progress

    @property
    def elapsed_s(self) -> float:
        """Since it was sent, until it was over."""
        total = self._progress.total_s
        return total if total is not None else time.monotonic() - self._began

    @property
    def body(self) -> Path | None:
        """The answer's bytes so far; only for reading."""
        return self._spool.path if self._spool is not None else None

    def save(self, target: Path) -> int:
        """Copy the answer's very bytes to a file; their number is the result.

        Raises:
            AanaError: ``file_unwritable``, ``no_answer``.
        """
        if self._spool is None:
            raise AanaError("There is no answer yet.", hint="Send the request first.", code="no_answer")
        return self._spool.save(target)

    def _run(self) -> None:
        try:
            with self._connect() as client:
                self._client = client
                if self._is_cancelled:
                    client.cut()
                with client.invoke(self.project, self.endpoint, self.invocation) as answer:
                    self._receive(answer)
        except AanaError as error:
            self._failed(error)
        except Exception as error:  # noqa: BLE001 - a thread that dies would leave a request that never ends
            self._failed(AanaError(f"The request failed: {error!r}.", hint="Please report this."))
        finally:
            self._client = None

    def _receive(self, answer: Answer) -> None:
        self._note(
            phase=Phase.ARRIVING,
            status=answer.status,
            media_type=answer.content_type,
            filename=answer.filename,
            endpoint_ms=answer.duration_ms,
            request_id=answer.request_id,
        )
        with self._lock:
            if self._is_forgotten:
                return
            spool = self._spool = Spool()
        self.text.begin(answer.content_type)
        digest = hashlib.sha256()
        with spool:
            for chunk in answer.chunks():
                before = self._progress
                spool.write(chunk)
                digest.update(chunk)
                self.text.feed(chunk)
                self._note(
                    size=before.size + len(chunk),
                    chunks=before.chunks + 1,
                    first_byte_s=self._since() if before.first_byte_s is None else before.first_byte_s,
                )
        self.text.end()
        problem = self._problem()
        self._note(
            phase=Phase.DONE,
            sha256=digest.hexdigest(),
            total_s=self._since(),
            problem=problem,
            message=problem.message if problem else "",
            hint=(problem.hint or "") if problem else "",
        )

    def _problem(self) -> Problem | None:
        """What the endpoint says is wrong: as its whole answer, or as the end of a stream."""
        from aanad.wire.problems import Problem

        if not self._progress.is_error:
            return self.text.problem
        try:
            return Problem.model_validate_json(self.text.head)
        except ValueError:
            return None

    def _failed(self, error: AanaError) -> None:
        from aanad.client import problem_of

        self.text.end()
        if self._is_cancelled:
            self._note(phase=Phase.CANCELLED, total_s=self._since(), message="Cancelled.")
            return
        has_begun = self._progress.phase is Phase.ARRIVING
        is_lost = has_begun or (isinstance(error, Unavailable) and error.context.get("problem") is None)
        message = f"The answer was cut off: {error.message}" if has_begun else error.message
        self._note(
            phase=Phase.LOST if is_lost else Phase.REFUSED,
            total_s=self._since(),
            problem=None if is_lost else problem_of(error),
            message=message,
            hint=error.hint or "",
        )

    def _note(self, **changes: object) -> None:
        self._progress = replace(self._progress, **changes)  # type: ignore[arg-type]

    def _since(self) -> float:
        return time.monotonic() - self._began
