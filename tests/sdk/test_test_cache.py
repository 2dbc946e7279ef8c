"""`test_cache`: what is recorded and replayed, when, and that no model is loaded for it."""

# ruff: noqa: D101, D102 - deployments as their authors write them
from __future__ import annotations

import asyncio
import functools
import inspect
import json
import logging
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path
from typing import Any, TypedDict

import pytest
from ray import cloudpickle, serve

from aanad.errors import Failed, InvalidSettings
from aanad.sdk import BaseDeployment, wiring
from aanad.sdk.exceptions import NotFound, TooManyRequests
from aanad.sdk.methods import Kind, public_methods
from aanad.sdk.test_cache import problems, test_cache
from aanad.sdk.test_cache.mode import cache_folder
from tests.sdk.conftest import Recordings


class Caption(TypedDict):
    text: str
    score: float


class OutOfLuck(RuntimeError):
    """An error of the project's own."""

    def __init__(self, amount: int, *, unit: str) -> None:
        super().__init__(amount)
        self.unit = unit


class Captioner(BaseDeployment):
    """A model of each kind of method; it counts how often it was really asked."""

    loaded = 0
    calls = 0

    async def apply_config(self, config: dict[str, Any]) -> None:
        type(self).loaded += 1
        self.model = str.upper

    def ask(self, prompt: str) -> str:
        type(self).calls += 1
        return self.model(prompt)

    @test_cache
    async def caption(self, prompt: str, temperature: float = 0.0) -> Caption:
        return {"text": self.ask(prompt), "score": temperature}

    @test_cache
    async def stream(self, prompt: str, fail: bool = False) -> AsyncGenerator[str, None]:
        for word in self.ask(prompt).split():
            yield word
        if fail:
            raise NotFound("The last word is gone.", code="no_word", hint="Look elsewhere.", extra={"word": 3})

    @test_cache
    async def fail(self, kind: str) -> None:
        self.ask("")
        match kind:
            case "aana":
                raise TooManyRequests("Later.", retry_after_s=7.0, code="busy", extra={"queue": 3})
            case "key":
                raise KeyError("speaker")
            case "own":
                raise OutOfLuck(3, unit="clovers")
        import binascii

        raise binascii.Error("no such digit")


class Plain(Captioner):
    """The same without async."""

    @test_cache
    def count(self, text: str) -> int:
        return len(self.ask(text))

    @test_cache
    def words(self, text: str) -> Iterator[str]:
        yield from self.ask(text).split()


@pytest.fixture(autouse=True)
def _counters() -> None:
    for cls in (Captioner, Plain):
        cls.loaded = cls.calls = 0


async def started(cls: type[Captioner] = Captioner, **config: Any) -> Any:
    deployment = cls()
    await deployment.reconfigure(config)
    return deployment


async def test_off_is_the_default(recordings: Recordings) -> None:
    """Without the variables the method is called and nothing is written."""
    deployment = await started()

    assert await deployment.caption("a dog") == {"text": "A DOG", "score": 0.0}
    assert [word async for word in deployment.stream("a dog")] == ["A", "DOG"]
    assert (Captioner.loaded, Captioner.calls, recordings.files()) == (1, 2, [])


async def test_what_was_recorded_is_replayed_without_a_model(recordings: Recordings) -> None:
    """The second run loads nothing and calls nothing."""
    recordings.record()
    deployment = await started(size="small")
    first = await deployment.caption("a dog", 0.5), [word async for word in deployment.stream("a dog")]
    recordings.replay()
    Captioner.loaded = Captioner.calls = 0
    deployment = await started(size="small")

    again = await deployment.caption("a dog", 0.5), [word async for word in deployment.stream("a dog")]

    assert again == first == ({"text": "A DOG", "score": 0.5}, ["A", "DOG"])
    assert (Captioner.loaded, Captioner.calls) == (0, 0)


async def test_plain_methods_and_generators_too(recordings: Recordings) -> None:
    """A method need not be async."""
    recordings.record()
    deployment = await started(Plain)
    first = deployment.count("one two"), list(deployment.words("one two"))
    recordings.replay()
    Plain.loaded = 0
    deployment = await started(Plain)

    assert (deployment.count("one two"), list(deployment.words("one two"))) == first == (7, ["ONE", "TWO"])
    assert Plain.loaded == 0


