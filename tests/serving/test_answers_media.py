"""Binary answers: images, audio, video, bytes and files, as the client accepts them."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING, Annotated, Any

import av
import numpy as np
import PIL.Image
import pytest

from aanad.sdk import AanaSDK, Endpoint, temporary
from aanad.sdk.models import File, Image, MediaType, Video
from aanad.serving.answers import media

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    import httpx

    ServeApp = Callable[..., Awaitable[httpx.AsyncClient]]


def picture_in(response: httpx.Response) -> PIL.Image.Image:
    return PIL.Image.open(io.BytesIO(response.content))


async def serve(serve_app: ServeApp, annotation: Any, result: object) -> httpx.AsyncClient:
    """An endpoint that returns `result`, annotated so."""

    class Returns(Endpoint):
        async def run(self):
            return result

    Returns.run.__annotations__["return"] = annotation
    app = AanaSDK(name="demo")
    app.register_endpoint(name="it", path="/it", summary="It", endpoint_cls=Returns)
    return await serve_app(app)


@pytest.mark.parametrize("path", ["/picture", "/array", "/maybe"])
@pytest.mark.parametrize(
    ("accept", "media_type", "name"),
    [
        (None, "image/png", "PNG"),
        ("*/*", "image/png", "PNG"),
        ("image/*", "image/png", "PNG"),
        ("image/jpeg", "image/jpeg", "JPEG"),
        ("image/webp, image/png;q=0.8", "image/webp", "WEBP"),
        ("text/html, image/avif, image/webp, */*;q=0.8", "image/webp", "WEBP"),
        ("image/png;q=0, image/*", "image/jpeg", "JPEG"),
    ],
)
async def test_an_image_is_encoded_as_the_client_accepts_it(
    studio: httpx.AsyncClient, path: str, accept: str | None, media_type: str, name: str
) -> None:
    """A PIL image, an array and an Image alike; PNG where nothing else is wanted more."""
    response = await studio.post(path, json={}, headers={"accept": accept} if accept else {})

    assert (response.status_code, response.headers["content-type"]) == (200, media_type)
    assert picture_in(response).format == name
    assert response.headers["vary"] == "Accept"


async def test_a_png_has_the_very_pixels(studio: httpx.AsyncClient) -> None:
    """What run made and what the client decodes are the same numbers, in the same order of colours."""
    array = await studio.post("/array", json={"size": 9})
    numbers = await studio.post("/pixels", json={"size": 9})

    assert np.asarray(picture_in(array)).tolist() == numbers.json()


async def test_an_image_in_json_is_an_object_with_base64(studio: httpx.AsyncClient) -> None:
    """By Accept, or where it stands inside a larger answer."""
    asked = (await studio.post("/picture", json={}, headers={"accept": "application/json"})).json()
    inside = (await studio.post("/captioned", json={"caption": "A dog."})).json()

    assert (asked["media_type"], inside["caption"]) == ("image/png", "A dog.")
    for each in (asked, inside["image"]):
        assert PIL.Image.open(io.BytesIO(base64.b64decode(each["content"]))).format == "PNG"


async def test_no_image_is_204(studio: httpx.AsyncClient) -> None:
    """An endpoint that may return None answers it without a body."""
    response = await studio.post("/maybe", json={"found": False})

    assert (response.status_code, response.content) == (204, b"")
    assert "content-type" not in response.headers


async def test_the_name_of_an_image_follows_its_format(studio: httpx.AsyncClient) -> None:
    """So that a browser saves a JPEG as one."""
    response = await studio.post("/maybe", json={}, headers={"accept": "image/jpeg"})

    assert response.headers["content-disposition"] == 'inline; filename="dog.jpg"'


@pytest.mark.parametrize(
    ("path", "accept", "offered"),
    [
        ("/picture", "audio/wav", "image/png, image/jpeg, image/webp, application/json"),
        ("/tone", "image/png", "audio/wav, audio/flac, application/json"),
        ("/speech", "audio/wav", "audio/mpeg, application/json"),
        ("/captioned", "image/png", "application/json"),
        ("/path", "image/png", "text/csv, application/json"),
        ("/radio", "application/json", "audio/mpeg"),
        ("/count", "application/xml", "application/x-ndjson, text/event-stream"),
    ],
)
async def test_what_is_not_acceptable_is_said_with_what_there_is(
    studio: httpx.AsyncClient, path: str, accept: str, offered: str
) -> None:
    """406 lists the media types that can be asked for."""
    refused = await studio.post(path, json={}, headers={"accept": accept})

    assert (refused.status_code, refused.json()["code"]) == (406, "not_acceptable")
    assert refused.json()["hint"] == f"Accept one of: {offered}."


@pytest.mark.parametrize(
    ("accept", "media_type", "start"),
    [("*/*", "audio/wav", b"RIFF"), ("audio/flac", "audio/flac", b"fLaC"), ("audio/*", "audio/wav", b"RIFF")],
)
async def test_audio_is_wav_or_flac(studio: httpx.AsyncClient, accept: str, media_type: str, start: bytes) -> None:
    """With all of its samples."""
    response = await studio.post("/tone", json={"seconds": 0.5}, headers={"accept": accept})

    assert response.headers["content-type"] == media_type
    assert response.content.startswith(start)
    with av.open(io.BytesIO(response.content)) as sound:
        assert sound.streams.audio[0].rate == 16_000
        assert sum(frame.samples for frame in sound.decode(audio=0)) == 8_000


async def test_video_goes_out_as_it_is_or_as_mp4(studio: httpx.AsyncClient) -> None:
    """It is encoded anew only for a client that takes nothing but MP4."""
    as_it_is = await studio.post("/clip", json={})
    mp4 = await studio.post("/clip", json={}, headers={"accept": "video/mp4"})

    assert as_it_is.headers["content-type"] == "video/x-matroska"
    assert as_it_is.headers["content-disposition"] == 'inline; filename="clip.mkv"'
    assert mp4.headers["content-type"] == "video/mp4"
    for response in (as_it_is, mp4):
        with av.open(io.BytesIO(response.content)) as video:
            assert len(list(video.decode(video=0))) == 4


async def test_bytes_have_the_media_type_that_the_author_says(studio: httpx.AsyncClient) -> None:
    """And no other."""
    response = await studio.post("/speech", json={"text": "ho"})

    assert (response.headers["content-type"], response.content) == ("audio/mpeg", b"ID3ho")
    assert response.headers["content-length"] == "5"


async def test_bytes_of_no_said_type_are_what_they_look_like(serve_app: ServeApp) -> None:
    """Their first bytes tell, and where they do not it is a plain octet stream."""
    shown = await (await serve(serve_app, bytes, b"%PDF-1.7")).post("/it")
    plain = await (await serve(serve_app, bytes, b"\x00\x01")).post("/it")

    assert shown.headers["content-type"] == "application/pdf"
    assert plain.headers["content-type"] == "application/octet-stream"


async def test_a_file_has_its_name_and_its_type(studio: httpx.AsyncClient) -> None:
    """A name with other letters than ASCII too (RFC 6266)."""
    response = await studio.post("/file", json={"text": "Grüße"})

    assert response.headers["content-type"] == "text/plain"
    assert response.headers["content-disposition"] == "attachment; filename*=utf-8''gr%C3%BC%C3%9Fe.txt"
    assert response.text == "Grüße"


async def test_a_path_is_sent_from_disk(studio: httpx.AsyncClient) -> None:
    """With its size, its name, and what tells whether it has changed."""
    response = await studio.post("/path", json={})

    assert response.headers["content-length"] == str(len(response.content)) == "1000000"
    assert response.headers["content-type"].startswith("text/csv")
    assert response.headers["content-disposition"] == 'attachment; filename="numbers.csv"'
    assert response.headers["accept-ranges"] == "bytes"
    assert {"etag", "last-modified"} <= set(response.headers)


@pytest.mark.parametrize(
    ("asked", "answered", "body"),
    [
        ("bytes=0-7", "bytes 0-7/1000000", b"0000000\n"),
        ("bytes=999992-", "bytes 999992-999999/1000000", b"0124999\n"),
        ("bytes=-8", "bytes 999992-999999/1000000", b"0124999\n"),
        ("bytes=8-15", "bytes 8-15/1000000", b"0000001\n"),
    ],
)
async def test_a_part_of_a_file_can_be_asked_for(
    studio: httpx.AsyncClient, asked: str, answered: str, body: bytes
) -> None:
    """An answer that broke off can be gone on with."""
    response = await studio.post("/path", json={}, headers={"range": asked})

    assert (response.status_code, response.headers["content-range"], response.content) == (206, answered, body)


async def test_a_changed_file_is_sent_whole(studio: httpx.AsyncClient) -> None:
    """If-Range with the tag of another file makes the range void; with its own the part comes."""
    tag = (await studio.post("/path", json={})).headers["etag"]
    headers = {"range": "bytes=0-7"}

    assert (await studio.post("/path", json={}, headers={**headers, "if-range": tag})).status_code == 206
    assert (await studio.post("/path", json={}, headers={**headers, "if-range": '"other"'})).status_code == 200


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [("bytes=2000000-", 416, "range_not_satisfiable"), ("rows=1-2", 400, "invalid_range")],
)
async def test_a_range_that_is_not_there_is_a_problem(
    studio: httpx.AsyncClient, asked: str, status: int, code: str
) -> None:
    """In the one shape of errors; 416 tells the size."""
    response = await studio.post("/path", json={}, headers={"range": asked})

    assert (response.status_code, response.json()["code"]) == (status, code)
    assert response.headers["content-type"] == "application/problem+json"
    if status == 416:
        assert response.headers["content-range"] == "bytes */1000000"


async def test_bytes_have_ranges_too(studio: httpx.AsyncClient) -> None:
    """As a file would."""
    response = await studio.post("/speech", json={"text": "hello"}, headers={"range": "bytes=3-"})

    assert (response.status_code, response.content) == (206, b"hello")


async def test_a_path_that_leads_nowhere_is_a_server_error(studio: httpx.AsyncClient) -> None:
    """The client does not learn the path."""
    response = await studio.post("/path", json={"missing": True})

    assert (response.status_code, response.json()["code"]) == (500, "invalid_result")
    assert "nowhere" not in response.text


@pytest.mark.parametrize(
    ("annotation", "result"),
    [
        (Image, "a string"),
        (np.ndarray, np.zeros((4, 4, 3))),
        (np.ndarray, np.zeros((2, 2, 2, 2), np.uint8)),
        (PIL.Image.Image, None),
        (bytes, 3),
        (File, {"text": "a"}),
    ],
    ids=str,
)
async def test_a_result_of_another_type_is_a_server_error(serve_app: ServeApp, annotation: Any, result: object) -> None:
    """An array of floats is no image, and None only where the annotation says so."""
    response = await (await serve(serve_app, annotation, result)).post("/it")

    assert (response.status_code, response.json()["code"]) == (500, "invalid_result")


async def test_the_author_chooses_the_default_format(serve_app: ServeApp) -> None:
    """The client may still ask for another one."""
    client = await serve(
        serve_app, Annotated[Image, MediaType("image/webp")], Image(numpy=np.zeros((4, 4, 3), np.uint8))
    )

    assert (await client.post("/it")).headers["content-type"] == "image/webp"
    assert (await client.post("/it", headers={"accept": "image/png"})).headers["content-type"] == "image/png"


async def test_a_large_file_is_never_put_into_json(
    serve_app: ServeApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would be in memory several times over; the client is told which media type to accept."""
    monkeypatch.setattr(media, "MAX_JSON_MEDIA_BYTES", 10)
    path = tmp_path / "weights.bin"
    path.write_bytes(bytes(11))
    client = await serve(serve_app, File, File(path=path))

    response = await client.post("/it", headers={"accept": "application/json"})

    assert (response.status_code, response.json()["code"]) == (406, "not_acceptable")
    assert (await client.post("/it")).content == bytes(11)


