from aanad.sdk import AanaSDK

from .endpoints import BrokenEndpoint

aana_app = AanaSDK(name="import_error")
aana_app.register_endpoint(name="broken", path="/broken", summary="Never there", endpoint_cls=BrokenEndpoint)