async def test_a_recording_can_be_read_in_a_diff(recordings: Recordings) -> None:
    """Indented, in a fixed order, with the arguments as they are written; its name tells what it is of."""
    recordings.record()
    deployment = await started(size="small")

    await deployment.caption("A dog, in the Rain!", temperature=0.5)

    path, recording = recordings.only()
    assert path.parent.name == "Captioner"
    assert path.name.startswith("caption.a-dog-in-the-rain.")
    assert recording == {
        "deployment": "Captioner",
        "method": "caption",
        "config": {"size": "small"},
        "arguments": {"prompt": "A dog, in the Rain!", "temperature": 0.5},
        "result": {"text": "A DOG, IN THE RAIN!", "score": 0.5},
    }
    assert path.read_text() == json.dumps(recording, indent=2) + "\n"
    assert list(recording) == ["deployment", "method", "config", "arguments", "result"]


async def test_recording_again_gives_the_same_bytes(recordings: Recordings) -> None:
    """So that a diff shows what changed, and only that."""
    recordings.record()
    deployment = await started()
    await deployment.caption("a dog")
    path, _ = recordings.only()
    before = path.read_bytes()
    recordings.record()

    await deployment.caption("a dog")

    assert recordings.only()[0].read_bytes() == before
    assert Captioner.calls == 2


async def test_a_call_that_is_recorded_is_not_made_again_in_the_same_run(recordings: Recordings) -> None:
    """A model that samples would give something else, and recordings that depend on the first would be lost."""
    recordings.record()
    deployment = await started()
    first = await deployment.caption("a dog")

    assert await deployment.caption(prompt="a dog") == first
    assert Captioner.calls == 1


async def test_both_variables_replay_what_is_there_and_record_what_is_missing(recordings: Recordings) -> None:
    """The model is loaded by the first call that needs it, once."""
    recordings.record()
    await (await started()).caption("a dog")
    Captioner.loaded = Captioner.calls = 0
    recordings.switch(use="true", save="true")
    deployment = await started()

    assert (await deployment.caption("a dog"))["text"] == "A DOG"
    assert Captioner.loaded == 0
    found = await asyncio.gather(deployment.caption("a cat"), deployment.caption("a cow"))

    assert [each["text"] for each in found] == ["A CAT", "A COW"]
    assert (Captioner.loaded, Captioner.calls, len(recordings.files())) == (1, 2, 3)


async def test_with_both_a_plain_method_has_its_model_from_the_start(recordings: Recordings) -> None:
    """It could not wait for it."""
    recordings.switch(use="true", save="true")
    deployment = await started(Plain)

    assert Plain.loaded == 1
    assert deployment.count("one") == 3


async def test_a_deployment_without_cached_methods_keeps_its_model(recordings: Recordings) -> None:
    """Nothing of it could be replayed."""

    class Uncached(Captioner):
        caption = stream = fail = None

    recordings.replay()

    assert (await started(Uncached)).ask("a") == "A"


async def test_the_variables_are_read_when_a_call_begins(recordings: Recordings) -> None:
    """A deployment that started without its model loads it once a call is not to be replayed any more."""
    recordings.replay()
    deployment = await started()
    recordings.switch()

    assert (await deployment.caption("a dog"))["text"] == "A DOG"
    assert Captioner.loaded == 1


async def test_a_plain_method_without_its_model_says_so(recordings: Recordings) -> None:
    """In place of an AttributeError from inside of it."""
    recordings.replay()
    deployment = await started(Plain)
    recordings.switch()

    with pytest.raises(Failed, match="started with USE_DEPLOYMENT_CACHE=true and has no model") as caught:
        deployment.count("one")
    assert caught.value.code == "model_not_loaded"


@pytest.mark.parametrize(
    ("value", "is_on"), [("True", True), ("1", True), ("on", True), ("false", False), ("0", False)]
)
async def test_how_a_variable_is_written(recordings: Recordings, value: str, is_on: bool) -> None:
    """As people write true and false."""
    recordings.switch(save=value)

    await (await started()).caption("a dog")

    assert bool(recordings.files()) is is_on


async def test_a_variable_that_is_neither_is_refused(recordings: Recordings) -> None:
    """A typing error must not look like a test without recordings."""
    deployment = await started()
    recordings.switch(use="ture")

    with pytest.raises(InvalidSettings, match="USE_DEPLOYMENT_CACHE is 'ture'"):
        await deployment.caption("a dog")


