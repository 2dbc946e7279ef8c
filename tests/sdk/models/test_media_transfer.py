"""Media between processes: as bytes or raw arrays, large files by name, files of other machines through Ray only."""

from __future__ import annotations

import gc
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

from aanad.sdk.exceptions import InvalidMedia, Unavailable
from aanad.sdk.models import Audio, File, Image, Media, Video, transfer
from aanad.sdk.models.chat import ChatDialog
from aanad.sdk.models.inputs import InputContext
from aanad.sdk.temporary import new_file

LARGE = transfer.CARRIED_BYTES + 1


def crossed(media: Any) -> Any:
    """What another process makes of it."""
    return pickle.loads(pickle.dumps(media))


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A file too large to be carried; it has a hole, so it takes no room."""
    path = tmp_path / "film.mp4"
    with path.open("wb") as file:
        file.write(b"\0\0\0\x20ftypisom")
        file.truncate(LARGE)
    return path


def test_bytes_and_small_files_cross_as_bytes(tmp_path: Path, png: bytes) -> None:
    """The receiver needs nothing of the sender any more."""
    (tmp_path / "a.png").write_bytes(png)
    sent = pickle.dumps(Image(path=tmp_path / "a.png", filename="a.png", media_id="7"))
    (tmp_path / "a.png").unlink()
    image = pickle.loads(sent)

    assert len(sent) < len(png) + 1000
    assert (image.read(), image.filename, image.media_id, image.path) == (png, "a.png", "7", None)
    assert crossed(File(b"x", media_type="text/plain")).media_type == "text/plain"


def test_a_temporary_file_crosses_as_bytes_too() -> None:
    """What its owner removes later."""
    video = Video(frames=np.zeros((3, 16, 16, 3), np.uint8), fps=5).convert("mp4")
    received = crossed(video)
    content = video.read()
    video.close()

    assert received.read() == content


def test_pixels_samples_and_frames_cross_as_raw_arrays(tone: np.ndarray[Any, Any], clip: np.ndarray[Any, Any]) -> None:
    """Neither encoded nor written out as numbers: about as many bytes as the array has."""
    pixels = np.random.default_rng(1).integers(0, 256, (100, 200, 3), np.uint8)
    for media, size in (
        (Image(numpy=pixels), pixels.nbytes),
        (Image(pil=PIL.Image.fromarray(pixels)), pixels.nbytes),
        (Audio(array=tone, rate=8000), tone.nbytes),
        (Video(frames=clip, fps=10), clip.nbytes),
    ):
        assert size <= len(pickle.dumps(media)) < size + 1000
    assert (crossed(Image(numpy=pixels)).numpy() == pixels).all()
    assert (crossed(Image(pil=PIL.Image.fromarray(pixels))).numpy() == pixels).all()
    assert (crossed(Audio(array=tone, rate=8000)).array(8000) == tone).all()
    assert crossed(Video(frames=clip, fps=10)).fps == 10


def test_a_large_file_crosses_by_name_on_one_machine(large: Path) -> None:
    """Another process of the machine opens the same file; a temporary one stays although its owner lets it go."""
    sent = pickle.dumps(Video(path=large, filename="film.mp4"))
    assert len(sent) < 2000
    assert pickle.loads(sent).path == large

    file = new_file(".mp4")
    file.path.write_bytes(large.read_bytes())
    first = Video.of_temporary(file)
    del file
    name = first.path
    sent = pickle.dumps(first)
    del first
    gc.collect()
    second = pickle.loads(sent)
    assert second.path != name
    assert second.path.stat().st_size == LARGE
    assert second.media_type == "video/mp4"
    name = second.path
    del second
    gc.collect()
    assert not name.exists()


def test_another_process_reads_a_large_file(large: Path, tmp_path: Path) -> None:
    """With no more than the pickle."""
    (tmp_path / "pickle").write_bytes(pickle.dumps(Video(path=large)))
    program = (
        f"import pickle; m = pickle.load(open({str(tmp_path / 'pickle')!r}, 'rb')); print(len(m.read()), m.media_type)"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)

    assert done.stdout.split() == [str(LARGE), "video/mp4"]


def test_a_file_of_another_machine_needs_ray(large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a cluster the error says what can be done; it comes when the bytes are needed, not before."""
    sent = pickle.dumps(Video(path=large))
    monkeypatch.setattr(transfer, "this_machine", lambda: "another")
    video = pickle.loads(sent)

    assert video.media_type == "video/mp4"
    with pytest.raises(
        Unavailable, match=r"^The file film.mp4 is on another machine, and there is no Ray cluster"
    ) as e:
        video.read()
    assert e.value.code == "media_elsewhere"
    with pytest.raises(Unavailable):
        crossed(video).open()


