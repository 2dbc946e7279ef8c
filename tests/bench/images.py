"""The same image as PNG, JPEG and WebP against JSON: bytes on the wire, and the time until it is a picture again.

JSON is measured in the two forms that there are: numbers, as a program that knows nothing of images gets them, and the
object with base64. Decoding is part of the time: a client that has numbers has no image yet.
"""

from __future__ import annotations

import base64
import io
import json
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import httpx
import numpy as np
import PIL.Image

from tests.e2e.box import TEST_PROJECTS, Box

SIZE = 1024
ROUNDS = 9


@dataclass(frozen=True)
class Form:
    """One way to get the image."""

    name: str
    path: str
    accept: str
    decode: Callable[[bytes], np.ndarray]


def _picture(content: bytes) -> np.ndarray:
    return np.asarray(PIL.Image.open(io.BytesIO(content)))


FORMS = (
    Form("PNG", "/studio/picture", "image/png", _picture),
    Form("JPEG", "/studio/picture", "image/jpeg", _picture),
    Form("WebP", "/studio/picture", "image/webp", _picture),
    Form(
        "JSON, base64 PNG",
        "/studio/picture",
        "application/json",
        lambda content: _picture(base64.b64decode(json.loads(content)["content"])),
    ),
    Form(
        "JSON, numbers",
        "/studio/pixels",
        "application/json",
        lambda content: np.array(json.loads(content), dtype=np.uint8),
    ),
)


def measure(url: str, form: Form) -> tuple[int, float]:
    """Bytes of the answer, and the median of the seconds from the request to the decoded picture."""
    seconds = []
    with httpx.Client(timeout=60) as client:
        for number in range(ROUNDS + 1):
            began = time.perf_counter()
            answer = client.post(url + form.path, json={"size": SIZE}, headers={"accept": form.accept})
            pixels = form.decode(answer.raise_for_status().content)
            if pixels.shape != (SIZE, SIZE, 3):
                raise SystemExit(f"{form.name} is of shape {pixels.shape}")
            if number:  # the first one warms up both sides
                seconds.append(time.perf_counter() - began)
    return len(answer.content), statistics.median(seconds)


def report(box: Box) -> None:
    """Print the figures of a box that is up."""
    box.ok("deploy", TEST_PROJECTS / "studio")
    figures = {form.name: measure(box.serve_url, form) for form in FORMS}
    numbers_bytes, numbers_seconds = figures["JSON, numbers"]
    print(f"an image of {SIZE} x {SIZE}, from the request to the decoded picture, median of {ROUNDS}:")
    for name, (size, seconds) in figures.items():
        smaller, faster = numbers_bytes / size, numbers_seconds / seconds
        compared = f"{smaller:5.1f} times smaller, {faster:5.1f} times faster" if smaller != 1 else ""
        print(f"{name:22} {size / 1e6:6.2f} MB   {seconds * 1000:6.0f} ms   {compared}".rstrip(), flush=True)


def main() -> None:
    """Measure on a box of our own."""
    box = Box()
    try:
        box.start()
        report(box)
    finally:
        box.clean_up()


if __name__ == "__main__":
    main()
