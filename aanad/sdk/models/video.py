"""`Video`: moving pictures, decoded one by one as they are asked for."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Self

from aanad.sdk.exceptions import InvalidInput, InvalidMedia
from aanad.sdk.models.image import Image
from aanad.sdk.models.media import Media

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    import numpy.typing as npt

    from aanad.sdk.models.audio import Audio

    Pixels = npt.NDArray[np.uint8]

_FORMATS = {"mp4": "mp4", "webm": "webm", "video/mp4": "mp4", "video/webm": "webm"}


class Frame(NamedTuple):
    """One picture of a video."""

    image: Image
    time_s: float
    """Seconds since the video's beginning."""


class Video(Media):
    """Moving pictures, decoded one by one as they are asked for.

    Args:
        content: an encoded file: MP4, WebM, Matroska, MOV, AVI, GIF, …
        path: the file.
        url: where it can be fetched.
        frames: pictures of one size: an array, frames x height x width x 3, uint8 in the order red, green, blue; or
            a list of images or of such pictures.
        fps: of the frames, pictures in a second.
        media_type: ``video/mp4`` say; guessed where not given.
        filename: how a client called it, or shall.
        media_id: the caller's own name for it.

    Raises:
        TypeError: none or several of the sources are given, or frames without fps.
        InvalidMedia: frames of another shape or type.
    """

    default_media_type: ClassVar[str] = "video/mp4"
    accepted_media_types: ClassVar[tuple[str, ...]] = ("video/*", "image/gif", "application/ogg")

    _max_pixels: int | None = None

    def __init__(
        self,
        content: bytes | None = None,
        *,
        path: str | Path | None = None,
        url: str | None = None,
        frames: Pixels | Sequence[Any] | None = None,
        fps: float | None = None,
        media_type: str | None = None,
        filename: str | None = None,
        media_id: str | None = None,
    ) -> None:
        if (frames is None) != (fps is None):
            raise TypeError("Video takes frames and fps together.")
        value = None if frames is None or fps is None else (_stacked(frames), _rate(fps))
        self._begin(
            {"content": content, "path": path, "url": url, "frames": value},
            media_type=media_type,
            filename=filename,
            media_id=media_id,
        )

    @property
    def duration_s(self) -> float:
        """Its length in seconds; decoded only where the file does not say."""
        if self._value is not None:
            pictures, fps = self._value
            return float(len(pictures) / fps)
        from aanad.sdk.models.video_coding import duration_s

        return duration_s(self)

    @property
    def fps(self) -> float:
        """Pictures in a second, on average."""
        if self._value is not None:
            return float(self._value[1])
        from aanad.sdk.models.containers import opened

        with opened(self, "video") as container:
            stream = container.streams.video[0]
            rate = stream.average_rate or stream.guessed_rate
            if not rate:
                raise InvalidMedia(f"{self.describe()} does not say how many pictures a second it has.")
            return float(rate)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels, as it is seen."""
        if self._value is not None:
            height, width = self._value[0].shape[1:3]
            return int(width), int(height)
        for frame in self.frames(limit=1):
            return frame.image.size
        raise InvalidMedia(f"{self.describe()} has no pictures.")

    def frames(
        self, *, fps: float | None = None, every_s: float | None = None, limit: int | None = None
    ) -> Iterator[Frame]:
        """Its pictures in order, RGB, upright; each is decoded when it is asked for, and comes at most once.

        Args:
            fps: as many in a second; all where neither is given.
            every_s: one each so many seconds, instead.
            limit: at most so many.

        Raises:
            TypeError: both fps and every_s.
            InvalidInput: one of them is not more than zero.
            InvalidMedia: it has no pictures, or cannot be decoded, also in the middle.
        """
        if fps is not None and every_s is not None:
            raise TypeError("Give fps or every_s, not both.")
        for name, number in (("fps", fps), ("every_s", every_s), ("limit", limit)):
            if number is not None and not number > 0:
                raise InvalidInput(f"{name} must be more than zero, not {number}.")
        step_s = every_s if fps is None else 1 / fps
        return self._frames(step_s or 0.0, limit)

    def audio(self) -> Audio | None:
        """Its sound as FLAC, in a temporary file that the audio owns; None where it has none.

        Raises:
            InvalidMedia: it cannot be decoded.
        """
        from aanad.sdk.models.video_coding import sound_of

        return None if self._value is not None else sound_of(self)

    def encode(self, format: str = "mp4") -> bytes:  # noqa: A002
        """The video, with its sound, as the bytes of a file.

        Args:
            format: mp4 (H.264 and AAC) or webm (VP9 and Opus), or their media types. Where width or height is odd,
                the last column or row is repeated.

        Raises:
            InvalidInput: another format.
            InvalidMedia: it cannot be decoded.
        """
        if self._is_so_already(_format(format)):
            return self.read()
        return self.convert(format).read()

    def convert(self, format: str = "mp4") -> Video:  # noqa: A002
        """Another video, of that format, in a temporary file that it owns; see `encode`."""
        from aanad.sdk.models.video_coding import encode
        from aanad.sdk.temporary import new_file

        name = _format(format)
        filename = None if self.filename is None else f"{Path(self.filename).stem}.{name}"
        array = None if self._value is None else self._value[0]
        if self._is_so_already(name):
            file = new_file(f".{name}")
            Media.save(self, file.path)
        else:
            file = encode(self, name, array)
        return Video.of_temporary(file, filename=filename, media_id=self.media_id)

    def save(self, path: str | Path) -> Path:
        """Write it to a file in the format that the name's end says; the folder must exist.

        Raises:
            InvalidInput: another end than .mp4 or .webm.
        """
        name = _format(Path(path).suffix or "no suffix")
        return Media.save(self if self._is_so_already(name) else self.convert(name), path)

    def limit(self, max_image_pixels: int | None) -> None:
        """Set the most pixels that one of its pictures may have."""
        if max_image_pixels is not None:
            self._max_pixels = max_image_pixels

    def check_picture(self, width: int, height: int) -> None:
        """Raise `InvalidMedia` where a picture of that size is too large."""
        if self._max_pixels is not None and width * height > self._max_pixels:
            raise InvalidMedia(
                f"The pictures of {self.describe().lower()} have more than {self._max_pixels:,} pixels.",
                hint="Send a smaller one.",
                code="image_too_large",
            )

    def _frames(self, step_s: float, limit: int | None) -> Iterator[Frame]:
        given, next_s = 0, 0.0
        for pixels, time_s in self._pictures():
            if time_s < next_s - 1e-6:
                continue
            yield Frame(Image(numpy=pixels()), time_s)
            given += 1
            if given == limit:
                return
            if step_s:
                next_s = (int((time_s + 1e-6) / step_s) + 1) * step_s

    def _pictures(self) -> Iterator[Any]:
        """Functions that return the pixels of each picture, with its time."""
        if self._value is None:
            from aanad.sdk.models.video_coding import pictures_of

            yield from pictures_of(self)
            return
        import numpy as np

        pictures, fps = self._value
        for number, pixels in enumerate(pictures):
            yield partial(np.asarray, pixels), number / fps

    def _is_so_already(self, name: str) -> bool:
        return self._value is None and self._sniffed() == f"video/{name}"

    def _encode_value(self) -> bytes:
        return self.encode(self._media_type if self._media_type in _FORMATS else "mp4")

    @classmethod
    def of_value(cls, value: object) -> Self | None:
        """A path is its file."""
        return cls(path=value) if isinstance(value, Path) else None


def _format(format: str) -> str:  # noqa: A002
    name = _FORMATS.get(format.lower().lstrip("."))
    if name is None:
        raise InvalidInput(f"A video cannot be encoded as {format}.", hint="Use mp4 or webm.")
    return name


def _stacked(frames: Pixels | Sequence[Any]) -> Pixels:
    import numpy as np

    if not isinstance(frames, np.ndarray):
        images = [frame if isinstance(frame, Image) else Image.of_value(frame) for frame in frames]
        pictures = [image.numpy() for image in images if image is not None]
        if len(pictures) != len(images) or len({picture.shape for picture in pictures}) != 1:
            raise InvalidMedia("The frames are no pictures of one size.", hint="Give images, PIL images or arrays.")
        return np.stack(pictures)
    if frames.ndim != 4 or frames.shape[3] != 3 or 0 in frames.shape or frames.dtype != np.uint8:  # noqa: PLR2004
        raise InvalidMedia(
            f"An array of {frames.dtype} and shape {frames.shape} is no video.",
            hint="Give uint8 of shape frames x height x width x 3, RGB.",
        )
    return frames


def _rate(fps: float) -> float:
    if not 0 < fps <= 1000:  # noqa: PLR2004
        raise InvalidMedia(f"{fps} pictures in a second make no sense.", hint="Give fps=25, say.")
    return float(fps)
