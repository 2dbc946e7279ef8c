"""Calls whose answers come bit by bit: requests to endpoints, logs, events."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import quote

from aanad.client.calls import Calls, project_path
from aanad.client.connection import parsed
from aanad.client.invocations import DURATION_HEADER, Answer, Invocation
from aanad.client.problems import error_of
from aanad.wire.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from aanad.client.connection import Parameters
    from aanad.errors import AanaError
    from aanad.wire.events import Event
    from aanad.wire.logs import LogRecord
    from aanad.wire.watch import Topic, WatchDelta, WatchSnapshot


class Streams(Calls):
    """Requests, logs, events."""

    @contextmanager
    def invoke(self, project: str, endpoint: str, invocation: Invocation | None = None) -> Iterator[Answer]:
        """Send a request to an endpoint through the daemon; an error of the endpoint is an answer too."""
        path = project_path(project, f"endpoints/{quote(endpoint, safe='')}/invoke")
        with (
            (invocation or Invocation()).as_arguments() as arguments,
            self._connection.stream("POST", path, **arguments) as response,
        ):
            if response.is_error and DURATION_HEADER not in response.headers:
                response.read()
                raise error_of(parsed(Problem, response.content))
            yield Answer(response)

    def logs(
        self,
        project: str | None = None,
        *,
        deployment: str | None = None,
        replica: str | None = None,
        tail: int | None = None,
        follow: bool = False,
    ) -> Iterator[LogRecord]:
        """Log records, oldest first; with `follow` the stream does not end by itself."""
        parameters: Parameters = {
            "project": project,
            "deployment": deployment,
            "replica": replica,
            "tail": tail,
            "follow": follow,
        }
        from aanad.wire.logs import LogRecord

        for line in self._connection.lines("/v1/logs", parameters, follow=follow):
            yield parsed(LogRecord, line)

    def events(self, *, project: str | None = None, since: int | None = None, limit: int | None = None) -> list[Event]:
        """Events after the cursor `since`, oldest first; the newest ones where it is not given."""
        from aanad.wire.events import Event

        return self._read(list[Event], "/v1/events", {"project": project, "since": since, "limit": limit})

    def follow_events(
        self, *, project: str | None = None, since: int | None = None, limit: int | None = None
    ) -> Iterator[Event]:
        """As `events`, and then each new one as it happens."""
        parameters: Parameters = {"project": project, "since": since, "limit": limit, "follow": True}
        from aanad.wire.events import Event

        for line in self._connection.lines("/v1/events", parameters, follow=True):
            yield parsed(Event, line)

    def watch(
        self, *topics: Topic, on_link: Callable[[AanaError | None], None] = lambda _: None
    ) -> Iterator[WatchSnapshot | WatchDelta]:
        """What there is now, and each change of it, for ever; `Watched` keeps the state that they make.

        A link that is cut is taken up again where it was; `on_link` hears of that (the error, then None).
        """
        from aanad.client.watch import watch

        return watch(self._connection, topics, on_link=on_link)
