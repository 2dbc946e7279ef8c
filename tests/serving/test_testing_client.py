"""`aanad.serving.testing`: an author's tests meet the project as clients of a box do, without Ray."""

# ruff: noqa: D101, D102 - deployments and endpoints as their authors write them
from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import ray
from fastapi import APIRouter
from ray import serve

from aanad.errors import Failed, InvalidProject
from aanad.sdk import AanaDeploymentHandle, AanaSDK, BaseDeployment, Endpoint, wiring
from aanad.sdk.exceptions import NotFound
from aanad.serving.testing import running, running_sync

LOWERCASE = Path(__file__).parents[2] / "projects" / "lowercase"
PLAYGROUND = Path(__file__).parents[1] / "projects" / "playground"
events: list[str] = []


class Odd(Exception):
    """Cannot be made from what it says of itself, so it cannot cross to another process."""

    def __init__(self, one: int, other: int) -> None:
        super().__init__(one)


class Model(BaseDeployment):
    async def apply_config(self, config: dict[str, Any]) -> None:
        self.config = config
        self.seen: list[list[int]] = []

    async def remember(self, items: list[int]) -> list[list[int]]:
        self.seen.append(items)
        return self.seen

    def configured(self) -> dict[str, Any]:
        return self.config

    async def slow(self) -> None:
        try:
            await asyncio.sleep(60)
        finally:
            events.append("given up")

    async def count(self, limit: int) -> AsyncGenerator[int, None]:
        try:
            for number in range(limit):
                yield number
                await asyncio.sleep(0)
            await asyncio.sleep(60)
        finally:
            events.append("closed")

    def words(self, text: str) -> Iterator[str]:
        yield from text.split()

    async def fail(self, how: str) -> None:
        match how:
            case "aana":
                raise NotFound("There is no speaker.", code="no_speaker", hint="Look.", extra={"known": ["a"]})
            case "odd":
                raise Odd(1, 2)
            case "result":
                return sys._getframe()  # type: ignore[return-value]
        raise ValueError("secret")


class Caller(Endpoint):
    """Hands out its handle, so that tests can call it as an endpoint does."""

    handle: AanaDeploymentHandle

    async def initialize(self) -> None:
        type(self).handle = await AanaDeploymentHandle.create("model")


class Get(Caller):
    async def run(self, method: str, arguments: list[Any] | None = None) -> Any:
        return await getattr(self.handle, method)(*(arguments or []))


class Stream(Caller):
    async def run(self, method: str, arguments: list[Any]) -> AsyncGenerator[Any, None]:
        async for item in getattr(self.handle, method)(*arguments):
            yield item


@pytest.fixture
def app() -> AanaSDK:
    events.clear()
    made = AanaSDK(name="caller")
    made.register_deployment("model", serve.deployment(Model).options(user_config={"dtype": "half"}))
    made.register_endpoint("get", "/get", "Get", Get)
    made.register_endpoint("stream", "/stream", "Stream", Stream)
    return made


@pytest.fixture(autouse=True)
def _forget_projects() -> Iterator[None]:
    yield
    for module in list(sys.modules):
        if module.partition(".")[0] in {"lowercase", "playground", "shout"}:
            del sys.modules[module]