async def test_a_large_file_is_never_in_memory(serve_app: ServeApp, tmp_path: Path) -> None:
    """It is sent in small pieces, each read when the one before it is on its way."""
    path = tmp_path / "film.bin"
    with path.open("wb") as file:
        file.truncate(256 * 1024 * 1024)
    transport: Any = (await serve(serve_app, File, File(path=path)))._transport
    sizes: list[int] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"{}"}

    async def send(message: dict[str, Any]) -> None:
        sizes.append(len(message.get("body", b"")))

    scope = {"type": "http", "method": "POST", "path": "/p/it", "root_path": "/p", "headers": []}
    await transport.app(scope, receive, send)

    assert sum(sizes) == 256 * 1024 * 1024
    assert max(sizes) <= 1024 * 1024


async def test_a_temporary_file_is_there_until_it_is_sent(serve_app: ServeApp) -> None:
    """A video that was converted for one client: its file goes with the answer."""

    class Film(Endpoint):
        async def run(self) -> Video:
            return Video(frames=[np.zeros((16, 16, 3), np.uint8)] * 3, fps=3).convert("webm")

    app = AanaSDK(name="demo")
    app.register_endpoint(name="it", path="/it", summary="It", endpoint_cls=Film)
    before = set(temporary.folder().iterdir())
    response = await (await serve_app(app)).post("/it")

    assert (response.status_code, response.headers["content-type"]) == (200, "video/webm")
    assert "content-disposition" not in response.headers
    with av.open(io.BytesIO(response.content)) as video:
        assert len(list(video.decode(video=0))) == 3
    assert set(temporary.folder().iterdir()) <= before
