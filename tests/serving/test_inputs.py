"""Forms with fields and files, and what is refused for its size, its depth or its kind."""

from __future__ import annotations

import asyncio
import base64
import errno
import hashlib
import io
import json
import os
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, BinaryIO

import httpx
import PIL.Image
import pytest

from aanad.sdk import temporary
from aanad.serving.in_process import InProcessTransport
from aanad.serving.inputs import forms
from aanad.serving.inputs.files import RequestFile
from aanad.serving.inputs.json_bodies import check_depth
from aanad.serving.problems import RequestRefused
from aanad.wire.requests import RequestRules

Intake = Callable[..., Awaitable[httpx.AsyncClient]]
JSON = {"content-type": "application/json"}
BOUNDARY = {"content-type": "multipart/form-data; boundary=limit"}
SMALL, LARGE = b"small" * 10, os.urandom(300_000)
RULES = RequestRules(max_memory_bytes=100_000)


def temporary_files() -> list[Path]:
    """What lies in this process's folder of temporary files."""
    return [path for path in temporary.folder().iterdir() if path.is_file()]


@pytest.fixture(autouse=True)
def nothing_is_left() -> Any:
    """Whatever a test does, its files are gone afterwards."""
    before = set(temporary_files())
    yield
    assert set(temporary_files()) <= before


def png(width: int, height: int) -> bytes:
    """A picture."""
    file = io.BytesIO()
    PIL.Image.new("RGB", (width, height)).save(file, "png")
    return file.getvalue()


async def test_a_file_reaches_the_parameter_of_its_name(intake: Intake) -> None:
    """With its name, its type and the very bytes; `curl -F file=@hello.txt` needs nothing else."""
    client = await intake()

    answer = await client.post("/describe", files={"file": ("grüße.txt", SMALL, "text/plain")})

    assert answer.json() == {
        "size": len(SMALL),
        "sha256": hashlib.sha256(SMALL).hexdigest(),
        "media_type": "text/plain",
        "filename": "grüße.txt",
        "path": None,
    }


async def test_a_large_file_is_on_disk_while_the_request_lasts(intake: Intake) -> None:
    """And gone when it is answered."""
    client = await intake(RULES)

    answer = (await client.post("/describe", files={"file": ("a.bin", LARGE)})).json()

    assert (len(LARGE), hashlib.sha256(LARGE).hexdigest()) == (answer["size"], answer["sha256"])
    assert answer["path"] is not None
    assert not Path(answer["path"]).exists()


async def test_the_memory_for_files_is_that_of_the_whole_request(intake: Intake) -> None:
    """Many small files do not add up to what one large file may not have."""
    client = await intake(RULES)
    files = [("files", (f"{number}.bin", b"x" * 40_000)) for number in range(4)]

    answer = await client.post("/gather", files=files, data={"prompt": "p"})

    assert [False, False, True, True] == [each["path"] is not None for each in answer.json()["files"]]


FIELDS = [
    pytest.param({"prompt": "5"}, {"prompt": "5"}, id="a string takes the text, whatever it looks like"),
    pytest.param({"prompt": "p", "steps": "3"}, {"steps": 3}, id="a number"),
    pytest.param({"prompt": "p", "style": "bold"}, {"style": "bold"}, id="one of some strings"),
    pytest.param({"prompt": "p", "words": '["a", "b"]'}, {"words": ["a", "b"]}, id="a list as JSON"),
    pytest.param({"prompt": "p", "words": ["a", "[b]"]}, {"words": ["a", "[b]"]}, id="a list field by field"),
    pytest.param({"prompt": "p", "words": "a"}, {"words": ["a"]}, id="a list of one"),
    pytest.param({"prompt": "p", "words": "null"}, {"words": []}, id="null"),
    pytest.param({"prompt": "ß", "data": "aGk="}, {"prompt": "ß", "data": b"hi".hex()}, id="bytes as base64"),
    pytest.param({"body": '{"prompt": "p"}', "steps": "3"}, {"prompt": "p", "steps": 3}, id="body and a field"),
]


