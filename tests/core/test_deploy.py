"""Deploying, from the upload to a running project."""

from __future__ import annotations

import pytest

from aanad.errors import InvalidProject, NotFound, Refused
from aanad.wire.manifest import LoadFailure
from aanad.wire.operations import OperationState
from aanad.wire.project_file import DeploymentOverride, ProjectFile
from tests.core.conftest import Box

BROKEN = LoadFailure(code="import_error", message="No module named 'nope'.", hint="Mend it.", traceback=["line 1"])


async def test_a_deployed_project_runs(box: Box) -> None:
    """A deploy ends when every replica is ready; ps then says running, with the revision that was made."""
    operation = await box.deploy("asr")

    project = await box.project("asr")
    assert (OperationState.SUCCEEDED, "running", "ready", 2, 2) == (
        operation.state,
        project.phase,
        project.reason,
        project.ready,
        project.replicas,
    )
    assert operation.revision == project.revision
    assert [step.state for step in operation.steps] == [OperationState.SUCCEEDED] * 3


async def test_a_deploy_ends_when_requests_arrive(box: Box) -> None:
    """Serve's proxy learns of a project a moment after Serve calls it running; the operation waits for that."""
    box.cluster.unrouted.add("asr")
    upload = await box.upload("asr")
    await box.settle()
    assert (await box.operations.get(upload.id)).state is OperationState.RUNNING

    box.cluster.unrouted.clear()
    await box.settle(1)

    assert (await box.operations.get(upload.id)).state is OperationState.SUCCEEDED


async def test_the_same_files_are_the_same_revision(box: Box) -> None:
    """Deploying what runs already replaces no replica and makes no second revision."""
    await box.deploy("asr")
    before = [replica.id for replica in await box.overview.replicas("asr")]

    operation = await box.deploy("asr")

    assert operation.state is OperationState.SUCCEEDED
    assert before == [replica.id for replica in await box.overview.replicas("asr")]
    assert len(await box.overview.revisions("asr")) == 1


async def test_a_first_revision_that_cannot_be_read_is_shown_as_failed(box: Box) -> None:
    """The project is listed as failed with the loader's reason and evidence; nothing is given to Serve."""
    box.unit.failures["asr"] = BROKEN

    operation = await box.deploy("asr")

    project = await box.project("asr")
    assert (OperationState.FAILED, "import_error") == (operation.state, operation.problem and operation.problem.code)
    assert ("failed", "import_error", ["line 1"], None) == (
        project.phase,
        project.reason,
        project.evidence,
        project.revision,
    )
    assert box.cluster.puts == []


async def test_a_later_revision_that_cannot_be_read_leaves_the_old_one_running(box: Box) -> None:
    """The old replicas go on; ps says running, revision_failed, until a good revision or a start clears it."""
    await box.deploy("asr")
    before = [replica.id for replica in await box.overview.replicas("asr")]
    box.unit.failures["asr"] = BROKEN

    operation = await box.deploy("asr", "v2")

    assert operation.state is OperationState.FAILED
    assert await box.standing("asr") == ("running", "revision_failed")
    assert before == [replica.id for replica in await box.overview.replicas("asr")]

    box.unit.failures.clear()
    await box.deploy("asr", "v3")
    assert await box.standing("asr") == ("running", "ready")


async def test_a_revision_that_serve_cannot_build_goes_back_to_the_last_good_one(box: Box) -> None:
    """The operation fails with the cause; the project ends on the revision that worked before."""
    good = await box.deploy("asr")
    upload = await box.upload("asr", "v2")
    record = await box.store.project("asr")
    assert record is not None
    revision = await box.store.revision("asr", record.revision or "")
    assert revision is not None
    box.cluster.broken[f"gcs://_ray_pkg_{revision.archive[:16]}.zip"] = "Traceback\n  File x\nValueError: no weights"
    await box.settle(12)

    operation = await box.operations.get(upload.id)
    project = await box.project("asr")
    assert operation.state is OperationState.FAILED
    assert operation.problem is not None
    assert "ValueError: no weights" in operation.problem.message
    assert (good.revision, "running", "revision_failed") == (project.revision, project.phase, project.reason)


async def test_an_archive_of_another_name_is_refused(box: Box) -> None:
    """The archive's folder is the project's name; anything else is a mistake worth a sentence."""
    with pytest.raises(InvalidProject) as caught:
        await box.deploys.upload("asr", _chunks(b"tts\nv1"), actor="ann")

    assert caught.value.code == "name_mismatch"


async def test_a_taken_route_prefix_is_refused(box: Box) -> None:
    """Two projects cannot answer under one prefix; the second is refused before anything is stored of it."""
    await box.deploy("asr")
    box.archives.projects["other"] = ProjectFile(route_prefix="/asr")

    with pytest.raises(Refused) as caught:
        await box.upload("other")

    assert caught.value.code == "route_prefix_taken"
    assert [project.name for project in await box.overview.projects()] == ["asr"]


async def test_an_override_of_an_unknown_deployment_is_named(box: Box) -> None:
    """A misspelt deployment in project.toml fails the deploy and lists those that exist."""
    box.archives.projects["asr"] = ProjectFile(deployments={"modle": DeploymentOverride(replicas=2)})

    operation = await box.deploy("asr")

    assert operation.problem is not None
    assert (operation.problem.code, operation.problem.hint) == ("unknown_deployment", "It has: model.")


