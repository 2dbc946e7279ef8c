"""Automatic speech recognition: what is said, when, and how sure that is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from aanad.sdk.models.base import Model
from aanad.sdk.models.intervals import TimeInterval

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Confidence = Annotated[float, Field(ge=0, le=1)]
"""How sure a model is, from 0 to 1."""


class AsrWord(Model):
    """One word."""

    word: str
    """As it is written, with the blank before it where the language has one."""
    time_interval: TimeInterval
    """When it is said, in seconds."""
    confidence: Confidence | None = None
    """How sure the model is of it, from 0 to 1."""
    speaker: str | None = None
    """Who says it."""


class AsrSegment(Model):
    """Some words that belong together, a sentence say."""

    text: str
    """What is said."""
    time_interval: TimeInterval
    """When it is said, in seconds."""
    confidence: Confidence | None = None
    """How sure the model is of the text, from 0 to 1."""
    no_speech_confidence: Confidence | None = None
    """How sure the model is that nobody speaks, from 0 to 1."""
    words: list[AsrWord] = Field(default_factory=list)
    """Its words, where they were asked for."""
    speaker: str | None = None
    """Who says it."""

    def shifted(self, seconds: float) -> AsrSegment:
        """The same, so much later: of a chunk's times makes those of the whole recording."""
        words = [word.model_copy(update={"time_interval": word.time_interval.shifted(seconds)}) for word in self.words]
        return self.model_copy(update={"time_interval": self.time_interval.shifted(seconds), "words": words})


class AsrTranscription(Model):
    """All that is said."""

    text: str = ""
    """The text."""

    @classmethod
    def of(cls, segments: Iterable[AsrSegment]) -> AsrTranscription:
        """The texts of the segments, one after the other."""
        return cls(text=_joined_text([segment.text for segment in segments]))


class AsrTranscriptionInfo(Model):
    """What the transcription is of."""

    language: str = ""
    """The code of the language, en say; empty where it is not known."""
    language_confidence: Confidence = 0.0
    """How sure the model is of the language, from 0 to 1."""

    @classmethod
    def of(cls, infos: Iterable[AsrTranscriptionInfo]) -> AsrTranscriptionInfo:
        """Of parts of one recording: the language that has most confidence in all, with its mean confidence."""
        confidences: dict[str, list[float]] = {}
        for info in infos:
            if info.language:
                confidences.setdefault(info.language, []).append(info.language_confidence)
        if not confidences:
            return cls()
        language = max(confidences, key=lambda name: sum(confidences[name]))
        found = confidences[language]
        return cls(language=language, language_confidence=sum(found) / len(found))


def join_segments(
    segments: Sequence[AsrSegment], *, max_gap_s: float = 0.5, max_duration_s: float = 30.0
) -> list[AsrSegment]:
    """Make longer segments of ones that follow each other closely, spoken by the same speaker.

    Args:
        segments: in the order of their times.
        max_gap_s: the longest silence, in seconds, within a joined segment.
        max_duration_s: the longest that a joined segment becomes, in seconds.
    """
    joined: list[AsrSegment] = []
    for segment in segments:
        last = joined[-1] if joined else None
        if (
            last is not None
            and last.speaker == segment.speaker
            and segment.time_interval.start - last.time_interval.end <= max_gap_s
            and last.time_interval.joined(segment.time_interval).duration_s <= max_duration_s
        ):
            joined[-1] = _joined(last, segment)
        else:
            joined.append(segment)
    return joined


def _joined(first: AsrSegment, second: AsrSegment) -> AsrSegment:
    return AsrSegment(
        text=_joined_text([first.text, second.text]),
        time_interval=first.time_interval.joined(second.time_interval),
        confidence=_weighted(first, first.confidence, second, second.confidence),
        no_speech_confidence=_weighted(first, first.no_speech_confidence, second, second.no_speech_confidence),
        words=first.words + second.words,
        speaker=first.speaker,
    )


def _weighted(first: AsrSegment, one: float | None, second: AsrSegment, other: float | None) -> float | None:
    """The mean of two confidences, by the lengths of what they are of."""
    if one is None or other is None:
        return one if other is None else other
    weights = first.time_interval.duration_s, second.time_interval.duration_s
    total = sum(weights)
    return (one + other) / 2 if not total else (one * weights[0] + other * weights[1]) / total


def _joined_text(texts: Sequence[str]) -> str:
    """Texts in a row, with a blank between two only where neither has one and the script uses them."""
    whole = ""
    for text in texts:
        needs_blank = whole and text and not (whole[-1].isspace() or text[0].isspace() or _is_dense(whole[-1]))
        whole += (" " if needs_blank else "") + text
    return whole.strip()


def _is_dense(letter: str) -> bool:
    """Whether a letter is of a script that is written without blanks, as Chinese, Japanese and Thai are."""
    return "\u0e00" <= letter <= "\u0eff" or "\u3000" <= letter <= "\u9fff" or "\uff00" <= letter <= "\uffef"
