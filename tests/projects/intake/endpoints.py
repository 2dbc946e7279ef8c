# ruff: noqa: D101, D102 - a project as its author writes it
import hashlib
from typing import Literal, TypedDict

from aanad.sdk import Endpoint
from aanad.sdk.models import File, Image


class Description(TypedDict):
    size: int
    sha256: str
    media_type: str
    filename: str | None
    path: str | None
    """Where it was while the request lasted; None for what was kept in memory."""


def describe(file: File) -> Description:
    digest, size = hashlib.sha256(), 0
    with file.open() as source:
        while part := source.read(1024 * 1024):
            digest.update(part)
            size += len(part)
    return {
        "size": size,
        "sha256": digest.hexdigest(),
        "media_type": file.media_type,
        "filename": file.filename,
        "path": str(file.path) if file.path else None,
    }


class DescribeEndpoint(Endpoint):
    def run(self, file: File) -> Description:
        return describe(file)


class Gathered(TypedDict):
    prompt: str
    steps: int
    style: str
    words: list[str]
    data: str | None
    files: list[Description]


class GatherEndpoint(Endpoint):
    def run(
        self,
        prompt: str,
        steps: int = 1,
        style: Literal["plain", "bold"] = "plain",
        words: list[str] | None = None,
        data: bytes | None = None,
        files: list[File] | None = None,
    ) -> Gathered:
        return {
            "prompt": prompt,
            "steps": steps,
            "style": style,
            "words": words or [],
            "data": data.hex() if data is not None else None,
            "files": [describe(file) for file in files or []],
        }


class Picture(TypedDict):
    width: int
    height: int


class PictureEndpoint(Endpoint):
    def run(self, image: Image, others: list[Image] | None = None) -> list[Picture]:
        sizes = [each.pil().size for each in (image, *(others or []))]
        return [{"width": width, "height": height} for width, height in sizes]
