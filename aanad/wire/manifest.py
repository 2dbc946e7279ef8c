"""What the loader found in a project's code."""

from __future__ import annotations

from typing import Any

from aanad.wire.base import WireModel

INGRESS_DEPLOYMENT = "ingress"
"""The Serve deployment that every project has: it answers HTTP and runs the endpoints."""
SERVE_IMPORT_PATH = "aanad.serving.application:build"
"""The builder of every project's Serve application; an application with another import path is not ours."""

DEPLOYMENT_ENV = {
    "RAY_SERVE_RUN_USER_CODE_IN_SEPARATE_THREAD": "1",
    "RAY_SERVE_REQUEST_PATH_LOG_BUFFER_SIZE": "1",
}
"""What a deployment's replicas need so that a blocking method and a `print` do no harm under the throughput options."""

JsonSchema = dict[str, Any]
"""A JSON Schema (2020-12) as pydantic makes it."""


class EndpointManifest(WireModel):
    """One endpoint: a path with a typed request and a typed answer."""

    name: str
    path: str
    """Starts with a slash; served under the project's route prefix."""
    summary: str = ""
    request_schema: JsonSchema
    response_schema: JsonSchema
    streaming: bool = False
    """True where `run` is an async generator."""
    description: str = ""
    """Several lines on what it does, as Markdown."""
    tags: list[str] = []
    media_types: list[str] = []
    """The media types that its answer can have, the default first; empty in manifests of older revisions."""
    uploads: list[str] = []
    """The parameters that take files of a form."""
    timeout_s: float | None = None
    """Seconds after which a request is answered by 504."""
    max_concurrent: int | None = None
    """Requests that one ingress replica works on at once."""
    max_queued: int | None = None
    """Requests that wait for their turn beyond those; more are answered by 429."""


class DeploymentManifest(WireModel):
    """One deployment as its author registered it."""

    name: str
    class_name: str
    replicas: int
    """The fixed number, or the least under autoscaling."""
    max_replicas: int
    autoscaling: bool = False
    """Whether Serve chooses the number between the two."""
    num_cpus: float
    num_gpus: float
    memory_bytes: int | None = None
    resources: dict[str, float] = {}
    methods: list[str] = []
    """Public methods that a handle can call."""


class ProjectManifest(WireModel):
    """The endpoints and deployments of one revision."""

    name: str
    app: str
    """Import path of the `AanaSDK` object inside the archive: ``lowercase.app:aana_app``."""
    endpoints: list[EndpointManifest]
    deployments: list[DeploymentManifest]
    """Without the ingress, which every project has."""


class LoadFailure(WireModel):
    """Why a project could not be read."""

    code: str
    message: str
    hint: str = ""
    traceback: list[str] = []
    """The last lines, oldest first."""


class LoadResult(WireModel):
    """Exactly one of `manifest` and `failure` is set."""

    manifest: ProjectManifest | None = None
    failure: LoadFailure | None = None
    seconds: float = 0.0
