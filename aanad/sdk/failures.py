"""What Serve raises when a call fails, said in Aana's own errors.

An `AanaError` raised in a deployment arrives as itself; what the author's code raised otherwise arrives as the
original exception, with the remote traceback as its cause.
"""

from __future__ import annotations

import contextlib

from aanad.errors import AanaError, Failed, Unavailable

_ANOTHER_S = "_aana_is_another_s"


def mark_as_another_s(error: Exception) -> None:
    """Note that `error` came from another deployment, for which the one that called it is not to blame."""
    with contextlib.suppress(AttributeError):
        setattr(error, _ANOTHER_S, True)


def is_another_s(error: BaseException) -> bool:
    """Whether `error` came from another deployment."""
    return hasattr(error, _ANOTHER_S)


def is_replica_gone(error: Exception) -> bool:
    """Whether the replica was gone before it gave an answer, so that the call may be sent to another."""
    from ray.exceptions import RayActorError, RayTaskError
    from ray.serve.exceptions import ReplicaUnavailableError

    if isinstance(error, RayTaskError):
        return False  # it ran; what it raised may look like a dead actor of its own
    return isinstance(error, (RayActorError, ReplicaUnavailableError))


def translated(error: Exception, method: str) -> Exception:
    """Return the error that the caller of `method` should see; `error` itself where it is the author's."""
    from ray.exceptions import RayError, RayTaskError
    from ray.serve.exceptions import BackPressureError, DeploymentUnavailableError

    if isinstance(error, RayTaskError):
        cause = error.cause
        return cause if isinstance(cause, Exception) else Failed(f"{method} failed.")
    if isinstance(error, AanaError):
        return error
    if isinstance(error, BackPressureError):
        return Unavailable(
            f"{method} has too many requests waiting.",
            hint="Try again in a moment, or give the deployment more replicas.",
            code="overloaded",
        )
    if isinstance(error, DeploymentUnavailableError):
        return Unavailable(
            f"{method} cannot be called: its deployment failed to start.",
            hint="Look at 'aana ps' and 'aana logs'.",
            code="deployment_unavailable",
        )
    if is_replica_gone(error):
        return Unavailable(
            f"{method} cannot be called: its replica is gone and no other took over.",
            hint="Try again in a moment; 'aana replicas' shows what is running.",
            code="replica_unavailable",
        )
    if isinstance(error, RayError) or type(error).__module__.startswith("grpc"):
        return Failed(
            f"{method} failed, and its error could not be carried over.",
            hint="The deployment's log has it, under the same request id.",
            code="deployment_call_failed",
        )
    return error