async def test_an_error_of_aana_replays_as_it_was(recordings: Recordings) -> None:
    """Class, message, code, status, hint and what else it carries."""
    recordings.record()
    for switch in (recordings.record, recordings.replay):
        switch()
        with pytest.raises(TooManyRequests, match=r"^Later\.$") as caught:
            await (await started()).fail("aana")
        assert type(caught.value) is TooManyRequests
        assert (caught.value.code, caught.value.status, caught.value.retry_after_s) == ("busy", 429, 7.0)
        assert (caught.value.extra, caught.value.hint) == ({"queue": 3}, None)
    assert Captioner.calls == 1


async def test_other_errors_replay_too(recordings: Recordings) -> None:
    """Python's own and the project's as they were, a library's as what it is of Python's."""
    for switch in (recordings.record, recordings.replay):
        switch()
        deployment = await started()
        with pytest.raises(KeyError, match=r"^'speaker'$"):
            await deployment.fail("key")
        with pytest.raises(OutOfLuck, match=r"^3$") as caught:
            await deployment.fail("own")
        assert caught.value.unit == "clovers"
        with pytest.raises(ValueError, match="no such digit") as other:
            await deployment.fail("library")
        assert (type(other.value) is ValueError) is (switch == recordings.replay)
    assert Captioner.calls == 3


async def test_a_stream_replays_its_error_after_its_chunks(recordings: Recordings) -> None:
    """In the order in which they were."""
    for switch in (recordings.record, recordings.replay):
        switch()
        words = []
        with pytest.raises(NotFound) as caught:  # noqa: PT012 - what came before the error counts
            async for word in (await started()).stream("a dog", fail=True):
                words.append(word)  # noqa: PERF401 - as above
        assert words == ["A", "DOG"]
        assert (caught.value.code, caught.value.status, caught.value.extra) == ("no_word", 404, {"word": 3})
    assert Captioner.calls == 1


async def test_a_stream_that_was_given_up_is_marked(recordings: Recordings) -> None:
    """It replays for a reader that goes away as early; one that reads on is told that there is no more."""
    recordings.record()
    stream = (await started()).stream("one two three")
    assert await anext(stream) == "ONE"
    await stream.aclose()
    assert recordings.only()[1]["complete"] is False
    recordings.replay()
    replayed = (await started()).stream("one two three")

    assert await anext(replayed) == "ONE"
    with pytest.raises(problems.RecordingMissing, match="ends after 1 chunks: when it was made, its reader went away"):
        await anext(replayed)


async def test_a_whole_stream_is_not_replaced_by_a_part_of_it(recordings: Recordings) -> None:
    """And a part is replaced by the whole."""
    recordings.record()
    for is_whole in (False, True, False):
        stream = (await started()).stream("one two three")
        await anext(stream)
        if is_whole:
            assert [word async for word in stream] == ["TWO", "THREE"]
        await stream.aclose()

    assert recordings.only()[1]["chunks"] == ["ONE", "TWO", "THREE"]
    assert "complete" not in recordings.only()[1]


async def test_a_stream_given_up_before_its_first_chunk_leaves_nothing(recordings: Recordings) -> None:
    """There is nothing to replay."""
    recordings.record()
    stream = (await started()).stream("one")

    await stream.aclose()

    assert recordings.files() == []


async def test_what_is_changed_after_the_call_is_not_recorded(recordings: Recordings) -> None:
    """Neither by the method, in its arguments, nor by its caller, in what it got."""

    class Changing(BaseDeployment):
        @test_cache
        async def take(self, items: list[int]) -> AsyncGenerator[list[int], None]:
            items.append(9)
            yield items

    recordings.record()
    async for chunk in Changing().take([1]):
        chunk.append(10)

    _, recording = recordings.only()
    assert (recording["arguments"], recording["chunks"]) == ({"items": [1]}, [[1, 9]])


async def test_one_object_replays_many_calls_at_once(recordings: Recordings) -> None:
    """As in a replica."""
    recordings.record()
    deployment = await started()
    prompts = [f"prompt {n}" for n in range(20)]
    first = await asyncio.gather(*map(deployment.caption, prompts))
    recordings.replay()
    deployment = await started()

    assert await asyncio.gather(*map(deployment.caption, prompts)) == first


def test_a_cached_method_is_of_the_kind_it_was() -> None:
    """A handle knows which methods give a stream, and Serve's wrapping changes no name."""
    kinds = public_methods(Plain)

    assert (kinds["caption"], kinds["stream"], kinds["words"]) == (Kind.VALUE, Kind.STREAM, Kind.STREAM)
    assert inspect.signature(Captioner.caption) == inspect.signature(Captioner.caption.__wrapped__)  # type: ignore[attr-defined]
    assert serve.deployment(Captioner).func_or_class.__name__ == "Captioner"


