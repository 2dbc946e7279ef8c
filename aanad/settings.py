"""The one tree of settings: defaults, then the configuration file, then ``AANA_*``, then flags; read once, frozen.

Nested names are joined by two underscores: ``AANA_SERVE__PORT=9000`` is ``serve.port``. The configuration file is
``$AANA_CONFIG``, else ``/etc/aana/aanad.toml`` for root or ``~/.config/aana/aanad.toml`` for anybody else.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from aanad.errors import InvalidSettings
from aanad.locations import MAX_SOCKET_PATH, SOCKET_NAME, config_file, default_runtime_dir
from aanad.wire.access import Role
from aanad.wire.requests import RequestRules

Port = Annotated[int, Field(ge=0, le=65535)]
"""A TCP port; 0 lets the system choose a free one."""

MAX_RUNTIME_DIR_FOR_RAY = 20
"""Bytes; HAProxy's sockets add up to 85 bytes (a node's id among them) to the folder they are in."""


class Section(BaseModel):
    """One table of the configuration file."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class ServeSettings(Section):
    """Where inference clients connect."""

    host: str = "127.0.0.1"
    """The address that HAProxy listens on. Anything beyond loopback opens the projects to the network."""
    port: Port = 8000
    """The port of all projects. 0 is not allowed: clients must know it."""
    drain_s: float = Field(default=2.0, ge=0)
    """Seconds that a replaced replica goes on answering requests that were already on their way to it."""
    build_timeout_s: float = Field(default=120.0, gt=0)
    """Seconds that Serve may take to import a project's code."""
    ready_timeout_s: float = Field(default=1800.0, gt=0)
    """Seconds that a project's replicas may take to become ready before a deploy counts as failed."""
    failure_ratio: float = Field(default=0.5, ge=0, le=1)
    """The share of its calls that a replica of a deployment may fail, with inference errors say; with a higher one it
    is replaced. 1 never replaces it. An author's own `BaseDeployment.failure_ratio` wins. This and the next two take
    effect when Ray starts the next time."""
    failure_window_s: float = Field(default=60.0, ge=1)
    """Seconds of which the calls of a replica count."""
    failure_min_calls: int = Field(default=10, ge=1)
    """Fewer calls of a replica than these within that time say nothing."""

    @field_validator("port")
    @classmethod
    def _port_is_known(cls, port: int) -> int:
        if port == 0:
            raise ValueError("serve.port cannot be 0, clients must know it")
        return port


class RaySettings(Section):
    """The Ray unit."""

    mode: Literal["managed", "unit", "external"] = "managed"
    """`managed`: aanad starts the Ray unit and stops it. `unit`: the unit runs by itself, under systemd say.
    `external`: a cluster that somebody else runs, reached at `dashboard_url`; the unit then only reads projects."""
    dashboard_url: str | None = None
    """External mode only: where the cluster's REST API answers."""
    token_path: Path | None = None
    """The file with the cluster's token; ``ray-token`` in the runtime folder where not given."""
    port: Port = 6379
    """The port of the cluster's control store (gcs_server), which further nodes join."""
    dashboard_port: Port = 8265
    """The port of the cluster's REST API, on loopback."""
    haproxy_stats_port: Port = 0
    """HAProxy's statistics page."""
    haproxy_metrics_port: Port = 0
    """HAProxy's metrics."""
    num_cpus: int | None = Field(default=None, ge=0)
    """CPUs that Ray may hand out; what the machine has where not given."""
    num_gpus: int | None = Field(default=None, ge=0)
    """GPUs that Ray may hand out; what the machine has where not given."""
    object_store_bytes: int | None = Field(default=None, ge=80 * 1024 * 1024)
    """Shared memory for Ray's object store; a small part of the machine's where not given."""
    start_timeout_s: float = Field(default=90.0, gt=0)
    """Seconds that the head may take to answer."""
    load_timeout_s: float = Field(default=60.0, gt=0)
    """Seconds that importing a project may take when it is read."""
    environment_timeout_s: float = Field(default=1800.0, gt=0)
    """Seconds that installing a project's ``requirements.txt`` may take."""


class RevisionSettings(Section):
    """The revisions of projects."""

    keep: int = Field(default=10, ge=0, le=1000)
    """How many older revisions of a project are kept, those in use not counted."""


class EventSettings(Section):
    """The record of what happened and who did it."""

    keep_days: int = Field(default=90, ge=0, le=36_500)
    """Days that events are kept; 0 sets no limit."""
    keep: int = Field(default=100_000, ge=0)
    """How many events are kept, the last ones; 0 sets no limit."""


class AccessSettings(Section):
    """Who may do what; whoever can open the socket is somebody of this machine, whom the kernel names."""

    admins: tuple[str, ...] = ()
    """Users who may do everything, as root and the daemon's own user may unless they stand in another list."""
    operators: tuple[str, ...] = ()
    """Users who may start, stop, deploy, scale and send test requests."""
    viewers: tuple[str, ...] = ()
    """Users who may only look."""
    default_role: Role = Role.OPERATOR
    """The role of everybody else who can open the socket: `viewer`, `operator` or `admin`."""

    @model_validator(mode="after")
    def _one_role_each(self) -> Self:
        names = [*self.admins, *self.operators, *self.viewers]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"{', '.join(twice)} can have one role only")
        return self

    @property
    def listed(self) -> dict[str, Role]:
        """Roles by user name."""
        lists = {Role.ADMIN: self.admins, Role.OPERATOR: self.operators, Role.VIEWER: self.viewers}
        return {name: role for role, names in lists.items() for name in names}


