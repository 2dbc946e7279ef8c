"""Checking a project: packed as `aana deploy` packs it, unpacked, read by the loader, compared with project.toml."""

from __future__ import annotations

import io
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aanad.cli.loader_child import read_project
from aanad.client import pack
from aanad.client.project_file import read_project_file
from aanad.errors import AanaError, Failed, InvalidProject, NotFound
from aanad.wire.manifest import INGRESS_DEPLOYMENT

if TYPE_CHECKING:
    from aanad.client import Archive, Target
    from aanad.wire.manifest import DeploymentManifest, LoadFailure, ProjectManifest
    from aanad.wire.project_file import DeploymentOverride, ProjectFile

REQUIREMENTS = "requirements.txt"
INGRESS_SETTINGS = frozenset({"replicas", "autoscaling", "max_ongoing_requests"})


@dataclass(frozen=True)
class Checked:
    """A project that can be deployed."""

    archive: Archive
    manifest: ProjectManifest
    settings: ProjectFile
    requirements: list[str]
    """The packages that ``requirements.txt`` names, as it names them."""
    seconds: float
    """What reading it took."""

    @property
    def route_prefix(self) -> str:
        """Where its endpoints will be."""
        return self.settings.route_prefix or f"/{self.manifest.name}"

    @property
    def deployments(self) -> list[DeploymentManifest]:
        """Its deployments as they will run, with what ``project.toml`` says."""
        return [_overridden(one, self.settings.deployments.get(one.name)) for one in self.manifest.deployments]


def check_project(target: Target, *, timeout_s: float) -> Checked:
    """Check a project without a daemon and without starting it.

    Raises:
        NotFound: there is no such folder.
        Failed: it cannot be deployed, with the code, hint and evidence that deploying it would give.
    """
    try:
        archive = pack(target)
        settings = read_project_file(target.folder)
    except InvalidProject as error:
        kind = NotFound if error.code == "no_folder" else Failed
        raise kind(error.message, hint=error.hint, code=error.code, detail=error.detail) from error
    with tempfile.TemporaryDirectory(prefix="aana-check-") as place:
        with zipfile.ZipFile(io.BytesIO(archive.content)) as packed:
            packed.extractall(place)  # our own archive, made a moment ago
        requirements = _requirements(Path(place, archive.name, REQUIREMENTS))
        result = read_project(Path(place), archive.name, archive.app, timeout_s=timeout_s)
    if result.manifest is None:
        raise _failed(result.failure, has_requirements=bool(requirements))
    _check_overrides(settings, result.manifest)
    return Checked(archive, result.manifest, settings, requirements, result.seconds)


def _failed(failure: LoadFailure | None, *, has_requirements: bool) -> AanaError:
    if failure is None:
        return Failed("The project could not be read.", code="import_error")
    hint = failure.hint
    if has_requirements and "ModuleNotFoundError" in failure.message:
        hint = f"Is it in {REQUIREMENTS}? A check does not install that: 'pip install -r {REQUIREMENTS}' does."
    return Failed(failure.message, hint=hint or None, code=failure.code, detail=failure.traceback)


def _requirements(path: Path) -> list[str]:
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise Failed(f"{REQUIREMENTS} is not text in UTF-8.", code="invalid_requirements") from error
    return [line for raw in lines if (line := raw.partition("#")[0].strip())]


def _check_overrides(settings: ProjectFile, manifest: ProjectManifest) -> None:
    known = {deployment.name for deployment in manifest.deployments}
    for name, override in settings.deployments.items():
        if name == INGRESS_DEPLOYMENT:
            if beyond := override.model_fields_set - INGRESS_SETTINGS:
                raise Failed(
                    f"project.toml overrides {min(beyond)} of the ingress, which runs no code of its own.",
                    hint=f"For the ingress there are: {', '.join(sorted(INGRESS_SETTINGS))}.",
                    code="unknown_override",
                )
        elif name not in known:
            raise Failed(
                f"project.toml overrides the deployment {name}, which the project does not have.",
                hint=f"It has: {', '.join(sorted(known)) or 'none'}.",
                code="unknown_deployment",
            )


def _overridden(deployment: DeploymentManifest, override: DeploymentOverride | None) -> DeploymentManifest:
    if override is None:
        return deployment
    update: dict[str, Any] = {
        name: value for name in ("num_cpus", "num_gpus") if (value := getattr(override, name)) is not None
    }
    if override.replicas is not None:
        update |= {"replicas": override.replicas, "max_replicas": override.replicas, "autoscaling": False}
    if (scaling := override.autoscaling) is not None:
        update |= {"replicas": scaling.min_replicas, "max_replicas": scaling.max_replicas, "autoscaling": True}
    return deployment.model_copy(update=update)
