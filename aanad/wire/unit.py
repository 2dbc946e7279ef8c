"""What the Ray unit says of itself on its socket; the daemon is its only client.

* ``GET /v1/unit`` answers a `UnitStatus`.
* ``POST /v1/environment`` takes the text of a ``requirements.txt`` as its body, installs what it names into an
  environment of its own (the same text gives the same one) and answers an `EnvironmentResult`.
* ``POST /v1/load?project=<name>&app=<module:attribute>&environment=<id>`` takes an archive (``application/zip``) as
  its body and answers a `LoadResult`; ``app`` and ``environment`` may be left out. The header ``Aana-Secrets`` may hold
  further variables for the import: JSON (an object of strings) in base64.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from aanad.wire.base import WireModel
from aanad.wire.manifest import LoadFailure


class UnitState(StrEnum):
    """Where the Ray unit stands."""

    STARTING = "starting"
    READY = "ready"
    RECOVERING = "recovering"
    """A part of the head died and is run again in place; replicas go on serving."""
    FAILED = "failed"
    """The head cannot be started; the unit goes on trying, with growing pauses."""
    STOPPING = "stopping"


class UnitProcess(WireModel):
    """One supervised process of the head."""

    name: str
    """``gcs_server``, ``raylet``, ``dashboard``, …"""
    pid: int
    restarts: int = 0
    """How often it was run again in place since the cold start."""


class WorkerExit(WireModel):
    """How a replica's process on this machine ended."""

    pid: int
    title: str
    """What the process called itself: ``ray::ServeReplica:<project>:<deployment>``."""
    at: datetime
    exit_code: int | None = None
    """Its exit status, where it ended by itself and the kernel tells (Linux 6.15 and newer)."""
    signal: int | None = None
    """The signal that ended it, where one did and the kernel tells."""
    out_of_memory: bool = False
    """Whether the kernel's out-of-memory killer was at work at that moment."""


class Download(WireModel):
    """A model file that a replica's process on this machine is downloading."""

    pid: int
    name: str
    """The model's name where the folder tells (``org/name``), else the file's."""
    received_bytes: int


class UnitStatus(WireModel):
    """The Ray unit and the head it supervises."""

    pid: int
    version: str
    state: UnitState
    code: str = ""
    """For a failure: the error's stable code (``port_in_use``)."""
    message: str = ""
    hint: str = ""
    since: datetime
    cold_starts: int
    """How often the head was started from nothing since the unit began; a change means all replicas are new."""
    dashboard_url: str | None = None
    """Where the head's REST API answers, once it is up."""
    node_address: str | None = None
    visible_gpus: str | None = None
    """``CUDA_VISIBLE_DEVICES`` as the unit was started with, where it restricts or permutes the GPUs."""
    session_dir: str | None = None
    """The folder of the current Ray session; its ``logs`` folder holds the replicas' logs."""
    log_file: str | None = None
    """The unit's own log file."""
    processes: list[UnitProcess] = []
    exits: list[WorkerExit] = []
    """The last replicas' processes that ended, whatever ended them; the oldest first, at most 50."""
    downloads: list[Download] = []
    """What is being downloaded now."""


class EnvironmentResult(WireModel):
    """The environment of a project's requirements: ready, or why not."""

    id: str
    failure: LoadFailure | None = None
    """Code ``environment_failed``, with the installer's last lines as its traceback."""
    seconds: float = 0.0
