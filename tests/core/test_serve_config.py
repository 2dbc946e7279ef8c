"""What Serve is told about a project."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aanad.core.serve_config import application_config
from aanad.wire.manifest import DEPLOYMENT_ENV, DeploymentManifest, ProjectManifest
from aanad.wire.project_file import Autoscaling, DeploymentOverride, ProjectFile
from aanad.wire.projects import Scale
from aanad.wire.requests import RequestOverrides, RequestRules
from tests.contracts.store import PROJECT, REVISION

MODEL = DeploymentManifest(
    name="model", class_name="Model", replicas=1, max_replicas=1, num_cpus=0.1, num_gpus=1, memory_bytes=7
)
MANIFEST = ProjectManifest(name="asr", app="asr.app:aana_app", endpoints=[], deployments=[MODEL])


FRESH = replace(PROJECT, restarts=0, scale={}, gaps=())
SURGE = {"max_surge_percent": 100}
RULES = RequestRules(urls="public", paths=("/data",))
TOLD = {"user_config": {"requests": RULES.model_dump(mode="json")}}


def test_every_deployment_is_named() -> None:
    """Serve gives a project's environment only to the deployments that its configuration names."""
    revision = replace(REVISION, manifest=MANIFEST, file=ProjectFile(env={"A": "b"}))

    config = application_config(FRESH, revision, RULES)

    assert ({"A": "b"}, {"ingress": SURGE | TOLD, "model": SURGE}) == (config.env, config.overrides)


def test_overrides_speak_serves_words() -> None:
    """Resources are given whole, because Serve would drop what is not repeated; the rest is given alone."""
    override = DeploymentOverride(num_cpus=2, max_ongoing_requests=9, autoscaling=Autoscaling(max_replicas=4))
    revision = replace(REVISION, manifest=MANIFEST, file=ProjectFile(deployments={"model": override}))

    overrides = application_config(FRESH, revision, RULES).overrides["model"]

    assert overrides == SURGE | {
        "max_ongoing_requests": 9,
        "autoscaling_config": {"min_replicas": 1, "max_replicas": 4},
        "ray_actor_options": {
            "num_cpus": 2,
            "num_gpus": 1,
            "memory": 7,
            "runtime_env": {"env_vars": DEPLOYMENT_ENV},
        },
    }


def test_the_revision_is_not_in_what_restarts_replicas() -> None:
    """Two revisions with the same archive differ in nothing that Serve compares; a restart counter is an argument."""
    first = application_config(FRESH, replace(REVISION, manifest=MANIFEST), RULES)
    second = application_config(FRESH, replace(REVISION, manifest=MANIFEST, id="f" * 12), RULES)
    restarted = application_config(replace(FRESH, restarts=3), replace(REVISION, manifest=MANIFEST), RULES)

    assert first == second
    assert (3, "3") == (restarted.args["restart"], restarted.env["AANA_RESTART"])


@pytest.mark.parametrize(
    ("scale", "in_code", "options"),
    [
        (Scale(replicas=3), False, {"num_replicas": 3}),
        (Scale(replicas=3), True, {"autoscaling_config": {"min_replicas": 3, "max_replicas": 3}}),
        (Scale(max_replicas=4), False, {"autoscaling_config": {"min_replicas": 1, "max_replicas": 4}}),
        (
            Scale(min_replicas=0, max_replicas=4, target_ongoing_requests=2),
            True,
            {"autoscaling_config": {"min_replicas": 0, "max_replicas": 4, "target_ongoing_requests": 2}},
        ),
    ],
)
def test_an_operators_number_wins(scale: Scale, in_code: bool, options: dict[str, object]) -> None:
    """Over project.toml and over the code, which Serve would otherwise go on scaling as it says."""
    model = MODEL.model_copy(update={"autoscaling": in_code, "max_replicas": 2 if in_code else 1})
    file = ProjectFile(deployments={"model": DeploymentOverride(replicas=2, max_ongoing_requests=9)})
    revision = replace(REVISION, manifest=MANIFEST.model_copy(update={"deployments": [model]}), file=file)

    overrides = application_config(replace(FRESH, scale={"model": scale}), revision, RULES).overrides

    assert overrides["model"] == SURGE | options | {"max_ongoing_requests": 9}


def test_what_does_not_fit_twice_is_replaced_with_a_gap() -> None:
    """Only that deployment; the others come up beside their old replicas."""
    config = application_config(replace(FRESH, gaps=("model",)), replace(REVISION, manifest=MANIFEST), RULES)

    assert {"ingress": 100, "model": 0} == {name: o["max_surge_percent"] for name, o in config.overrides.items()}


def test_secrets_are_given_sealed() -> None:
    """Serve gets the sealed text, the project's name that opens it, and the hook that does."""
    config = application_config(FRESH, replace(REVISION, manifest=MANIFEST), RULES, "sealed")

    assert ("sealed", "asr") == (config.env["AANA_SEALED_SECRETS"], config.env["AANA_PROJECT"])
    assert "aanad.sdk.sealed_secrets.install" in config.env.values()


def test_requirements_are_given_line_by_line() -> None:
    """Without comments and empty lines."""
    revision = replace(REVISION, manifest=MANIFEST, requirements="# models\neinops==0.8\n\n--no-index\n")

    assert application_config(FRESH, revision, RULES).requirements == ("einops==0.8", "--no-index")


def test_the_rules_of_requests_reach_the_ingress_without_replacing_a_replica() -> None:
    """The operator's, with what the project says otherwise, as the ingress's user_config and nowhere else."""
    file = ProjectFile(requests=RequestOverrides(max_body_bytes=5, paths=()))
    revision = replace(REVISION, manifest=MANIFEST, file=file)

    config = application_config(FRESH, revision, RULES)
    stricter = application_config(FRESH, revision, RequestRules(max_json_depth=3))

    told = config.overrides["ingress"]["user_config"]["requests"]
    assert RULES.model_dump(mode="json") | {"max_body_bytes": 5, "paths": []} == told
    assert 3 == stricter.overrides["ingress"]["user_config"]["requests"]["max_json_depth"]
    assert replace(config, overrides={}) == replace(stricter, overrides={})
