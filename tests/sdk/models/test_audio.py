"""Sound: samples in and out, rates and channels, formats, and what is said of files without any."""

from __future__ import annotations

import io
import wave
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from aanad.sdk.exceptions import InvalidInput, InvalidMedia
from aanad.sdk.models import Audio, Video

if TYPE_CHECKING:
    from pathlib import Path

    Samples = np.ndarray[Any, np.dtype[np.float32]]


def pitch(samples: Samples, rate: int) -> float:
    """The loudest frequency, in Hz."""
    spectrum = np.abs(np.fft.rfft(samples))
    return float(np.fft.rfftfreq(len(samples), 1 / rate)[spectrum.argmax()])


def test_samples_are_floats_of_one_channel_at_the_rate_of_speech_models(tone: Samples) -> None:
    """16,000 Hz, shape (n,), float32 from -1 to 1, unless another rate is asked for."""
    audio = Audio(array=tone, rate=8000)

    samples = audio.array()
    assert (samples.dtype, samples.shape) == (np.float32, (16_000,))
    assert pitch(samples, 16_000) == pytest.approx(440, abs=2)
    assert np.abs(samples).max() == pytest.approx(0.5, abs=0.02)
    assert (audio.array(None) == tone).all()
    assert pitch(audio.array(44_100), 44_100) == pytest.approx(440, abs=2)


def test_channels_are_kept_or_mixed(tone: Samples) -> None:
    """Shape (channels, n), or (n,) with their mean."""
    audio = Audio(array=np.stack([tone, np.zeros_like(tone)]), rate=8000)

    assert (audio.channels, audio.rate, audio.duration_s) == (2, 8000, 1.0)
    assert audio.array(mono=False).shape == (2, 16_000)
    assert audio.array(None) == pytest.approx(tone / 2)
    assert Audio(array=tone, rate=8000).array(None, mono=False).shape == (1, 8000)
    from_file = Audio(audio.encode("flac"))
    assert (from_file.channels, from_file.rate, from_file.duration_s) == (2, 8000, 1.0)
    assert from_file.array(None, mono=False)[1].max() == 0
    assert from_file.array(None) == pytest.approx(tone / 2, abs=1e-3)


def test_integers_of_16_bits_are_scaled() -> None:
    """As sound cards give them."""
    audio = Audio(array=np.array([0, 16_384, -32_768], np.int16), rate=8000)

    assert audio.array(None).tolist() == [0.0, 0.5, -1.0]


@pytest.mark.parametrize(
    ("array", "rate", "sentence"),
    [
        (np.zeros((100, 2), np.float32), 8000, r"An array of shape \(100, 2\) is no audio\."),
        (np.zeros((1, 1, 1), np.float32), 8000, r"An array of shape \(1, 1, 1\) is no audio\."),
        (np.zeros(4, np.int32), 8000, r"An array of int32 is no audio: its samples must be floats"),
        (np.zeros(4, np.float32), 0, r"A rate of 0 Hz makes no sense\."),
    ],
)
def test_another_array_is_refused_where_it_is_made(array: Any, rate: int, sentence: str) -> None:
    """With a hint at what would be right."""
    with pytest.raises(InvalidMedia, match=f"^{sentence}") as error:
        Audio(array=array, rate=rate)
    assert error.value.hint


def test_an_array_needs_its_rate(tone: Samples) -> None:
    """Samples without a rate have no time."""
    with pytest.raises(TypeError, match="together"):
        Audio(array=tone)
    with pytest.raises(TypeError, match="together"):
        Audio(b"x", rate=8000)


def test_a_wav_file_has_16_bits_and_no_more(tone: Samples) -> None:
    """Any program reads it; the same samples make the same bytes."""
    content = Audio(array=tone, rate=8000).encode("wav")

    with wave.open(io.BytesIO(content)) as file:
        assert file.getparams()[:4] == (1, 2, 8000, 8000)
        samples = np.frombuffer(file.readframes(8000), "<i2") / 32768
    assert samples == pytest.approx(tone, abs=1 / 32768)
    assert content == Audio(array=tone, rate=8000).encode("audio/wav")
    loud = Audio(array=np.array([2.0, -2.0, np.nan], np.float32), rate=8000).encode()
    assert Audio(loud).array(None) == pytest.approx([1.0, -1.0, 0.0], abs=1e-4)


@pytest.mark.parametrize(
    ("name", "media_type", "error"),
    [("wav", "audio/wav", 1e-4), ("flac", "audio/flac", 1e-4), ("mp3", "audio/mpeg", 0.1)],
)
def test_every_format_comes_back(tone: Samples, name: str, media_type: str, error: float) -> None:
    """Without loss but for MP3; the same each time."""
    content = Audio(array=tone, rate=8000).encode(name)
    again = Audio(content)

    assert again.media_type == media_type
    assert again.duration_s == pytest.approx(1.0, abs=0.1)
    assert again.array(8000)[1000:7000] == pytest.approx(tone[1000:7000], abs=error)
    assert content == Audio(array=tone, rate=8000).encode(name)
    assert again.encode(name) is content


def test_it_is_converted_and_saved(tone: Samples, tmp_path: Path) -> None:
    """To another format, rate, or one channel; a name changes its suffix."""
    audio = Audio(Audio(array=np.stack([tone, tone]), rate=8000).encode("wav"), filename="call.wav", media_id="7")
    converted = audio.convert("flac", rate=16_000, mono=True)

    assert (converted.media_type, converted.filename, converted.media_id) == ("audio/flac", "call.flac", "7")
    assert (converted.rate, converted.channels, converted.duration_s) == (16_000, 1, 1.0)
    assert Audio(path=audio.save(tmp_path / "a.mp3")).media_type == "audio/mpeg"
    assert Audio(path=audio.save(tmp_path / "a.wav")).duration_s == 1.0
    for refused in ("a.ogg", "a"):
        with pytest.raises(InvalidInput, match=r"^Audio cannot be encoded as"):
            audio.save(tmp_path / refused)


