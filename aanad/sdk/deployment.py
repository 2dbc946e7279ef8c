"""`BaseDeployment`: what authors subclass; and a registered deployment, prepared for Serve with Aana's defaults.

Defaults that Aana gives, each of which the author's own setting wins over:

* 0.1 CPUs a replica, so that many projects fit on a small machine (Ray's own default is a whole one).
* User code runs in a thread of its own, and a log record is written at once, whatever the cluster's throughput
  options say: a blocking method stops neither health checks nor logs.
* A health check each two seconds, so that Serve soon notices a replica that died; Ray's own default is ten. It never
  overlaps with the one before, so a replica that is slow to answer is checked no more often.
* ``user_config`` is ``{}``, so that `BaseDeployment.apply_config` is always called.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, ClassVar, Self, cast

from aanad.errors import InvalidSignature
from aanad.sdk import replica_logs, sealed_secrets, served_calls, start_backoff
from aanad.sdk.methods import public_methods
from aanad.sdk.test_cache.postponing import postpone

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_NUM_CPUS = 0.1
REPLICA_ENV = {
    "RAY_SERVE_RUN_USER_CODE_IN_SEPARATE_THREAD": "1",
    "RAY_SERVE_REQUEST_PATH_LOG_BUFFER_SIZE": "1",
}
HEALTH_CHECK_PERIOD_S = 2.0
HEALTH_CHECK_TIMEOUT_S = 300.0
"""An author's own health check waits its turn behind a call that blocks; Ray's 30 s would end such a replica."""


class BaseDeployment:
    """A model (or anything else that should live in a process of its own); one object a replica.

    Load the model in `apply_config` and give it methods, plain or ``async``, or async generators; endpoints call them
    through `AanaDeploymentHandle`. A subclass may define ``async def check_health(self)``, which raises where the
    replica must be replaced; it runs between calls. A replica that fails most of its calls is replaced in any case.

    Serve keeps the class together with those globals of its module that its methods use, as they are when the project
    is built. So read a secret where it is needed (``os.environ["HF_TOKEN"]`` in the constructor or `apply_config`),
    not into such a global.
    """

    failure_ratio: ClassVar[float | None] = None
    """The share of its calls that a replica may fail, 0 to 1: with a higher one it is replaced. 1 never replaces it.
    Where it is None, the operator's `serve.failure_ratio` holds, 0.5. See `aanad.sdk.call_outcomes`."""
    failure_window_s: ClassVar[float | None] = None
    """Seconds of which the calls count; `serve.failure_window_s`, 60, where it is None."""
    failure_min_calls: ClassVar[int | None] = None
    """Fewer calls than these say nothing; `serve.failure_min_calls`, 10, where it is None."""

    _applied_config: dict[str, Any] | None = None

    def __new__(cls, *_args: object, **_kwargs: object) -> Self:
        """Before the author's constructor runs: see to it that log lines are kept, and wait after crashes."""
        replica_logs.adopt()
        start_backoff.wait()
        sealed_secrets.check_installed()
        served_calls.watch(cls)
        return super().__new__(cls)

    async def apply_config(self, config: dict[str, Any]) -> None:
        """Take over `config`: called when a replica starts and whenever its ``user_config`` changes."""

    async def reconfigure(self, user_config: dict[str, Any]) -> None:
        """Pass Serve's call on to `apply_config`; Serve repeats it where nothing changed."""
        if self._applied_config is None or user_config != self._applied_config:
            if not postpone(self, user_config):
                await self.apply_config(user_config)
            self._applied_config = user_config