async def eventually(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - what is waited for happens in the code under test
            await asyncio.sleep(0.01)


async def test_a_project_s_folder_is_all_that_is_needed() -> None:
    """Read as a deploy reads it, and Ray is never started."""
    async with running(LOWERCASE) as client:
        answer = await client.post("/lowercase", json={"text": ["ABC"]})

    assert (answer.status_code, answer.json()) == (200, {"text": ["abc"]})
    assert str(answer.request.url) == "http://127.0.0.1:8000/lowercase/lowercase"
    assert not ray.is_initialized()


async def test_a_project_s_own_rules_count(tmp_path: Path) -> None:
    """``[requests]`` in its project.toml, as on a box."""
    shutil.copytree(LOWERCASE, tmp_path / "lowercase", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "lowercase" / "project.toml").write_text("[requests]\nmax_json_bytes = 20\n")

    async with running(tmp_path / "lowercase") as client:
        answer = await client.post("/lowercase", json={"text": ["a" * 30]})

    assert (answer.status_code, answer.json()["code"]) == (413, "json_too_large")


def test_without_an_event_loop() -> None:
    """Plain tests use a plain client."""
    with running_sync(PLAYGROUND) as client:
        assert client.post("/echo", json={"text": ["A"]}).json() == {"text": ["a"]}
        with client.stream("POST", "/count", json={"limit": 3}) as answer:
            assert list(answer.iter_lines()) == ['{"number":0}', '{"number":1}', '{"number":2}']
        assert client.get("/openapi.json").json()["info"]["title"] == "playground"
        assert client.post("/fail", json={}).status_code == 500


async def test_a_deployment_is_configured_as_it_was_registered(app: AanaSDK) -> None:
    """`apply_config` gets the user_config."""
    async with running(app) as client:
        answer = await client.post("/get", json={"method": "configured"})

    assert answer.json() == {"dtype": "half"}


async def test_routers_start_and_stop_with_the_client() -> None:
    """What they opened is closed when the test is over."""
    noted = []

    @asynccontextmanager
    async def lifespan(_: Any) -> AsyncGenerator[None, None]:
        noted.append("open")
        yield
        noted.append("closed")

    app = AanaSDK(name="routed")
    app.register_router(APIRouter(lifespan=lifespan), "/speakers")
    async with running(app):
        assert noted == ["open"]

    assert noted == ["open", "closed"]


async def test_what_crosses_to_a_deployment_is_a_copy(app: AanaSDK) -> None:
    """Neither side sees what the other does to it afterwards."""
    async with running(app):
        handle = Get.handle
        items = [1]
        first = await handle.remember(items)
        items.append(2)
        first.append([3])

        assert await handle.remember([4]) == [[1], [4]]


async def test_an_argument_that_cannot_be_sent_is_refused(app: AanaSDK) -> None:
    """As Ray would."""
    async with running(app):
        with pytest.raises(TypeError, match="cannot pickle"):
            await Get.handle.remember(sys._getframe())


async def test_errors_arrive_as_from_another_process(app: AanaSDK) -> None:
    """Aana's with all they say, others without a word of it, and those that cannot travel as that."""
    async with running(app) as client:
        known = await client.post("/get", json={"method": "fail", "arguments": ["aana"]})
        unknown = await client.post("/get", json={"method": "fail", "arguments": ["value"]})
        with pytest.raises(Failed) as odd:
            await Get.handle.fail("odd")
        with pytest.raises(TypeError, match="cannot pickle"):
            await Get.handle.fail("result")
        with pytest.raises(ValueError, match="secret"):
            await Get.handle.fail("value")

    assert (known.status_code, known.json()["code"], known.json()["hint"]) == (404, "no_speaker", "Look.")
    assert (unknown.status_code, unknown.json()["code"]) == (500, "internal_error")
    assert "secret" not in unknown.text
    assert odd.value.code == "deployment_call_failed"


async def test_a_stream_arrives_while_it_is_made(app: AanaSDK) -> None:
    """Chunk by chunk; a client that leaves closes the deployment's generator."""
    request = {"method": "count", "arguments": [3]}
    async with running(app) as client:
        async with client.stream("POST", "/stream", json=request) as answer:
            lines = answer.aiter_lines()
            assert [await anext(lines) for _ in range(3)] == ["0", "1", "2"]
            assert events == []

        await eventually(lambda: events == ["closed"])


async def test_a_generator_without_async_streams_too(app: AanaSDK) -> None:
    """As in a replica."""
    async with running(app) as client:
        answer = await client.post("/stream", json={"method": "words", "arguments": ["a b"]})

    assert answer.text == '"a"\n"b"\n'


async def test_a_call_that_nobody_waits_for_is_given_up(app: AanaSDK) -> None:
    """A caller that is cancelled cancels what it called."""
    async with running(app):
        task = asyncio.ensure_future(Get.handle.slow())
        await asyncio.sleep(0.05)
        task.cancel()

        await eventually(lambda: events == ["given up"])


async def test_a_client_s_timeout_counts(app: AanaSDK) -> None:
    """So that a test does not hang."""
    async with running(app) as client:
        with pytest.raises(httpx.ReadTimeout):
            await client.post("/get", json={"method": "slow"}, timeout=0.1)


async def test_requests_run_beside_each_other(app: AanaSDK) -> None:
    """A slow one keeps no other waiting, and each has an id of its own."""
    async with running(app) as client:
        slow = asyncio.ensure_future(client.post("/get", json={"method": "slow"}))
        problems = [(await client.post("/nowhere")).json() for _ in range(2)]
        slow.cancel()

    assert len({problem["request_id"] for problem in problems}) == 2


async def test_an_upload_streams_into_the_application(app: AanaSDK) -> None:
    """A body may come in parts, as from a slow client."""

    async def body() -> AsyncGenerator[bytes, None]:
        for part in (b'{"method": "remember", ', b'"arguments": ', b"[[7]]}"):
            yield part

    async with running(app) as client:
        answer = await client.post("/get", content=body(), headers={"content-type": "application/json"})
        form = await client.post("/get", data={"body": '{"method": "configured"}'})

    assert (answer.json(), form.json()) == ([[7]], {"dtype": "half"})


async def test_a_deployment_can_be_replaced(app: AanaSDK) -> None:
    """By any object with its methods; its class is then not even made."""

    class Fake:
        async def configured(self) -> str:
            return "fake"

    async with running(app, deployments={"model": Fake()}) as client:
        assert (await client.post("/get", json={"method": "configured"})).json() == "fake"


async def test_a_replacement_for_nothing_is_refused(app: AanaSDK) -> None:
    """A typing error must not leave the real one in place."""
    with pytest.raises(InvalidProject, match="has no deployment modle") as caught:
        async with running(app, deployments={"modle": object()}):
            pass

    assert caught.value.hint == "It has: model."


async def test_nothing_of_a_project_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its name, variables and settings are those of project.toml while it runs, and gone afterwards."""
    folder = tmp_path / "folder-of-another-name"
    folder.mkdir()
    (folder / "main.py").write_text(
        "import os\nfrom aanad.sdk import AanaSDK, Endpoint\n"
        "class Say(Endpoint):\n    async def run(self) -> str:\n        return os.environ['GREETING']\n"
        "shout = AanaSDK(name='shout')\nshout.register_endpoint('say', '/say', 'Say', Say)\n"
    )
    (folder / "project.toml").write_text(
        'name = "shout"\napp = "main:shout"\nroute_prefix = "/v1/shout"\n[env]\nGREETING = "hi"\nHOME = "/nowhere"\n'
    )
    monkeypatch.delenv("GREETING", raising=False)
    home, path = os.environ["HOME"], list(sys.path)

    async with running(folder) as client:
        answer = await client.post("/say", json={})
        assert wiring.current() is not None

    assert (answer.json(), answer.request.url.path) == ("hi", "/v1/shout/say")
    assert ("GREETING" in os.environ, os.environ["HOME"], sys.path) == (False, home, path)
    assert wiring.current() is None


async def test_project_toml_s_user_config_wins(tmp_path: Path) -> None:
    """As in a deploy."""
    folder = tmp_path / "shout"
    folder.mkdir()
    (folder / "app.py").write_text(
        "from ray import serve\nfrom aanad.sdk import AanaSDK\n"
        "from tests.serving.test_testing_client import Get, Model\n"
        "app = AanaSDK(name='shout')\n"
        "app.register_deployment('model', serve.deployment(Model).options(user_config={'dtype': 'half'}))\n"
        "app.register_endpoint('get', '/get', 'Get', Get)\n"
    )
    (folder / "project.toml").write_text('[deployments.model]\nuser_config = { dtype = "double" }\n')

    async with running(folder) as client:
        assert (await client.post("/get", json={"method": "configured"})).json() == {"dtype": "double"}


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "has no app.py"),
        ({"project.toml": "nam = 1"}, "nam: Extra inputs are not permitted"),
        ({"project.toml": "="}, "cannot be read"),
    ],
)
async def test_a_folder_that_is_no_project_is_told(tmp_path: Path, files: dict[str, str], message: str) -> None:
    """With the same sentence as elsewhere."""
    folder = tmp_path / "shout"
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text)

    with pytest.raises(InvalidProject, match=message):
        async with running(folder):
            pass


async def test_two_projects_of_one_name_are_told_apart(tmp_path: Path) -> None:
    """Python would give the second one the first one's modules."""
    for place in ("one", "two"):
        (tmp_path / place / "shout").mkdir(parents=True)
        (tmp_path / place / "shout" / "app.py").write_text(
            "from aanad.sdk import AanaSDK\napp = AanaSDK(name='shout')\n"
        )
    async with running(tmp_path / "one" / "shout"):
        pass

    with pytest.raises(InvalidProject, match="is imported already"):
        async with running(tmp_path / "two" / "shout"):
            pass
    async with running(tmp_path / "one" / "shout") as client:
        assert (await client.get("/")).json()["project"] == "shout"
