"""Requests as commands for the shell."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from pathlib import Path

import pytest

from aana_tui.state.request_copy import as_command, as_curl

HOSTILE = json.dumps({"text": 'it\'s "quoted" $(id) `id` \\ ;type=x @a <b ü\n!'}, ensure_ascii=False)


@pytest.fixture
def shell(tmp_path: Path) -> Path:
    """A folder whose ``curl`` and ``aana`` write down what they are given."""
    for name in ("curl", "aana"):
        program = tmp_path / name
        program.write_text('#!/bin/sh\nprintf "%s\\0" "$@" > "$WORDS"\n')
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return tmp_path


def words(shell: Path, command: str) -> list[str]:
    """What the program is given when a user pastes the command."""
    kept = shell / "words"
    environment = {**os.environ, "PATH": f"{shell}:{os.environ['PATH']}", "WORDS": str(kept)}
    subprocess.run(["sh", "-c", command], check=True, env=environment)
    return kept.read_text().split("\0")[:-1]


def test_curl_sends_the_very_document(shell: Path) -> None:
    """Whatever is in it, no shell and no curl reads anything into it."""
    given = words(shell, as_curl("http://127.0.0.1:8000/a/b", HOSTILE, accept="image/webp", streams=True))

    assert ["-N", "http://127.0.0.1:8000/a/b"] == given[:2]
    assert HOSTILE == given[given.index("--data-raw") + 1]
    assert "accept: image/webp" in given
    assert "content-type: application/json" in given


def test_curl_sends_files_beside_the_document(shell: Path) -> None:
    """The document is a field that curl does not look into, and a path may hold whatever paths hold."""
    given = words(shell, as_curl("http://x/y", HOSTILE, [("image", '/tmp/a b;type=x,"q".png'), ("image", "/tmp/c")]))

    assert f"body={HOSTILE}" == given[given.index("--form-string") + 1]
    assert 'image=@"/tmp/a b;type=x,\\"q\\".png"' in given
    assert "image=@/tmp/c" in given
    assert "--data-raw" not in given


def test_curl_itself_reads_it_so(tmp_path: Path) -> None:
    """The real curl sends the file of an odd name and the document beside it."""
    from http.server import BaseHTTPRequestHandler, HTTPServer
    from threading import Thread

    odd = tmp_path / 'a b;type=x,"q".png'
    odd.write_bytes(b"picture")
    seen: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            seen.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        url = f"http://127.0.0.1:{server.server_port}/"
        for command in (as_curl(url, HOSTILE), as_curl(url, HOSTILE, [("image", str(odd))])):
            subprocess.run(["sh", "-c", f"{command} -s --noproxy '*'"], check=True, capture_output=True)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

    plain, form = seen
    assert HOSTILE.encode() == plain
    assert b"picture" in form
    assert HOSTILE.encode() in form
    assert b'name="image"' in form


def test_the_command_sends_the_same_through_the_daemon(shell: Path) -> None:
    """``aana invoke`` with the document, the files, the media type, and the stream."""
    given = words(
        shell, as_command("studio", "picture", HOSTILE, [("image", "~/a b.png")], accept="image/jpeg", streams=True)
    )

    assert ["invoke", "studio", "picture", "--data", HOSTILE] == given[:5]
    assert f"image={Path.home()}/a b.png" == given[given.index("--file") + 1]
    assert ["--accept", "image/jpeg", "--stream"] == given[-3:]


def test_an_empty_document_does_not_go_with_files() -> None:
    """What takes nothing but a file is called as briefly as it can be."""
    assert "aana invoke intake describe --file file=/tmp/a" == as_command(
        "intake", "describe", "{}", [("file", "/tmp/a")]
    )
