"""Samples out of files and into files, with PyAV."""

from __future__ import annotations

import io
import wave
from fractions import Fraction
from itertools import chain
from typing import TYPE_CHECKING, Any

from aanad.sdk.exceptions import InvalidInput, InvalidMedia
from aanad.sdk.models.containers import opened

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import av
    import numpy as np
    import numpy.typing as npt

    from aanad.sdk.models.media import Media

    Samples = npt.NDArray[np.float32]

_LAYOUTS = {1: "mono", 2: "stereo", 3: "2.1", 4: "quad", 5: "5.0", 6: "5.1", 7: "6.1", 8: "7.1"}
_CODECS = {"flac": "flac", "mp3": "libmp3lame"}
_PACKED = "flt"
"""Floats, the channels of one moment side by side. PyAV 18 reads beyond its memory where eight of them lie apart."""
_MOST_SAMPLES = 2**29
"""2 GiB of floats: nine hours of one channel at 16 kHz."""
_CHUNK_SAMPLES = 65_536


def decode(media: Media, rate: int | None, *, mono: bool) -> Samples:
    """All samples of the first stream of sound, (n,) or (channels, n).

    Raises:
        InvalidMedia: there is none, it cannot be decoded, or it is too long.
    """
    import av
    import numpy as np

    with opened(media, "audio") as container:
        stream = container.streams.audio[0]
        resampler = av.AudioResampler(_PACKED, stream.layout, rate or stream.rate)
        parts: list[Samples] = []
        room = _MOST_SAMPLES
        for part in _resampled(resampler, container.decode(stream)):
            parts.append(_mixed(part) if mono else part)
            room -= parts[-1].size
            if room < 0:  # silence packs so well that a small file can fill any memory
                raise InvalidMedia(f"{media.describe()} is too long to be decoded at once.", hint="Send it in parts.")
        channels = 1 if mono else stream.channels
    samples: Samples = np.concatenate([np.zeros((channels, 0), np.float32), *parts], axis=1, dtype=np.float32)
    return samples[0] if mono else samples


def resample(samples: Samples, rate: int, new_rate: int, *, mono: bool) -> Samples:
    """Samples of another rate, in Hz, and mixed to one channel, (n,), or not, (channels, n)."""
    import av
    import numpy as np

    if mono and samples.ndim > 1:
        samples = _mixed(samples)
    samples = samples.reshape(1, -1) if samples.ndim == 1 else samples
    if rate != new_rate and samples.shape[1]:
        resampler = av.AudioResampler(_PACKED, _LAYOUTS[samples.shape[0]], new_rate)
        samples = np.concatenate(list(_resampled(resampler, _frames(samples, rate, _PACKED))), axis=1)
    return samples[0] if mono else samples


def encode(samples: Samples, rate: int, name: str) -> bytes:
    """The bytes of a file with 16 bits for a sample, the same for the same samples.

    Raises:
        InvalidInput: the format has no such rate or number of channels.
    """
    import numpy as np

    samples = samples.reshape(1, -1) if samples.ndim == 1 else samples
    whole = np.clip(np.nan_to_num(samples) * 32768, -32768, 32767).round().astype("<i2")
    file = io.BytesIO()
    if name == "wav":
        with wave.open(file, "wb") as target:
            target.setnchannels(whole.shape[0])
            target.setsampwidth(2)
            target.setframerate(rate)
            target.writeframes(whole.T.tobytes())
        return file.getvalue()
    _encode(whole, rate, name, file)
    return file.getvalue()


def noted_duration_s(media: Media) -> float | None:
    """The length that the file itself notes, in seconds."""
    import av

    with opened(media, "audio") as container:
        stream = container.streams.audio[0]
        if stream.duration is not None and stream.time_base is not None:
            return float(stream.duration * stream.time_base)
        return None if container.duration is None else container.duration / av.time_base


def _encode(samples: npt.NDArray[np.int16], rate: int, name: str, file: io.BytesIO) -> None:
    import av

    try:
        with av.open(file, "w", format=name, options={"fflags": "+bitexact"}) as container:
            stream: Any = container.add_stream(_CODECS[name], rate=rate, layout=_LAYOUTS[samples.shape[0]])
            for frame in _frames(samples, rate, "s16"):
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
    except (av.FFmpegError, KeyError) as error:
        raise InvalidInput(
            f"Sound of {rate} Hz in {samples.shape[0]} channels cannot be stored as {name}.",
            hint="Give mono=True, rate=44100, or both.",
        ) from error


def _mixed(samples: Samples) -> Samples:
    """The mean of the channels, (1, n): FFmpeg's own mix can be louder than 1."""
    mean: Samples = samples.mean(axis=0, keepdims=True, dtype=samples.dtype)
    return mean


def _frames(samples: npt.NDArray[Any], rate: int, sample_format: str) -> Iterator[av.AudioFrame]:
    import av

    for start in range(0, samples.shape[1], _CHUNK_SAMPLES):
        part = samples[:, start : start + _CHUNK_SAMPLES].T.reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(part, sample_format, _LAYOUTS[samples.shape[0]])
        frame.sample_rate = rate
        frame.pts = start
        frame.time_base = Fraction(1, rate)
        yield frame


def _resampled(resampler: av.AudioResampler, frames: Iterable[av.AudioFrame]) -> Iterator[Samples]:
    """Floats of shape (channels, n), part by part."""
    import numpy as np

    for frame in chain(frames, [None]):
        if frame is not None:
            frame.pts = None
        for made in resampler.resample(frame):
            yield np.asarray(made.to_ndarray(), np.float32).reshape(-1, made.layout.nb_channels).T
