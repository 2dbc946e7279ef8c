"""Inside a replica: what the author prints and logs goes to the replica's log file, as written.

Serve takes over ``print`` and its own logger only. So records of the author's loggers are passed on to Serve's
handlers, and Serve's ``print``, which writes a tuple to any file it is given (2.60), makes room for Python's own:
Serve has put a logger behind ``sys.stdout`` and ``sys.stderr`` as well.
"""

from __future__ import annotations

import builtins
import logging
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SERVE_LOGGER = "ray.serve"


class ToServe(logging.Handler):
    """Passes records on to whatever handlers Serve's logger has at that moment."""

    def emit(self, record: logging.LogRecord) -> None:
        """Pass `record` on."""
        for handler in logging.getLogger(SERVE_LOGGER).handlers:
            if record.levelno >= handler.level:
                handler.handle(record)


def adopt() -> None:
    """Take the logs of this process over, if it is a replica; once is enough."""
    serve_logging = sys.modules.get("ray.serve._private.logging_utils")
    if serve_logging is None or not isinstance(sys.stdout, serve_logging.StreamToLogger):
        return
    serve_logging.redirected_print = serve_logging.buildin_print  # type: ignore[attr-defined]
    builtins.print = serve_logging.buildin_print
    root = logging.getLogger()
    if any(isinstance(handler, ToServe) for handler in root.handlers):
        return
    root.addHandler(ToServe())
    stream = serve_logging.StreamToLogger
    stream.flush = _quiet_about_bars(stream.flush)
    if root.level == logging.WARNING:
        root.setLevel(logging.INFO)


def _quiet_about_bars(flush: Callable[[Any], None]) -> Callable[[Any], None]:
    """Serve logs what it has of a line whenever it is flushed; of a progress bar that is a record for each step."""

    def flushed(stream: Any) -> None:
        # Serve's stream has no other way to be asked.
        begun: str = stream._linebuf  # noqa: SLF001
        if "\r" in begun:
            stream._linebuf = begun[begun.rindex("\r") :]  # noqa: SLF001
        else:
            flush(stream)

    return flushed


@contextmanager
def heard() -> Iterator[None]:
    """Let what authors print and log pass, where Serve has silenced its own logger: while an application ends."""
    logger = logging.getLogger(SERVE_LOGGER)
    level = logger.level
    logger.setLevel(min(level, logging.INFO))
    try:
        yield
    finally:
        logger.setLevel(level)
