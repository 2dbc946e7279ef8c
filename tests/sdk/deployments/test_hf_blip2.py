"""The BLIP-2 deployment on a tiny model of the real class, loaded by the real model's id."""

from __future__ import annotations

import asyncio
import sys
import weakref
from typing import TYPE_CHECKING, Any

import PIL.Image
import pytest

from aanad.sdk.deployments.hf_blip2 import HFBlip2Config, HFBlip2Deployment
from aanad.sdk.deployments.torch_models import ModelLoadError
from aanad.sdk.exceptions import InferenceError, InvalidMedia
from aanad.sdk.models import Dtype, Image

if TYPE_CHECKING:
    from collections.abc import Callable

MODEL = "Salesforce/blip2-opt-2.7b"
pytestmark = [
    pytest.mark.usefixtures("hf_home"),
    pytest.mark.filterwarnings("default"),  # the model libraries' own
]

RED = Image(pil=PIL.Image.new("RGB", (300, 200), (200, 0, 30)))
NOISE = Image(pil=PIL.Image.effect_noise((64, 64), 200))
BROKEN = Image(b"no picture at all")


def config(**settings: Any) -> dict[str, Any]:
    """A user_config as an author writes it."""
    return HFBlip2Config(**{"model_id": MODEL, "max_new_tokens": 12} | settings).model_dump(mode="json")


async def start(user_config: dict[str, Any]) -> Any:
    """A replica's object, as Serve makes it."""
    deployment = HFBlip2Deployment.func_or_class()
    await deployment.reconfigure(user_config)
    return deployment


@pytest.fixture
async def deployment() -> Any:
    return await start(config(batch_size=4))


async def test_an_image_gets_its_caption(deployment: Any) -> None:
    """Some words, the same each time, others for another image."""
    red = await deployment.generate_single(RED)

    assert set(red) == {"caption"}
    assert len(red["caption"].split()) > 3
    assert red == await deployment.generate_single(image=RED)
    assert red != await deployment.generate_single(NOISE)


async def test_a_batch_has_its_captions_in_order(deployment: Any) -> None:
    """More images than the model takes at once, each captioned as if it were alone."""
    red, noise = [(await deployment.generate_single(image))["caption"] for image in (RED, NOISE)]

    assert await deployment.generate_batch([RED, NOISE, RED, NOISE, NOISE]) == {
        "captions": [red, noise, red, noise, noise]
    }


async def test_a_broken_image_is_only_its_sender_s_trouble(deployment: Any) -> None:
    """Calls that share a batch with it get their captions."""
    results = await asyncio.gather(
        *(deployment.generate_single(image) for image in (RED, BROKEN, NOISE)), return_exceptions=True
    )

    assert isinstance(results[1], InvalidMedia)
    assert results[0] == await deployment.generate_single(RED)
    assert results[2] == await deployment.generate_single(NOISE)


async def test_other_settings_leave_the_model_loaded(deployment: Any) -> None:
    """A shorter caption is had without loading the model again."""
    long, model = await deployment.generate_single(RED), deployment._model

    await deployment.reconfigure(config(max_new_tokens=2, batch_size=1))

    short = await deployment.generate_single(RED)
    assert len(short["caption"].split()) == 2
    assert long["caption"].startswith(short["caption"])
    assert deployment._model is model


async def test_another_type_replaces_the_model(deployment: Any) -> None:
    """The weights are loaded in the type asked for, and nothing holds the old ones."""
    old = weakref.ref(deployment._model)

    await deployment.reconfigure(config(dtype=Dtype.BFLOAT16))

    assert old() is None
    assert str(deployment._model.dtype) == "torch.bfloat16"
    assert (await deployment.generate_single(RED))["caption"]


async def test_half_precision_is_float32_on_a_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same preset runs on a laptop, where half precision is slow or missing."""
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)

    deployment = await start(config(dtype=Dtype.FLOAT16))

    assert str(deployment._model.dtype) == "torch.float32"


@pytest.mark.parametrize(
    ("user_config", "code", "sentence"),
    [
        ({}, "invalid_user_config", "user_config is no HFBlip2Config: model_id: Field required."),
        (
            {"model_id": MODEL, "batch_size": 0, "num_threads": 2},
            "invalid_user_config",
            "batch_size: Input should be greater than or equal to 1; num_threads: Extra inputs are not permitted.",
        ),
        ({"model_id": "nobody/nothing"}, "model_not_loaded", "nobody/nothing cannot be loaded: "),
        ({"model_id": "no id at all"}, "model_not_loaded", "no id at all cannot be loaded: "),
    ],
)
async def test_what_cannot_be_loaded_says_why_in_a_sentence(
    user_config: dict[str, Any], code: str, sentence: str
) -> None:
    """The configuration's fields are named, and a model that nobody has."""
    with pytest.raises(ModelLoadError) as raised:
        await start(user_config)

    assert raised.value.code == code
    assert sentence in raised.value.message
    assert "\n" not in raised.value.message


async def test_int8_without_a_gpu_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not a traceback from the depths of a library."""
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)

    with pytest.raises(ModelLoadError, match="8 bits need a GPU"):
        await start(config(dtype=Dtype.INT8))


async def test_missing_libraries_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the command that installs them."""
    monkeypatch.setitem(sys.modules, "transformers", None)
    monkeypatch.setitem(sys.modules, "accelerate", None)

    with pytest.raises(ModelLoadError, match="transformers and accelerate are not installed") as raised:
        await start(config())

    assert raised.value.code == "library_missing"
    assert "pip install 'aanad[models]'" in raised.value.message


def failing(kind: type[Exception], message: str, held: list[weakref.ref[Any]]) -> Callable[..., Any]:
    """A model's `generate` that fails with much in its hands."""
    import torch

    def generate(**_: Any) -> Any:
        tensor = torch.zeros(1000)
        held.append(weakref.ref(tensor))
        raise kind(message)

    return generate


async def test_out_of_memory_is_told_apart(deployment: Any) -> None:
    """With a hint, and with all that the call held given back, so that the next finds room."""
    import torch

    held: list[weakref.ref[Any]] = []
    generate = deployment._model.generate
    deployment._model.generate = failing(torch.OutOfMemoryError, "CUDA out of memory. Tried to allocate 2 GiB", held)

    with pytest.raises(InferenceError) as raised:
        await deployment.generate_single(RED)

    assert raised.value.code == "out_of_memory"
    assert "batch size" in (raised.value.hint or "")
    assert raised.value.__context__ is None
    del deployment._model.generate
    assert deployment._model.generate == generate
    assert (await deployment.generate_single(RED))["caption"]
    assert [reference() for reference in held] == [None]


async def test_any_other_failure_is_an_inference_error(deployment: Any) -> None:
    """Its own error is the cause, for the log; the client learns only which model failed."""
    deployment._model.generate = failing(RuntimeError, "CUDA error: device-side assert triggered", [])

    with pytest.raises(InferenceError, match=f"{MODEL} failed.") as raised:
        await deployment.generate_batch([RED])

    assert raised.value.code == "inference_error"
    assert isinstance(raised.value.__cause__, RuntimeError)
