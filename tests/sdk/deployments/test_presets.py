"""Presets: options that an author may take as they are or change further."""

from __future__ import annotations

import subprocess
import sys

import pytest

from aanad.sdk import AanaSDK, presets
from aanad.sdk.deployments.hf_blip2 import HFBlip2Config
from aanad.sdk.models import Dtype


def test_every_preset_can_be_registered() -> None:
    """As it is, under a name of the author's."""
    app = AanaSDK(name="demo")

    for name in presets.__all__:
        app.register_deployment(name=name, instance=getattr(presets, name))

    assert list(app.deployments) == presets.__all__


def test_blip2_opt_2_7b() -> None:
    """A quarter of a GPU, the model of the hub in half precision, and Aana's own defaults for the rest."""
    app = AanaSDK(name="demo")
    app.register_deployment(name="captioner", instance=presets.hf_blip2_opt_2_7b_deployment)
    captioner = app.deployments["captioner"]

    assert (captioner.replicas, captioner.num_gpus, captioner.num_cpus) == (1, 0.25, 0.1)
    assert captioner.methods == ["generate_batch", "generate_single"]
    assert HFBlip2Config.model_validate(captioner.serve_deployment.user_config) == HFBlip2Config(
        model_id="Salesforce/blip2-opt-2.7b", dtype=Dtype.FLOAT16
    )


def test_a_preset_is_changed_by_options() -> None:
    """What is not named stays, and the preset itself too."""
    preset = presets.hf_blip2_opt_2_7b_deployment
    app = AanaSDK(name="demo")

    app.register_deployment(name="captioner", instance=preset.options(ray_actor_options={"num_gpus": 0}))

    assert app.deployments["captioner"].num_gpus == 0
    assert app.deployments["captioner"].serve_deployment.user_config == preset.user_config
    assert preset.ray_actor_options["num_gpus"] == 0.25


@pytest.mark.parametrize("module", ["aanad.sdk.deployments", "aanad.sdk.deployments.hf_blip2", "aanad.sdk.presets"])
def test_importing_loads_no_model_library(module: str) -> None:
    """A project's ingress and its reader import presets too, and must stay small."""
    heavy = ("torch", "transformers", "diffusers", "accelerate", "PIL", "huggingface_hub")
    program = f"import {module}, sys\nprint([name for name in {heavy!r} if name in sys.modules])"

    done = subprocess.run([sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
