"""Deploying, from the upload to a running project."""

from __future__ import annotations

import pytest

from aanad.errors import InvalidProject, Refused
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
    box.archives.files["other"] = ProjectFile(route_prefix="/asr")

    with pytest.raises(Refused) as caught:
        await box.upload("other")

    assert caught.value.code == "route_prefix_taken"
    assert [project.name for project in await box.overview.projects()] == ["asr"]


async def test_an_override_of_an_unknown_deployment_is_named(box: Box) -> None:
    """A misspelt deployment in project.toml fails the deploy and lists those that exist."""
    box.archives.files["asr"] = ProjectFile(deployments={"modle": DeploymentOverride(replicas=2)})

    operation = await box.deploy("asr")

    assert operation.problem is not None
    assert (operation.problem.code, operation.problem.hint) == ("unknown_deployment", "It has: model.")


async def test_autostart_false_leaves_the_first_deploy_stopped(box: Box) -> None:
    """Such a project is read and kept, and waits for a start."""
    box.archives.files["asr"] = ProjectFile(autostart=False)

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
