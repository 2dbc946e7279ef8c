# ruff: noqa: D101, D102 - a project as its author writes it
import logging
import os
import signal
import sys
import time
import traceback

from ray import serve

from aanad.sdk import BaseDeployment

logger = logging.getLogger(__name__)


@serve.deployment(max_ongoing_requests=1)
class Speaker(BaseDeployment):
    def sing(self, lines: int, pause_s: float) -> int:
        """Print the time again and again; one call keeps one replica busy."""
        for _ in range(lines):
            print(f"note {os.getpid()} {time.time_ns()}")
            time.sleep(pause_s)
        return os.getpid()

    def say(self, text: str, way: str) -> None:
        match way:
            case "print":
                print(text)
            case "logger":
                logger.warning(text)
            case "stderr":
                print(text, file=sys.stderr)
            case "descriptors":
                # As libraries written in C do, past Python's streams.
                os.write(1, f"{text} to 1\n".encode())
                os.write(2, f"{text} to 2\n".encode())
            case "traceback":
                _say_traceback(text)
            case "exception":
                _log_exception(text)
            case "bar":
                for step in range(5):
                    sys.stderr.write(f"\r{text} {20 * step + 20}%")
                    sys.stderr.flush()
                sys.stderr.write("\n")

    def die(self, text: str) -> None:
        print(text)
        os.write(2, f"{text} to 2\n".encode())
        os.kill(os.getpid(), signal.SIGKILL)


def _fail(text: str) -> None:
    raise ValueError(text)


def _log_exception(text: str) -> None:
    try:
        _fail(text)
    except ValueError:
        logger.exception("it failed")


def _say_traceback(text: str) -> None:
    try:
        try:
            _fail("inner")
        except ValueError as error:
            raise RuntimeError(text) from error
    except RuntimeError:
        traceback.print_exc()