async def test_a_wrapper_around_a_cached_method_changes_nothing(recordings: Recordings) -> None:
    """Other decorators may stand above it."""

    def counted(method: Any) -> Any:
        @functools.wraps(method)
        async def wrapper(*args: Any, **kwargs: Any) -> Any:
            return await method(*args, **kwargs)

        return wrapper

    class Wrapped(Captioner):
        caption = counted(Captioner.caption)

    recordings.record()
    await (await started(Wrapped)).caption("a dog")
    recordings.replay()
    Wrapped.loaded = 0

    assert (await (await started(Wrapped)).caption("a dog"))["text"] == "A DOG"
    assert Wrapped.loaded == 0


async def test_a_deployment_travels_to_its_replica(recordings: Recordings) -> None:
    """The class is pickled, as Serve does."""

    class Local(BaseDeployment):
        @test_cache
        async def double(self, number: int) -> int:
            return 2 * number

    recordings.record()
    travelled = cloudpickle.loads(cloudpickle.dumps(Local))

    assert await travelled().double(4) == 8
    assert recordings.only()[1]["result"] == 8


@pytest.mark.parametrize("wrong", [staticmethod(len), property(len), 3])
def test_what_is_no_method_is_refused(wrong: Any) -> None:
    """While the class is made, with where the decorator belongs."""
    with pytest.raises(TypeError, match="right above 'def'"):
        test_cache(wrong)


async def test_a_method_that_hides_a_stream_is_refused(recordings: Recordings) -> None:
    """What it returns could not be kept."""

    class Hiding(BaseDeployment):
        @test_cache
        def words(self) -> Iterator[str]:
            return iter("ab")

    recordings.record()
    with pytest.raises(problems.NotRecordable, match="returns a str_ascii_iterator") as caught:
        Hiding().words()
    assert (caught.value.hint, recordings.files()) == ("Write it as 'async def', or with 'yield'.", [])


async def test_two_recorders_do_each_other_no_harm(recordings: Recordings) -> None:
    """Many processes write the same calls; each file is whole, and nothing else is left."""
    program = f"""
import asyncio, numpy as np, os, sys
os.environ |= {{"SAVE_DEPLOYMENT_CACHE": "1", "DEPLOYMENT_CACHE_DIR": {str(recordings.folder)!r}}}
from aanad.sdk import BaseDeployment
from aanad.sdk.test_cache import test_cache

class Noise(BaseDeployment):
    @test_cache
    async def make(self, size: int) -> np.ndarray:
        return np.random.default_rng().random(size)

async def main():
    for _ in range(30):
        await Noise().make(100)

asyncio.run(main())
"""
    import sys

    recorders = [await asyncio.create_subprocess_exec(sys.executable, "-c", program) for _ in range(2)]
    assert [await recorder.wait() for recorder in recorders] == [0, 0]

    _, recording = recordings.only()
    assert len(recordings.files()) == 2
    assert (recordings.folder / "Noise" / recording["result"]["file"]).is_file()


def test_where_the_recordings_are(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """In the folder that is named, else in the project's tests, else below the working folder."""
    monkeypatch.delenv("DEPLOYMENT_CACHE_DIR", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shout").mkdir()
    monkeypatch.syspath_prepend(str(tmp_path))

    assert cache_folder() == tmp_path / "tests" / "cache"
    wiring.install(wiring.Wiring(project="shout", handles={}))
    assert cache_folder() == tmp_path / "shout" / "tests" / "cache"
    monkeypatch.setenv("DEPLOYMENT_CACHE_DIR", str(tmp_path / "elsewhere"))
    assert cache_folder() == tmp_path / "elsewhere"


async def test_a_recorded_error_is_told(recordings: Recordings, caplog: pytest.LogCaptureFixture) -> None:
    """Whoever records sees that it was one, and may not want to keep it."""
    recordings.record()
    with caplog.at_level(logging.WARNING), pytest.raises(KeyError):
        await (await started()).fail("key")

    assert "Captioner.fail failed, and that is recorded" in caplog.text


async def test_the_errors_of_the_cache_itself_are_not_recorded(recordings: Recordings) -> None:
    """A cached method that calls another whose recording is missing has no answer of its own."""

    class Outer(BaseDeployment):
        @test_cache
        async def outer(self) -> object:
            return await self.inner()

        @test_cache
        async def inner(self) -> object:
            return object()

    recordings.record()
    with pytest.raises(problems.NotRecordable):
        await Outer().outer()

    assert recordings.files() == []
