"""Watching a daemon: the state as it is now, kept by what the daemon sends; a link that is cut is taken up again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from aanad.client.connection import parsed
from aanad.client.pauses import SILENCE_LIMIT_S, Pauses
from aanad.errors import DaemonUnavailable, Unavailable
from aanad.wire.watch import WatchDelta, WatchDropped, WatchSnapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from aanad.client.connection import Connection, Parameters
    from aanad.errors import AanaError
    from aanad.wire.base import WireModel
    from aanad.wire.watch import Topic

    Model = TypeVar("Model", bound=WireModel)


class Watched:
    """What a daemon has, by topic and key, as the last snapshot and the deltas since say it."""

    def __init__(self) -> None:
        self.epoch: str | None = None
        self.cursor: int | None = None
        self.state: dict[Topic, dict[str, dict[str, Any]]] = {}

    def apply(self, change: WatchSnapshot | WatchDelta) -> None:
        """Take in a snapshot or a delta."""
        self.cursor = change.cursor
        if isinstance(change, WatchSnapshot):
            self.epoch = change.epoch
            self.state = {topic: dict(items) for topic, items in change.state.items()}
            return
        items = self.state.setdefault(change.topic, {})
        if change.item is None:
            items.pop(change.key, None)
        else:
            items[change.key] = change.item

    def models(self, topic: Topic, kind: type[Model]) -> dict[str, Model]:
        """The items of a topic as the models that they are, by key: `Project` for ``projects``, say."""
        return {key: kind.model_validate(item) for key, item in self.state.get(topic, {}).items()}


@dataclass
class _Position:
    """Where to go on after a cut."""

    epoch: str | None = None
    cursor: int | None = None


def watch(
    connection: Connection,
    topics: Sequence[Topic],
    *,
    on_link: Callable[[AanaError | None], None],
    pauses: Pauses | None = None,
) -> Iterator[WatchSnapshot | WatchDelta]:
    """Changes without end; only the first try to connect may fail.

    Args:
        connection: to the daemon.
        topics: what to watch; everything where empty.
        on_link: called with None when the link is there (again), and with the error when it is lost.
        pauses: how it waits before it tries again.

    Raises:
        AanaError: the daemon cannot be reached at first, or refuses.
    """
    position, is_live = _Position(), False
    pauses = pauses or Pauses(connection.when_cut)
    while True:
        try:
            for message in _messages(connection, topics, position):
                pauses.begin_anew()
                if not is_live:
                    is_live = True
                    on_link(None)
                if message is not None:
                    yield message
        except Unavailable as error:
            if position.epoch is None or connection.when_cut.is_set():
                raise
            if is_live:
                is_live = False
                on_link(error)
            pauses.pause()


def _messages(
    connection: Connection, topics: Sequence[Topic], position: _Position
) -> Iterator[WatchSnapshot | WatchDelta | None]:
    """One connection's changes; None where the daemon only shows that it is there. It ends with an error."""
    where: Parameters = {"topics": ",".join(topics) or None, "epoch": position.epoch, "cursor": position.cursor}
    with connection.streamed_lines("/v1/watch", where, silence_s=SILENCE_LIMIT_S) as (_, lines):
        for kind, event_id, data in server_sent(line.decode() for line in lines):
            if event_id is not None:
                position.epoch, _, cursor = event_id.rpartition("/")
                position.cursor = int(cursor)
            match kind:
                case "snapshot":
                    yield parsed(WatchSnapshot, data)
                case "delta":
                    yield parsed(WatchDelta, data)
                case "dropped":
                    told = parsed(WatchDropped, data)
                    raise DaemonUnavailable(told.message, hint=told.hint, code=told.reason)
                case _:
                    yield None
    raise DaemonUnavailable("aanad ended the stream.", hint="It may be restarting.")


def server_sent(lines: Iterable[str]) -> Iterator[tuple[str, str | None, str]]:
    """Server-sent events as (event, id, data); one without data, which only moves the id, has an empty `event`."""
    kind, position = "", None
    data: list[str] = []
    for line in lines:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        match name:
            case "" if not line:
                if data or position is not None:
                    yield kind if data else "", position, "\n".join(data)
                kind, position, data = "", None, []
            case "event":
                kind = value
            case "id":
                position = value
            case "data":
                data.append(value)
            case _:
                pass  # comments, and what a later daemon may add
