"""Faulty: deployments that fail, hang and stream, and endpoints that show what became of a call."""

from aanad.sdk import AanaSDK

from .deployments import Model, Watcher
from .endpoints import (
    ChainEndpoint,
    ClosedEndpoint,
    FailEndpoint,
    PidsEndpoint,
    SlowEndpoint,
    StreamEndpoint,
)

aana_app = AanaSDK(name="faulty")

aana_app.register_deployment(name="model", instance=Model)
aana_app.register_deployment(name="watcher", instance=Watcher)

aana_app.register_endpoint(name="fail", path="/fail", summary="Raise in the deployment", endpoint_cls=FailEndpoint)
aana_app.register_endpoint(name="chain", path="/chain", summary="Call through another", endpoint_cls=ChainEndpoint)
aana_app.register_endpoint(name="slow", path="/slow", summary="One late value", endpoint_cls=SlowEndpoint)
aana_app.register_endpoint(name="stream", path="/stream", summary="Values at a pace", endpoint_cls=StreamEndpoint)
aana_app.register_endpoint(name="closed", path="/closed", summary="Calls that ended early", endpoint_cls=ClosedEndpoint)
aana_app.register_endpoint(name="pids", path="/pids", summary="Which replicas answer", endpoint_cls=PidsEndpoint)
