"""The console's one line to its daemon: a thread that watches, and writes into the store. It touches no widget."""

from __future__ import annotations

import random
from threading import Event, Thread
from typing import TYPE_CHECKING

from aana_tui.state.link_state import LinkPhase, LinkState
from aanad.client.pauses import Pauses
from aanad.errors import AanaError

if TYPE_CHECKING:
    from collections.abc import Callable

    from aana_tui.state.store import Store
    from aanad.client import Client

MIN_PAUSE_S = 0.5
MAX_PAUSE_S = 15.0
JITTER = 0.2
API_VERSION = "v1"


class Link:
    """Watches until it is closed, whatever happens to the daemon.

    Args:
        connect: makes a client; called in the link's own thread.
        store: takes what is seen.
    """

    def __init__(self, connect: Callable[[], Client], store: Store) -> None:
        self._connect = connect
        self._store = store
        self._pauses = _Pauses(store)
        self._client: Client | None = None
        self._is_closed = False
        # Not joined at the end: a daemon that hangs must not keep the console from quitting.
        self._thread = Thread(target=self._run, name="link", daemon=True)

    def open(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """End, at once."""
        self._is_closed = True
        self._pauses.end()
        if self._client is not None:
            self._client.cut()

    def retry(self) -> None:
        """Try again now, where it waits to."""
        self._pauses.skip()

    def _run(self) -> None:
        while not self._is_closed:
            try:
                with self._connect() as client:
                    self._client = client
                    self._watch(client)
            except AanaError as error:
                self._lost(error)
            except Exception as error:  # noqa: BLE001 - a link that dies would leave a screen that lies
                self._lost(AanaError(f"The link failed: {error!r}.", hint="Please report this."))
            self._client = None
            if not self._is_closed:
                self._pauses.pause()

    def _watch(self, client: Client) -> None:
        is_new = True
        for change in client.watch(on_link=self._on_link, pauses=self._pauses):
            if self._is_closed:
                return
            if is_new or not self._store.link.is_live:
                self._greet(client)
                is_new = False
            self._store.apply(change)
            if not self._store.link.is_live:
                self._store.set_link(LinkState(LinkPhase.LIVE, since=self._store.now()))

    def _greet(self, client: Client) -> None:
        """Ask who answers, and what it lets this console do."""
        versions = client.version()
        if API_VERSION not in versions.api_versions:
            raise AanaError(
                f"The daemon speaks {', '.join(versions.api_versions)}, this console {API_VERSION}.",
                hint="Install the console of the daemon's version: `aana --version` and `aana status` tell both.",
                code="version_mismatch",
            )
        self._store.set_access(client.access())

    def _on_link(self, error: AanaError | None) -> None:
        if error is not None:
            self._lost(error)

    def _lost(self, error: AanaError) -> None:
        before = self._store.link
        phase = _PHASES.get(error.code, LinkPhase.LOST)
        since = before.since if before.phase is phase else self._store.now()
        self._store.set_link(LinkState(phase, error.message, error.hint or "", since))


_PHASES = {
    "version_mismatch": LinkPhase.MISMATCH,
    "unreadable_answer": LinkPhase.MISMATCH,
    "socket_forbidden": LinkPhase.REFUSED,
    "ssh_host_key": LinkPhase.REFUSED,
    "tls_untrusted": LinkPhase.REFUSED,
    "unauthorized": LinkPhase.REFUSED,
    "forbidden": LinkPhase.REFUSED,
}


class _Pauses(Pauses):
    """Pauses that double, say when they end, and can be cut short."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self._store = store
        self._next_s = MIN_PAUSE_S
        self._skip = Event()
        self._is_over = False

    def pause(self) -> None:
        """Wait; the link's state says until when."""
        pause_s = self._next_s * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - no secret
        self._next_s = min(2 * self._next_s, MAX_PAUSE_S)
        self._tell(self._store.now() + pause_s)
        if not self._is_over:
            self._skip.wait(pause_s)
            self._skip.clear()
        self._tell(None)

    def begin_anew(self) -> None:
        """It works again."""
        self._next_s = MIN_PAUSE_S

    def skip(self) -> None:
        """End the pause that is under way."""
        self._skip.set()

    def end(self) -> None:
        """No pause any more."""
        self._is_over = True
        self._skip.set()

    def _tell(self, retry_at: float | None) -> None:
        link = self._store.link
        if not link.is_live:
            self._store.set_link(LinkState(link.phase, link.message, link.hint, link.since, retry_at))
