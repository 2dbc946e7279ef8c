"""Errors in recordings: an error replays as the class that it was, with all that it said.

An error of a library comes back as its nearest base among Python's own exceptions, so that replaying needs no model
library; errors of Aana and of the project come back as they were.
"""

from __future__ import annotations

import builtins
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from aanad.sdk.test_cache.problems import NotRecordable, RecordingInvalid

if TYPE_CHECKING:
    from aanad.sdk.test_cache.decoding import Decoder
    from aanad.sdk.test_cache.encoding import ResultEncoder
    from aanad.sdk.test_cache.known_types import KnownTypes


def encode_error(error: Exception, encoder: ResultEncoder) -> dict[str, Any]:
    """An error as JSON: its type, arguments and attributes."""
    try:
        name = encoder.name_of(type(error))
        arguments = encoder.encode(list(error.args))
    except NotRecordable:
        base = next(cls for cls in type(error).__mro__ if cls.__module__ == builtins.__name__)
        text = f"{type(error).__name__}: {error}"
        return {"type": f"{builtins.__name__}:{base.__name__}", "message": text, "arguments": [text], "attributes": {}}
    attributes = {}
    for key, value in vars(error).items():
        with suppress(NotRecordable):  # evidence that only its own process could read
            attributes[key] = encoder.encode(value)
    return {"type": name, "message": str(error), "arguments": arguments, "attributes": attributes}


def decode_error(recorded: dict[str, Any], decoder: Decoder, types: KnownTypes) -> Exception:
    """The error that was recorded.

    Raises:
        RecordingInvalid: it names something that is no exception.
    """
    cls = types.find(recorded["type"])
    if not issubclass(cls, Exception):
        raise RecordingInvalid(f"{recorded['type']} is no exception.", hint="Record the call again.")
    arguments = decoder.decode(recorded["arguments"])
    # Constructors may take anything; what they made of it is in the attributes.
    made = cls.__new__(cls, *arguments)
    if cls.__module__ == builtins.__name__:
        made.__init__(*arguments)  # type: ignore[misc]
    made.args = tuple(arguments)
    vars(made).update({name: decoder.decode(value) for name, value in recorded["attributes"].items()})
    return made
