"""Answers of each kind as clients get them, through Serve's port."""

from __future__ import annotations

import io
import subprocess
import time
from pathlib import Path

import httpx
import PIL.Image
import pytest

from tests.e2e.box import TEST_PROJECTS, Box

pytestmark = pytest.mark.e2e
PAUSE_S = 0.5


@pytest.fixture(scope="module", autouse=True)
def studio(box: Box) -> str:
    """The project, under a name that no other test uses."""
    box.ok("deploy", box.copy_project(TEST_PROJECTS / "studio"))
    return "studio"


def curl(box: Box, path: str, *arguments: str | Path) -> str:
    """Run curl as the documentation does; gives the headers, which it prints."""
    command = ["curl", "-sS", "-D", "-", *map(str, arguments), box.serve_url + path]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout.lower()


def test_curl_saves_a_png(box: Box, tmp_path: Path) -> None:
    """An image is a file that any program opens; no client has to unpack it."""
    headers = curl(box, "/studio/picture", "-o", tmp_path / "dog.png", "-F", 'body={"size": 512}')

    with PIL.Image.open(tmp_path / "dog.png") as picture:
        picture.load()
        assert (picture.format, picture.size) == ("PNG", (512, 512))
    assert "content-type: image/png" in headers
    assert f"content-length: {(tmp_path / 'dog.png').stat().st_size}" in headers


def test_a_client_that_wants_jpeg_gets_it(box: Box, tmp_path: Path) -> None:
    """By Accept."""
    curl(box, "/studio/picture", "-o", tmp_path / "dog.jpg", "-H", "accept: image/jpeg", "-d", "{}")

    with PIL.Image.open(tmp_path / "dog.jpg") as picture:
        assert picture.format == "JPEG"


def test_headers_reach_the_client(box: Box) -> None:
    """What the project sends passes HAProxy: names, ranges, tags, and the id that the log has."""
    answer = box.post("/studio/path", json={})

    assert answer.headers["content-disposition"] == 'attachment; filename="numbers.csv"'
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["vary"] == "Accept"
    assert {"etag", "last-modified", "x-request-id"} <= set(answer.headers)
    assert len(answer.content) == 1_000_000


def test_a_download_that_broke_off_is_gone_on_with(box: Box) -> None:
    """The second half by its range is what was missing."""
    whole = box.post("/studio/path", json={}).content
    part = box.post("/studio/path", json={}, headers={"range": "bytes=500000-"})
    beyond = box.post("/studio/path", json={}, headers={"range": "bytes=5000000-"})

    assert (part.status_code, part.headers["content-range"]) == (206, "bytes 500000-999999/1000000")
    assert whole[:500_000] + part.content == whole
    assert (beyond.status_code, beyond.json()["code"]) == (416, "range_not_satisfiable")


@pytest.mark.parametrize(("accept", "start"), [("text/event-stream", "id: 1\n"), ("*/*", '"number 0"')])
def test_the_first_chunk_arrives_before_the_last_is_made(box: Box, accept: str, start: str) -> None:
    """There are two pauses between them: nothing on the way waits for the end of a stream."""
    arrived: list[float] = []
    request = {"limit": 3, "pause_s": PAUSE_S}
    url = box.serve_url + "/studio/count"
    with httpx.stream("POST", url, json=request, headers={"accept": accept}, timeout=30) as answer:
        text = ""
        for part in answer.iter_text():
            arrived.append(time.monotonic())
            text += part

    assert text.startswith(start)
    assert arrived[-1] - arrived[0] > PAUSE_S


def read_into(got: bytearray, answer: httpx.Response) -> None:
    """Keep what comes, should it break off."""
    for part in answer.iter_bytes():
        got.extend(part)


def test_a_stream_of_bytes_that_fails_is_cut(box: Box) -> None:
    """The client sees that it is not complete; what came before is there."""
    got = bytearray()
    request = {"limit": 9, "pause_s": 0.1, "fail_at": 3}
    with httpx.stream("POST", box.serve_url + "/studio/radio", json=request, timeout=30) as answer:
        assert (answer.status_code, answer.headers["content-type"]) == (200, "audio/mpeg")
        with pytest.raises(httpx.RemoteProtocolError):
            read_into(got, answer)

    assert bytes(got) == b"".join(bytes([number]) * 1000 for number in range(3))


def test_no_image_has_no_body(box: Box) -> None:
    """204."""
    answer = box.post("/studio/maybe", json={"found": False})

    assert (answer.status_code, answer.content) == (204, b"")


def test_other_methods_are_answered(box: Box) -> None:
    """HEAD without a body, OPTIONS with what there is."""
    head = httpx.head(box.serve_url + "/studio/docs")
    options = httpx.options(box.serve_url + "/studio/picture")

    assert (head.status_code, head.content) == (200, b"")
    assert (options.status_code, options.headers["allow"]) == (204, "POST, OPTIONS")


def test_the_command_shows_and_saves_answers(box: Box, tmp_path: Path) -> None:
    """`aana endpoints` says what comes back; `aana invoke --out` writes it, in the format that is asked for."""
    kinds = {one["name"]: one["media_types"][0] for one in box.json("endpoints", "studio")}
    assert (kinds["picture"], kinds["tone"], kinds["count"]) == ("image/png", "audio/wav", "application/x-ndjson")

    box.ok("invoke", "studio", "picture", "--data", "{}", "--out", tmp_path / "dog.png")
    box.ok("invoke", "studio", "picture", "--data", "{}", "--accept", "image/webp", "--out", tmp_path / "dog.webp")

    for name, expected in (("dog.png", "PNG"), ("dog.webp", "WEBP")):
        assert PIL.Image.open(io.BytesIO((tmp_path / name).read_bytes())).format == expected
    lines = box.ok("invoke", "studio", "count", "--data", '{"limit": 2}', "--stream").splitlines()
    assert lines == ['"number 0"', '"number 1"']
