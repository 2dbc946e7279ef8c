"""`Audio`: sound, decoded when its samples are asked for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from aanad.sdk.exceptions import InvalidInput, InvalidMedia
from aanad.sdk.models.media import Media

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Samples = npt.NDArray[np.float32]

_FORMATS = {
    "wav": "wav",
    "flac": "flac",
    "mp3": "mp3",
    "audio/wav": "wav",
    "audio/x-wav": "wav",
    "audio/flac": "flac",
    "audio/mpeg": "mp3",
}
_MEDIA_TYPES = {"wav": "audio/wav", "flac": "audio/flac", "mp3": "audio/mpeg"}
_MOST_CHANNELS = 8
_RATES = (1000, 768_000)
"""Hz; what lies outside is no sound, and would become very long or very short."""


class Audio(Media):
    """Sound, decoded when its samples are asked for, each time anew: keep what `array` returns.

    Args:
        content: an encoded file: WAV, FLAC, MP3, Ogg, M4A, …, or a video with sound.
        path: the file.
        url: where it can be fetched.
        array: samples from -1 to 1, floats of shape (n,) for one channel or (channels, n); int16 is taken as well.
        rate: of the array, in Hz.
        media_type: ``audio/wav`` say; guessed where not given.
        filename: how a client called it, or shall.
        media_id: the caller's own name for it.

    Raises:
        TypeError: none or several of the sources are given, or an array without a rate.
        InvalidMedia: an array of another shape or type.
    """

    default_media_type: ClassVar[str] = "audio/wav"
    accepted_media_types: ClassVar[tuple[str, ...]] = ("audio/*", "video/*", "application/ogg")

    def __init__(
        self,
        content: bytes | None = None,
        *,
        path: str | Path | None = None,
        url: str | None = None,
        array: npt.NDArray[Any] | None = None,
        rate: int | None = None,
        media_type: str | None = None,
        filename: str | None = None,
        media_id: str | None = None,
    ) -> None:
        if (array is None) != (rate is None):
            raise TypeError("Audio takes array and rate together.")
        value = None if array is None or rate is None else (_samples(array), _rate(rate))
        self._begin(
            {"content": content, "path": path, "url": url, "array": value},
            media_type=media_type,
            filename=filename,
            media_id=media_id,
        )

    @property
    def rate(self) -> int:
        """Samples of a channel in a second, Hz."""
        return self._head()[0]

    @property
    def channels(self) -> int:
        """1 is mono, 2 stereo."""
        return self._head()[1]

    @property
    def duration_s(self) -> float:
        """Its length in seconds; decoded only where the file does not say."""
        if self._value is not None:
            samples, rate = self._value
            return float(samples.shape[-1] / rate)
        from aanad.sdk.models.audio_coding import noted_duration_s

        noted = noted_duration_s(self)
        return noted if noted is not None else self.array(None, mono=False).shape[-1] / self.rate

    def array(self, rate: int | None = 16_000, *, mono: bool = True) -> Samples:
        """The samples, float32 from -1 to 1.

        Args:
            rate: in Hz, resampled if need be; None leaves it.
            mono: mixes the channels: shape (n,). Without: (channels, n).

        Raises:
            InvalidMedia: it has no sound, or cannot be decoded.
        """
        from aanad.sdk.models import audio_coding

        if self._value is None:
            self._head()
            return audio_coding.decode(self, rate, mono=mono)
        samples, own_rate = self._value
        return audio_coding.resample(samples, own_rate, rate or own_rate, mono=mono)

    def encode(self, format: str = "wav", *, rate: int | None = None, mono: bool = False) -> bytes:  # noqa: A002
        """The sound as the bytes of a file with 16 bits for a sample.

        Args:
            format: wav, flac or mp3, or their media types.
            rate: in Hz; None leaves it.
            mono: mixes the channels.

        Raises:
            InvalidInput: another format, or one that has no such rate or number of channels.
            InvalidMedia: it has no sound, or cannot be decoded.
        """
        from aanad.sdk.models import audio_coding

        name = _FORMATS.get(format.lower().lstrip("."))
        if name is None:
            raise InvalidInput(f"Audio cannot be encoded as {format}.", hint="Use wav, flac or mp3.")
        if self._value is None and rate is None and not mono and self._sniffed() == _MEDIA_TYPES[name]:
            self._head()
            return self.read()
        samples = self.array(rate, mono=mono)
        return audio_coding.encode(samples, rate or self.rate, name)

    def convert(self, format: str = "wav", *, rate: int | None = None, mono: bool = False) -> Audio:  # noqa: A002
        """Another audio, of that format; see `encode`."""
        content = self.encode(format, rate=rate, mono=mono)
        return Audio(content, filename=_renamed(self.filename, format), media_id=self.media_id)

    def save(self, path: str | Path) -> Path:
        """Write it to a file in the format that the name's end says; the folder must exist.

        Raises:
            InvalidInput: another end than .wav, .flac or .mp3.
        """
        content = self.encode(Path(path).suffix or "no suffix")
        Path(path).write_bytes(content)
        return Path(path)

    def _head(self) -> tuple[int, int]:
        """Rate and number of channels."""
        if self._value is not None:
            samples, rate = self._value
            return int(rate), 1 if samples.ndim == 1 else int(samples.shape[0])
        from aanad.sdk.models.containers import opened

        with opened(self, "audio") as container:
            stream = container.streams.audio[0]
            if not stream.channels or not _RATES[0] <= stream.rate <= _RATES[1]:
                what = f"{stream.channels} channels at {stream.rate} Hz"
                raise InvalidMedia(f"{self.describe()} cannot be decoded: it says that it has {what}.")
            return stream.rate, stream.channels

    def _encode_value(self) -> bytes:
        return self.encode(self._media_type if self._media_type in _FORMATS else "wav")

    @classmethod
    def of_value(cls, value: object) -> Self | None:
        """A path is its file."""
        return cls(path=value) if isinstance(value, Path) else None


def _samples(array: npt.NDArray[Any]) -> Samples:
    import numpy as np

    array = np.asarray(array)
    if array.ndim not in {1, 2} or (array.ndim == 2 and not 1 <= array.shape[0] <= _MOST_CHANNELS):  # noqa: PLR2004
        raise InvalidMedia(
            f"An array of shape {array.shape} is no audio.",
            hint="Give samples of shape (n,), or (channels, n): array.T turns (n, channels).",
        )
    if array.dtype == np.int16:
        return array.astype(np.float32) / np.float32(32768)
    if array.dtype.kind != "f":
        raise InvalidMedia(
            f"An array of {array.dtype} is no audio: its samples must be floats from -1 to 1, or int16.",
            hint="Divide integers by the largest that their type can hold.",
        )
    return array.astype(np.float32, copy=False)


def _rate(rate: int) -> int:
    if rate != int(rate) or not _RATES[0] <= rate <= _RATES[1]:
        raise InvalidMedia(f"A rate of {rate} Hz makes no sense.", hint="Give samples in a second: 16000, say.")
    return int(rate)


def _renamed(filename: str | None, format: str) -> str | None:  # noqa: A002
    return None if filename is None else f"{Path(filename).stem}.{_FORMATS[format.lower().lstrip('.')]}"