async def test_autostart_false_leaves_the_first_deploy_stopped(box: Box) -> None:
    """Such a project is read and kept, and waits for a start."""
    box.archives.projects["asr"] = ProjectFile(autostart=False)

    operation = await box.deploy("asr")

    assert operation.state is OperationState.SUCCEEDED
    assert await box.standing("asr") == ("stopped", "never_started")


async def test_without_activation_the_running_revision_stays(box: Box) -> None:
    """activate=false reads and keeps a revision, and changes nothing that runs."""
    first = await box.deploy("asr")

    operation = await box.deploy("asr", "v2", activate=False)

    project = await box.project("asr")
    assert (OperationState.SUCCEEDED, first.revision) == (operation.state, project.revision)
    assert len(await box.overview.revisions("asr")) == 2


async def test_a_daemon_that_ends_while_it_reads_says_so_of_the_deploy(box: Box) -> None:
    """The next daemon ends such an operation as failed, so that nobody waits for it for ever."""
    box.unit.hold.clear()
    operation = await box.upload("asr")
    await box.deploys.stop()

    await box.deploys.abandon_unread()

    ended = await box.operations.get(operation.id)
    assert ended.problem is not None
    assert (ended.state, ended.problem.code) == (OperationState.FAILED, "daemon_restarted")


async def _chunks(content: bytes):
    yield content


async def test_an_archive_that_became_no_revision_is_not_left_behind(box: Box) -> None:
    """Neither one that could not be read nor one that was refused; one that a revision has stays."""
    await box.deploy("asr")
    box.unit.failures["asr"] = BROKEN
    await box.deploy("asr", "v2")
    with pytest.raises(InvalidProject):
        await box.deploys.upload("asr", _chunks(b"tts\nv1"), actor="ann")

    assert 1 == len(box.archives.kept)


async def test_requirements_are_installed_before_the_project_is_read(box: Box) -> None:
    """A step of its own, whose environment the import gets, with the project's secrets."""
    await box.secrets.set("asr", "TOKEN", "hunter22")
    box.archives.requirements["asr"] = "einops==0.8\n"

    operation = await box.deploy("asr")

    assert ["environment", "load", "build", "replicas"] == [step.name for step in operation.steps]
    assert [("asr", "env1", {"TOKEN": "hunter22"})] == box.unit.loaded_with
    app = box.observation.application("asr")
    assert app is not None
    assert app.config is not None
    assert ("einops==0.8",) == app.config.requirements


async def test_requirements_that_cannot_be_installed_fail_the_deploy(box: Box) -> None:
    """With the installer's last lines; what runs goes on, and nothing is imported."""
    await box.deploy("asr")
    box.unit.loaded_with.clear()
    box.archives.requirements["asr"] = "nosuch==1\n"
    box.unit.environment_failures["nosuch==1\n"] = LoadFailure(
        code="environment_failed", message="No matching distribution found for nosuch==1.", traceback=["ERROR: nosuch"]
    )

    operation = await box.deploy("asr", "v2")

    assert operation.problem is not None
    assert ("environment_failed", "ERROR: nosuch") == (operation.problem.code, operation.problem.detail)
    assert (OperationState.FAILED, []) == (operation.steps[0].state, box.unit.loaded_with)
    assert await box.standing("asr") == ("running", "revision_failed")


async def test_a_secret_reaches_the_replicas_of_a_project_that_runs(box: Box) -> None:
    """Its replicas are replaced; the same value again changes nothing; the value is in no event and no operation."""
    await box.deploy("asr")
    before = {replica.id for replica in await box.overview.replicas("asr")}

    change = await box.secret_changes.set("asr", "TOKEN", "hunter22", actor="ann")
    await box.settle()

    assert change.operation is not None
    assert (await box.operations.get(change.operation.id)).state is OperationState.SUCCEEDED
    assert before.isdisjoint({replica.id for replica in await box.overview.replicas("asr")})
    assert ["TOKEN"] == (await box.project("asr")).secrets
    again = await box.secret_changes.set("asr", "TOKEN", "hunter22", actor="ann")
    assert again.operation is None
    told = str(await box.events.list(limit=1000)) + str(await box.operations.list()) + str(box.observation.cluster)
    assert ("hunter22" in told, "secret.set" in told) == (False, True)


async def test_secrets_of_a_project_that_does_not_run(box: Box) -> None:
    """They may come before the project; removing it forgets them; one that is not there is named."""
    change = await box.secret_changes.set("asr", "TOKEN", "hunter22", actor="ann")
    assert change.operation is None
    await box.deploy("asr")
    with pytest.raises(NotFound) as caught:
        await box.secret_changes.remove("asr", "NOPE", actor="ann")
    assert caught.value.code == "secret_not_found"

    await box.commands.remove("asr", actor="ann", force=True)
    await box.settle()

    assert [] == await box.secret_changes.list("asr")


async def test_an_override_of_the_ingress(box: Box) -> None:
    """Its number of replicas can be set; resources of code that it has not cannot."""
    box.archives.projects["asr"] = ProjectFile(deployments={"ingress": DeploymentOverride(replicas=2)})
    await box.deploy("asr")
    assert 3 == (await box.project("asr")).ready

    box.archives.projects["asr"] = ProjectFile(deployments={"ingress": DeploymentOverride(num_gpus=1)})
    operation = await box.deploy("asr", "v2")
    assert operation.problem is not None
    assert operation.problem.code == "unknown_override"
