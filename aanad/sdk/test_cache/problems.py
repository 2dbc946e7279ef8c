"""What can be wrong with a recording; each is a `Failed`, so it reaches a test's client with its message and hint."""

from __future__ import annotations

from typing import ClassVar

from aanad.sdk.exceptions import Failed


class RecordingMissing(Failed):
    """A call was to be replayed and was never recorded; `extra` names the file that would be needed."""

    code = "recording_missing"
    title: ClassVar[str] = "Recording missing"


class RecordingInvalid(Failed):
    """A recording's file cannot be read, or names a type that a recording may not name."""

    code = "recording_invalid"
    title: ClassVar[str] = "Recording invalid"


class NotRecordable(Failed):
    """A method was given, or gave, something that a recording cannot hold."""

    code = "not_recordable"
    title: ClassVar[str] = "Not recordable"
