"""Time intervals, speech segments and transcriptions."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from aanad.sdk.models import (
    AsrSegment,
    AsrTranscription,
    AsrTranscriptionInfo,
    AsrWord,
    TimeInterval,
    VadParams,
    VadSegment,
    WhisperParams,
    join_segments,
)


def segment(text: str, start: float, end: float, **more: object) -> AsrSegment:
    """A segment of some seconds."""
    return AsrSegment.model_validate({"text": text, "time_interval": {"start": start, "end": end}, **more})


def test_an_interval_has_an_order() -> None:
    """Seconds from the beginning; the end is not before the start."""
    interval = TimeInterval(start=1, end=2.5)

    assert interval.duration_s == 1.5
    assert interval.shifted(30) == TimeInterval(start=31, end=32.5)
    assert interval.overlaps(TimeInterval(start=2, end=3))
    assert not interval.overlaps(TimeInterval(start=2.5, end=3))
    assert interval.joined(TimeInterval(start=4, end=5)) == TimeInterval(start=1, end=5)
    assert TimeInterval(start=1, end=1).duration_s == 0
    with pytest.raises(ValidationError, match=r"end \(1.0 s\) must not be before start \(2.0 s\)"):
        TimeInterval(start=2, end=1)
    for wrong in (-1, float("nan"), float("inf")):
        with pytest.raises(ValidationError):
            TimeInterval(start=0, end=wrong)


def test_a_segment_of_a_chunk_is_moved_with_its_words() -> None:
    """To where the chunk begins in the recording."""
    word = AsrWord(word=" hello", time_interval=TimeInterval(start=0, end=1), confidence=0.9)
    moved = AsrSegment(text="hello", time_interval=TimeInterval(start=0, end=1), words=[word]).shifted(30)

    assert moved.time_interval == TimeInterval(start=30, end=31)
    assert moved.words[0].time_interval == TimeInterval(start=30, end=31)
    assert word.time_interval.start == 0


def test_segments_that_follow_closely_are_joined() -> None:
    """Of one speaker, without a long silence, up to a length; confidences are weighted by time."""
    first = segment("Good", 0, 1, speaker="a", confidence=0.5, no_speech_confidence=0.1)
    second = segment("morning.", 1.2, 4.2, speaker="a", confidence=0.9)
    joined = join_segments([first, second, segment("Hello.", 4.3, 5, speaker="b"), segment("Yes.", 9, 10, speaker="b")])

    assert [one.text for one in joined] == ["Good morning.", "Hello.", "Yes."]
    assert joined[0].time_interval == TimeInterval(start=0, end=4.2)
    assert joined[0].confidence == pytest.approx(0.8)
    assert joined[0].no_speech_confidence == 0.1
    assert join_segments([first, second], max_duration_s=4) == [first, second]
    assert join_segments([]) == []


def test_a_transcription_is_the_text_of_its_segments() -> None:
    """With blanks where the script has them and nobody wrote them."""
    assert AsrTranscription.of([segment(" Good", 0, 1), segment(" day.", 1, 2)]).text == "Good day."
    assert AsrTranscription.of([segment("Good", 0, 1), segment("day.", 1, 2)]).text == "Good day."
    assert AsrTranscription.of([segment("你好", 0, 1), segment("世界", 1, 2)]).text == "你好世界"
    assert AsrTranscription.of([]).text == ""


def test_the_language_of_many_parts_is_the_one_with_most_confidence() -> None:
    """And its mean confidence."""
    infos = [
        AsrTranscriptionInfo(language="en", language_confidence=0.8),
        AsrTranscriptionInfo(language="de", language_confidence=0.9),
        AsrTranscriptionInfo(language="en", language_confidence=0.6),
        AsrTranscriptionInfo(),
    ]

    assert AsrTranscriptionInfo.of(infos).language == "en"
    assert AsrTranscriptionInfo.of(infos).language_confidence == pytest.approx(0.7)
    assert AsrTranscriptionInfo.of([]) == AsrTranscriptionInfo(language="", language_confidence=0)


@pytest.mark.parametrize(
    ("model", "values"),
    [
        (VadParams, {"onset": 1.5}),
        (VadParams, {"onset": 0.3, "offset": 0.5}),
        (VadParams, {"chunk_size_s": 0}),
        (VadParams, {"min_duration_on_s": -1}),
        (VadSegment, {"time_interval": {"start": 0, "end": 1}, "confidence": 2}),
        (WhisperParams, {"beam_size": 0}),
        (WhisperParams, {"language": "English"}),
        (WhisperParams, {"temperature": []}),
        (WhisperParams, {"temperature": 3}),
        (WhisperParams, {"task": "sing"}),
        (WhisperParams, {"unknown": 1}),
        (AsrTranscriptionInfo, {"language_confidence": -0.1}),
    ],
)
def test_parameters_that_make_no_sense_are_refused(model: type, values: dict[str, object]) -> None:
    """Ranges are checked where they come in, unknown names too."""
    with pytest.raises(ValidationError):
        model(**values)


def test_parameters_have_defaults_that_work() -> None:
    """Nobody has to know them all."""
    assert VadParams().offset < VadParams().onset
    assert WhisperParams(temperature=[0, 0.2, 1]).temperature == [0, 0.2, 1]
    assert WhisperParams().task == "transcribe"
