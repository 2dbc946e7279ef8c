"""The simulated projects as they are read: list, detail, replicas, revisions and diffs, secrets, numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aana_tui.demo.routes import Call, Refusal, Routes, answered
from aanad.wire.diff import FileDiff, RevisionDiff
from aanad.wire.plan import Change
from aanad.wire.secrets import Secret

if TYPE_CHECKING:
    import httpx

    from aana_tui.demo.project import SimulatedProject
    from aanad.wire.projects import Revision

routes = Routes()


def found(call: Call) -> SimulatedProject:
    """The project that the path names.

    Raises:
        Refusal: ``project_not_found``.
    """
    name = call.path["project"]
    project = call.box.projects.get(name)
    if project is None:
        raise Refusal(404, "project_not_found", f"There is no project {name}.", "aana ps lists them.")
    return project


@routes("GET", "/v1/projects")
def projects(call: Call) -> httpx.Response:
    """All, by name."""
    return answered([item for _, item in sorted(call.box.items("projects").items())])


@routes("GET", "/v1/projects/{project}")
def project(call: Call) -> httpx.Response:
    """One, with its deployments."""
    detail = found(call).detail()
    return answered(detail, headers={"etag": detail.etag})


@routes("GET", "/v1/projects/{project}/replicas")
def project_replicas(call: Call) -> httpx.Response:
    """The replicas of one."""
    return answered(found(call).replicas())


@routes("GET", "/v1/replicas")
def replicas(call: Call) -> httpx.Response:
    """All replicas."""
    return answered(list(call.box.items("replicas").values()))


@routes("GET", "/v1/requests")
def requests(call: Call) -> httpx.Response:
    """Numbers of requests and calls."""
    asked = call.query.get("project")
    return answered([item for item in call.box.items("requests").values() if asked in {None, item["project"]}])


@routes("GET", "/v1/projects/{project}/secrets")
def secrets(call: Call) -> httpx.Response:
    """Their names."""
    return answered([Secret(name=name) for name in found(call).secrets])


@routes("GET", "/v1/projects/{project}/revisions")
def revisions(call: Call) -> httpx.Response:
    """The history, the newest first."""
    return answered(found(call).revisions)


@routes("GET", "/v1/projects/{project}/diff")
def diff(call: Call) -> httpx.Response:
    """What differs between two revisions."""
    project = found(call)
    after = revision_of(project, call.query.get("after") or project.revision)
    older = [each for each in project.revisions if each.created_at < after.created_at]
    before = revision_of(project, call.query["before"]) if "before" in call.query else (older or [after])[0]
    if before.id == after.id:
        return answered(RevisionDiff(project=project.name, before=before.id, after=after.id))
    return answered(
        RevisionDiff(
            project=project.name, before=before.id, after=after.id,
            files=[
                FileDiff(path=f"{project.name}/app.py", change="changed", lines=_lines(before, after)),
                FileDiff(path=f"{project.name}/prompts.txt", change="added", lines=["+You answer in one sentence."]),
            ],
            settings=[Change(name=f"deployments.{project.parts[0].name}.replicas", before="2",
                             after=str(project.parts[0].replicas))],
        )
    )  # fmt: skip


def revision_of(project: SimulatedProject, start: str | None) -> Revision:
    """The one revision whose id begins so.

    Raises:
        Refusal: ``revision_not_found``.
    """
    for revision in project.revisions:
        if start and revision.id.startswith(start):
            return revision
    raise Refusal(
        404,
        "revision_not_found",
        f"{project.name} has no revision {start}.",
        f"aana history {project.name} lists them.",
    )


def _lines(before: Revision, after: Revision) -> list[str]:
    return [
        f"--- {before.id}/app.py",
        f"+++ {after.id}/app.py",
        "@@ -14,7 +14,8 @@",
        " class Model:",
        "     async def apply_config(self, config):",
        '-        self.model = load(config["model"])',
        '+        self.model = load(config["model"], torch_dtype="float16")',
        "+        self.batch_size = 8",
        " ",
    ]
