# ruff: noqa: D101, D102 - a project as its author writes it
import os

from ray import serve

from aanad.sdk import BaseDeployment


@serve.deployment
class Holder(BaseDeployment):
    async def pid(self) -> int:
        return os.getpid()
