"""What deployments of torch models share."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import ray

from aanad.sdk.deployments import torch_models
from aanad.sdk.exceptions import InferenceError, InvalidMedia
from aanad.sdk.models import Dtype


@pytest.mark.parametrize(
    ("has_gpu", "in_ray", "given", "expected"),
    [
        (True, True, ["0"], "cuda"),
        (True, True, [], "cpu"),
        (True, False, [], "cuda"),
        (False, True, ["0"], "cpu"),
        (False, False, [], "cpu"),
    ],
)
def test_a_replica_uses_a_gpu_that_ray_gave_it(
    monkeypatch: pytest.MonkeyPatch, *, has_gpu: bool, in_ray: bool, given: list[str], expected: str
) -> None:
    """One that reserves none leaves the machine's GPUs alone."""
    context = SimpleNamespace(get_accelerator_ids=lambda: {"GPU": given})
    monkeypatch.setattr("torch.cuda.is_available", lambda: has_gpu)
    monkeypatch.setattr(ray, "is_initialized", lambda: in_ray)
    monkeypatch.setattr(ray, "get_runtime_context", lambda: context)

    assert torch_models.device() == expected


@pytest.mark.parametrize(
    ("dtype", "where", "expected"),
    [
        (Dtype.FLOAT16, "cuda", "torch.float16"),
        (Dtype.FLOAT16, "cpu", "torch.float32"),
        (Dtype.AUTO, "cuda", "auto"),
        (Dtype.AUTO, "cpu", "torch.float32"),
        (Dtype.BFLOAT16, "cpu", "torch.bfloat16"),
        (Dtype.FLOAT32, "cuda", "torch.float32"),
    ],
)
def test_a_cpu_computes_in_float32(dtype: Dtype, where: str, expected: str) -> None:
    """Half precision is for GPUs; what a CPU can do well is left as asked for."""
    assert str(torch_models.torch_dtype(dtype, where)) == expected


def test_an_error_for_the_client_passes_through() -> None:
    """A model's code may raise what a client shall see; it is no failure of the model."""

    def refuse() -> None:
        raise InvalidMedia("The image is empty.")

    with pytest.raises(InvalidMedia, match="The image is empty"):
        torch_models.infer("some/model", refuse)


@pytest.mark.parametrize(
    "error", [MemoryError(), RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory")]
)
def test_the_machine_s_memory_runs_out_too(error: Exception) -> None:
    """Without a GPU it is told apart as well, in a call and while loading."""

    def fail() -> None:
        raise error

    with pytest.raises(InferenceError, match="some/model ran out of memory") as called:
        torch_models.infer("some/model", fail)
    with pytest.raises(torch_models.ModelLoadError, match="some/model does not fit into the memory") as loaded:
        torch_models.load("some/model", fail)

    assert called.value.code == loaded.value.code == "out_of_memory"
