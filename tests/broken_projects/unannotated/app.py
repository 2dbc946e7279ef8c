from aanad.sdk import AanaSDK, Endpoint


class GuessEndpoint(Endpoint):
    async def run(self, text) -> str:
        return text


aana_app = AanaSDK(name="unannotated")
aana_app.register_endpoint(name="guess", path="/guess", summary="Guess", endpoint_cls=GuessEndpoint)
