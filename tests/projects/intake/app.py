"""Intake: endpoints that say what arrived; used by tests of requests."""

from aanad.sdk import AanaSDK

from .endpoints import DescribeEndpoint, GatherEndpoint, PictureEndpoint

aana_app = AanaSDK(name="intake")

aana_app.register_endpoint(name="describe", path="/describe", summary="Say what came", endpoint_cls=DescribeEndpoint)
aana_app.register_endpoint(name="gather", path="/gather", summary="Take a lot of things", endpoint_cls=GatherEndpoint)
aana_app.register_endpoint(name="picture", path="/picture", summary="Measure an image", endpoint_cls=PictureEndpoint)
