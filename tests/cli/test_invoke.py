"""aana invoke."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Run
    from tests.client.fake_daemon import FakeDaemon

ROUTE = "POST /v1/projects/lowercase/endpoints/lowercase/invoke"
ANSWERED = {"X-Aana-Duration-Ms": "2"}


def test_json_goes_in_and_the_answer_comes_out(run: Run, daemon: FakeDaemon, tmp_path: Path) -> None:
    """From the command line, from a file, from standard input."""
    daemon.on(ROUTE, b'{"text":["abc"]}', headers=ANSWERED)
    file = tmp_path / "request.json"
    file.write_text('{"text": ["ABC"]}')

    for data in ('{"text": ["ABC"]}', f"@{file}", "-"):
        result = run("invoke", "lowercase", "lowercase", "--data", data, stdin='{"text": ["ABC"]}')
        assert (result.exit_code, result.stdout) == (0, '{"text":["abc"]}\n')
    assert {request.content for request in daemon.requests} == {b'{"text": ["ABC"]}'}


def test_bytes_are_passed_on_untouched(run: Run, daemon: FakeDaemon, tmp_path: Path) -> None:
    """To a file, and to whatever is not a terminal."""
    image = bytes(range(256))
    daemon.on(ROUTE, image, headers={**ANSWERED, "content-type": "image/png"})

    assert run("invoke", "lowercase", "lowercase").stdout_bytes == image
    run("invoke", "lowercase", "lowercase", "--out", str(tmp_path / "a.png"))
    assert (tmp_path / "a.png").read_bytes() == image


def test_files_and_fields_are_a_form(run: Run, daemon: FakeDaemon, tmp_path: Path) -> None:
    """As curl's -F sends them."""
    daemon.on(ROUTE, {}, headers=ANSWERED)
    (tmp_path / "a.wav").write_bytes(b"sound")

    run("invoke", "lowercase", "lowercase", "--file", f"media={tmp_path}/a.wav", "--form", "k=v=w")

    assert b'name="media"; filename="a.wav"' in daemon.requests[0].content
    assert b'name="k"\r\n\r\nv=w' in daemon.requests[0].content


def test_files_of_one_name_are_all_sent(run: Run, daemon: FakeDaemon, tmp_path: Path) -> None:
    """For a parameter that is a list, in the order in which they were given."""
    daemon.on(ROUTE, {}, headers=ANSWERED)
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_bytes(name.encode())

    run("invoke", "lowercase", "lowercase", "--file", f"image={tmp_path}/b.png", "--file", f"image={tmp_path}/a.png")

    content = daemon.requests[0].content
    assert 2 == content.count(b'name="image"; filename=')
    assert content.index(b"b.png") < content.index(b"a.png")


def test_an_endpoints_refusal_is_told_field_by_field(run: Run, daemon: FakeDaemon) -> None:
    """Exit code 1: the request was made, and it failed."""
    problem = {
        "title": "Invalid",
        "status": 422,
        "code": "request_invalid",
        "message": "The request is refused.",
        "errors": [{"field": "body.text", "message": "is missing"}],
    }
    daemon.on(ROUTE, problem, status=422, headers=ANSWERED)

    result = run("invoke", "lowercase", "lowercase")

    assert result.exit_code == 1
    assert result.stderr == "error: The request is refused.\n  body.text: is missing\n"
    assert json.loads(run("invoke", "lowercase", "lowercase", "-o", "json").stderr)["code"] == "request_invalid"


def test_an_error_in_another_shape_is_shown_as_it_is(run: Run, daemon: FakeDaemon) -> None:
    """An endpoint may answer what it likes."""
    daemon.on(ROUTE, b"sorry", status=500, headers={**ANSWERED, "content-type": "text/plain"})

    result = run("invoke", "lowercase", "lowercase")

    assert (result.exit_code, result.stdout) == (1, "sorry\n")
    assert "the endpoint answered 500" in result.stderr


def test_an_unknown_endpoint_is_not_found(run: Run, daemon: FakeDaemon) -> None:
    """The daemon's own refusals keep their exit codes."""
    daemon.refuse(ROUTE, 404, "not_found", "There is no endpoint lowercase.")

    assert run("invoke", "lowercase", "lowercase").exit_code == 3


@pytest.mark.parametrize(
    "option", [("--data", "{not json"), ("--file", "media"), ("--file", "media=/no/such"), ("--form", "=v")]
)
def test_what_cannot_be_sent_is_a_usage_error(run: Run, daemon: FakeDaemon, option: tuple[str, str]) -> None:
    """Nothing is sent."""
    assert run("invoke", "lowercase", "lowercase", *option).exit_code == 2
    assert daemon.requests == []
