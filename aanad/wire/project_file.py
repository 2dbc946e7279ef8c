"""The optional ``project.toml`` beside a project's ``app.py``."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from aanad.wire.requests import RequestOverrides

ProjectName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,47}$")]
"""A project's name is a Python package name in lower case, at most 48 characters."""

RoutePrefix = Annotated[str, StringConstraints(pattern=r"^(/[A-Za-z0-9_.~-]+)+$", max_length=200)]
EnvName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]


class Autoscaling(BaseModel):
    """Between how many replicas Serve may choose."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    min_replicas: int = Field(default=1, ge=0)
    max_replicas: int = Field(ge=1)
    target_ongoing_requests: float | None = Field(default=None, gt=0)


class DeploymentOverride(BaseModel):
    """What an operator sets differently from the code, for one deployment."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    replicas: int | None = Field(default=None, ge=1)
    autoscaling: Autoscaling | None = None
    num_cpus: float | None = Field(default=None, ge=0)
    num_gpus: float | None = Field(default=None, ge=0)
    max_ongoing_requests: int | None = Field(default=None, ge=1)
    user_config: dict[str, Any] | None = None


class ProjectFile(BaseModel):
    """The whole file; every key is optional."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: ProjectName | None = None
    """The folder's name where not given."""
    app: str | None = Field(default=None, pattern=r"^[A-Za-z_][\w.]*(:[A-Za-z_]\w*)?$")
    """``module:attribute`` inside the folder, ``app:aana_app`` say; the one `AanaSDK` of ``app.py`` where not given."""
    route_prefix: RoutePrefix | None = None
    """``/<name>`` where not given."""
    priority: int = Field(default=0, ge=-1000, le=1000)
    """After a restart of the box, projects of a higher priority start first."""
    autostart: bool = True
    """Whether the first ``aana deploy`` starts the project."""
    ready_timeout_s: float | None = Field(default=None, gt=0)
    """Seconds that its replicas may take to become ready, downloads not counted; ``serve.ready_timeout_s`` where not
    given."""
    env: dict[EnvName, str] = {}
    """Environment variables of every replica."""
    requests: RequestOverrides = RequestOverrides()
    """What its endpoints take from clients, where that differs from the operator's rules."""
    deployments: dict[str, DeploymentOverride] = {}

    @field_validator("deployments")
    @classmethod
    def _ingress_has_no_config(cls, deployments: dict[str, DeploymentOverride]) -> dict[str, DeploymentOverride]:
        if "ingress" in deployments and deployments["ingress"].user_config is not None:
            raise ValueError("the ingress takes no user_config, what it takes from clients stands in [requests]")
        return deployments
