"""Plain Ray Serve with default options, as its documentation shows it: a FastAPI ingress, an HTTP proxy, no HAProxy.

One option is kinder than the default: ``max_ongoing_requests``. With the default of 5, 32 connections make Serve's
router back off and throughput falls to a tenth, which would make a fast neighbour look better than it is.
"""

# ruff: noqa: D101, D102
from __future__ import annotations

import sys
import threading

import ray
from fastapi import FastAPI
from pydantic import BaseModel
from ray import serve
from ray.serve.handle import DeploymentHandle

MAX_ONGOING_REQUESTS = 100

app = FastAPI()


class Text(BaseModel):
    text: list[str]


@serve.deployment(max_ongoing_requests=MAX_ONGOING_REQUESTS)
class Lowercase:
    async def lower(self, text: list[str]) -> list[str]:
        return [line.lower() for line in text]


@serve.deployment(max_ongoing_requests=MAX_ONGOING_REQUESTS, ray_actor_options={"num_cpus": 0.1})
@serve.ingress(app)
class Ingress:
    def __init__(self, lowercase: DeploymentHandle) -> None:
        self.lowercase = lowercase

    @app.post("/echo")
    async def echo(self, body: Text) -> Text:
        return Text(text=[line.lower() for line in body.text])

    @app.post("/lowercase")
    async def lower(self, body: Text) -> Text:
        return Text(text=await self.lowercase.lower.remote(body.text))


if __name__ == "__main__":
    port, temp_dir = int(sys.argv[1]), sys.argv[2]
    ray.init(_temp_dir=temp_dir, include_dashboard=False, log_to_driver=False)
    serve.start(http_options={"host": "127.0.0.1", "port": port})
    serve.run(Ingress.bind(Lowercase.bind()), name="plain", route_prefix="/")
    threading.Event().wait()
