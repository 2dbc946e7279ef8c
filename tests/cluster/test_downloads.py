"""Downloads as they are seen from outside: by the unfinished files that a process holds open."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from aanad.cluster import downloads
from aanad.cluster.downloads import Downloads
from aanad.wire.unit import Download

HOLDS = """
import pathlib, sys
files = []
for name in sys.argv[1:]:
    path = pathlib.Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    files.append(path.open("wb"))
    files[-1].write(b"x" * 1000)
    files[-1].flush()
print("holds", flush=True)
for line in sys.stdin:
    files[0].write(b"x" * 500)
    files[0].flush()
    print("wrote", flush=True)
"""


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/models/hub/models--openai--whisper-tiny/blobs/0a1b.incomplete", "openai/whisper-tiny"),
        ("/models/hub/models--gpt2/blobs/0a1b.77aa.incomplete", "gpt2"),
        ("/models/hub/datasets--org--speech/blobs/0a.incomplete", "org/speech"),
        ("/data/llama/.cache/huggingface/download/abc=.0a1b.incomplete", "llama"),
        ("/data/llama/.cache/huggingface/download/sub/abc=.0a1b.incomplete", "llama"),
        ("/tmp/weights.bin.incomplete", "weights.bin"),
        ("/weights.incomplete", "weights"),
    ],
)
def test_a_model_is_named_where_the_folder_tells(path: str, name: str) -> None:
    """``org/name`` from the cache's folder, the folder that a download goes into, or at least the file."""
    assert downloads.name_of(path) == name


async def test_what_a_process_downloads_is_told(
    tmp_path: Path, sleepers: Callable[..., subprocess.Popen[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its model and how much has arrived, also of a file that was deleted meanwhile; other files are not told."""
    cache = tmp_path / "hub/models--openai--whisper-tiny/blobs"
    names = [cache / "0a.incomplete", cache / "0b.incomplete", tmp_path / "done.bin"]
    process = sleepers(sys.executable, "-c", HOLDS, *names, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stdout.readline() == b"holds\n"
    monkeypatch.setattr(downloads, "REFRESH_S", 0)
    monkeypatch.setattr(downloads, "SHARE", 1e9)
    seen = Downloads(lambda: [process.pid, 2**22 + 1])

    first = await seen.current()
    names[1].unlink()
    process.stdin.write(b"\n")
    process.stdin.flush()
    assert process.stdout.readline() == b"wrote\n"
    second = await seen.current()
    process.stdin.close()
    process.stdout.close()
    process.wait(10)

    def sizes(found: list[Download]) -> list[tuple[int, str, int]]:
        return sorted((each.pid, each.name, each.received_bytes) for each in found)

    assert sizes(first) == [(process.pid, "openai/whisper-tiny", 1000)] * 2
    assert sizes(second) == [(process.pid, "openai/whisper-tiny", size) for size in (1000, 1500)]
    assert await seen.current() == []


async def test_looking_is_rare(monkeypatch: pytest.MonkeyPatch) -> None:
    """However often the status is asked for, processes are looked at once in two seconds."""
    looks: list[list[int]] = []

    def find(pids: list[int]) -> list[Download]:
        looks.append(pids)
        return []

    monkeypatch.setattr(downloads, "find", find)
    seen = Downloads(lambda: [1])
    for _ in range(20):
        await seen.current()

    assert looks == [[1]]


async def test_looking_takes_a_small_share_of_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where many replicas make a look slow, the next one comes later."""
    now = [100.0]

    def find(pids: list[int]) -> list[Download]:
        now[0] += 0.5
        return [Download(pid=pids[0], name="org/name", received_bytes=int(now[0]))]

    monkeypatch.setattr(downloads, "find", find)
    seen = Downloads(lambda: [1], now=lambda: now[0])
    first = await seen.current()
    now[0] += 20
    meanwhile = await seen.current()
    now[0] += 5
    later = await seen.current()

    assert [found[0].received_bytes for found in (first, meanwhile, later)] == [100, 100, 126]
