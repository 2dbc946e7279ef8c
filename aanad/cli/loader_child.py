"""Reads a project as the Ray unit does: in a child process, which ends with everything that it started."""

from __future__ import annotations

import contextlib
import ctypes
import os
import selectors
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import psutil
from pydantic import ValidationError

from aanad.wire.manifest import LoadFailure, LoadResult

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DROPPED_PREFIXES = ("AANA_", "PYTHON", "RAY_")
"""What the Ray unit does not hand on to a project either."""
PR_SET_CHILD_SUBREAPER = 36
POLL_S = 0.1
END_LIMIT_S = 5.0
MAX_RESULT_BYTES = 16 * 1024 * 1024
EVIDENCE_LINES = 20


def read_project(folder: Path, project: str, app: str | None, *, timeout_s: float) -> LoadResult:
    """What `<folder>/<project>` holds, or why that cannot be said.

    Args:
        folder: holds the project's folder, and will hold ``output.log``.
        project: the folder's and the project's name.
        app: ``module:attribute`` where the user named it.
        timeout_s: seconds after which the import is given up.
    """
    output = folder / "output.log"
    reading, writing = os.pipe()
    began = time.monotonic()
    with _nothing_left(), output.open("wb") as log:
        child = subprocess.Popen(  # noqa: S603 - our own command line
            # -P: the working folder comes onto the path only where the loader itself puts it.
            [
                sys.executable,
                "-P",
                "-m",
                "aanad.cluster.loader",
                f"--result-fd={writing}",
                project,
                *([app] if app else []),
            ],
            env=_environment(),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=[writing],
            start_new_session=True,
        )
        os.close(writing)
        try:
            received = _received(reading, child, began + timeout_s)
        finally:
            os.close(reading)
            is_late = child.poll() is None
            child.kill()
            child.wait()
    evidence = output.read_text(errors="replace").splitlines()[-EVIDENCE_LINES:]
    return _judged(received, child.returncode, timeout_s if is_late else None, evidence).model_copy(
        update={"seconds": round(time.monotonic() - began, 3)}
    )


def _received(descriptor: int, child: subprocess.Popen[bytes], deadline: float) -> bytes:
    """All that comes through the pipe until the child has ended; others may hold the pipe open for longer."""
    os.set_blocking(descriptor, False)
    received = bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        while len(received) <= MAX_RESULT_BYTES and time.monotonic() < deadline:
            has_ended = child.poll() is not None
            if not selector.select(0 if has_ended else POLL_S):
                if has_ended:
                    break
                continue
            chunk = os.read(descriptor, 65536)
            if not chunk:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.wait(max(0.0, deadline - time.monotonic()))
                break
            received += chunk
    return bytes(received)


def _judged(received: bytes, status: int, late_s: float | None, evidence: list[str]) -> LoadResult:
    with contextlib.suppress(ValidationError):
        return LoadResult.model_validate_json(received)
    if late_s is not None:
        failure = LoadFailure(
            code="import_timeout",
            message=f"Importing the project took longer than {late_s:g} s.",
            hint="Move slow work (downloads, loading models) from the import into apply_config, or allow more with "
            "--timeout.",
            traceback=evidence,
        )
    else:
        how = f"was ended by signal {-status}" if status < 0 else f"ended by itself with exit code {status}"
        failure = LoadFailure(
            code="import_crashed",
            message=f"The process that imported the project {how}.",
            hint="Import the project with plain Python to see the same: python -c 'import <project>.app'.",
            traceback=evidence,
        )
    return LoadResult(failure=failure)


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(DROPPED_PREFIXES)}


@contextlib.contextmanager
def _nothing_left() -> Iterator[None]:
    """Afterwards no process is left that began in between, also none that left its parents."""
    this = psutil.Process()
    before = set(this.children())
    libc = ctypes.CDLL(None)
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)  # what its parent leaves behind becomes a child of this process
    try:
        yield
    finally:
        deadline = time.monotonic() + END_LIMIT_S
        while (left := _begun(this, before)) and time.monotonic() < deadline:
            for process in left:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
            psutil.wait_procs(left, timeout=POLL_S)
        libc.prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


def _begun(this: psutil.Process, before: set[psutil.Process]) -> list[psutil.Process]:
    found = []
    for child in set(this.children()) - before:
        found.append(child)
        with contextlib.suppress(psutil.NoSuchProcess):
            found += child.children(recursive=True)
    return found
