"""Media from every source: when it is read, what it says of itself, and what it says when it cannot be read."""

from __future__ import annotations

import gc
import http.server
import threading
from typing import TYPE_CHECKING

import pytest

from aanad.sdk.exceptions import EndpointError, Failed, InvalidMedia
from aanad.sdk.models import Audio, File, Image, Media, Video
from aanad.sdk.models.inputs import Upload

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def server(png: bytes) -> Iterator[str]:
    """A web server that has a picture at /cat.png and nothing else."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            is_there = self.path == "/cat.png"
            self.send_response(200 if is_there else 404)
            self.send_header("content-type", "image/png")
            self.send_header("content-length", str(len(png) if is_there else 0))
            self.end_headers()
            if is_there:
                self.wfile.write(png)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{listening.server_port}"
        listening.shutdown()
        thread.join()


@pytest.mark.parametrize("kind", [Media, File, Image, Audio, Video])
def test_media_has_exactly_one_source(kind: type[Media]) -> None:
    """None and two are mistakes of the author, and the message names the sources."""
    with pytest.raises(TypeError, match=rf"{kind.__name__} takes exactly one of content, path, url.*; got none\."):
        kind()
    with pytest.raises(TypeError, match="got content and url"):
        kind(b"x", url="http://example.com")


def test_every_source_gives_the_same_bytes(tmp_path: Path, png: bytes, server: str) -> None:
    """Bytes, a file, a data URL and a web address read, open and save alike."""
    path = tmp_path / "a.png"
    path.write_bytes(png)
    data_url = "data:image/png;base64," + __import__("base64").b64encode(png).decode()
    for media in (
        Media(png),
        Media(path=path),
        Media(path=str(path)),
        Media(url=data_url),
        Media(url=f"{server}/cat.png"),
    ):
        assert media.read() == png
        with media.open() as file:
            assert file.read(4) == png[:4]
        assert media.save(tmp_path / "saved").read_bytes() == png
        assert media.media_type == "image/png"


def test_nothing_is_read_before_it_is_needed(tmp_path: Path) -> None:
    """A file or an address that is not there matters only when its bytes are asked for."""
    missing = Image(path=tmp_path / "cat.jpg", filename="cat.jpg")

    assert missing.media_type == "image/jpeg"
    assert missing.filename == "cat.jpg"
    for act in (missing.read, missing.open, missing.pil, lambda: missing.size):
        with pytest.raises(InvalidMedia, match=r"^The image 'cat.jpg' cannot be read: no such file or directory\.$"):
            act()


def test_a_url_is_fetched_once_into_a_temporary_file(server: str) -> None:
    """The second read does not fetch again, and the file goes with the object."""
    media = Image(url=f"{server}/cat.png")
    assert media.path is None
    assert media.read() == media.read()
    path = media.path

    assert path is not None
    assert path.exists()
    media.close()
    assert not path.exists()


def test_a_url_that_does_not_answer_is_a_failure_in_one_sentence(server: str) -> None:
    """It is no fault of the request: 500, without the address, which may hold secrets."""
    with pytest.raises(Failed, match=r"^Media could not be fetched: the server answered 404\.$"):
        Media(url=f"{server}/dog.png").read()
    with pytest.raises(Failed, match=r"^Media could not be fetched: its server did not answer\.$"):
        Media(url="http://127.0.0.1:1/x").read()


@pytest.mark.parametrize(
    "url", ["ftp://example.com/a", "cat.png", "http://", "http://[", "data:nothing", "data:;base64,@"]
)
def test_a_url_of_another_kind_is_refused_at_once(url: str) -> None:
    """Only whole http, https and data URLs make media."""
    with pytest.raises(InvalidMedia):
        Media(url=url)


@pytest.mark.parametrize(
    ("media", "media_type"),
    [
        (File(b"hello"), "application/octet-stream"),
        (File(b"hello", filename="a.txt"), "text/plain"),
        (File(b"%PDF-1.7"), "application/pdf"),
        (File(b"{}", media_type="application/json", filename="a.txt"), "application/json"),
        (Media(url="https://example.com/a/b.webp?c=d.png"), "image/webp"),
        (Audio(b"RIFF\0\0\0\0WAVEfmt "), "audio/wav"),
        (Audio(b"?"), "audio/wav"),
        (Video(b"\0\0\0\x20ftypisom"), "video/mp4"),
        (Video(b"\x1aE\xdf\xa3...webm"), "video/webm"),
        (File(b"BMW and others", filename="cars.txt"), "text/plain"),
        (Image(b"BM\x8e\0\0\0\0\0\0\0" + bytes(60)), "image/bmp"),
        (Audio(b"OggS" + bytes(24) + b"OpusHead"), "audio/ogg"),
        (Video(b"OggS" + bytes(24) + b"\x80theora"), "video/ogg"),
        (Image(b"\xff\xd8\xff", media_type="image/png"), "image/jpeg"),
        (Media(url="data:text/plain,hello%20you"), "text/plain"),
    ],
)
def test_the_media_type_is_as_given_or_what_can_be_seen(media: Media, media_type: str) -> None:
    """Given, else by the first bytes, else by the name, else by the class; an image's first bytes count most."""
    assert media.media_type == media_type


