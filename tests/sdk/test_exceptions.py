"""Errors of authors cross from process to process whole, whatever their constructors look like."""

from __future__ import annotations

import copy
import pickle
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from ray import cloudpickle
from ray.exceptions import RayTaskError

from aanad.errors import AanaError
from aanad.sdk import exceptions
from aanad.sdk.exceptions import (
    EndpointError,
    Failed,
    Forbidden,
    InferenceError,
    InvalidInput,
    InvalidMedia,
    NotFound,
    Refused,
    TimedOut,
    TooManyRequests,
    Unauthorized,
    Unavailable,
)
from aanad.sdk.failures import translated


class NoSpeaker(NotFound):
    """Its constructor has a signature of its own."""

    code = "no_such_speaker"

    def __init__(self, speaker: str, /, *, known: list[str]) -> None:
        super().__init__(f"There is no speaker {speaker}.", hint="List them first.", extra={"known": known})
        self.speaker = speaker
        self.lock = threading.Lock()


class Forgetful(Refused):
    """Its constructor does not call its base's."""

    code = "taken"

    def __init__(self, seat: int) -> None:
        self.seat = seat


def arrived(error: Exception) -> Any:
    """What the caller of a deployment's method sees: pickled, wrapped by Ray, and unwrapped."""
    there = pickle.loads(cloudpickle.dumps(RayTaskError("model", "Traceback …", error)))
    return translated(there.as_instanceof_cause(), "model.method")


@pytest.mark.parametrize(
    ("cls", "status", "code"),
    [
        (EndpointError, 500, "endpoint_error"),
        (InvalidInput, 400, "invalid_input"),
        (InvalidMedia, 422, "invalid_media"),
        (Unauthorized, 401, "unauthorized"),
        (Forbidden, 403, "forbidden"),
        (NotFound, 404, "not_found"),
        (Refused, 409, "conflict"),
        (TooManyRequests, 429, "too_many_requests"),
        (Failed, 500, "failed"),
        (InferenceError, 500, "inference_error"),
        (Unavailable, 503, "unavailable"),
        (TimedOut, 504, "timeout"),
    ],
)
def test_each_class_has_a_status_and_a_code_and_crosses_whole(cls: type[EndpointError], status: int, code: str) -> None:
    """All of them are listed in the module's own page, and each can be given a code, a hint, a status and data."""
    plain, full = cls("It is so."), cls("It is so.", status=418, code="mine", hint="Do this.", extra={"a": [1, None]})

    assert (status, code, {}) == (plain.status, plain.code, plain.extra)
    assert cls.__name__ in (exceptions.__doc__ or "")
    for error in (plain, full):
        found = arrived(error)
        assert type(found) is cls
        assert vars(error) == vars(found)
        assert error.args == found.args


def test_a_subclass_s_own_constructor_and_attributes_cross() -> None:
    """The constructor is not called again; an attribute that cannot travel stays behind alone."""
    found = arrived(NoSpeaker("ann", known=["bob"]))

    assert type(found) is NoSpeaker
    assert ("There is no speaker ann.", "List them first.", "no_such_speaker", 404) == (
        found.message,
        found.hint,
        found.code,
        found.status,
    )
    assert ("ann", {"known": ["bob"]}) == (found.speaker, found.extra)
    assert str(found) == "There is no speaker ann."
    assert not hasattr(found, "lock")


def test_a_subclass_that_forgets_its_base_can_be_answered() -> None:
    """It has a message, a code, a status and no data."""
    for error in (Forgetful(7), arrived(Forgetful(7))):
        assert ("Refused.", "taken", 409, {}, 7) == (error.message, error.code, error.status, error.extra, error.seat)


def test_the_seconds_to_wait_cross() -> None:
    """As given, or one."""
    assert arrived(TooManyRequests("Later.", retry_after_s=2.5)).retry_after_s == 2.5
    assert arrived(TooManyRequests("Later.")).retry_after_s == 1.0


def test_where_its_class_is_not_an_error_arrives_as_the_nearest_that_is(
    project: Callable[[str, dict[str, str]], Path],
) -> None:
    """Another project has no such module; message, status, code, hint and data are the same."""
    project(
        "asr",
        {
            "__init__.py": "",
            "faults.py": (
                "from aanad.sdk.exceptions import NotFound\n"
                "class Missing(NotFound):\n"
                "    code = 'missing'\n"
                "class NoVoice(Missing):\n"
                "    status = 410\n"
                "    def __init__(self, voice):\n"
                "        super().__init__(f'No voice {voice}.', hint='Look.', extra={'voice': voice})\n"
                "        self.voice, self.kind = voice, Missing\n"
            ),
        },
    )
    faults = __import__("asr.faults", fromlist=["NoVoice"])
    sent = cloudpickle.dumps(RayTaskError("asr", "Traceback …", faults.NoVoice("ann")))
    assert type(translated(pickle.loads(sent), "asr.hear")) is faults.NoVoice

    forget("asr")
    found: Any = translated(pickle.loads(sent), "asr.hear")

    assert type(found) is NotFound
    assert ("No voice ann.", 410, "missing", "Look.", {"voice": "ann"}, "ann") == (
        found.message,
        found.status,
        found.code,
        found.hint,
        found.extra,
        found.voice,
    )
    assert not hasattr(found, "kind")


def forget(package: str) -> None:
    """As in a process of another project: the package is neither imported nor on the path."""
    import sys

    for name in [name for name in sys.modules if name.partition(".")[0] == package]:
        del sys.modules[name]
    sys.modules[package] = ModuleType(package)


def test_an_error_can_be_copied() -> None:
    """Some libraries copy what they raise again."""
    assert vars(copy.copy(Forbidden("No.", extra={"a": 1}))) == vars(Forbidden("No.", extra={"a": 1}))


def test_the_cause_stays_where_it_was_raised() -> None:
    """What lies behind an error may say too much."""
    error = InferenceError("It did not work.")
    error.__cause__ = RuntimeError("secret")
    found = arrived(error)

    assert found.__cause__ is None
    assert "secret" not in repr(vars(found))


class Rude:
    """Cannot even say what it is."""

    def __str__(self) -> str:
        raise RuntimeError("no")


def test_extra_is_json_from_the_start() -> None:
    """What is no JSON becomes text, so that the error can always be answered with its own code."""
    itself: list[Any] = []
    itself.append(itself)
    given = {
        "number": np.float32(0.5),
        "when": datetime(2026, 1, 2, tzinfo=UTC),
        "path": Path("/a"),
        "nan": float("nan"),
        "bytes": b"\xff",
        "itself": itself,
        "rude": Rude(),
        "nested": {"of": (1, {2})},
        3: "three",
    }

    assert EndpointError("x", extra=given).extra == {  # type: ignore[arg-type]
        "number": 0.5,
        "when": "2026-01-02T00:00:00Z",
        "path": "/a",
        "nan": None,
        "bytes": "b'\\xff'",
        "itself": "[[...]]",
        "rude": "Rude",
        "nested": {"of": [1, [2]]},
        "3": "three",
    }
    assert EndpointError("x", extra=[1]).extra == {"value": [1]}  # type: ignore[arg-type]


def test_aana_s_own_errors_cross_too() -> None:
    """Those that the SDK raises itself."""
    from aanad.errors import TimedOut as Late

    found = arrived(Late("Too late.", hint="Wait.", code="deployment_timeout"))

    assert type(found) is Late
    assert isinstance(found, AanaError)
    assert ("Too late.", "Wait.", "deployment_timeout") == (found.message, found.hint, found.code)
