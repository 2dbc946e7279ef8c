"""Pictures and sound out of files and into files, with PyAV, in bounded memory."""

from __future__ import annotations

from contextlib import contextmanager
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, Any

from aanad.sdk.models.containers import opened
from aanad.sdk.temporary import TemporaryFile, new_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import av
    import numpy as np
    import numpy.typing as npt
    from av.container import InputContainer, OutputContainer

    from aanad.sdk.models.audio import Audio
    from aanad.sdk.models.video import Video

    Pixels = npt.NDArray[np.uint8]

_CODECS = {"mp4": ("libx264", "aac"), "webm": ("libvpx-vp9", "libopus")}
_OPTIONS = {"mp4": {"crf": "20", "preset": "veryfast"}, "webm": {"crf": "31", "b": "0", "deadline": "realtime"}}
_SOUND_RATE = 48_000
"""Hz; both codecs of sound take it."""
_TICK = Fraction(1, 90_000)
"""Seconds; the times of pictures are rounded to it."""


def pictures_of(video: Video) -> Iterator[tuple[Callable[[], Pixels], float]]:
    """For each picture a function that makes it RGB and upright, and its time in seconds.

    Raises:
        InvalidMedia: there are none, they are too large, or cannot be decoded.
    """
    with opened(video, "video") as container:
        stream = container.streams.video[0]
        video.check_picture(stream.width, stream.height)  # before anything is decoded
        stream.thread_type = "AUTO"
        first: float | None = None
        for number, frame in enumerate(container.decode(stream)):
            time_s = frame.time if frame.time is not None else number / float(stream.guessed_rate or 25)
            first = time_s if first is None else first
            video.check_picture(frame.width, frame.height)
            yield partial(_upright, frame), time_s - first


def duration_s(video: Video) -> float:
    """The length that the file notes, else that its pictures have, in seconds."""
    import av

    with opened(video, "video") as container:
        stream = container.streams.video[0]
        if stream.duration is not None and stream.time_base is not None:
            return float(stream.duration * stream.time_base)
        if container.duration is not None:
            return container.duration / av.time_base
    last = 0.0
    for _, time_s in pictures_of(video):
        last = time_s
    return last + 1 / video.fps


def sound_of(video: Video) -> Audio | None:
    """The sound as FLAC in a temporary file that the audio owns."""
    from aanad.sdk.models.audio import Audio

    with opened(video, "video") as container:
        source = _sound_in(container)
        if source is None:
            return None
        file = new_file(".flac")
        with _written(file, "flac") as target:
            sound = _Sound(target, "flac", source.rate, source.layout.name)
            for frame in container.decode(source):
                sound.write(frame)
            sound.end()
    return Audio.of_temporary(file, media_id=video.media_id)


def encode(video: Video, name: str, array: Pixels | None) -> TemporaryFile:
    """The pictures, upright, and the sound, if there is any, in a temporary file; of the array, if the video is one."""
    import av

    file = new_file(f".{name}")
    with _written(file, name) as target:
        pictures = _Pictures(target, name, video.size, video.fps)
        if array is not None:
            for number, pixels in enumerate(array):
                pictures.write(av.VideoFrame.from_ndarray(pixels, "rgb24"), number / video.fps)
        else:
            with opened(video, "video") as container:
                _transcode(video, container, target, pictures, name)
        pictures.end()
    return file


def _transcode(
    video: Video, container: InputContainer, target: OutputContainer, pictures: _Pictures, name: str
) -> None:
    import av

    streams: list[Any] = [container.streams.video[0]]
    sound = None
    if (source := _sound_in(container)) is not None:
        streams.append(source)
        sound = _Sound(target, _CODECS[name][1], _SOUND_RATE, "mono" if source.channels == 1 else "stereo")
    begin_s = (container.start_time or 0) / av.time_base
    for number, frame in enumerate(frame for packet in container.demux(streams) for frame in packet.decode()):
        if isinstance(frame, av.VideoFrame):
            video.check_picture(frame.width, frame.height)
            time_s = frame.time - begin_s if frame.time is not None else number / pictures.fps
            upright = av.VideoFrame.from_ndarray(_upright(frame), "rgb24") if frame.rotation else frame
            pictures.write(upright, time_s)
        elif sound is not None and isinstance(frame, av.AudioFrame):
            sound.write(frame)
    if sound is not None:
        sound.end()


def _sound_in(container: InputContainer) -> Any:
    """The first stream of sound that can be decoded."""
    return next((stream for stream in container.streams.audio if stream.codec_context is not None), None)


@contextmanager
def _written(file: TemporaryFile, name: str) -> Iterator[OutputContainer]:
    """A container to write to a file; the same pictures make the same bytes."""
    import av

    options = {"fflags": "+bitexact"} | ({"movflags": "+faststart"} if name == "mp4" else {})
    with av.open(str(file.path), "w", format=name, options=options) as target:
        yield target


class _Pictures:
    """The stream of pictures of a file that is written."""

    def __init__(self, target: OutputContainer, name: str, size: tuple[int, int], fps: float) -> None:
        self._target = target
        self._last = -1
        self.fps = fps
        rate = Fraction(fps).limit_denominator(1001)
        stream: Any = target.add_stream(_CODECS[name][0], rate=rate, options=_OPTIONS[name])
        stream.width, stream.height = (side + side % 2 for side in size)  # half as many pixels of colour
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = _TICK
        self._stream = stream

    def write(self, frame: av.VideoFrame, time_s: float) -> None:
        import av.video.frame

        frame.pts = self._last = max(self._last + 1, round(time_s / _TICK))
        frame.time_base = _TICK
        frame.pict_type = av.video.frame.PictureType.NONE  # what the source had says nothing to this encoder
        self._target.mux(self._stream.encode(frame))

    def end(self) -> None:
        self._target.mux(self._stream.encode(None))


class _Sound:
    """The stream of sound of a file that is written; gaps in the source are closed."""

    def __init__(self, target: OutputContainer, codec: str, rate: int, layout: str) -> None:
        self._target = target
        self._samples = 0
        self._stream: Any = target.add_stream(codec, rate=rate, layout=layout)

    def write(self, frame: av.AudioFrame) -> None:
        frame.pts = self._samples
        frame.time_base = Fraction(1, frame.sample_rate)
        self._samples += frame.samples
        self._target.mux(self._stream.encode(frame))

    def end(self) -> None:
        self._target.mux(self._stream.encode(None))


def _upright(frame: av.VideoFrame) -> Pixels:
    import numpy as np

    pixels = frame.to_ndarray(format="rgb24")
    turns = round(frame.rotation / 90) % 4
    return np.ascontiguousarray(np.rot90(pixels, turns), dtype=np.uint8)