def test_a_library_that_wants_a_path_gets_one(tmp_path: Path, png: bytes) -> None:
    """Bytes get a temporary file with the right suffix, which goes with the object; a file stays where it is."""
    (tmp_path / "a.png").write_bytes(png)
    assert Image(path=tmp_path / "a.png").on_disk() == tmp_path / "a.png"
    image = Image(png)
    path = image.on_disk()

    assert (path.suffix, path.read_bytes()) == (".png", png)
    assert image.on_disk() == path
    del image
    gc.collect()
    assert not path.exists()


def test_an_upload_becomes_media_with_its_name(tmp_path: Path, png: bytes) -> None:
    """In memory or on disk; a type that says nothing is guessed; a file on disk is not removed with the media."""
    (tmp_path / "upload").write_bytes(png)
    in_memory = Image.from_upload(Upload(content=png, filename="a.png", media_type="application/octet-stream"))
    on_disk = Image.from_upload(Upload(path=tmp_path / "upload", filename="b.png", media_type="image/png; q=1"))

    assert (type(in_memory), in_memory.filename, in_memory.media_type) == (Image, "a.png", "image/png")
    assert (on_disk.read(), on_disk.filename, on_disk.media_type) == (png, "b.png", "image/png")
    on_disk.close()
    del on_disk
    gc.collect()
    assert (tmp_path / "upload").exists()
    assert File.from_upload(Upload(content=b"")).read() == b""


def test_an_upload_of_another_kind_is_refused_with_415() -> None:
    """The message says what came and what is expected."""
    with pytest.raises(
        EndpointError, match=r"^A file of type text/plain was sent where image/\* is expected\.$"
    ) as error:
        Image.from_upload(Upload(content=b"", media_type="text/plain"))

    assert (error.value.status, error.value.code) == (415, "media_type_not_accepted")
    assert Audio.from_upload(Upload(content=b"", media_type="video/mp4")).media_type == "video/mp4"


def test_provided_bytes_take_the_place_of_the_url(png: bytes) -> None:
    """The server fetches; what comes is checked like an upload; a name that the client gave stays."""
    image = Image(url="https://example.com/a", filename="mine.png")
    image.provide(Upload(content=png, filename="a", media_type="image/png"))
    other = Image(url="https://example.com/a")

    assert (image.read(), image.url, image.filename) == (png, "https://example.com/a", "mine.png")
    with pytest.raises(InvalidMedia, match="no picture"):
        other.provide(Upload(content=b"<html>", media_type="image/png"))
    with pytest.raises(InvalidMedia, match="text/html"):
        other.provide(Upload(content=b"<html>", media_type="text/html"))


def test_its_representation_shows_no_content() -> None:
    """A log line of media is short."""
    assert repr(File(b"x" * 1000, filename="a")) == "File(1000 bytes, filename='a')"
    assert repr(Image(url="https://example.com/a")) == "Image(url='https://example.com/a')"
