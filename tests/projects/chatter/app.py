"""Chatter: three replicas that write their logs in every way that authors and libraries do; used by tests of logs."""

from aanad.sdk import AanaSDK

from .deployments import Speaker
from .endpoints import ChorusEndpoint, LastWordsEndpoint, SayEndpoint

aana_app = AanaSDK(name="chatter")

aana_app.register_deployment(name="speaker", instance=Speaker.options(num_replicas=3))

aana_app.register_endpoint(name="say", path="/say", summary="Write a text in one way", endpoint_cls=SayEndpoint)
aana_app.register_endpoint(name="chorus", path="/chorus", summary="All write at once", endpoint_cls=ChorusEndpoint)
aana_app.register_endpoint(
    name="last_words", path="/last_words", summary="Write and crash", endpoint_cls=LastWordsEndpoint
)
