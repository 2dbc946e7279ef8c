"""A replica's counts as a small file beside its log, where the daemon reads them; written by one thread.

The file is replaced as a whole, at most once a second and only where something changed, and once more when Serve shuts
the replica down. It holds sums since the replica began, so a reading that is missed loses nothing. A folder that cannot
be written to is said once in the log, and costs nothing else.
"""

from __future__ import annotations

import functools
import json
import logging
import os
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from aanad.sdk.counts import Counts, process_counts

if TYPE_CHECKING:
    from collections.abc import Callable

PREFIX = "aana_requests_"
VERSION = 1
PERIOD_S = 1.0

logger = logging.getLogger("ray.serve")


class Identity(NamedTuple):
    """Which replica counts."""

    project: str
    deployment: str
    replica: str

    @property
    def file_name(self) -> str:
        """Of its counts."""
        return f"{PREFIX}{self.project}_{self.deployment}_{self.replica}.json"


class CountsFile:
    """The file of one replica, and the thread that writes it."""

    def __init__(self, counts: Counts, folder: Path, identity: Identity, *, period_s: float = PERIOD_S) -> None:
        self._counts = counts
        self._path = folder / identity.file_name
        self._identity = identity
        self._period_s = period_s
        self._stopped = threading.Event()
        self._written: tuple[int, int] | None = None
        self._has_complained = False
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="aana-counts", daemon=True)

    def start(self) -> None:
        """Write from now on."""
        self._thread.start()

    def close(self) -> None:
        """Write a last time, saying that it is the last, and end the thread."""
        if self._stopped.is_set():
            return
        self._stopped.set()
        self._counts.change.tell()
        self._write(is_last=True)

    def _run(self) -> None:
        while not self._stopped.is_set():
            self._counts.change.arm()
            if self._written != self._counts.state():
                self._write()
                self._stopped.wait(self._period_s)
            else:
                # While something is under way its queue may change, which tells nobody.
                self._counts.change.wait(self._period_s if self._counts.has_ongoing else None)

    def _write(self, *, is_last: bool = False) -> None:
        with self._lock:
            if self._stopped.is_set() and not is_last:
                return
            self._written = self._counts.state()
            document = {"version": VERSION, **self._identity._asdict(), "is_last": is_last, **self._counts.document()}
            beside = self._path.with_suffix(".tmp")
            try:
                beside.write_text(json.dumps(document, separators=(",", ":")) + "\n")
                beside.replace(self._path)
            except OSError as error:
                self._written = None  # again in a second
                if not self._has_complained:
                    self._has_complained = True
                    logger.warning("Counts of requests cannot be written to %s: %s.", self._path, error.strerror)


_kept: list[CountsFile] = []
"""This process's file, once it has one."""


def keep(counts: Counts = process_counts) -> None:
    """Write this process's counts to its file from now on, if it is a replica; only the first call does."""
    serve_context = sys.modules.get("ray.serve.context")
    context = serve_context._get_internal_replica_context() if serve_context else None  # noqa: SLF001 - the public one raises
    folder = _log_folder()
    if context is None or folder is None or _kept:
        return
    identity = Identity(context.app_name, context.deployment, context.replica_tag)
    file = CountsFile(counts, folder, identity)
    _kept.append(file)
    file.start()
    _close_on_shutdown(file.close)


def _log_folder() -> Path | None:
    """The folder of Serve's logs in this node's session; None outside of a cluster."""
    worker: Any = sys.modules.get("ray._private.worker")
    node = getattr(worker, "_global_node", None)
    if node is None:
        return None
    return Path(os.path.join(node.get_logs_dir_path(), "serve"))  # noqa: PTH118 - Ray's folder as Ray spells it


def _close_on_shutdown(close: Callable[[], None]) -> None:
    """Serve kills a replica that it has shut down, so nothing that Python runs at its end is run."""
    replica: Any = getattr(sys.modules.get("ray.serve._private.replica"), "Replica", None)
    shutdown = getattr(replica, "shutdown", None)
    if shutdown is None:
        return

    @functools.wraps(shutdown)
    async def closed_shutdown(self: Any) -> None:
        await shutdown(self)
        close()

    replica.shutdown = closed_shutdown
