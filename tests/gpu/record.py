"""Records what NVML answers on this machine, second by second, in the form that `tests.fakes.nvml` replays.

``python -m tests.gpu.record --seconds 10 > tests/traces/my_box.json``. What happens meanwhile, a load or an Xid, is in
the trace. A call that hangs is not recorded: write ``{"hang": true}`` by hand where it should be.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import sys
import time
from datetime import UTC, datetime
from typing import Any

import pynvml

from aanad.adapters.nvml_session import NvmlFailure, NvmlSession
from tests.fakes.nvml import Handle, call_name


class RecordingNvml:
    """`pynvml` itself, with every call and answer noted."""

    NVMLError = pynvml.NVMLError

    def __init__(self, library: Any = pynvml) -> None:
        self.answers: dict[str, list[Any]] = {}
        """Of the present second, by call."""
        self._library = library
        self._handles: dict[int, str] = {}

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._library, name)
        if not name.startswith("nvml") or not callable(found):
            return found

        def call(*arguments: Any) -> Any:
            key = call_name(name, arguments, self._spell)
            try:
                answer = found(*arguments)
            except self.NVMLError as error:
                self._note(key, {"error": error.value})
                raise
            self._note(key, self._plain(answer, name, arguments))
            return answer

        return call

    def _note(self, key: str, answer: Any) -> None:
        self.answers.setdefault(key, []).append(answer)

    def _spell(self, argument: Any) -> str:
        return self._handles[_address(argument)] if _is_handle(argument) else str(argument)

    def _plain(self, answer: Any, name: str, arguments: tuple[Any, ...]) -> Any:
        if _is_handle(answer):
            wanted = {
                "nvmlDeviceGetHandleByIndex": lambda: f"gpu{arguments[0]}",
                "nvmlDeviceGetMigDeviceHandleByIndex": lambda: f"{self._spell(arguments[0])}mig{arguments[1]}",
                "nvmlEventSetCreate": lambda: "events",
            }.get(name, lambda: f"handle{len(self._handles)}")
            return {"handle": self._handles.setdefault(_address(answer), wanted())}
        if answer is None or isinstance(answer, str | int | float):
            return answer
        if isinstance(answer, list | tuple):
            return [self._plain(each, name, arguments) for each in answer]
        if isinstance(answer, ctypes.Structure):
            fields = {field[0]: getattr(answer, field[0]) for field in answer._fields_}
        else:
            fields = vars(answer)
        return {"struct": {field: self._plain(value, name, arguments) for field, value in fields.items()}}


def record(nvml: Any, seconds: int, *, pause_s: float = 1.0) -> list[dict[str, Any]]:
    """What changed in each second."""
    recorder = RecordingNvml(nvml)
    session = NvmlSession(lambda: recorder)
    said: dict[str, Any] = {}
    changes: list[dict[str, Any]] = []
    for _ in range(seconds):
        recorder.answers.clear()
        try:
            session.read(datetime.now(UTC))
        except NvmlFailure as failure:
            print(f"{failure.message} {failure.hint}", file=sys.stderr)
        answers = {
            call: found[0] if len(found) == 1 else {"in_turn": found} for call, found in recorder.answers.items()
        }
        changes.append({call: answer for call, answer in answers.items() if call not in said or said[call] != answer})
        said |= answers
        time.sleep(pause_s)
    recorder.answers.clear()
    session.close()
    changes[-1] |= {call: found[0] for call, found in recorder.answers.items()}
    return changes


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=10)
    seconds = record(pynvml, parser.parse_args().seconds)
    try:
        pynvml.nvmlInit()
        driver = pynvml.nvmlSystemGetDriverVersion()
    except pynvml.NVMLError as error:
        driver = str(error)
    readme = f"Recorded on a machine with GPUs on {datetime.now(UTC):%Y-%m-%d}."
    json.dump({"readme": readme, "driver": driver, "seconds": seconds}, sys.stdout, indent=1)


def _is_handle(value: Any) -> bool:
    # Pointers have no public base class; an event set is a pointer, too.
    return isinstance(value, ctypes._Pointer | Handle)


def _address(value: Any) -> int:
    return hash(value) if isinstance(value, Handle) else ctypes.cast(value, ctypes.c_void_p).value or 0


if __name__ == "__main__":
    main()
