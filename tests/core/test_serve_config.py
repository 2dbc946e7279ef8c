"""What Serve is told about a project."""

from __future__ import annotations

from dataclasses import replace

from aanad.core.serve_config import application_config
from aanad.wire.manifest import DEPLOYMENT_ENV, DeploymentManifest, ProjectManifest
from aanad.wire.project_file import Autoscaling, DeploymentOverride, ProjectFile
from tests.contracts.store import PROJECT, REVISION

MODEL = DeploymentManifest(
    name="model", class_name="Model", replicas=1, max_replicas=1, num_cpus=0.1, num_gpus=1, memory_bytes=7
)
MANIFEST = ProjectManifest(name="asr", app="asr.app:aana_app", endpoints=[], deployments=[MODEL])


def test_every_deployment_is_named() -> None:
    """Serve gives a project's environment only to the deployments that its configuration names."""
    revision = replace(REVISION, manifest=MANIFEST, file=ProjectFile(env={"A": "b"}))

    config = application_config(PROJECT, revision)

    assert ({"A": "b"}, {"ingress": {}, "model": {}}) == (config.env, config.overrides)


def test_overrides_speak_serves_words() -> None:
    """Resources are given whole, because Serve would drop what is not repeated; the rest is given alone."""
    override = DeploymentOverride(num_cpus=2, max_ongoing_requests=9, autoscaling=Autoscaling(max_replicas=4))
    revision = replace(REVISION, manifest=MANIFEST, file=ProjectFile(deployments={"model": override}))

    overrides = application_config(PROJECT, revision).overrides["model"]

    assert overrides == {
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
    first = application_config(replace(PROJECT, restarts=0), replace(REVISION, manifest=MANIFEST))
    second = application_config(replace(PROJECT, restarts=0), replace(REVISION, manifest=MANIFEST, id="f" * 12))

    assert first == second
    assert application_config(replace(PROJECT, restarts=3), replace(REVISION, manifest=MANIFEST)).args["restart"] == 3