@pytest.mark.parametrize(("fields", "expected"), FIELDS)
@pytest.mark.parametrize("multipart", [True, False])
async def test_a_field_is_a_parameter(
    intake: Intake, fields: dict[str, Any], expected: dict[str, Any], multipart: bool
) -> None:
    """Text for a string, JSON for everything else; in both kinds of form."""
    client = await intake()
    pairs = [(name, each) for name, value in fields.items() for each in (value if isinstance(value, list) else [value])]
    form: dict[str, Any] = {"files": [(name, (None, value)) for name, value in pairs]} if multipart else {}

    answer = await client.post("/gather", **(form or {"data": fields}))

    assert answer.status_code == 200, answer.text
    assert expected.items() <= answer.json().items()


async def test_files_go_with_fields_and_body(intake: Intake) -> None:
    """A list takes all files of its name, in their order; bytes take a file too."""
    client = await intake()
    files = [
        ("files", ("a.txt", b"a")),
        ("body", (None, '{"prompt": "p", "steps": 2}')),
        ("data", ("d.bin", b"\x00\xff")),
        ("files", ("b.txt", b"bb")),
    ]

    answer = (await client.post("/gather", files=files)).json()

    assert ("p", 2, "00ff") == (answer["prompt"], answer["steps"], answer["data"])
    assert [("a.txt", 1), ("b.txt", 2)] == [(each["filename"], each["size"]) for each in answer["files"]]


async def test_the_json_may_be_a_file_of_the_form(intake: Intake) -> None:
    """`curl -F body=@request.json` sends it as one."""
    client = await intake()

    answer = await client.post("/gather", files={"body": ("request.json", b'{"prompt": "p"}')})

    assert "p" == answer.json()["prompt"]


async def test_the_same_media_by_upload_and_by_base64(intake: Intake) -> None:
    """A picture is a picture."""
    client = await intake()
    content = base64.b64encode(png(3, 2)).decode()

    uploaded = await client.post("/picture", files={"image": ("a.png", png(3, 2), "image/png")})
    sent = await client.post("/picture", json={"image": {"content": content}})
    as_data_url = await client.post("/picture", data={"image": f"data:image/png;base64,{content}"})

    assert [{"width": 3, "height": 2}] == uploaded.json() == sent.json() == as_data_url.json()


REFUSED = [
    # form, status, code, what the message says
    ({"files": {"picture": ("a.png", b"x")}}, 422, "unexpected_file", "'picture'"),
    ({"files": {"image": ("a.txt", b"x", "text/plain")}}, 415, "media_type_not_accepted", "image: text/plain"),
    ({"files": {"image": ("a.png", b"no picture", "image/png")}}, 422, "invalid_request", "image"),
    ({"files": [("image", ("a.png", png(1, 1)))] * 2}, 422, "invalid_request", "'image' more than once"),
    (
        {"files": {"image": ("a.png", png(1, 1)), "body": (None, '{"image": "data:,"}')}},
        422,
        "invalid_request",
        "'image' more than once",
    ),
    ({"data": {"body": "{}", "colour": "red"}}, 422, "invalid_request", "unknown field 'colour'"),
    ({"files": [("body", (None, "{}"))] * 2}, 422, "invalid_request", "more than one field 'body'"),
    ({"files": {"body": (None, "[]"), "image": ("a.png", png(1, 1))}}, 422, "invalid_request", "object"),
    ({"json": {"image": {"upload": 0}}}, 422, "invalid_request", "no such file"),
    ({"json": {"image": "https://example.org/a.png"}}, 422, "url_not_allowed", "by URL"),
    ({"json": {"image": {"path": "/etc/passwd"}}}, 422, "path_not_allowed", "not allowed"),
    ({"content": b"--limit\r\ncontent-disposition: x", "headers": BOUNDARY}, 400, "invalid_form", "last boundary"),
    ({"content": b"--limit\r\nno header", "headers": BOUNDARY}, 400, "invalid_form", "invalid character"),
    (
        {"content": b"--limit\r\ncontent-disposition: form-data\r\n\r\nx\r\n--limit--", "headers": BOUNDARY},
        400,
        "invalid_form",
        "no name",
    ),
    (
        {"content": b'--limit\r\ncontent-disposition: form-data; name="x' + b"y" * 9000, "headers": BOUNDARY},
        400,
        "invalid_form",
        "header size",
    ),
    ({"files": {"image": ("a.png", png(1, 1)), "others": (None, "null")}}, 422, "invalid_request",
     "others.0: A string must be an http"),
    ({"files": [("image", (None, "x"))] * 1001}, 413, "too_many_parts", "1000"),
    ({"content": b"image=1" + b"&" * 1001, "headers": {"content-type": "application/x-www-form-urlencoded"}},
     413, "too_many_parts", "1000"),
    ({"content": b"{}", "headers": {"content-type": "application/json; charset=utf-16"}}, 415,
     "unsupported_media_type", "utf-16"),
    ({"content": b"x", "headers": {"content-type": "image/png"}}, 415, "unsupported_media_type", "image/png"),
]  # fmt: skip


