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
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime
    from typing import Literal

    from aanad.client.connection import Parameters
    from aanad.client.log_streams import LogStream
    from aanad.client.pauses import Pauses
    from aanad.errors import AanaError
    from aanad.wire.events import Event
    from aanad.wire.logs import LogLevel, LogSourceKind
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
        *projects: str,
        deployment: str | None = None,
        replica: str | None = None,
        source: Sequence[LogSourceKind] = (),
        tail: int | Literal["all"] | None = None,
        follow: bool = False,
        since: str | datetime | None = None,
        until: str | datetime | None = None,
        level: LogLevel | None = None,
        grep: str | None = None,
        cursor: str | None = None,
        patience_s: float = 60.0,
    ) -> LogStream:
        """Log records, oldest first; with `follow` the stream does not end by itself, and reconnects where it was cut.

        Args:
            *projects: their names; all of the box where none is given.
            deployment: only this one.
            replica: only this one: its id, or the last characters of it.
            source: only these.
            tail: how many records to begin with, after filtering.
            follow: go on with new records.
            since: a time, or how long ago (``10m``).
            until: as `since`.
            level: at least this severe.
            grep: a regular expression in RE2's syntax that the message must hold.
            cursor: begin after it; it is the stream's `cursor` of an earlier reading.
            patience_s: how long a follower tries to reach the daemon again.

        Raises:
            InvalidInput: ``invalid_pattern``, ``invalid_cursor``; with the first record.
        """
        parameters: Parameters = {
            "project": list(projects) or None,
            "deployment": deployment,
            "replica": replica,
            "source": list(source) or None,
            "tail": tail,
            "follow": follow,
            "since": _moment(since),
            "until": _moment(until),
            "level": level,
            "grep": grep,
        }
        from aanad.client.log_streams import LogStream

        return LogStream(self._connection, parameters, follow=follow, cursor=cursor, patience_s=patience_s)

    def events(
        self,
        *,
        project: str | Sequence[str] | None = None,
        type: str | Sequence[str] | None = None,  # noqa: A002 - the field's name
        actor: str | None = None,
        after: datetime | None = None,
        since: int | None = None,
        limit: int | None = None,
    ) -> list[Event]:
        """Events, oldest first: those after the cursor `since`, or the newest ones.

        Args:
            project: of one project, or of several.
            type: of one type, ``replica.died`` or ``replica.*``, or of several.
            actor: by whom.
            after: not older than this.
            since: a cursor to read on from; 0 is before the first event.
            limit: how many at most, 1 to 1000.
        """
        from aanad.wire.events import Event

        asked = _event_parameters(project, type, actor, after)
        return self._read(list[Event], "/v1/events", {**asked, "since": since, "limit": limit})

    def follow_events(
        self,
        *,
        project: str | Sequence[str] | None = None,
        type: str | Sequence[str] | None = None,  # noqa: A002 - the field's name
        actor: str | None = None,
        after: datetime | None = None,
        since: int | None = None,
        limit: int | None = None,
    ) -> Iterator[Event]:
        """As `events`, and then each new one, for ever: where the link is cut it goes on after the last one.

        One of the type ``events.missing`` says that some between are not kept any more.
        """
        from aanad.client.following import follow_events

        asked = _event_parameters(project, type, actor, after)
        return follow_events(self._connection, asked, since=since, limit=limit)

    def watch(
        self,
        *topics: Topic,
        on_link: Callable[[AanaError | None], None] = lambda _: None,
        pauses: Pauses | None = None,
    ) -> Iterator[WatchSnapshot | WatchDelta]:
        """What there is now, and each change of it, for ever; `Watched` keeps the state that they make.

        A link that is cut is taken up again where it was; `on_link` hears of that (the error, then None),
        and `pauses` says how long it waits between its tries.
        """
        from aanad.client.watch import watch

        return watch(self._connection, topics, on_link=on_link, pauses=pauses)


def _event_parameters(
    project: str | Sequence[str] | None,
    type_: str | Sequence[str] | None,
    actor: str | None,
    after: datetime | None,
) -> Parameters:
    return {"project": project, "type": type_, "actor": actor, "after": after.isoformat() if after else None}


def _moment(moment: str | datetime | None) -> str | None:
    return moment if moment is None or isinstance(moment, str) else moment.isoformat()
