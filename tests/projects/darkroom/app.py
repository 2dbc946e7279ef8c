"""Darkroom: deployments that hold GPUs, whole ones and parts, and leave them alone; used by tests."""

from aanad.sdk import AanaSDK

from .deployments import Holder
from .endpoints import WhoEndpoint

aana_app = AanaSDK(name="darkroom")

aana_app.register_deployment(name="half", instance=Holder.options(num_replicas=2, ray_actor_options={"num_gpus": 0.5}))
aana_app.register_deployment(name="whole", instance=Holder.options(ray_actor_options={"num_gpus": 1}))

aana_app.register_deployment(
    name="grouped",
    instance=Holder.options(
        ray_actor_options={"num_cpus": 0.1, "num_gpus": 1},
        placement_group_bundles=[{"CPU": 0.1, "GPU": 1}],
    ),
)

aana_app.register_endpoint(name="who", path="/who", summary="Say which process holds", endpoint_cls=WhoEndpoint)