class DatabaseSettings(Section):
    """The daemon's own database."""

    url: str | None = None
    """An SQLAlchemy URL; an SQLite file in the state folder where not given."""


class LogSettings(Section):
    """What the daemon and the Ray unit say of themselves, and how much of all logs is kept."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """The least severe records that are written."""
    format: Literal["text", "json"] = "text"
    """`text` for people, `json` for machines; on standard error. Files hold JSON."""
    file_max_bytes: int = Field(default=16 * 1024 * 1024, ge=64 * 1024)
    """A log file of this size is set aside and a new one begun: the daemon's, the Ray unit's, and those of Ray and of
    all replicas, for which a change takes effect when Ray starts the next time."""
    files_kept: int = Field(default=4, ge=1)
    """How many of a log's files that were set aside are kept."""
    keep_days: float = Field(default=14.0, gt=0)
    """Log files of Ray and of replicas to which nothing was written for so many days are removed, on each node. Those
    that a process has open stay, here and for the next one."""
    keep_bytes: int = Field(default=2 * 1024 * 1024 * 1024, ge=1024 * 1024)
    """Where all log files of Ray and of replicas on a node together are larger, the oldest are removed."""


def _default_state_dir() -> Path:
    if os.geteuid() == 0:
        return Path("/var/lib/aana")
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(base) / "aana"


class Settings(BaseSettings):
    """All settings of the daemon and the Ray unit."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        env_prefix="AANA_",
        env_nested_delimiter="__",
        use_attribute_docstrings=True,
    )

    state_dir: Path = Field(default_factory=_default_state_dir)
    """What must survive a reboot: the database and the archives of revisions."""
    runtime_dir: Path = Field(default_factory=default_runtime_dir)
    """What may vanish with a reboot: sockets, tokens, Ray's temporary files."""
    serve: ServeSettings = ServeSettings()
    ray: RaySettings = RaySettings()
    requests: RequestRules = RequestRules()
    revisions: RevisionSettings = RevisionSettings()
    events: EventSettings = EventSettings()
    access: AccessSettings = AccessSettings()
    database: DatabaseSettings = DatabaseSettings()
    log: LogSettings = LogSettings()

    @field_validator("state_dir", "runtime_dir")
    @classmethod
    def _absolute(cls, path: Path) -> Path:
        return Path(os.path.abspath(path.expanduser()))  # noqa: PTH100 - resolve() would follow symlinks

    @field_validator("runtime_dir")
    @classmethod
    def _short_enough_for_sockets(cls, path: Path) -> Path:
        if len(os.fsencode(path / SOCKET_NAME)) > MAX_SOCKET_PATH:
            raise ValueError(f"{path} is too long for a Unix socket, choose a shorter runtime_dir")
        return path

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the signature is pydantic's
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags before environment before file."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, config_file())

    @property
    def socket_path(self) -> Path:
        """The control API's Unix socket."""
        return self.runtime_dir / SOCKET_NAME

    @property
    def log_path(self) -> Path:
        """The daemon's log file."""
        return self.state_dir / "logs" / "aanad.log"

    @property
    def ray_log_path(self) -> Path:
        """The Ray unit's log file, where the daemon can read it when it runs as another user of the same group."""
        return self.runtime_dir / "logs" / "ray.log"

    @property
    def ray_socket_path(self) -> Path:
        """The Ray unit's Unix socket."""
        return self.runtime_dir / "ray.sock"

    @property
    def ray_token_path(self) -> Path:
        """The file with the cluster's token."""
        return self.ray.token_path or self.runtime_dir / "ray-token"

    @property
    def ray_dir(self) -> Path:
        """The folder of Ray's temporary files; its path is short, whatever the runtime folder is called."""
        if len(os.fsencode(self.runtime_dir)) <= MAX_RUNTIME_DIR_FOR_RAY:
            return self.runtime_dir / "r"
        return Path(f"/tmp/aana-{hashlib.sha256(os.fsencode(self.runtime_dir)).hexdigest()[:8]}")  # noqa: S108 - made 0700, owner checked

    @property
    def archives_dir(self) -> Path:
        """The archives of revisions, by content hash."""
        return self.state_dir / "archives"

    @property
    def secrets_dir(self) -> Path:
        """The secrets of projects, outside the database and the revisions."""
        return self.state_dir / "secrets"

    @property
    def database_url(self) -> str:
        """The SQLAlchemy URL of the daemon's database."""
        return self.database.url or f"sqlite:///{self.state_dir / 'aanad.sqlite3'}"

    @property
    def serve_url(self) -> str:
        """Where inference clients connect, as seen from this machine."""
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self.serve.host, self.serve.host)  # noqa: S104
        return f"http://{host}:{self.serve.port}"


def load_settings(**flags: Any) -> Settings:
    """Read all sources once.

    Args:
        **flags: top-level fields given on the command line, which win over everything else.

    Raises:
        InvalidSettings: a value that cannot be used, with the name it was given under.
    """
    try:
        return Settings(**flags)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"]) or "settings"
        message = first["msg"].removeprefix("Value error, ")
        raise InvalidSettings(
            f"The setting {name} cannot be used: {message}.",
            hint=f"Look at {config_file()}, at AANA_{name.upper().replace('.', '__')} and at the flags.",
        ) from error
    except ValueError as error:
        raise InvalidSettings(
            f"The settings cannot be read: {error}",
            hint=f"Look at {config_file()} and at the AANA_* variables.",
        ) from error