@pytest.mark.parametrize(("form", "status", "code", "says"), REFUSED)
async def test_what_an_endpoint_does_not_take_is_refused(
    intake: Intake, form: dict[str, Any], status: int, code: str, says: str
) -> None:
    """With a status, a stable code, one sentence and a hint."""
    client = await intake()

    answer = await client.post("/picture", **form)

    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (status, code), problem
    assert says in problem["message"]
    assert problem["hint"]


async def test_the_hint_names_what_a_form_may_have(intake: Intake) -> None:
    """All parameters, and those that take files."""
    client = await intake()

    hint = (await client.post("/picture", data={"colour": "red"})).json()["hint"]

    assert "Fields: image, others." in hint
    assert "Files: image, others (-F image=@file)." in hint


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    """A body whose length is not announced."""
    for part in parts:
        yield part


@pytest.mark.parametrize("announced", [True, False])
@pytest.mark.parametrize(
    ("rules", "code"),
    [
        (RequestRules(max_body_bytes=100), "body_too_large"),
        (RequestRules(max_json_bytes=100), "json_too_large"),
        (RequestRules(max_body_bytes=50, max_json_bytes=100), "body_too_large"),
    ],
)
async def test_json_that_is_too_large_is_refused(
    intake: Intake, rules: RequestRules, code: str, announced: bool
) -> None:
    """By its length if that is announced, else as soon as it is exceeded."""
    client = await intake(rules)
    content: Any = b" " * 200 if announced else chunks(*[b" " * 40] * 5)

    answer = await client.post("/picture", content=content, headers=JSON)

    assert (answer.status_code, answer.json()["code"]) == (413, code)


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        (RequestRules(max_body_bytes=1000, max_memory_bytes=10), "body_too_large"),
        (RequestRules(max_json_bytes=1000), None),
    ],
)
async def test_a_file_counts_for_the_body_and_not_for_the_json(
    intake: Intake, rules: RequestRules, code: str | None
) -> None:
    """The limit of the JSON is that of what is held in memory."""
    client = await intake(rules)
    whole = httpx.Request("POST", "http://box", files={"file": ("a.bin", b"x" * 2000)})
    body = whole.read()

    answer = await client.post("/describe", content=chunks(body[:1500], body[1500:]), headers=whole.headers.items())

    assert (413 if code else 200) == answer.status_code
    assert code == answer.json().get("code")


async def test_the_text_fields_of_a_form_count_as_json(intake: Intake) -> None:
    """All of them together."""
    client = await intake(RequestRules(max_json_bytes=1000))

    answer = await client.post("/gather", files=[("words", (None, "x" * 300)), ("prompt", (None, "y" * 800))])

    assert (413, "json_too_large") == (answer.status_code, answer.json()["code"])


