from aanad.sdk import Endpoint


def load_settings() -> dict[str, str]:
    raise RuntimeError("the settings file is missing")


SETTINGS = load_settings()


class BrokenEndpoint(Endpoint):
    async def run(self) -> str:
        return SETTINGS["answer"]
