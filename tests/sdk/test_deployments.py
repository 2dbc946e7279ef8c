"""What becomes of an author's deployment: Aana's defaults, and the author's own settings over them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from ray import serve

from aanad.errors import InvalidSignature
from aanad.sdk import BaseDeployment
from aanad.sdk.deployment import HEALTH_CHECK_TIMEOUT_S, RegisteredDeployment
from aanad.sdk.methods import Kind, public_methods
from aanad.serving.application import ingress_deployment


class Model(BaseDeployment):
    """A model with a method of each kind."""

    def predict(self, text: str) -> str:
        """One value, and it blocks."""
        return text

    async def embed(self, text: str) -> list[float]:
        """One value."""
        return [float(len(text))]

    async def stream(self, text: str) -> AsyncIterator[str]:
        """Many values."""
        for word in text.split():
            yield word

    def _private(self) -> None: ...


class Watched(Model):
    """Has a health check."""

    async def check_health(self) -> None:
        """Fine."""


def prepared(cls: type = Model, **options: Any) -> RegisteredDeployment:
    return RegisteredDeployment("model", serve.deployment(cls).options(**options))


def test_without_settings_a_deployment_gets_a_tenth_of_a_cpu() -> None:
    """Many projects fit on a small machine."""
    deployment = prepared()

    assert deployment.num_cpus == 0.1
    assert deployment.num_gpus == 0
    assert deployment.memory_bytes is None
    assert deployment.resources == {}
    assert (deployment.replicas, deployment.max_replicas, deployment.autoscaling) == (1, 1, False)
    assert deployment.class_name == "Model"
    assert deployment.serve_deployment.name == "model"


@pytest.mark.parametrize(
    ("actor_options", "num_cpus"),
    [
        ({"num_cpus": 2}, 2.0),
        ({"num_cpus": 1}, 1.0),
        ({"num_cpus": 0}, 0.0),
        ({"num_cpus": 1, "num_gpus": 1}, 1.0),
        ({"num_gpus": 1, "num_cpus": 1.0}, 1.0),
        ({"num_gpus": 1}, 0.1),
        ({"memory": 1000}, 0.1),
        ({"resources": {"disk": 1}}, 0.1),
    ],
)
def test_an_author_who_says_cpus_gets_them(actor_options: dict[str, Any], num_cpus: float) -> None:
    """Serve fills in one CPU by itself; only what the author wrote counts."""
    assert prepared(ray_actor_options=actor_options).num_cpus == num_cpus


def test_resources_are_read_back() -> None:
    """The plan knows what a replica asks for."""
    deployment = prepared(
        num_replicas=3, ray_actor_options={"num_gpus": 0.5, "memory": 2_000_000, "resources": {"disk": 2}}
    )

    assert (deployment.replicas, deployment.max_replicas) == (3, 3)
    assert (deployment.num_gpus, deployment.memory_bytes, deployment.resources) == (0.5, 2_000_000, {"disk": 2.0})


def test_autoscaling_gives_the_range_of_replicas() -> None:
    """The least and the most; that Serve chooses is known even where the two are the same."""
    deployment = prepared(autoscaling_config={"min_replicas": 2, "max_replicas": 5})

    assert (deployment.replicas, deployment.max_replicas, deployment.autoscaling) == (2, 5, True)
    assert prepared(autoscaling_config={"min_replicas": 1, "max_replicas": 1}).autoscaling


def test_user_code_runs_in_a_thread_and_logs_are_written_at_once() -> None:
    """Whatever the cluster's throughput options say; an author's own variables win."""
    author = {"runtime_env": {"env_vars": {"RAY_SERVE_REQUEST_PATH_LOG_BUFFER_SIZE": "7", "HF_HOME": "/models"}}}
    runtime_env = prepared(ray_actor_options=author).serve_deployment.ray_actor_options["runtime_env"]

    assert runtime_env["env_vars"] == {
        "RAY_SERVE_RUN_USER_CODE_IN_SEPARATE_THREAD": "1",
        "RAY_SERVE_REQUEST_PATH_LOG_BUFFER_SIZE": "7",
        "HF_HOME": "/models",
    }


def test_apply_config_is_always_called() -> None:
    """Serve reconfigures only where there is a user_config, so there always is one."""
    assert prepared().serve_deployment.user_config == {}
    assert prepared(user_config={"a": 1}).serve_deployment.user_config == {"a": 1}


def test_a_class_that_cannot_be_reconfigured_is_not() -> None:
    """A plain class works as well."""

    class Plain:
        def predict(self) -> int:
            return 1

    assert prepared(Plain).serve_deployment.user_config is None


def test_a_dead_replica_is_noticed_soon() -> None:
    """Serve asks each two seconds, unless the author says otherwise."""
    assert prepared().serve_deployment._deployment_config.health_check_period_s == 2
    assert ingress_deployment()._deployment_config.health_check_period_s == 2
    assert prepared(health_check_period_s=30).serve_deployment._deployment_config.health_check_period_s == 30


def test_a_health_check_may_wait_behind_a_call_that_blocks() -> None:
    """Unless the author says how long."""
    assert prepared(Watched).serve_deployment._deployment_config.health_check_timeout_s == HEALTH_CHECK_TIMEOUT_S
    given = prepared(Watched, health_check_timeout_s=5).serve_deployment
    assert given._deployment_config.health_check_timeout_s == 5


def test_preparing_leaves_the_author_s_object_alone() -> None:
    """One decorated class can be registered twice, under two names."""
    given = serve.deployment(Model).options(ray_actor_options={"num_gpus": 1})
    RegisteredDeployment("one", given)
    RegisteredDeployment("two", given)

    assert given.name == "Model"
    assert "runtime_env" not in given.ray_actor_options


def test_public_methods_are_those_a_handle_may_call() -> None:
    """Neither private ones nor those that Serve calls."""
    assert public_methods(Watched) == {"predict": Kind.VALUE, "embed": Kind.VALUE, "stream": Kind.STREAM}
    assert prepared(Watched).methods == ["embed", "predict", "stream"]


@pytest.mark.parametrize(
    ("make", "cure"),
    [
        (lambda: Model, "@serve.deployment"),
        (Model, "decorated"),
        (lambda: serve.deployment(Model).bind(), ".bind()"),
        (lambda: serve.deployment(lambda _: "x"), "class"),
        (lambda: None, "decorated"),
    ],
)
def test_what_is_no_deployment_is_refused_with_a_cure(make: Any, cure: str) -> None:
    """The usual slips: not decorated, bound already, a function."""
    with pytest.raises(InvalidSignature) as caught:
        RegisteredDeployment("model", make())

    assert caught.value.code == "not_a_deployment"
    assert caught.value.message.startswith("Deployment model: ")
    assert cure in f"{caught.value.message} {caught.value.hint}"


async def test_config_is_applied_when_it_changes_and_only_then() -> None:
    """Serve repeats reconfigure, when a replica's rank changes say."""
    applied = []

    class Recorder(BaseDeployment):
        async def apply_config(self, config: dict[str, Any]) -> None:
            applied.append(config)

    recorder = Recorder()
    for config in ({}, {}, {"a": 1}, {"a": 1}, {}):
        await recorder.reconfigure(config)

    assert applied == [{}, {"a": 1}, {}]