def test_a_format_that_cannot_hold_it_is_refused(tone: Samples) -> None:
    """MP3 has few rates and two channels at most; the hint says what helps."""
    for audio in (Audio(array=np.stack([tone] * 3), rate=8000), Audio(array=tone, rate=12_345)):
        with pytest.raises(InvalidInput, match=r"^Sound of \d+ Hz in \d channels cannot be stored as mp3\.$"):
            audio.encode("mp3")
        assert Audio(audio.encode("mp3", mono=True, rate=44_100)).rate == 44_100


def test_more_channels_than_can_be_written_are_read(tone: Samples) -> None:
    """A file of a studio, say."""
    file = io.BytesIO()
    with wave.open(file, "wb") as target:
        target.setparams((16, 2, 8000, 0, "NONE", ""))
        target.writeframes(np.repeat((tone * 32767).astype("<i2"), 16).tobytes())
    audio = Audio(file.getvalue())

    assert (audio.channels, audio.array(None, mono=False).shape) == (16, (16, 8000))
    assert audio.array(None) == pytest.approx(tone, abs=1e-3)
    with pytest.raises(InvalidInput):
        audio.encode("flac")


def test_silence_of_no_length_is_no_error() -> None:
    """An empty recording has no samples and lasts no time."""
    audio = Audio(array=np.zeros(0, np.float32), rate=8000)

    assert (audio.duration_s, audio.array().shape, Audio(audio.encode()).array().shape) == (0, (0,), (0,))


def test_a_video_is_taken_for_its_sound(clip: Any) -> None:
    """One without sound is refused with a sentence."""
    with pytest.raises(InvalidMedia, match=r"^The audio 'a.mp4' has no sound in it\.$") as error:
        Audio(Video(frames=clip, fps=10).encode(), filename="a.mp4").array()
    assert error.value.code == "no_sound"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"fLaC",
        b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:9,\nfile:///etc/hostname\n#EXT-X-ENDLIST\n",
        b"ffconcat version 1.0\nfile /etc/hostname\n",
    ],
)
def test_what_is_no_sound_is_refused_in_one_sentence(content: bytes) -> None:
    """Playlists as well: they would make the decoder open other files and addresses."""
    audio = Audio(content)

    for act in (audio.array, lambda: audio.rate, lambda: audio.duration_s, lambda: audio.encode("flac")):
        with pytest.raises(
            InvalidMedia, match=r"^The audio cannot be decoded: it is no audio of a known format, or broken\.$"
        ):
            act()


def test_a_playlist_opens_no_other_file(tone: Samples, tmp_path: Path) -> None:
    """Even one that names a file which could be decoded."""
    Audio(array=tone, rate=8000).save(tmp_path / "secret.wav")
    (tmp_path / "list.ffconcat").write_text(f"ffconcat version 1.0\nfile {tmp_path / 'secret.wav'}\n")

    with pytest.raises(InvalidMedia):
        Audio(path=tmp_path / "list.ffconcat").array()


@pytest.mark.parametrize("channels", range(1, 9))
@pytest.mark.parametrize("name", ["wav", "flac"])
def test_up_to_eight_channels_stay_apart(tone: Samples, channels: int, name: str) -> None:
    """In their order, through a file and another rate."""
    array = np.stack([tone / (number + 1) for number in range(channels)])
    audio = Audio(Audio(array=array, rate=8000).encode(name))

    assert audio.array(None, mono=False) == pytest.approx(array, abs=1e-3)
    assert audio.array(16_000, mono=False).shape == (channels, 16_000)
    assert Audio(array=array, rate=8000).array(16_000, mono=False).shape == (channels, 16_000)
    assert audio.array(None) == pytest.approx(array.mean(axis=0), abs=1e-3)


def test_a_file_with_an_absurd_rate_is_refused(tone: Samples) -> None:
    """Each sample would become thousands."""
    content = bytearray(Audio(array=tone, rate=8000).encode("wav"))
    content[24:28] = (1).to_bytes(4, "little")

    with pytest.raises(InvalidMedia, match=r"^The audio cannot be decoded: it says that it has 1 channels at 1 Hz\.$"):
        Audio(bytes(content)).array()


def test_a_small_file_of_endless_silence_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is refused once it has become too long."""
    from aanad.sdk.models import audio_coding

    monkeypatch.setattr(audio_coding, "_MOST_SAMPLES", 100_000)
    content = Audio(array=np.zeros(1_000_000, np.float32), rate=16_000).encode("flac")

    assert len(content) < 30_000
    with pytest.raises(InvalidMedia, match=r"^The audio is too long to be decoded at once\.$"):
        Audio(content).array()


def test_whatever_is_changed_in_a_file_it_is_read_or_refused(tone: Samples) -> None:
    """No decoder's own error gets through: 150 damaged files, the same in each run."""
    random = np.random.default_rng(7)
    files = [Audio(array=tone, rate=8000).encode(name) for name in ("wav", "flac", "mp3")]
    outcomes = {"read": 0, "refused": 0}
    for number in range(150):
        content = np.frombuffer(files[number % 3], np.uint8).copy()
        content[random.integers(0, 200, 3)] = random.integers(0, 256, 3, np.uint8)
        try:
            assert Audio(content.tobytes()).array().ndim == 1
            outcomes["read"] += 1
        except InvalidMedia:
            outcomes["refused"] += 1

    assert min(outcomes.values()) > 5