def nested(depth: int) -> bytes:
    """A list in a list in a list."""
    return b'{"prompt": ' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(nested(9), id="lists"),
        pytest.param(b'{"a":' * 9 + b"1" + b"}" * 9, id="objects"),
        pytest.param(b"[" * 9, id="never closed"),
        pytest.param(b"[[]" * 9, id="closed in between"),
        pytest.param(b'["]]]]]]]]]]"' + b",[" * 9 + b"]" * 10, id="closing brackets in a string do not count"),
    ],
)
@pytest.mark.parametrize("form", [False, True])
async def test_json_that_is_nested_too_deep_is_refused_before_it_is_parsed(
    intake: Intake, body: bytes, form: bool
) -> None:
    """In a body and in the fields of a form."""
    client = await intake(RequestRules(max_json_depth=8))
    parts: dict[str, Any] = {"files": {"body": (None, body)}} if form else {"content": body, "headers": JSON}

    answer = await client.post("/gather", **parts)

    assert (400, "json_too_deep") == (answer.status_code, answer.json()["code"])


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(nested(8), id="exactly as deep as allowed"),
        pytest.param(b'{"prompt": "' + b"[{" * 50 + b'\\"[["}', id="brackets in a string"),
        pytest.param(b'{"prompt": "p", "files": [' + b"[]," * 100 + b"[]]}", id="many, side by side"),
    ],
)
async def test_json_that_is_not_too_deep_is_read(intake: Intake, body: bytes) -> None:
    """Its brackets are matched, not only counted."""
    client = await intake(RequestRules(max_json_depth=8))

    answer = await client.post("/gather", content=body, headers=JSON)

    assert "json_too_deep" != answer.json().get("code")


def depth_of(value: Any) -> int:
    """How deep a parsed document is nested."""
    if isinstance(value, (list, dict)):
        return 1 + max(map(depth_of, value.values() if isinstance(value, dict) else value), default=0)
    return 0


def document(chance: random.Random, depth: int) -> Any:
    """Some document, whose strings are full of what could be mistaken for its structure."""
    kind = chance.random() if depth else 0.0
    if kind < 0.3:
        return "".join(chance.choice('[]{}"\\\n') for _ in range(chance.randrange(7)))
    parts = [document(chance, depth - 1) for _ in range(chance.randrange(4))]
    return parts if kind < 0.65 else {document(chance, 0): part for part in parts}


def test_the_depth_is_that_of_the_parsed_document() -> None:
    """For documents of every shape: one level less is refused, and nothing else is."""
    chance = random.Random(4)
    for _ in range(500):
        made = document(chance, 7)
        depth, text = depth_of(made), json.dumps(made).encode()
        check_depth(text, depth)
        if depth:
            with pytest.raises(RequestRefused):
                check_depth(text, depth - 1)


async def test_what_json_leaves_open_is_decided(intake: Intake) -> None:
    """Of a name that is there twice the last one counts; NaN is no number; text is UTF-8."""
    client = await intake()

    twice = await client.post("/gather", content=b'{"prompt": "a", "prompt": "b"}', headers=JSON)
    nan = await client.post("/gather", content=b'{"prompt": "a", "steps": NaN}', headers=JSON)
    latin = await client.post("/gather", content='{"prompt": "ä"}'.encode("latin-1"), headers=JSON)
    latin_form = await client.post("/gather", files={"prompt": (None, "ä".encode("latin-1"))})

    assert "b" == twice.json()["prompt"]
    assert (422, "invalid_request") == (nan.status_code, nan.json()["code"])
    assert (400, "invalid_json") == (latin.status_code, latin.json()["code"])
    assert (400, "invalid_form") == (latin_form.status_code, latin_form.json()["code"])


async def test_a_picture_with_too_many_pixels_is_refused_unread(intake: Intake) -> None:
    """By what its header says."""
    client = await intake(RequestRules(max_image_pixels=99))

    answer = await client.post("/picture", files={"image": ("a.png", png(10, 10))})

    assert (422, "body.image") == (answer.status_code, answer.json()["errors"][0]["field"])


