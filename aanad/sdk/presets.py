"""Deployments with a model chosen for them, ready for ``AanaSDK.register_deployment(instance=…)``.

Each is what its class's ``.options(…)`` gives; change one further with ``.options(…)`` of its own::

    captioner = hf_blip2_opt_2_7b_deployment.options(ray_actor_options={"num_gpus": 0})
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from aanad.sdk.deployments.hf_blip2 import HFBlip2Config, HFBlip2Deployment
from aanad.sdk.models import Dtype

if TYPE_CHECKING:
    from ray.serve import Deployment

__all__ = ["hf_blip2_opt_2_7b_deployment"]

hf_blip2_opt_2_7b_deployment = cast("Deployment", HFBlip2Deployment).options(
    num_replicas=1,
    ray_actor_options={"num_gpus": 0.25},
    user_config=HFBlip2Config(model_id="Salesforce/blip2-opt-2.7b", dtype=Dtype.FLOAT16).model_dump(mode="json"),
)
"""BLIP-2 with OPT 2.7B in 16 bits, which takes some 8 GB of a GPU's memory; a quarter of a GPU to Ray."""
