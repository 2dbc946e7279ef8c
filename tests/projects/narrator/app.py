"""Narrator: says a word, and the rest when it is let; it logs an error as it starts. Used by tests of the console."""

from aanad.sdk import AanaSDK

from .deployments import Voice
from .endpoints import TellEndpoint

aana_app = AanaSDK(name="narrator")

aana_app.register_deployment(name="voice", instance=Voice)

aana_app.register_endpoint(name="tell", path="/tell", summary="Tell a story", endpoint_cls=TellEndpoint)
