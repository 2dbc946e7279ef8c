"""Playground: two deployments and an endpoint for each way a request can go; used by tests and benchmarks."""

from aanad.sdk import AanaSDK

from .deployments import Counter, Worker
from .endpoints import (
    CountEndpoint,
    EchoEndpoint,
    FailEndpoint,
    MissingEndpoint,
    SleepEndpoint,
    WhoEndpoint,
    WrongEndpoint,
)

aana_app = AanaSDK(name="playground")

aana_app.register_deployment(name="counter", instance=Counter)
aana_app.register_deployment(name="worker", instance=Worker.options(user_config={"greeting": "hello"}))

aana_app.register_endpoint(name="echo", path="/echo", summary="Answer by itself", endpoint_cls=EchoEndpoint)
aana_app.register_endpoint(name="count", path="/count", summary="Stream numbers", endpoint_cls=CountEndpoint)
aana_app.register_endpoint(name="sleep", path="/sleep", summary="Block and print", endpoint_cls=SleepEndpoint)
aana_app.register_endpoint(name="who", path="/who", summary="Say which process answered", endpoint_cls=WhoEndpoint)
aana_app.register_endpoint(name="fail", path="/fail", summary="Raise by accident", endpoint_cls=FailEndpoint)
aana_app.register_endpoint(name="missing", path="/missing", summary="Raise on purpose", endpoint_cls=MissingEndpoint)
aana_app.register_endpoint(name="wrong", path="/wrong", summary="Return the wrong type", endpoint_cls=WrongEndpoint)
