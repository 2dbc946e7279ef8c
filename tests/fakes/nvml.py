"""A recorded trace in place of `pynvml`: every function answers what the trace says for the second that is now.

A trace is JSON: ``seconds`` is a list of objects, each with the answers that changed since the second before, by call
(``nvmlDeviceGetTemperature(gpu0, 0)``). An answer is a value, or one of

* ``{"handle": "gpu0"}``: what further calls name as their argument;
* ``{"struct": {...}}``: an object with these attributes;
* ``{"error": 15}``: NVML's code, raised as `pynvml.NVMLError`;
* ``{"hang": true}``: the call does not come back before the trace goes on;
* ``{"in_turn": [...]}``: answers for several calls within the second, the last one stays.

What a trace does not mention is a function that the driver does not have. `tests/gpu/record.py` writes such files.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pynvml

TRACES = Path(__file__).parents[1] / "traces"
FUNCTION_NOT_FOUND = 13


class Handle(str):
    """What NVML would give as a pointer."""

    __slots__ = ()


class TraceNvml:
    """`pynvml`, as far as a trace goes."""

    NVMLError = pynvml.NVMLError

    def __init__(self, seconds: list[dict[str, Any]]) -> None:
        self.calls: Counter[str] = Counter()
        self.hanging = threading.Event()
        """Set while a call hangs."""
        self._seconds = seconds
        self._answers: dict[str, Any] = {}
        self._turns: Counter[str] = Counter()
        self._moved = threading.Condition()
        self.second = -1
        self.go_to(0)

    @classmethod
    def read(cls, name: str) -> TraceNvml:
        """A trace of ``tests/traces``."""
        return cls(json.loads((TRACES / f"{name}.json").read_text())["seconds"])

    def go_to(self, second: int) -> None:
        """Let time pass; what hung comes back if it does not hang any more."""
        with self._moved:
            while self.second < second:
                self.second += 1
                self._answers |= self._seconds[self.second]
            self._turns.clear()
            self._moved.notify_all()

    def change(self, **answers: Any) -> None:
        """Other answers from now on, by call; for what no trace was recorded of."""
        with self._moved:
            self._answers |= answers
            self._moved.notify_all()

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("nvml") or not callable(getattr(pynvml, name)):
            return getattr(pynvml, name)

        def call(*arguments: Any) -> Any:
            return self._call(name, arguments)

        return call

    def _call(self, name: str, arguments: tuple[Any, ...]) -> Any:
        key = call_name(name, arguments)
        self.calls[name] += 1
        with self._moved:
            while True:
                answer = self._answers.get(key, {"error": FUNCTION_NOT_FOUND})
                if isinstance(answer, dict) and "in_turn" in answer:
                    turn = self._turns[key]
                    self._turns[key] += 1
                    answer = answer["in_turn"][min(turn, len(answer["in_turn"]) - 1)]
                if not (isinstance(answer, dict) and answer.get("hang")):
                    break
                self.hanging.set()
                self._moved.wait()
            self.hanging.clear()
        return _value(answer)


def call_name(name: str, arguments: tuple[Any, ...], spell: Callable[[Any], str] = str) -> str:
    """How a trace names a call."""
    return f"{name}({', '.join(map(spell, arguments))})"


def _value(answer: Any) -> Any:
    if isinstance(answer, list):
        return [_value(each) for each in answer]
    if not isinstance(answer, dict):
        return answer
    if "error" in answer:
        raise pynvml.NVMLError(answer["error"])
    if "handle" in answer:
        return Handle(answer["handle"])
    return SimpleNamespace(**{name: _value(value) for name, value in answer["struct"].items()})