async def test_a_path_may_lead_into_the_folders_of_the_rules(intake: Intake, tmp_path: Path) -> None:
    """And nowhere else, not by a link either; the file stays."""
    allowed = tmp_path / "allowed"
    allowed.mkdir()
    (allowed / "a.txt").write_bytes(b"inside")
    (tmp_path / "b.txt").write_bytes(b"outside")
    (allowed / "link.txt").symlink_to(tmp_path / "b.txt")
    client = await intake(RequestRules(paths=(str(allowed),)))

    inside = await client.post("/describe", json={"file": {"path": str(allowed / "a.txt")}})
    outside = [
        await client.post("/describe", json={"file": {"path": path}})
        for path in (str(tmp_path / "b.txt"), str(allowed / ".." / "b.txt"), str(allowed / "link.txt"), "a.txt")
    ]

    assert 6 == inside.json()["size"]
    assert (allowed / "a.txt").exists()
    assert {(422, "path_not_allowed")} == {(each.status_code, each.json()["code"]) for each in outside}


async def test_a_full_disk_is_said_in_one_sentence(intake: Intake, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the file that was begun is removed."""

    class Full(io.BytesIO):
        def write(self, data: Any) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    opened: list[BinaryIO] = []

    def open_full(*_: Any, **__: Any) -> BinaryIO:
        opened.append(Full())
        return opened[-1]

    client = await intake(RULES)
    monkeypatch.setattr(Path, "open", open_full)

    answer = await client.post("/describe", files={"file": ("a.bin", LARGE)})

    assert opened
    assert (507, "storage_full") == (answer.status_code, answer.json()["code"])


async def test_a_client_that_leaves_in_mid_upload_leaves_no_file(
    intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What had arrived is removed at once."""
    before = set(temporary_files())
    seen: list[int] = []
    write = RequestFile.write

    def watch(self: RequestFile, data: Any) -> None:
        write(self, data)
        seen.append(len(set(temporary_files()) - before))

    monkeypatch.setattr(RequestFile, "write", watch)
    client = await intake(RULES)
    transport = client._transport
    assert isinstance(transport, InProcessTransport)
    whole = httpx.Request("POST", "http://box/p/describe", files={"file": ("a.bin", LARGE)})
    messages = [{"type": "http.request", "body": whole.read()[:250_000], "more_body": True}]
    sent: list[Any] = []

    async def receive() -> Any:
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(name.lower(), value) for name, value in whole.headers.raw]
    scope = {"type": "http", "method": "POST", "path": "/p/describe", "root_path": "/p", "headers": headers}
    await transport.app(scope, receive, send)

    assert 1 in seen
    assert [] == sent
    assert set(temporary_files()) <= before


async def test_a_form_that_stops_arriving_is_given_up(intake: Intake, monkeypatch: pytest.MonkeyPatch) -> None:
    """The client is told, and what had come is removed."""
    monkeypatch.setattr(forms, "STALLED_S", 0.05)
    client = await intake(RULES)
    whole = httpx.Request("POST", "http://box", files={"file": ("a.bin", LARGE)})
    never = asyncio.Event()

    async def body() -> AsyncIterator[bytes]:
        yield whole.read()[:200_000]
        await never.wait()

    answer = await client.post("/describe", content=body(), headers=whole.headers.items())

    assert (408, "upload_stalled") == (answer.status_code, answer.json()["code"])


@pytest.mark.parametrize("name", ["../../a.txt", "C:\\folder\\a.txt", "/etc/a.txt", "a.txt"])
async def test_the_name_of_a_file_names_no_folder(intake: Intake, name: str) -> None:
    """An author may use it as it is."""
    client = await intake()

    answer = await client.post("/describe", files={"file": (name, b"x")})

    assert "a.txt" == answer.json()["filename"]


async def test_new_rules_hold_for_the_next_request(intake: Intake) -> None:
    """Without anything being built anew."""
    client = await intake(RequestRules(max_body_bytes=10))
    before = await client.post("/gather", json={"prompt": "something"})
    transport = client._transport
    assert isinstance(transport, InProcessTransport)

    transport.app.apply_rules(RequestRules())
    after = await client.post("/gather", json={"prompt": "something"})

    assert (413, 200) == (before.status_code, after.status_code)
