"""Lowercase: the smallest project, one deployment and one endpoint."""

from aanad.sdk import AanaSDK

from .deployments import Lowercase
from .endpoints import LowercaseEndpoint

aana_app = AanaSDK(name="lowercase")

aana_app.register_deployment(name="lowercase_deployment", instance=Lowercase.options(num_replicas=1))
aana_app.register_endpoint(
    name="lowercase",
    path="/lowercase",
    summary="Lowercase text",
    endpoint_cls=LowercaseEndpoint,
)
