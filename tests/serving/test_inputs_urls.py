"""Media by URL: fetched before the endpoint runs, from where the rules allow it, within limits of time and size."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from aanad.sdk import temporary
from aanad.serving.inputs import addresses
from aanad.wire.requests import RequestRules

Intake = Callable[..., Awaitable[httpx.AsyncClient]]
ANY = RequestRules(urls="any", url_timeout_s=20, max_download_bytes=100_000, max_memory_bytes=1000)
PUBLIC = ANY.model_copy(update={"urls": "public"})
LARGE = b"x" * 50_000


class Origin:
    """An HTTP server on loopback whose answers are raw bytes, by path; it notes what it was asked."""

    def __init__(self) -> None:
        self.requests: list[str] = []
        self.at_once = 0
        self.port = 0
        self.gate = asyncio.Event()
        self.crowded = asyncio.Event()
        """Set while four are waiting."""

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        """The address of an answer."""
        return f"http://{host}:{self.port}/{path}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request and close."""
        self.at_once += 1
        if self.at_once == 4:
            self.crowded.set()
        try:
            request = (await reader.readuntil(b"\r\n\r\n")).decode()
            self.requests.append(request)
            for part in self._answer(request.split()[1].lstrip("/")):
                if part is None:
                    await self.gate.wait()
                else:
                    writer.write(part)
                    await writer.drain()
            writer.close()
            await writer.wait_closed()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self.at_once -= 1

    def _answer(self, path: str) -> list[bytes | None]:
        head = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n"
        found = b"HTTP/1.1 302 Found\r\ncontent-length: 0\r\nlocation: %s\r\n\r\n"
        answers: dict[str, list[bytes | None]] = {
            "small": [head + b"content-length: 5\r\n\r\nsmall"],
            "large": [head + b"content-length: 50000\r\n\r\n" + LARGE],
            "together": [head + b"content-length: 5\r\n\r\n", None, b"small"],
            "huge": [head + b"content-length: 200000\r\n\r\n", None],
            "endless": [head + b"\r\n", *[LARGE] * 3, None],
            "slow": [head + b"content-length: 5\r\n\r\nsma", None],
            "short": [head + b"content-length: 10\r\n\r\nsmall"],
            "gzip": [head + b"content-encoding: gzip\r\ncontent-length: 2\r\n\r\nxx"],
            "missing": [b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"],
            "nonsense": [b"SSH-2.0-OpenSSH_9.6\r\n"],
            "redirect/loop": [found % b"/redirect/loop"],
            "redirect/file": [found % b"file:///etc/passwd"],
            "redirect/fine": [found % b"/small"],
            "redirect/private": [found % self.url("small", "127.0.0.2").encode()],
        }
        return answers[path]


@pytest.fixture
async def origin() -> AsyncIterator[Origin]:
    """A server, gone afterwards, and no file left of what was fetched from it."""
    before = set(temporary.folder().iterdir())
    origin = Origin()
    server = await asyncio.start_server(origin.serve, "127.0.0.1", 0)
    origin.port = server.sockets[0].getsockname()[1]
    yield origin
    origin.gate.set()
    server.close()
    await server.wait_closed()
    assert set(temporary.folder().iterdir()) <= before


async def describe(client: httpx.AsyncClient, url: str) -> httpx.Response:
    """Send a file by its URL."""
    return await client.post("/describe", json={"file": url})


async def test_what_a_url_leads_to_is_there_when_the_endpoint_runs(intake: Intake, origin: Origin) -> None:
    """In memory or on disk by the same limit as an upload, with the type and the name that its server gives it."""
    client = await intake(ANY)

    small = (await describe(client, origin.url("small"))).json()
    large = (await client.post("/describe", data={"file": origin.url("large")})).json()

    assert (5, "text/plain", "small", None) == (small["size"], small["media_type"], small["filename"], small["path"])
    assert 50_000 == large["size"]
    assert not Path(large["path"]).exists()


async def test_all_urls_of_a_request_are_fetched_at_the_same_time(intake: Intake, origin: Origin) -> None:
    """Each waits for the others here, so one after the other would take for ever."""
    client = await intake(ANY)
    request = asyncio.create_task(client.post("/gather", json={"prompt": "p", "files": [origin.url("together")] * 4}))
    await origin.crowded.wait()

    origin.gate.set()

    assert [5] * 4 == [each["size"] for each in (await request).json()["files"]]


async def test_a_request_has_a_limited_number_of_urls(intake: Intake, origin: Origin) -> None:
    """None is fetched where there are more."""
    client = await intake(ANY)

    answer = await client.post("/gather", json={"prompt": "p", "files": [origin.url("small")] * 101})

    assert (413, "too_many_urls") == (answer.status_code, answer.json()["code"])
    assert [] == origin.requests


REFUSED = [
    # path, status, code, what the message says
    ("huge", 413, "download_too_large", "larger than 100000 bytes"),
    ("endless", 413, "download_too_large", "larger than 100000 bytes"),
    ("short", 422, "download_failed", "does not answer as it should"),
    ("gzip", 422, "download_failed", "compressed"),
    ("missing", 422, "download_failed", "answered 404"),
    ("nonsense", 422, "download_failed", "does not answer as it should"),
    ("redirect/loop", 422, "download_failed", "redirects more than 5 times"),
    ("redirect/file", 422, "url_refused", "neither http nor https"),
]


@pytest.mark.parametrize(("path", "status", "code", "says"), REFUSED)
async def test_a_url_that_does_not_keep_to_the_rules_is_refused(
    intake: Intake, origin: Origin, path: str, status: int, code: str, says: str
) -> None:
    """The problem names the field."""
    client = await intake(ANY)

    answer = await client.post("/gather", json={"prompt": "p", "files": [origin.url("small"), origin.url(path)]})

    problem = answer.json()
    assert (status, code) == (answer.status_code, problem["code"]), problem
    assert says in problem["message"]
    assert problem["hint"]
    assert ["body.files.1"] == [error["field"] for error in problem["errors"]]


async def test_a_slow_server_is_waited_for_as_long_as_the_rules_say(intake: Intake, origin: Origin) -> None:
    """However it spreads its bytes."""
    client = await intake(ANY.model_copy(update={"url_timeout_s": 0.3}))
    began = time.monotonic()

    answer = await describe(client, origin.url("slow"))

    assert (504, "download_timeout") == (answer.status_code, answer.json()["code"])
    assert time.monotonic() - began < 10


async def test_an_unknown_host_and_a_closed_port_are_said(intake: Intake, monkeypatch: pytest.MonkeyPatch) -> None:
    """One sentence for each."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        refused = await describe(await intake(ANY), f"http://127.0.0.1:{closed.getsockname()[1]}/a")

    async def look_up(*_: Any, **__: Any) -> list[Any]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", look_up)
    unknown = await describe(await intake(PUBLIC), "http://nowhere.example.org/a")

    assert (422, "download_failed") == (refused.status_code, refused.json()["code"])
    assert (422, "download_failed") == (unknown.status_code, unknown.json()["code"])
    assert "the host nowhere.example.org is not known" in unknown.json()["message"]


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "2130706433", "127.1", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"]
)
async def test_public_means_no_address_of_this_machine(intake: Intake, origin: Origin, host: str) -> None:
    """However it is written; nothing is sent there."""
    client = await intake(PUBLIC)

    answer = await describe(client, origin.url("small", host))

    assert (422, "url_refused") == (answer.status_code, answer.json()["code"]), answer.text
    assert [] == origin.requests


@pytest.fixture
def loopback_is_public(monkeypatch: pytest.MonkeyPatch) -> None:
    """127.0.0.1 stands for the internet, and 127.0.0.2 for the private network."""
    monkeypatch.setattr(addresses, "is_public", lambda address: address == "127.0.0.1")


@pytest.mark.usefixtures("loopback_is_public")
async def test_a_redirect_is_checked_as_the_first_address_was(intake: Intake, origin: Origin) -> None:
    """One to a private address is not followed."""
    client = await intake(PUBLIC)

    followed = await describe(client, origin.url("redirect/fine"))
    refused = await describe(client, origin.url("redirect/private"))

    assert 5 == followed.json()["size"]
    assert (422, "url_refused") == (refused.status_code, refused.json()["code"])
    assert "127.0.0.2" in refused.json()["message"]
    assert ["/redirect/fine", "/small", "/redirect/private"] == [each.split()[1] for each in origin.requests]


@pytest.mark.usefixtures("loopback_is_public")
async def test_the_address_that_was_checked_is_the_one_that_is_used(
    intake: Intake, origin: Origin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name is looked up once, and private addresses beside a public one are passed over; the name stays its Host."""
    client = await intake(PUBLIC)
    asked: list[str] = []

    async def look_up(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        found = ["10.0.0.1", "127.0.0.1"] if len(asked) == 1 else ["10.0.0.1"]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", look_up)

    answer = await describe(client, origin.url("small", "rebinding.example.org"))

    assert 5 == answer.json()["size"], answer.text
    assert ["rebinding.example.org"] == asked
    assert f"Host: rebinding.example.org:{origin.port}\r\n" in origin.requests[0]


async def test_a_proxy_of_the_environment_is_not_used(
    intake: Intake, origin: Origin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would lead past the check."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    client = await intake(ANY)

    assert 5 == (await describe(client, origin.url("small"))).json()["size"]


async def test_a_picture_by_url_is_checked_as_an_uploaded_one(intake: Intake, origin: Origin) -> None:
    """A text is none."""
    client = await intake(ANY)

    answer = await client.post("/picture", json={"image": {"url": origin.url("small")}})

    assert (415, "body.image") == (answer.status_code, answer.json()["errors"][0]["field"]), answer.text


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700:4700::1111", True),
        ("64:ff9b::808:808", True),
        ("10.0.0.1", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("127.0.0.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("240.0.0.1", False),
        ("255.255.255.255", False),
        ("::", False),
        ("::1", False),
        ("::ffff:10.0.0.1", False),
        ("::ffff:169.254.169.254", False),
        ("64:ff9b::a00:1", False),
        ("2002:a00:1::1", False),
        ("2001:0:4136:e378:8000:63bf:3fff:fdd2", False),
        ("fe80::1%eth0", False),
        ("fc00::1", False),
        ("fec0::1", False),
        ("ff02::1", False),
        ("::10.0.0.1", False),
        ("2001:db8::1", False),
        ("no address", False),
    ],
)
def test_which_addresses_are_public(address: str, public: bool) -> None:
    """Only those of the internet, in whatever form they are written."""
    assert public == addresses.is_public(address)
