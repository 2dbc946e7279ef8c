from ray import serve

from aanad.sdk import BaseDeployment


# Lowercasing takes microseconds: many requests at once are better than Ray's 5.
@serve.deployment(max_ongoing_requests=100)
class Lowercase(BaseDeployment):
    async def lower(self, text: list[str]) -> list[str]:
        return [line.lower() for line in text]
