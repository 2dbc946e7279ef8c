from aanad.sdk import AanaSDK, Endpoint


class FirstEndpoint(Endpoint):
    async def run(self) -> str:
        return "first"


class SecondEndpoint(Endpoint):
    async def run(self) -> str:
        return "second"


aana_app = AanaSDK(name="duplicate_path")
aana_app.register_endpoint(name="first", path="/same", summary="First", endpoint_cls=FirstEndpoint)
aana_app.register_endpoint(name="second", path="/same", summary="Second", endpoint_cls=SecondEndpoint)
