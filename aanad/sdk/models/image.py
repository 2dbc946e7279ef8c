"""`Image`: a picture, decoded when its pixels are asked for."""

from __future__ import annotations

import io
import struct
import sys
import zlib
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from aanad.sdk.exceptions import InvalidInput, InvalidMedia
from aanad.sdk.models.media import Media

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    import numpy.typing as npt
    import PIL.Image

Mode = Literal["RGB", "RGBA", "L"]
"""Red, green, blue; the same with alpha; grey."""

_READ = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM", "AVIF")
"""What may be decoded: none of those for which PIL starts other programs."""
_FORMATS = {
    "png": "PNG",
    "jpeg": "JPEG",
    "jpg": "JPEG",
    "webp": "WEBP",
    "image/png": "PNG",
    "image/jpeg": "JPEG",
    "image/webp": "WEBP",
}
_QUALITY = 90
_ORIENTATION = 0x0112
_TURNED = (5, 6, 7, 8)
"""EXIF orientations that swap width and height."""


class Image(Media):
    """A picture, decoded when its pixels are asked for, each time anew: keep what `pil` or `numpy` return.

    The orientation that a camera noted (EXIF) is applied. Of an animation the first picture counts.

    Args:
        content: an encoded picture: PNG, JPEG, WebP, GIF, BMP, TIFF, PPM or AVIF.
        path: its file.
        url: where it can be fetched.
        numpy: pixels, uint8 from 0 to 255: height x width x 3 in the order red, green, blue; x 4 with alpha; x 1 or
            nothing, grey. Other types are refused: multiply floats from 0 to 1 by 255, round and convert first.
        pil: a PIL image.
        media_type: ``image/png`` say; guessed where not given.
        filename: how a client called it, or shall.
        media_id: the caller's own name for it.

    Raises:
        TypeError: none or several of the sources are given.
        InvalidMedia: an array of another shape or type.
    """

    default_media_type: ClassVar[str] = "image/png"
    accepted_media_types: ClassVar[tuple[str, ...]] = ("image/*",)

    _max_pixels: int | None = None

    def __init__(
        self,
        content: bytes | None = None,
        *,
        path: str | Path | None = None,
        url: str | None = None,
        numpy: npt.NDArray[np.uint8] | None = None,
        pil: PIL.Image.Image | None = None,
        media_type: str | None = None,
        filename: str | None = None,
        media_id: str | None = None,
    ) -> None:
        if numpy is not None:
            _check_array(numpy)
        self._begin(
            {"content": content, "path": path, "url": url, "numpy": numpy, "pil": pil},
            media_type=media_type,
            filename=filename,
            media_id=media_id,
        )

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels, as it is seen; reads only the head of the file."""
        if self._value is not None:
            if hasattr(self._value, "shape"):
                height, width = self._value.shape[:2]
                return int(width), int(height)
            return (int(self._value.width), int(self._value.height))
        with self._opened() as picture:
            width, height = picture.size
            turned = picture.getexif().get(_ORIENTATION) in _TURNED
        return (height, width) if turned else (width, height)

    def pil(self, mode: Mode | None = None) -> PIL.Image.Image:
        """A PIL image of its own.

        Args:
            mode: None leaves it RGB, RGBA or L, whichever it is; transparent pixels become white where alpha goes.

        Raises:
            InvalidMedia: it is no picture, or a broken one, or too large.
        """
        picture = _plain(self._picture())
        return picture if mode in {None, picture.mode} else _converted(picture, mode)

    def numpy(self, mode: Mode = "RGB") -> npt.NDArray[np.uint8]:
        """Pixels, uint8: height x width x 3 (RGB) or x 4 (RGBA), height x width (L).

        Raises:
            InvalidMedia: it is no picture, or a broken one, or too large.
        """
        import numpy as np

        return np.array(self.pil(mode), dtype=np.uint8)

    def encode(self, format: str = "png", *, quality: int | None = None) -> bytes:  # noqa: A002 - PIL's own word
        """The picture as the bytes of a file.

        Args:
            format: png, jpeg or webp, or their media types. Transparent pixels become white in a JPEG.
            quality: of JPEG and WebP, 1 to 100.

        Raises:
            InvalidInput: another format, or one that has no such size.
            InvalidMedia: it is no picture, or a broken one, or too large.
        """
        name = _FORMATS.get(format.lower().lstrip("."))
        if name is None:
            raise InvalidInput(f"An image cannot be encoded as {format}.", hint="Use png, jpeg or webp.")
        if quality is None and self._value is None:
            with self._opened() as picture:
                is_so_already = picture.format == name
            if is_so_already:
                return self.read()
        return _encoded(self.pil(), name, quality)

    def resize(self, width: int | None = None, height: int | None = None) -> Image:
        """Another image of that size in pixels; with one of the two, the proportions stay."""
        if width is None and height is None:
            raise TypeError("Give a width, a height or both.")
        picture = self.pil()
        if width is None:
            width = max(1, round(picture.width * (height or 0) / picture.height))
        if height is None:
            height = max(1, round(picture.height * width / picture.width))
        return Image(pil=picture.resize((width, height)), filename=self.filename, media_id=self.media_id)

    def save(self, path: str | Path) -> Path:
        """Write it to a file in the format that the name's end says; the folder must exist.

        Raises:
            InvalidInput: another end than .png, .jpg, .jpeg or .webp.
        """
        content = self.encode(Path(path).suffix or "no suffix")
        Path(path).write_bytes(content)
        return Path(path)

    def limit(self, max_image_pixels: int | None) -> None:
        """Set the most pixels that it may have."""
        if max_image_pixels is not None:
            self._max_pixels = max_image_pixels

    def check(self) -> None:
        """Look at its head: `InvalidMedia` where it is no picture or a too large one."""
        if self._value is None:
            with self._opened():
                pass

    @property
    def media_type(self) -> str:
        """What the first bytes show, else as given or as the name says."""
        return self._sniffed() or super().media_type

    def _picture(self) -> PIL.Image.Image:
        """The decoded picture, upright, in whatever mode."""
        import PIL.Image
        import PIL.ImageOps

        if self._value is not None:
            made_of = self._value
            if isinstance(made_of, PIL.Image.Image):
                return made_of.copy()
            return PIL.Image.fromarray(made_of[..., 0] if made_of.ndim == 3 and made_of.shape[2] == 1 else made_of)  # noqa: PLR2004
        with self._opened() as picture:
            try:
                return PIL.ImageOps.exif_transpose(picture)
            except _BROKEN as error:
                raise self._broken() from error

    @contextmanager
    def _opened(self) -> Iterator[PIL.Image.Image]:
        """The picture with only its head read."""
        import PIL.Image

        with self.open() as file:
            try:
                picture = PIL.Image.open(file, formats=_READ)
            except PIL.UnidentifiedImageError as error:
                raise InvalidMedia(
                    f"{self.describe()} is no picture that can be read.",
                    hint="Send a PNG, JPEG, WebP, GIF, BMP, TIFF or AVIF file.",
                ) from error
            except (PIL.Image.DecompressionBombError, PIL.Image.DecompressionBombWarning) as error:
                raise self._too_large(PIL.Image.MAX_IMAGE_PIXELS) from error
            except _BROKEN as error:
                raise self._broken() from error
            if self._max_pixels is not None and picture.width * picture.height > self._max_pixels:
                raise self._too_large(self._max_pixels)
            yield picture

    def _broken(self) -> InvalidMedia:
        return InvalidMedia(f"{self.describe()} is broken or not complete.")

    def _too_large(self, most: int | None) -> InvalidMedia:
        return InvalidMedia(
            f"{self.describe()} has more than {most:,} pixels.", hint="Send a smaller one.", code="image_too_large"
        )

    def _encode_value(self) -> bytes:
        return self.encode(self._media_type if self._media_type in _FORMATS else "png")

    @classmethod
    def of_value(cls, value: object) -> Self | None:
        """A PIL image or an array of pixels."""
        if _is_of("numpy", "ndarray", value):
            return cls(numpy=value)  # type: ignore[arg-type]
        return cls(pil=value) if _is_of("PIL.Image", "Image", value) else None  # type: ignore[arg-type]

    def _portable_value(self) -> Any:
        import numpy as np

        return self._value if isinstance(self._value, np.ndarray) else np.array(_plain(self._value))


_BROKEN = (
    EOFError,
    IndexError,
    KeyError,
    OSError,
    OverflowError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)
"""What PIL's decoders raise on bytes that are not what their head says."""


