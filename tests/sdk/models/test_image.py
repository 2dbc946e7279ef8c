"""Images: pixels in and out, formats, orientation, limits and what is said of broken ones."""

from __future__ import annotations

import io
import struct
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
import PIL.Image
import pytest

from aanad.sdk.exceptions import InvalidInput, InvalidMedia
from aanad.sdk.models import Image

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

RED, BLACK, WHITE = [255, 0, 0], [0, 0, 0], [255, 255, 255]


def opened(content: bytes) -> PIL.Image.Image:
    """What PIL makes of encoded bytes."""
    return PIL.Image.open(io.BytesIO(content))


def test_pixels_are_rows_of_columns_of_red_green_and_blue(png: bytes) -> None:
    """Height x width x 3, uint8."""
    pixels = Image(png).numpy()

    assert (pixels.shape, pixels.dtype) == ((4, 6, 3), np.uint8)
    assert pixels[0, 0].tolist() == RED
    assert pixels[0, 5].tolist() == BLACK
    assert Image(png).size == (6, 4)
    assert Image(png).numpy("L").shape == (4, 6)
    assert Image(png).numpy("RGBA").shape == (4, 6, 4)


@pytest.mark.parametrize("shape", [(4, 6, 3), (4, 6, 4), (4, 6, 1), (4, 6)])
def test_an_array_comes_out_as_it_went_in(shape: tuple[int, ...]) -> None:
    """Colour, colour with alpha, grey: through a PNG and back, nothing changes."""
    array = np.random.default_rng(1).integers(0, 256, shape, np.uint8)
    image = Image(numpy=array)
    mode = {3: "RGB", 4: "RGBA"}.get(shape[-1], "L")
    expected = array[..., 0] if shape[-1] == 1 else array

    assert image.size == (6, 4)
    assert image.media_type == "image/png"
    assert image.pil().mode == mode
    assert (image.numpy(mode) == expected).all()
    assert (Image(image.encode()).numpy(mode) == expected).all()
    assert image.numpy().shape == (4, 6, 3)


@pytest.mark.parametrize(
    ("array", "sentence"),
    [
        (np.zeros((4, 6, 3)), r"An array of float64 is no image: its pixels must be uint8, from 0 to 255\."),
        (np.zeros((4, 6, 3), np.int64), r"An array of int64 is no image"),
        (np.zeros((4, 6, 3), bool), r"An array of bool is no image"),
        (np.zeros((3, 4, 6), np.uint8), r"An array of shape \(3, 4, 6\) is no image\."),
        (np.zeros(4, np.uint8), r"An array of shape \(4,\) is no image\."),
        (np.zeros((0, 4, 3), np.uint8), r"An array of shape \(0, 4, 3\) is no image\."),
        ([[[1, 2, 3]]], r"An array of shape None is no image\."),
    ],
)
def test_another_array_is_refused_where_it_is_made(array: Any, sentence: str) -> None:
    """Floats are not guessed to be of 0 to 1; the hint says how to turn them."""
    with pytest.raises(InvalidMedia, match=f"^{sentence}") as error:
        Image(numpy=array)
    assert error.value.hint


