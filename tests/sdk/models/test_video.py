"""Video: pictures one by one with their times, sound, formats, and what is said of files without pictures."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import av
import numpy as np
import pytest

from aanad.sdk.exceptions import InvalidInput, InvalidMedia
from aanad.sdk.models import Audio, Image, Video

if TYPE_CHECKING:
    from pathlib import Path

    Pixels = np.ndarray[Any, np.dtype[np.uint8]]


def film(clip: Pixels, *, rotation: int = 0) -> bytes:
    """A Matroska file of the clip with two seconds of a tone, which a camera held askew may have taken."""
    file = io.BytesIO()
    samples = (0.5 * np.sin(2 * np.pi * 440 * np.arange(88_200) / 44_100)).astype(np.float32)
    with av.open(file, "w", format="matroska") as container:
        pictures: Any = container.add_stream("mpeg4", rate=10)
        pictures.width, pictures.height, pictures.pix_fmt = clip.shape[2], clip.shape[1], "yuv420p"
        if rotation:
            pictures.set_display_rotation(rotation)
        sound: Any = container.add_stream("aac", rate=44_100, layout="stereo")
        for pixels in clip:
            container.mux(pictures.encode(av.VideoFrame.from_ndarray(pixels, "rgb24")))
        frame = av.AudioFrame.from_ndarray(np.stack([samples, samples]), "fltp", "stereo")
        frame.sample_rate, frame.pts = 44_100, 0
        container.mux(sound.encode(frame))
        container.mux(sound.encode(None))
        container.mux(pictures.encode(None))
    return file.getvalue()


@pytest.mark.parametrize("name", ["mp4", "webm"])
def test_frames_become_a_file_and_come_back(clip: Pixels, name: str) -> None:
    """Size, rate, length and, as far as the codec keeps them, colours."""
    video = Video(Video(frames=clip, fps=10).encode(name))

    assert (video.media_type, video.size, video.fps) == (f"video/{name}", (64, 48), 10.0)
    assert video.duration_s == pytest.approx(2.0, abs=0.15)
    frames = list(video.frames())
    assert [frame.time_s for frame in frames] == pytest.approx([number / 10 for number in range(20)])
    for frame, expected in zip(frames, clip, strict=True):
        assert frame.image.size == (64, 48)
        assert frame.image.numpy()[24:].mean(axis=(0, 1)) == pytest.approx(expected[24:].mean(axis=(0, 1)), abs=12)


def test_frames_may_be_an_array_or_pictures_of_any_kind(clip: Pixels) -> None:
    """They are not encoded to be read again."""
    pictures = [Image(numpy=clip[0]), Image(numpy=clip[1]).pil(), clip[2]]
    video = Video(frames=pictures, fps=2)

    assert (video.size, video.fps, video.duration_s, video.media_type) == ((64, 48), 2.0, 1.5, "video/mp4")
    assert [frame.time_s for frame in video.frames()] == [0, 0.5, 1]
    assert all((frame.image.numpy() == pixels).all() for frame, pixels in zip(video.frames(), clip, strict=False))
    assert video.audio() is None


def test_some_of_the_frames_are_taken_in_even_steps(clip: Pixels) -> None:
    """By rate, by distance, or only the first; none comes twice."""
    for video in (Video(frames=clip, fps=10), Video(film(clip))):
        assert [frame.time_s for frame in video.frames(every_s=0.5)] == pytest.approx([0, 0.5, 1, 1.5])
        assert [frame.time_s for frame in video.frames(fps=4)] == pytest.approx([0, 0.3, 0.5, 0.8, 1, 1.3, 1.5, 1.8])
        assert len(list(video.frames(fps=100))) == 20
        assert [frame.time_s for frame in video.frames(every_s=1, limit=1)] == [0]
        assert len(list(video.frames(limit=3))) == 3


def test_a_step_that_makes_no_sense_is_refused_at_once(clip: Pixels) -> None:
    """Not when the first picture is asked for."""
    video = Video(frames=clip, fps=10)

    with pytest.raises(TypeError, match="not both"):
        video.frames(fps=1, every_s=1)
    for wrong in ({"fps": 0}, {"every_s": -1}, {"limit": 0}):
        with pytest.raises(InvalidInput, match="must be more than zero"):
            video.frames(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("frames", "fps", "sentence"),
    [
        (np.zeros((2, 4, 4, 3)), 10, r"An array of float64 and shape \(2, 4, 4, 3\) is no video\."),
        (np.zeros((4, 4, 3), np.uint8), 10, r"An array of uint8 and shape \(4, 4, 3\) is no video\."),
        ([], 10, r"The frames are no pictures of one size\."),
        (
            [np.zeros((4, 4, 3), np.uint8), np.zeros((4, 5, 3), np.uint8)],
            10,
            r"The frames are no pictures of one size\.",
        ),
        (["a"], 10, r"The frames are no pictures of one size\."),
        (np.zeros((2, 4, 4, 3), np.uint8), 0, r"0 pictures in a second make no sense\."),
    ],
)
def test_other_frames_are_refused_where_they_are_given(frames: Any, fps: float, sentence: str) -> None:
    """With a hint at what would be right."""
    with pytest.raises(InvalidMedia, match=f"^{sentence}$") as error:
        Video(frames=frames, fps=fps)
    assert error.value.hint


def test_frames_need_their_rate(clip: Pixels) -> None:
    """Pictures without a rate have no time."""
    with pytest.raises(TypeError, match="together"):
        Video(frames=clip)


def test_its_sound_becomes_an_audio_of_its_own(clip: Pixels) -> None:
    """FLAC, in a temporary file that goes with it."""
    audio = Video(film(clip), media_id="7").audio()

    assert audio is not None
    assert (audio.media_type, audio.rate, audio.channels, audio.media_id) == ("audio/flac", 44_100, 2, "7")
    assert audio.duration_s == pytest.approx(2.0, abs=0.1)
    spectrum = np.abs(np.fft.rfft(audio.array(8000)[:8000]))
    assert spectrum.argmax() == pytest.approx(440, abs=2)
    assert audio.path is not None
    assert audio.path.exists()
    assert len(Audio(film(clip)).array()) == pytest.approx(32_000, abs=1600)


@pytest.mark.parametrize("name", ["mp4", "webm"])
def test_it_is_converted_with_its_sound(clip: Pixels, tmp_path: Path, name: str) -> None:
    """Pictures and sound keep their lengths; what has the format already stays as it is."""
    video = Video(film(clip), filename="film.mkv")
    converted = video.convert(name)

    assert (video.media_type, converted.media_type) == ("video/x-matroska", f"video/{name}")
    assert (converted.filename, converted.size, converted.fps) == (f"film.{name}", (64, 48), 10)
    assert len(list(converted.frames())) == 20
    sound = converted.audio()
    assert sound is not None
    assert sound.duration_s == pytest.approx(2.0, abs=0.1)
    assert converted.encode(name) == converted.convert(name).read() == converted.read()
    saved = video.save(tmp_path / f"a.{name}")
    assert Video(path=saved).size == (64, 48)
    with pytest.raises(InvalidInput, match=r"^A video cannot be encoded as \.avi\.$"):
        video.save(tmp_path / "a.avi")


def test_odd_sides_become_even_in_a_file() -> None:
    """The codecs keep colour for two by two pixels."""
    video = Video(frames=np.zeros((3, 15, 33, 3), np.uint8), fps=5)

    assert video.size == (33, 15)
    assert Video(video.encode()).size == (34, 16)


def test_it_is_upright_as_the_camera_meant(clip: Pixels) -> None:
    """The turn noted in the file is applied to the pictures, the size, and what it is converted to."""
    video = Video(film(clip, rotation=90))

    for turned in (video, video.convert("mp4")):
        assert turned.size == (48, 64)
        pixels = next(turned.frames()).image.numpy()
        assert pixels[:, :6].mean(axis=(0, 1)) == pytest.approx([0, 255, 0], abs=30)
        assert pixels[:, -6:].mean() == pytest.approx(0, abs=30)


def test_pictures_above_the_limit_are_not_decoded(clip: Pixels) -> None:
    """The server's limit of pixels holds for each picture."""
    video = Video(film(clip))
    video.limit(1000)

    for act in (lambda: next(video.frames()), lambda: video.size, lambda: video.convert("mp4")):
        with pytest.raises(InvalidMedia, match=r"^The pictures of the video have more than 1,000 pixels\.$"):
            act()


def test_files_without_pictures_are_refused_in_one_sentence(clip: Pixels) -> None:
    """Sound alone, half a file, and what is no video at all; an error in the middle comes in the middle."""
    sound = Audio(array=np.zeros(8000, np.float32), rate=8000).encode("flac")
    with pytest.raises(InvalidMedia, match=r"^The video has no pictures in it\.$"):
        next(Video(sound).frames())
    for content in (b"", b"hello", Video(frames=clip, fps=10).encode()[:500]):
        with pytest.raises(
            InvalidMedia, match=r"^The video cannot be decoded: it is no video of a known format, or broken\.$"
        ):
            next(Video(content).frames())
