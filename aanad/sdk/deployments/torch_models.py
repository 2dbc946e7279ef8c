"""What deployments of torch models share: libraries, devices, memory, and what it means that a model fails."""

from __future__ import annotations

import gc
import re
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from pydantic import BaseModel, ValidationError

from aanad.errors import missing_library_hint
from aanad.sdk.exceptions import EndpointError, Failed, InferenceError

if TYPE_CHECKING:
    from collections.abc import Callable

    from aanad.sdk.models import Dtype

P = ParamSpec("P")
T = TypeVar("T")
Config = TypeVar("Config", bound=BaseModel)
_SENTENCE_END = re.compile(r"\. | \(")


class ModelLoadError(Failed):
    """A model cannot be loaded: what its deployment needs is not there."""

    code = "model_not_loaded"
    title = "Model not loaded"


def read_config(config_cls: type[Config], config: dict[str, Any]) -> Config:
    """Make a deployment's ``user_config`` into its model.

    Raises:
        ModelLoadError: it does not fit; the message names each field.
    """
    try:
        return config_cls.model_validate(config)
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        raise ModelLoadError(
            f"user_config is no {config_cls.__name__}: {faults}.", code="invalid_user_config"
        ) from None


def require(*libraries: str) -> None:
    """Say which of a model's libraries are missing, before one of them is imported.

    Raises:
        ModelLoadError: with the command that installs them.
    """
    missing = [library for library in libraries if find_spec(library) is None]
    if missing:
        raise ModelLoadError(
            f"{' and '.join(missing)} {'are' if len(missing) > 1 else 'is'} not installed. "
            f"{missing_library_hint(missing[0])}",
            code="library_missing",
        )


def device() -> str:
    """Where a replica's model belongs: ``cuda``, the first GPU that Ray gave the replica, or ``cpu``.

    A replica that reserves none gets ``cpu`` even where the machine has GPUs: what is on them is somebody else's.
    Outside of Ray, in a test say, any GPU will do.
    """
    import torch

    return "cuda" if torch.cuda.is_available() and _may_use_gpu() else "cpu"


def _may_use_gpu() -> bool:
    ray = sys.modules.get("ray")
    if ray is None or not ray.is_initialized():
        return True
    return bool(ray.get_runtime_context().get_accelerator_ids().get("GPU"))


def torch_dtype(dtype: Dtype, where: str) -> Any:
    """What ``from_pretrained(dtype=…)`` takes for `dtype` on the device `where`.

    A CPU computes in float32, whatever is asked for in 16 bits or left to the model's files: there, half precision
    is slow, and operations are missing.
    """
    import torch

    if where == "cpu" and dtype.value in {"auto", "float16"}:
        return torch.float32
    return dtype.to_torch()


def int8_options(where: str) -> dict[str, Any]:
    """What ``from_pretrained`` takes to keep weights in 8 bits.

    Raises:
        ModelLoadError: there is no GPU, or bitsandbytes is not installed.
    """
    if where == "cpu":
        raise ModelLoadError("Weights in 8 bits need a GPU, and this replica has none.", code="gpu_missing")
    require("bitsandbytes")
    from transformers import BitsAndBytesConfig

    return {"quantization_config": BitsAndBytesConfig(load_in_8bit=True)}


def load(model_id: str, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call what loads a model, ``Blip2Processor.from_pretrained`` say.

    Raises:
        ModelLoadError: its files cannot be had, or do not fit into memory.
    """
    try:
        return function(*args, **kwargs)
    except (OSError, ValueError) as error:
        # The hub's libraries say in a paragraph what was tried; its first sentence says what is wrong.
        raise ModelLoadError(
            f"{model_id} cannot be loaded: {_first_sentence(error)} Models come from the Hugging Face hub, a folder or "
            "HF_HOME; a private one, or one with a licence to accept, needs HF_TOKEN, as a secret.",
        ) from error
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        failure = ModelLoadError(f"{model_id} does not fit into the memory of its device.", code="out_of_memory")
    release_memory()
    raise failure


def infer(model_id: str, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a model; whatever it raises becomes an `InferenceError`, with its own as the cause.

    Where memory ran out, all of what the call held is freed first: the next, smaller one finds room.

    Raises:
        InferenceError: with the code ``out_of_memory`` where that is what happened.
    """
    try:
        return function(*args, **kwargs)
    except EndpointError:
        raise
    except Exception as error:
        if not is_out_of_memory(error):
            raise InferenceError(
                f"{model_id} failed.", hint="The deployment's log says why, under the same request id."
            ) from error
    # Out of the except block, so that no traceback keeps the failed call's tensors.
    release_memory()
    raise InferenceError(
        f"{model_id} ran out of memory.",
        hint="Send less at once, or lower the deployment's batch size; 'aana gpus' shows who holds the memory.",
        code="out_of_memory",
    )


def is_out_of_memory(error: BaseException) -> bool:
    """Whether memory ran out, a GPU's or the machine's."""
    import torch

    return isinstance(error, (torch.OutOfMemoryError, MemoryError)) or (
        isinstance(error, RuntimeError) and "DefaultCPUAllocator: can't allocate memory" in str(error)
    )


def release_memory() -> None:
    """Give back what no object holds any more, to the system and to the GPU's other processes."""
    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def _first_sentence(error: Exception) -> str:
    text = str(error).strip() or type(error).__name__
    return f"{_SENTENCE_END.split(text.splitlines()[0])[0].rstrip('.')}."