@pytest.mark.parametrize("name", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM", "AVIF"])
def test_the_common_formats_are_read(encoded: Callable[..., bytes], name: str) -> None:
    """Whatever a camera, a browser or a program writes."""
    pixels = Image(encoded(name)).numpy().astype(int)

    assert abs(pixels[1, 0] - RED).max() < 20
    assert abs(pixels[1, 5] - BLACK).max() < 20


@pytest.mark.parametrize(
    ("format_", "name", "media_type"),
    [
        ("png", "PNG", "image/png"),
        ("jpeg", "JPEG", "image/jpeg"),
        (".jpg", "JPEG", "image/jpeg"),
        ("WebP", "WEBP", "image/webp"),
        ("image/webp", "WEBP", "image/webp"),
    ],
)
def test_it_is_encoded_in_the_formats_of_the_web(png: bytes, format_: str, name: str, media_type: str) -> None:
    """Named by word, suffix or media type."""
    content = Image(numpy=Image(png).numpy()).encode(format_)

    assert opened(content).format == name
    assert Image(content).media_type == media_type


def test_what_has_the_format_already_is_not_encoded_again(encoded: Callable[..., bytes]) -> None:
    """No second loss; a quality asks for it."""
    jpeg = encoded("JPEG", quality=95)

    assert Image(jpeg).encode("jpeg") == jpeg
    assert len(Image(jpeg).encode("jpeg", quality=5)) < len(jpeg)


def test_another_format_is_refused(png: bytes, tmp_path: Path) -> None:
    """The hint names those there are."""
    with pytest.raises(InvalidInput, match=r"^An image cannot be encoded as bmp\.$"):
        Image(png).encode("bmp")
    with pytest.raises(InvalidInput, match=r"^An image cannot be encoded as \.gif\.$"):
        Image(png).save(tmp_path / "a.gif")


def test_transparent_pixels_become_white_where_alpha_goes() -> None:
    """In a JPEG, in RGB and in grey; PNG and WebP keep them."""
    image = Image(numpy=np.zeros((8, 8, 4), np.uint8))

    assert image.numpy()[0, 0].tolist() == WHITE
    assert image.numpy("L")[0, 0] == 255
    assert Image(image.encode("jpeg")).numpy()[0, 0].tolist() == WHITE
    for name in ("png", "webp"):
        assert Image(image.encode(name)).numpy("RGBA")[0, 0, 3] == 0


@pytest.mark.parametrize(
    ("mode", "expected"),
    [("1", "L"), ("L", "L"), ("LA", "RGBA"), ("P", "RGB"), ("RGB", "RGB"), ("RGBA", "RGBA"), ("CMYK", "RGB")],
)
def test_every_way_to_store_pixels_becomes_one_of_three(
    encoded: Callable[..., bytes], mode: str, expected: str
) -> None:
    """RGB, RGBA or L, so that nobody has to know of palettes."""
    image = Image(encoded("TIFF", mode))

    assert image.pil().mode == expected
    assert image.numpy().shape == (4, 6, 3)
    assert image.pil("RGB").mode == "RGB"


def test_sixteen_bits_of_grey_keep_their_upper_eight() -> None:
    """They are scaled, not cut off."""
    file = io.BytesIO()
    PIL.Image.fromarray(np.array([[0, 32768, 65535]], np.uint16)).save(file, "PNG")

    assert Image(file.getvalue()).numpy("L").tolist() == [[0, 128, 255]]


def test_it_is_upright_as_the_camera_meant(encoded: Callable[..., bytes]) -> None:
    """The orientation noted in the file is applied, to the size as well."""
    exif = PIL.Image.Exif()
    exif[0x0112] = 6  # the camera was turned: rows are columns
    image = Image(encoded("PNG", exif=exif))

    assert image.size == (4, 6)
    pixels = image.numpy()
    assert pixels.shape == (6, 4, 3)
    assert pixels[0, 0].tolist() == RED
    assert pixels[5, 0].tolist() == BLACK


def test_it_is_resized_to_a_size_or_in_proportion(png: bytes) -> None:
    """One side alone keeps the proportions."""
    image = Image(png, filename="a.png")

    assert image.resize(12, 2).size == (12, 2)
    assert image.resize(width=12).size == (12, 8)
    assert image.resize(height=1).size == (2, 1)
    assert image.resize(12, 2).filename == "a.png"
    assert image.size == (6, 4)
    with pytest.raises(TypeError):
        image.resize()


def test_it_is_saved_in_the_format_of_the_suffix(png: bytes, tmp_path: Path) -> None:
    """Which is returned, to go on with."""
    for suffix, name in ((".png", "PNG"), (".jpg", "JPEG"), (".webp", "WEBP")):
        path = Image(png).save(tmp_path / f"a{suffix}")
        assert opened(path.read_bytes()).format == name
        assert Image(path=path).size == (6, 4)
        assert Image(path=path).numpy().shape == (4, 6, 3)


def test_what_is_returned_is_the_callers_own() -> None:
    """Changing it changes no image."""
    array = np.zeros((2, 2, 3), np.uint8)
    pil = PIL.Image.fromarray(array)
    for image in (Image(numpy=array), Image(pil=pil)):
        image.numpy()[:] = 255
        image.pil().paste((1, 2, 3), (0, 0, 2, 2))
        assert image.numpy().max() == 0


@pytest.mark.parametrize("cut", [0, 4, 20, 45, 5000])
def test_a_broken_picture_is_said_to_be_broken(cut: int) -> None:
    """Wherever it ends; one sentence, without what the decoder says."""
    noise = Image(numpy=np.random.default_rng(1).integers(0, 256, (60, 60, 3), np.uint8))
    image = Image(noise.encode()[:cut], filename="cat.png")

    with pytest.raises(InvalidMedia, match=r"^The image 'cat.png' is (no picture that can be read|broken.*)\.$"):
        image.numpy()


def test_a_broken_picture_is_not_passed_on() -> None:
    """`encode` does not answer with bytes that are no picture, even if the format fits by name."""
    with pytest.raises(InvalidMedia):
        Image(b"\x89PNG\r\n\x1a\nnothing").encode("png")


def test_a_program_is_no_picture() -> None:
    """PIL would run Ghostscript for PostScript; here it is not even tried."""
    with pytest.raises(InvalidMedia, match="no picture that can be read"):
        Image(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EOF").pil()


def test_a_picture_of_absurd_size_is_refused_by_its_head() -> None:
    """Also without a limit of one's own: nothing of that size is ever decoded."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0))
    image = Image(b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b""))

    with pytest.raises(InvalidMedia, match=r"has more than [\d,]+ pixels\.$") as error:
        image.pil()
    assert error.value.code == "image_too_large"


def test_a_size_that_a_format_has_not_is_refused() -> None:
    """The hint says what helps."""
    image = Image(numpy=np.zeros((1, 20_000), np.uint8))

    with pytest.raises(InvalidInput, match=r"^A picture of 20000 x 1 pixels cannot be stored as WEBP\.$"):
        image.encode("webp")
    assert Image(image.encode("png")).size == (20_000, 1)


def test_whatever_is_changed_in_a_file_it_is_read_or_refused(encoded: Callable[..., bytes]) -> None:
    """No decoder's own error gets through: 600 damaged files of all formats, the same in each run."""
    random = np.random.default_rng(7)
    outcomes = {"read": 0, "refused": 0}
    for number in range(600):
        name = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "PPM", "AVIF")[number % 7]
        content = np.frombuffer(encoded(name), np.uint8).copy()
        content[random.integers(0, len(content), 3)] = random.integers(0, 256, 3, np.uint8)
        image = Image(content.tobytes())
        image.limit(1_000_000)
        try:
            image.numpy()
            outcomes["read"] += 1
        except InvalidMedia:
            outcomes["refused"] += 1

    assert min(outcomes.values()) > 50
