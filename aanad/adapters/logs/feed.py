"""One file on its way into the merge: read in steps, parsed, filtered, and held until its turn comes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aanad.adapters.logs.encoding import Encoder
from aanad.adapters.logs.parsing import Parser
from aanad.adapters.logs.splitting import Splitter

if TYPE_CHECKING:
    from aanad.adapters.logs.entries import Entry
    from aanad.adapters.logs.files import LogFile
    from aanad.adapters.logs.filters import Filter
    from aanad.adapters.logs.remote import RemoteFile
    from aanad.core.records import LogSource

WATERMARK_NS = 500_000_000
"""How long a record waits for earlier ones of other files."""
JOIN_NS = 300_000_000
"""How long a record waits for further lines of its own."""
FINAL_NS = 2_000_000_000
"""How long after its last write the file of a replica that is gone is taken as complete."""
FRESH_NS = 10_000_000_000
FOREVER = 1 << 63
ENTRY_BYTES = 256
"""What a record takes in memory beside its message."""


class Feed:
    """One file, read forward."""

    def __init__(
        self,
        source: LogSource,
        file: LogFile | RemoteFile,
        *,
        replica: str | None,
        offset: int,
        limit: int | None,
        filter_: Filter,
    ) -> None:
        """`limit` is where reading ends; None where it goes on for as long as the file grows."""
        self.source = source
        self.file = file
        self.encoder = Encoder(source, replica)
        self.replica = replica
        self.is_gone = False
        """No name leads to it any more, or to what it was."""
        self.is_rewritten = False
        """It was cut to nothing and written anew: what is in it now is another feed's."""
        self.is_rotated = False
        """Another file has taken its name."""
        self._limit = limit
        self._filter = filter_
        self.queue: list[Entry] = []
        self.queued_bytes = 0
        self.at_end = False
        self.changed = 0
        """When something was last read."""
        self._looked = 0
        self.offset = offset
        self.backlog = self.file.size
        """What lies before this was there when reading began; it arrived at an unknown time."""
        self._parser = Parser()
        self._splitter = Splitter(offset)
        self._done = offset
        self._closed_early = False

    @property
    def done(self) -> int:
        """Everything before this offset was passed on, or is not wanted."""
        if self.queue:
            return self.queue[0].start
        held = self._parser.held
        return held.start if held is not None else self._splitter.start

    @property
    def is_drained(self) -> bool:
        """Whether all that was in it has been passed on."""
        return self.at_end and not self.queue and self._parser.held is None and not self._splitter.is_inside

    @property
    def is_waiting(self) -> bool:
        """Whether something of it has been read, or can be, and was not passed on."""
        return bool(self.queue) or self._parser.held is not None or not self.at_end

    def is_fresh(self, now: int) -> bool:
        """Whether it was written to a short time ago."""
        return now - max(self.changed, self.file.modified) < FRESH_NS

    def is_final(self, now: int) -> bool:
        """Whether nothing more will be written to it."""
        if now - self.file.modified < FINAL_NS and not self.is_gone:
            return False
        living = self.source.living
        return self.is_gone or self.is_rotated or (living is not None and (self.replica or "") not in living)

    def look(self, now: int) -> bool:
        """Note how large the file is by now; False where its name leads elsewhere."""
        is_there = self.file.look()
        self._looked = now
        end = self._end
        if self.offset >= end and not (self.file.size < self.offset and self._limit is None):
            self.at_end = True
        else:
            self.at_end = False
        return is_there

    @property
    def _end(self) -> int:
        return self.file.size if self._limit is None else self._limit

    def read(self, count: int, now: int) -> int:
        """Read on, at most `count` bytes; tells how many there were."""
        if self.offset and self._limit is None and self.file.was_rewritten(self.offset):
            self.is_rewritten = self.is_gone = True
            self._limit = self.offset
        count = min(count, self._end - self.offset)
        data = self.file.read(self.offset, count) if count > 0 else b""
        if not data:
            self.at_end = True
            return 0
        arrived = min(self.file.modified, now) if self.offset < self.backlog else now
        self.offset += len(data)
        self.changed = now
        self._take(self._parser.parse(self._splitter.split(data), arrived=arrived, now=now))
        self.at_end = self.offset >= self._end
        return len(data)

    def settle(self, now: int) -> None:
        """At the end of the file: let go of what was held back for lines that did not come."""
        if not self.at_end:
            return
        is_over = self._limit is not None
        is_final = self._splitter.is_inside and self.offset >= self.file.size and self.is_final(now)
        if is_final:
            lines = self._splitter.finish()
            self._take(self._parser.parse(lines, arrived=min(self.file.modified, now), now=now))
        if self._parser.held is not None and (is_over or is_final or now - self.changed > JOIN_NS):
            self._closed_early = not is_over
            self._take(self._parser.close())

    def frontier(self) -> int:
        """No record that this file still gives stands before this."""
        held = self._parser.held
        if not self.at_end:
            upto = self._parser.last_key
        elif self._limit is not None or self.is_gone:
            upto = FOREVER
        else:
            upto = self._looked - WATERMARK_NS
        return min(upto, held.key) if held is not None else upto

    def take(self, upto: int) -> list[Entry]:
        """The records whose turn has come."""
        queue = self.queue
        if not queue or queue[0].key > upto:
            return []
        if queue[-1].key <= upto:
            taken, self.queue = queue, []
            self.queued_bytes = 0
        else:
            low, high = 0, len(queue)
            while low < high:
                middle = (low + high) // 2
                if queue[middle].key <= upto:
                    low = middle + 1
                else:
                    high = middle
            taken, self.queue = queue[:low], queue[low:]
            self.queued_bytes = _weight(self.queue)
        return taken

    def took_early(self) -> bool:
        """Whether a record was passed on that might have grown; asked once."""
        early, self._closed_early = self._closed_early, False
        return early

    def name(self) -> bytes | None:
        """The file's identity, once it has one."""
        found = self.file.identity(complete=self.offset > 0 and self.at_end and not self._splitter.is_inside)
        if found is not None and not self.encoder.identity:
            self.encoder.identity = found.hex()
        return found

    def _take(self, entries: list[Entry]) -> None:
        kept = self._filter.kept(entries, self.source.redactor)
        self.queue += kept
        self.queued_bytes += _weight(kept)


def _weight(entries: list[Entry]) -> int:
    return sum([ENTRY_BYTES + len(entry.message) for entry in entries])