def test_a_file_of_another_node_is_brought_in_chunks(large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Into a temporary file that goes with the object; the node is the sender's, also after a third process."""
    asked: list[tuple[Path, str]] = []

    def chunks_of(path: Path, node: str) -> Any:
        asked.append((path, node))
        return transfer.read_chunks(str(path))

    monkeypatch.setattr(transfer, "this_node", lambda: "node-1")
    sent = pickle.dumps(Video(path=large))
    monkeypatch.setattr(transfer, "this_node", lambda: "node-2")
    monkeypatch.setattr(transfer, "this_machine", lambda: "another")
    monkeypatch.setattr(transfer, "_chunks_of", chunks_of)
    video = crossed(pickle.loads(sent))

    assert asked == []
    with video.open() as file:
        assert file.read(12) == b"\0\0\0\x20ftypisom"
    assert video.read()[:12] == b"\0\0\0\x20ftypisom"
    assert asked == [(large, "node-1")]
    assert video.path.suffix == ".mp4"
    assert video.path.stat().st_size == LARGE
    path = video.path
    video.close()
    assert not path.exists()


@pytest.mark.parametrize("failure", ["shorter", "gone"])
def test_a_file_that_does_not_arrive_whole_is_an_error(
    large: Path, monkeypatch: pytest.MonkeyPatch, failure: str
) -> None:
    """And leaves no part behind."""
    made = []
    monkeypatch.setattr(transfer, "this_node", lambda: "node-1")
    sent = pickle.dumps(Video(path=large))
    monkeypatch.setattr(transfer, "this_machine", lambda: "another")
    monkeypatch.setattr(transfer.temporary, "new_file", lambda suffix: made.append(new_file(suffix)) or made[-1])
    path = "/nowhere" if failure == "gone" else str(Path(__file__))
    monkeypatch.setattr(transfer, "_chunks_of", lambda *_: transfer.read_chunks(path))

    with pytest.raises(Unavailable, match=r"^The file film.mp4 .* from its node\.$"):
        pickle.loads(sent).read()
    assert [file.path.exists() for file in made] == [False]


def test_a_file_that_is_gone_is_an_error_of_the_sender(tmp_path: Path) -> None:
    """It is named there, where it can be found, not on the other side."""
    with pytest.raises(InvalidMedia, match="no such file"):
        pickle.dumps(File(path=tmp_path / "gone"))


def test_what_is_known_of_media_crosses_with_it(png: bytes) -> None:
    """A URL that is not fetched stays one; a client's stays out of reach; limits stay; so do media in other models."""
    context = InputContext(urls=True, max_image_pixels=20)
    from pydantic import TypeAdapter

    image = TypeAdapter(Image).validate_python("https://example.com", context=context)
    with pytest.raises(InvalidMedia, match="not been fetched"):
        crossed(image).read()
    image.limit(3)
    image._content = png
    with pytest.raises(InvalidMedia, match="more than 3 pixels"):
        crossed(image).pil()
    assert crossed(Media(url="https://example.com/a.png")).url == "https://example.com/a.png"
    dialog = crossed(ChatDialog.from_prompt("What is this?", images=[Image(png)]))
    assert dialog.images[0].read() == png