def _is_of(module: str, name: str, value: object) -> bool:
    """Whether a value is of a class of a library; where that is not imported, it is not."""
    found = sys.modules.get(module)
    return found is not None and isinstance(value, getattr(found, name))


def _check_array(array: npt.NDArray[Any]) -> None:
    shape = getattr(array, "shape", None)
    if shape is None or not (len(shape) == 2 or (len(shape) == 3 and shape[2] in {1, 3, 4})) or 0 in shape:  # noqa: PLR2004
        raise InvalidMedia(
            f"An array of shape {shape} is no image.",
            hint="Give height x width x 3 (RGB), x 4 (RGBA) or x 1, or height x width.",
        )
    if str(array.dtype) != "uint8":
        raise InvalidMedia(
            f"An array of {array.dtype} is no image: its pixels must be uint8, from 0 to 255.",
            hint="Of floats from 0 to 1: (array * 255).round().astype('uint8').",
        )


def _plain(picture: PIL.Image.Image) -> PIL.Image.Image:
    """The picture in RGB, RGBA or L, whichever keeps what it has."""
    import PIL.Image

    if picture.mode in {"RGB", "RGBA", "L"}:
        return picture
    if picture.mode.startswith("I"):  # 16 bits of grey: the upper eight
        import numpy as np

        return PIL.Image.fromarray((np.clip(np.asarray(picture), 0, 65535) // 256).astype(np.uint8))
    return picture.convert("RGBA" if picture.has_transparency_data else "L" if picture.mode in {"1", "F"} else "RGB")


def _converted(picture: PIL.Image.Image, mode: str | None) -> PIL.Image.Image:
    import PIL.Image

    if picture.mode == "RGBA" and mode != "RGBA":
        white = PIL.Image.new("RGBA", picture.size, "white")
        picture = PIL.Image.alpha_composite(white, picture).convert("RGB")
    return picture if mode is None or picture.mode == mode else picture.convert(mode)


def _encoded(picture: PIL.Image.Image, name: str, quality: int | None) -> bytes:
    options: dict[str, Any] = {} if name == "PNG" else {"quality": quality or _QUALITY}
    if name == "JPEG" and picture.mode == "RGBA":
        picture = _converted(picture, "RGB")
    file = io.BytesIO()
    try:
        picture.save(file, name, **options)
    except (OSError, ValueError) as error:  # JPEG and WebP have a longest side
        raise InvalidInput(
            f"A picture of {picture.width} x {picture.height} pixels cannot be stored as {name}.",
            hint="Resize it, or use png.",
        ) from error
    return file.getvalue()
