"""What happens in each operation, one simulated second after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from aanad.wire.manifest import INGRESS_DEPLOYMENT
from aanad.wire.phase import Phase
from aanad.wire.problems import Problem

if TYPE_CHECKING:
    from aana_tui.demo.life import Told
    from aana_tui.demo.project import SimulatedProject
    from aana_tui.demo.samples import Failure

Script = Callable[["Told"], Iterator[None]]
BUILD_S = 2
LOAD_S = 3
START_S = 3
"""From a replica's beginning until it is ready."""
AT_ONCE = 2
"""Replicas that start at the same time."""
DOWNLOAD_MIB = 12_860
DOWNLOAD_MIB_S = 71


class StartFailed(Exception):
    """The operation ends with this problem."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.problem = Problem(
            title="Start failed", status=500, code=failure.reason, message=failure.message, hint=failure.hint,
            detail="\n".join(failure.evidence),
        )  # fmt: skip


def start(told: Told) -> Iterator[None]:
    """Build, then bring up what is missing."""
    yield from _build(told)
    yield from _bring_up(told)


def deploy(told: Told) -> Iterator[None]:
    """Load the archive, then replace what runs."""
    for second in range(LOAD_S):
        told.step("load", "Reading the project." if second else "Unpacking the archive.")
        yield
    yield from replace(told)


def replace(told: Told) -> Iterator[None]:
    """Build, then put a new replica beside each old one, which ends then."""
    yield from _build(told)
    old = [replica for replica in told.project.replicas() if replica.phase is Phase.RUNNING]
    for number, replica in enumerate(old):
        told.step("replicas", f"Replacing {replica.deployment}.", done=number, total=len(old))
        new = told.project.add(replica.deployment, Phase.STARTING)
        yield from _seconds(START_S - 1)
        told.project.is_up(new)
        told.project.keep(replica.model_copy(update={"phase": Phase.STOPPING, "reason": "draining"}))
        told.project.publish()
        yield
        told.project.drop(replica)
    yield from _bring_up(told)


def resize(told: Told) -> Iterator[None]:
    """End the replicas that are too many, bring up those that are missing."""
    project = told.project
    _stand(project, "replicas_starting", "A new number of replicas takes effect.")
    for name, wanted in project.sizes.items():
        for replica in project.replicas(name)[wanted:]:
            told.step("replicas", f"{replica.id} of {name} finishes its requests.")
            project.keep(replica.model_copy(update={"phase": Phase.STOPPING, "reason": "draining"}))
            yield
            project.drop(replica)
            project.publish()
    yield from _bring_up(told)


def stop(told: Told) -> Iterator[None]:
    """Let requests end, then the replicas."""
    project = told.project
    replicas = project.replicas()
    project.stand(Phase.STOPPING, "draining", "Requests that are being worked on are finished.")
    for replica in replicas:
        project.keep(replica.model_copy(update={"phase": Phase.STOPPING, "reason": "draining"}))
    told.step("drain", "Requests finish.", done=0, total=len(replicas))
    yield
    yield
    for number, replica in enumerate(replicas, 1):
        project.drop(replica)
        if number % AT_ONCE == 0 or number == len(replicas):
            told.step("drain", "Replicas end.", done=number, total=len(replicas))
            project.publish()
            yield
    project.stand(Phase.STOPPED, "stopped_by_operator", f"Stopped by {project.box.actor}.")


def remove(told: Told) -> Iterator[None]:
    """Stop, then forget."""
    yield from stop(told)
    told.step("remove", "Its revisions are forgotten.")
    yield
    told.project.box.forget(told.project.name)


def nothing(_told: Told) -> Iterator[None]:
    """What takes effect at the next start."""
    yield from ()


def download(told: Told) -> Iterator[None]:
    """A start that fetches a large model first."""
    project = told.project
    model = project.add(project.parts[0].name, Phase.STARTING)
    received = 4_180
    while received < DOWNLOAD_MIB:
        message = f"Downloading meta-llama/Llama-2-13b-chat-hf: {received / 1024:.1f} of {DOWNLOAD_MIB / 1024:.1f} GiB."
        told.step("replicas", message, done=1, total=2)
        project.keep(model.model_copy(update={"message": message, "reason": "downloading"}))
        project.stand(Phase.STARTING, "downloading", message)
        yield
        received += DOWNLOAD_MIB_S
    project.is_up(model)
    yield from _bring_up(told)


def _build(told: Told) -> Iterator[None]:
    _stand(told.project, "building", "Ray Serve takes over the configuration.")
    for _ in range(BUILD_S):
        told.step("build", "Ray Serve takes over the configuration.")
        yield


def _bring_up(told: Told) -> Iterator[None]:
    """Start replicas until there are as many as asked for."""
    project, total = told.project, sum(told.project.sizes.values())
    fails_at = project.failure if project.failed_revision == project.revision else None
    while missing := _missing(project):
        starting = [project.add(name, Phase.STARTING, "Loading the model.") for name in missing[:AT_ONCE]]
        done = total - len(missing)
        message = f"{done} of {total} replicas are ready."
        told.step("replicas", message, done=done, total=total)
        _stand(project, "replicas_starting", message)
        yield from _seconds(START_S)
        for replica in starting:
            if fails_at is not None and replica.deployment != INGRESS_DEPLOYMENT:
                _fail(project, fails_at)
            project.is_up(replica)
        project.publish()
    told.step("replicas", "Waiting until requests reach it.", done=total, total=total)
    yield
    project.note_ready()
    project.stand(Phase.RUNNING, "ready")


def _missing(project: SimulatedProject) -> list[str]:
    """A name for each replica that is asked for and not there."""
    return [name for name, wanted in project.sizes.items() for _ in range(wanted - len(project.replicas(name)))]


def _fail(project: SimulatedProject, failure: Failure) -> None:
    for replica in project.replicas():
        project.drop(replica)
    project.stand(Phase.FAILED, failure.reason, failure.message, failure.hint)
    raise StartFailed(failure)


def _stand(project: SimulatedProject, reason: str, message: str) -> None:
    ready = {replica.deployment for replica in project.replicas() if replica.phase is Phase.RUNNING}
    serves = ready == project.sizes.keys()
    project.stand(Phase.UPDATING if serves else Phase.STARTING, reason, message)


def _seconds(seconds: int) -> Iterator[None]:
    for _ in range(seconds):
        yield
