"""`HFBlip2Deployment`: captions of images, by a BLIP-2 model of the Hugging Face hub."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, TypedDict

from pydantic import BaseModel, ConfigDict, Field
from ray import serve

from aanad.sdk.deployment import BaseDeployment
from aanad.sdk.deployments import torch_models
from aanad.sdk.deployments.model_thread import ModelThread
from aanad.sdk.exceptions import InferenceError
from aanad.sdk.models import Caption, CaptionsList, Dtype, Image
from aanad.sdk.test_cache import test_cache

if TYPE_CHECKING:
    from collections.abc import Sequence

logger = logging.getLogger(__name__)


class HFBlip2Config(BaseModel):
    """The ``user_config`` of `HFBlip2Deployment`: ``HFBlip2Config(…).model_dump(mode="json")``."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())

    model_id: str = Field(min_length=1)
    """A model of the hub, ``Salesforce/blip2-opt-2.7b`` say, or a folder."""
    dtype: Dtype = Dtype.AUTO
    """What its weights are kept as; on a CPU, AUTO and FLOAT16 become FLOAT32. INT8 needs a GPU and bitsandbytes."""
    batch_size: int = Field(default=8, ge=1)
    """How many images the model takes at once, of one call or of several that wait."""
    max_new_tokens: int = Field(default=64, ge=1)
    """The most tokens of a caption."""


class CaptioningOutput(TypedDict):
    """What `HFBlip2Deployment.generate_single` gives."""

    caption: Caption


class CaptioningBatchOutput(TypedDict):
    """What `HFBlip2Deployment.generate_batch` gives: one caption an image, in their order."""

    captions: CaptionsList


@serve.deployment(max_ongoing_requests=100)
class HFBlip2Deployment(BaseDeployment):
    """Captions images with a BLIP-2 model, on the replica's GPU if it has one.

    The model runs in a thread of its own, one batch at a time; images of calls that wait meanwhile share the next.
    """

    def __init__(self) -> None:
        self._thread: ModelThread[Image, str] = ModelThread(self._caption)
        self._config: HFBlip2Config | None = None
        self._model: Any = None
        self._processor: Any = None

    async def apply_config(self, config: dict[str, Any]) -> None:
        """Load the model that `HFBlip2Config` names; where it has it already, only take over the other settings.

        Raises:
            ModelLoadError: the configuration, a library or the model's files are not as they must be.
        """
        new = torch_models.read_config(HFBlip2Config, config)
        torch_models.require("torch", "transformers", "accelerate")
        await self._thread.run(lambda: self._take_over(new))
        self._thread.batch_size = new.batch_size

    @test_cache
    async def generate_single(self, image: Image) -> CaptioningOutput:
        """Caption one image.

        Raises:
            InvalidMedia: it is no image.
            InferenceError: the model failed.
        """
        [caption] = await self._thread.map([image])
        return {"caption": caption}

    @test_cache
    async def generate_batch(self, images: Sequence[Image]) -> CaptioningBatchOutput:
        """Caption any number of images, `HFBlip2Config.batch_size` at a time.

        Raises:
            InvalidMedia: one of them is no image.
            InferenceError: the model failed.
        """
        return {"captions": await self._thread.map(images)}

    def _take_over(self, new: HFBlip2Config) -> None:
        old = self._config
        if old is None or (old.model_id, old.dtype) != (new.model_id, new.dtype):
            # Two models at once might not fit.
            self._config = self._model = self._processor = None
            if old is not None:
                torch_models.release_memory()
            self._load(new)
        self._config = new

    def _load(self, config: HFBlip2Config) -> None:
        from transformers import Blip2ForConditionalGeneration, Blip2Processor

        device = torch_models.device()
        options: dict[str, Any] = {"dtype": torch_models.torch_dtype(config.dtype, device)}
        if config.dtype is Dtype.INT8:
            options = torch_models.int8_options(device)
        load, model_id = torch_models.load, config.model_id
        # The model first: where its id is wrong, it says so best.
        model = load(
            model_id, Blip2ForConditionalGeneration.from_pretrained, model_id, device_map=device, **options
        ).eval()
        self._processor = load(model_id, Blip2Processor.from_pretrained, model_id)
        self._model = model
        logger.info("%s is loaded on %s as %s.", config.model_id, device, self._model.dtype)

    def _caption(self, images: list[Image]) -> list[str]:
        """In the model's thread: one batch."""
        if self._config is None:
            raise InferenceError("The model is not loaded.", code="model_not_loaded")
        pictures = [image.pil("RGB") for image in images]
        return torch_models.infer(self._config.model_id, self._generate, pictures, self._config.max_new_tokens)

    def _generate(self, pictures: list[Any], max_new_tokens: int) -> list[str]:
        import torch

        model, processor = self._model, self._processor
        inputs = processor(images=pictures, return_tensors="pt").to(model.device, model.dtype)
        with torch.inference_mode():
            tokens = model.generate(**inputs, max_new_tokens=max_new_tokens)
        return [text.strip() for text in processor.batch_decode(tokens, skip_special_tokens=True)]
