"""What makes two calls the same, and what is said of a call that was never recorded."""

# ruff: noqa: D102 - deployments as their authors write them
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

from aanad.sdk import BaseDeployment
from aanad.sdk.models import Image
from aanad.sdk.test_cache import problems, test_cache
from aanad.sdk.test_cache.key import key_of
from tests.sdk.conftest import Recordings


@dataclass
class Parameters:
    """Of a model."""

    temperature: float = 0.0
    stop: frozenset[str] = frozenset()


class Model(BaseDeployment):
    """Any model."""

    @test_cache
    async def run(
        self, prompt: Any = "", /, size: int = 1, *more: Any, parameters: Parameters | None = None, **options: Any
    ) -> str:
        return "done"

    @test_cache
    async def runs(self) -> str:
        return "done"


class Other(Model):
    """Another class."""


def stem(*args: Any, model: type[Model] = Model, config: dict[str, Any] | None = None, **kwargs: Any) -> str:
    deployment = model()
    deployment._applied_config = config
    return key_of(Model.run, deployment, args, kwargs).stem


PIXELS = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)


def file_of_image(folder: Path) -> Image:
    return Image(path=Image(numpy=PIXELS).save(folder / "image.png"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (stem("a"), stem("a", 1)),
        (stem("a"), stem("a", size=1, parameters=None)),
        (stem({"a": 1, "b": [2]}), stem({"b": [2], "a": 1})),
        (stem({3, 1, 2}), stem({2, 3, 1})),
        (stem(a=1, b=2), stem(b=2, a=1)),
        (stem(parameters=Parameters()), stem(parameters=Parameters(0.0, frozenset()))),
        (stem("a", config={"x": 1, "y": 2}), stem("a", config={"y": 2, "x": 1})),
        (stem("a", config=None), stem("a", config={})),
        (stem(PIL.Image.fromarray(PIXELS)), stem(PIL.Image.fromarray(PIXELS.copy()))),
        (stem(np.ones(100)), stem(np.ones(100))),
    ],
)
def test_the_same_call_has_the_same_file(one: str, other: str) -> None:
    """However it is written."""
    assert one == other


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (stem("a"), stem("b")),
        (stem(1), stem(1.0)),
        (stem(1), stem(True)),
        (stem("1"), stem(1)),
        (stem([1]), stem((1,))),
        (stem(0.1 + 0.2), stem(0.3)),
        (stem([1, 2]), stem([2, 1])),
        (stem("a", config={"x": 1}), stem("a", config={"x": 2})),
        (stem(parameters=Parameters(0.1)), stem(parameters=Parameters(0.2))),
        (stem(PIL.Image.fromarray(PIXELS)), stem(PIL.Image.fromarray(255 - PIXELS))),
        (stem(np.ones(100)), stem(np.ones(100, dtype=np.float32))),
    ],
)
def test_another_call_has_another_file(one: str, other: str) -> None:
    """Nothing that a model could tell apart is the same."""
    assert one != other


def test_media_count_by_their_content(tmp_path: Path) -> None:
    """Not by where they are, nor by what they are called."""
    image = file_of_image(tmp_path)
    renamed = Image(image.read(), filename="other.png", media_id="other")

    assert stem(image) == stem(renamed) == stem(Image(numpy=PIXELS))
    assert stem(image) != stem(Image(numpy=255 - PIXELS))


def test_a_file_name_can_be_read_and_is_safe() -> None:
    """Some words of the first text, whatever is in it."""
    assert stem("../../A Red DOG?\n" * 20).startswith("run.a-red-dog-a-red-dog-a-red-dog-a.")
    assert len(stem("x" * 10_000)) < 60
    assert stem(1).count(".") == 1


async def test_each_class_has_its_own_recordings(recordings: Recordings) -> None:
    """A method that is inherited is another deployment's."""
    recordings.record()
    await Model().run("a")
    await Other().run("a")

    assert [Path(name).parent.name for name in recordings.files()] == ["Model", "Other"]


def test_an_argument_without_a_canonical_form_is_named() -> None:
    """A function, say."""
    with pytest.raises(problems.NotRecordable, match=r"The argument prompt of Model.run: A builtins.function cannot"):
        stem(lambda: 1)


async def missed(recordings: Recordings, *args: Any, **kwargs: Any) -> problems.RecordingMissing:
    """What a call says whose recording is missing."""
    recordings.replay()
    with pytest.raises(problems.RecordingMissing) as caught:
        await Model().run(*args, **kwargs)
    assert str(recordings.folder / "Model" / f"{stem(*args, **kwargs)}.json") == caught.value.extra["needed"]
    assert caught.value.extra["needed"] in caught.value.message
    assert "SAVE_DEPLOYMENT_CACHE=true" in (caught.value.hint or "")
    return caught.value


async def test_a_miss_names_the_file_and_what_differs(recordings: Recordings) -> None:
    """From the nearest recording of the same method."""
    recordings.record()
    for prompt, size in (("a red dog", 1), ("a red cat", 2), ("something else", 7)):
        await Model().run(prompt, size)
    await Model().runs()

    error = await missed(recordings, "a red dig")

    assert Path(error.extra["nearest"]).name == f"{stem('a red dog', 1)}.json"
    assert error.message.endswith("differs in argument prompt: 'a red dig', recorded 'a red dog'.")


async def test_a_miss_tells_differences_deep_inside(recordings: Recordings) -> None:
    """With the path to the value, shortened, and not too many."""
    recordings.record()
    deployment = Model()
    await deployment.reconfigure({"dtype": "float16"})
    await deployment.run("a" * 200, parameters=Parameters(0.5, frozenset({"x"})), top_k=3)

    error = await missed(recordings, "b" * 200, parameters=Parameters(0.7, frozenset({"x"})), seed=1)

    assert error.message.endswith(
        "differs in argument options.seed: 1, which it has not; argument options.top_k, which it has as 3; "
        "argument parameters.temperature: 0.7, recorded 0.5; and 2 more."
    )


async def test_a_miss_shortens_what_it_shows(recordings: Recordings) -> None:
    """A prompt may be a book."""
    recordings.record()
    await Model().run("a" * 200)

    error = await missed(recordings, "b" * 200)

    assert error.message.endswith(f"argument prompt: '{'b' * 58}…, recorded '{'a' * 58}….")


async def test_a_miss_in_config(recordings: Recordings) -> None:
    """The key of the config is named."""
    recordings.record()
    deployment = Model()
    await deployment.reconfigure({"dtype": "float16"})
    await deployment.run("a")

    error = await missed(recordings, "a")

    assert "differs in config key dtype, which it has as 'float16'" in error.message


async def test_a_miss_without_any_recording(recordings: Recordings) -> None:
    """Says that there is none of the method, and where it was looked for."""
    recordings.record()
    await Model().runs()

    error = await missed(recordings, "a")

    assert f"There is no recording of Model.run in {recordings.folder / 'Model'}." in error.message
    assert "nearest" not in error.extra
    assert (error.status, error.code) == (500, "recording_missing")