class RegisteredDeployment:
    """One deployment of an app, as it will run.

    Attributes:
        name: unique in the project.
        class_name: the author's class.
        deployment_cls: the class itself.
        replicas: the fixed number, or the least under autoscaling.
        max_replicas: the same number, or the most under autoscaling.
        autoscaling: whether Serve chooses the number between the two.
        num_cpus: CPUs a replica asks for, after Aana's default.
        num_gpus: GPUs a replica asks for.
        memory_bytes: memory a replica asks for, if any.
        resources: custom resources a replica asks for.
        methods: public methods that a handle can call.
        serve_deployment: the Serve deployment, prepared.
    """

    def __init__(self, name: str, instance: object) -> None:
        from ray.serve import Deployment

        if not isinstance(instance, Deployment) or not inspect.isclass(instance.func_or_class):
            raise _not_a_deployment(name, instance)
        config = instance._deployment_config  # noqa: SLF001 - Serve has no public reader of what its user configured
        configured: set[str] = config.user_configured_option_names
        self.name = name
        self.deployment_cls: type = instance.func_or_class
        self.class_name = self.deployment_cls.__name__
        self.methods = sorted(public_methods(self.deployment_cls))
        autoscaling = config.autoscaling_config
        self.autoscaling = autoscaling is not None
        self.replicas = int(autoscaling.min_replicas if autoscaling else config.num_replicas)
        self.max_replicas = int(autoscaling.max_replicas if autoscaling else config.num_replicas)
        actor_options = _actor_options(
            cast("dict[str, Any]", instance.ray_actor_options or {}),
            is_given="ray_actor_options" in configured,
            has_bundles="placement_group_bundles" in configured,
        )
        self.num_cpus = float(actor_options.get("num_cpus") or 0)
        self.num_gpus = float(actor_options.get("num_gpus") or 0)
        memory = actor_options.get("memory")
        self.memory_bytes = int(memory) if memory else None
        self.resources = {key: float(value) for key, value in (actor_options.get("resources") or {}).items()}
        options: dict[str, Any] = {"name": name, "ray_actor_options": actor_options}
        if instance.user_config is None and hasattr(self.deployment_cls, "reconfigure"):
            options["user_config"] = {}
        if "health_check_period_s" not in configured:
            options["health_check_period_s"] = HEALTH_CHECK_PERIOD_S
        if hasattr(self.deployment_cls, "check_health") and "health_check_timeout_s" not in configured:
            options["health_check_timeout_s"] = HEALTH_CHECK_TIMEOUT_S
        self.serve_deployment: Any = instance.options(**options)


def _actor_options(given: Mapping[str, Any], *, is_given: bool, has_bundles: bool) -> dict[str, Any]:
    """Add Aana's defaults to an author's ``ray_actor_options``.

    Serve writes ``num_cpus: 1`` into the options where the author wrote none, and nothing tells its 1 from the
    author's but the place: Serve's is the last key, an ``int``, and never alone where options were given at all.
    So an author who wants exactly one CPU writes ``num_cpus`` first, or ``1.0``.
    """
    options = dict(given)
    keys = list(options)
    by_serve = options.get("num_cpus") == 1 and isinstance(options["num_cpus"], int) and keys[-1] == "num_cpus"
    is_alone = is_given and keys == ["num_cpus"]
    if by_serve and not is_alone and not has_bundles:
        options["num_cpus"] = DEFAULT_NUM_CPUS
    runtime_env = dict(options.get("runtime_env") or {})
    runtime_env["env_vars"] = {**REPLICA_ENV, **(runtime_env.get("env_vars") or {})}
    options["runtime_env"] = runtime_env
    return options


def _not_a_deployment(name: str, instance: object) -> InvalidSignature:
    shown = instance.__name__ if inspect.isclass(instance) else type(instance).__name__
    message = f"Deployment {name}: instance must be a class decorated with @serve.deployment, not {shown}."
    hint = "Pass the decorated class, or its .options(…)."
    if inspect.isclass(instance):
        hint = f"Write '@serve.deployment' above 'class {shown}'."
    elif type(instance).__name__ == "Application":
        message = f"Deployment {name}: instance must be the decorated class itself, not the result of .bind()."
        hint = "Leave .bind() out, and pass what the constructor needs by .options(user_config=…)."
    elif hasattr(instance, "func_or_class"):
        message = f"Deployment {name}: instance is a decorated function, and a deployment must be a class."
        hint = "Write a subclass of BaseDeployment with the function as a method."
    return InvalidSignature(message, hint=hint, code="not_a_deployment")
