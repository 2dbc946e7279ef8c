"""Plans: what a change would do, worked out from what runs now; nothing is changed, and nothing is kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aanad.core.diffs import changed_paths, setting_changes
from aanad.core.placement import Demand
from aanad.core.plan_steps import Present, Situation, steps
from aanad.core.scaling import scaled
from aanad.core.sizes import is_resized_in_place, kept_scale, wanted_deployments
from aanad.errors import Refused
from aanad.wire.plan import Change, FileChanges, Plan, PlanStep, StepAction

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from aanad.core.observation import Observation
    from aanad.core.placement import Placement
    from aanad.core.ports import Archives, Store
    from aanad.core.reading import Reading
    from aanad.core.records import ProjectRecord, RevisionRecord
    from aanad.core.revisions import Revisions
    from aanad.core.rooms import Rooms
    from aanad.core.sizes import Wanted
    from aanad.wire.projects import Scale, ScaleRequest


@dataclass(frozen=True)
class _Change:
    """What would be, of which the rest follows."""

    action: str
    record: ProjectRecord | None
    """None for a project that is not there yet."""
    name: str
    before: RevisionRecord | None
    after: RevisionRecord | None
    """None where nothing shall run."""
    scale: dict[str, Scale]
    replaces: bool
    runs: bool = True
    """Whether the project runs afterwards."""
    files: FileChanges = field(default_factory=FileChanges)


class Plans:
    """Makes plans."""

    def __init__(
        self,
        *,
        store: Store,
        archives: Archives,
        reading: Reading,
        revisions: Revisions,
        rooms: Rooms,
        observation: Observation,
        drain_s: float,
    ) -> None:
        """`drain_s` is how long a replica that must end goes on answering."""
        self._store = store
        self._archives = archives
        self._reading = reading
        self._revisions = revisions
        self._rooms = rooms
        self._observation = observation
        self._drain_s = drain_s

    async def deploy(self, project: str, chunks: AsyncIterator[bytes], *, app: str | None, actor: str) -> Plan:
        """What deploying an archive would do. It is read as a deploy would read it, and forgotten again.

        Raises:
            AanaError: as a deploy of it would.
        """
        stored = await self._reading.save(project, chunks)
        try:
            after = await self._reading.revision(stored, project, app=app, git_commit=None, actor=actor)
            record = await self._store.project(project)
            before = await self._active(record)
            old = await self._archives.files(before.archive) if before is not None else {}
            files = changed_paths(old, await self._archives.files(after.archive))
        finally:
            await self._reading.release(stored)
        scale = kept_scale(after, record.scale) if record is not None else {}
        is_same = before is not None and before.archive == after.archive and before.manifest.app == after.manifest.app
        runs = after.file.autostart or (record is not None and record.desired == "running")
        plan = await self._plan(
            _Change("deploy", record, project, before, after, scale, replaces=not is_same, runs=runs, files=files)
        )
        return plan.model_copy(update={"notes": [*plan.notes, *_scale_notes(record, after)]})

    async def rollback(self, record: ProjectRecord, revision: str | None) -> Plan:
        """What going back to a revision would do."""
        after = await (
            self._revisions.find(record.name, revision) if revision else self._revisions.before(record, good=True)
        )
        before = await self._active(record)
        old = await self._archives.files(before.archive) if before is not None else {}
        files = changed_paths(old, await self._archives.files(after.archive))
        scale = kept_scale(after, record.scale)
        plan = await self._plan(
            _Change(
                "rollback",
                record,
                record.name,
                before,
                after,
                scale,
                replaces=before != after,
                runs=record.desired == "running",
                files=files,
            )
        )
        return plan.model_copy(update={"notes": [*plan.notes, *_scale_notes(record, after)]})

    async def verb(self, record: ProjectRecord, action: str) -> Plan:
        """What start, restart, stop or remove would do."""
        active = await self._active(record)
        if active is None and action in {"start", "restart"}:
            raise Refused(f"{record.name} has no revision that could be read.", code="no_revision")
        after = None if action in {"stop", "remove"} else active
        return await self._plan(
            _Change(action, record, record.name, active, after, record.scale, replaces=action == "restart")
        )

    async def scale(self, record: ProjectRecord, request: ScaleRequest) -> Plan:
        """What new numbers of replicas would do."""
        active = await self._active(record)
        scale = scaled(record, active, request)
        replaces = active is not None and not is_resized_in_place(
            wanted_deployments(active, record.scale), wanted_deployments(active, scale)
        )
        plan = await self._plan(
            _Change(
                "scale",
                record,
                record.name,
                active,
                active,
                scale,
                replaces=replaces,
                runs=record.desired == "running",
            )
        )
        if not replaces:
            return plan
        note = "Going from a number to a range, or back, makes Ray Serve replace every replica of the project."
        return plan.model_copy(update={"notes": [*plan.notes, note]})

    async def _active(self, record: ProjectRecord | None) -> RevisionRecord | None:
        if record is None or record.revision is None:
            return None
        return await self._store.revision(record.name, record.revision)

    async def _plan(self, change: _Change) -> Plan:
        present = self._present(change)
        after = wanted_deployments(change.after, change.scale) if change.after is not None and change.runs else {}
        gaps = await self._rooms.gaps(change.name, after) if change.replaces and present else ()
        situation = Situation(
            project=change.name,
            present=present,
            after=after,
            replaces=change.replaces,
            gaps=gaps,
            placement=await self._placement(change, present, after, gaps),
            timings=change.record.timings if change.record is not None else {},
            drain_s=self._drain_s,
        )
        found = steps(situation)
        fits = situation.placement is None or situation.placement.fits
        return Plan(
            project=change.name,
            action=change.action,
            revision_before=change.before.id if change.before else None,
            revision_after=change.after.id if change.after else None,
            files=change.files,
            settings=self._settings(change),
            steps=found,
            notes=self._notes(change, present),
            fits=fits,
            interrupts=any(step.gap_s is not None for step in found) or (bool(present) and not after),
            summary=_summary(change, found, fits=fits),
        )

    def _present(self, change: _Change) -> dict[str, Present]:
        app = self._observation.application(change.name)
        if app is None or app.config is None or app.status == "DELETING":
            return {}
        scale = change.record.scale if change.record is not None else {}
        asked = wanted_deployments(change.before, scale) if change.before is not None else {}
        return {
            name: Present(deployment.target_replicas, asked.get(name)) for name, deployment in app.deployments.items()
        }

    async def _placement(
        self, change: _Change, present: dict[str, Present], after: dict[str, Wanted], gaps: tuple[str, ...]
    ) -> Placement | None:
        """Where new replicas go: beside the old ones, in their place, or in addition."""
        demands = []
        for name, wanted in after.items():
            running = present[name].replicas if name in present else 0
            count = wanted.size.least if change.replaces else wanted.size.least - running
            if change.replaces and running and name not in gaps:
                count = 1  # one at a time is enough: each new replica lets an old one go
            if count > 0:
                demands.append(Demand(change.name, name, count, wanted.resources))
        if not demands:
            return None
        return await self._rooms.place(demands, without=change.name if gaps else None)

    def _settings(self, change: _Change) -> list[Change]:
        if change.after is None:
            return []
        return setting_changes(change.before, change.after, change.scale) if change.before != change.after else []

    def _notes(self, change: _Change, present: dict[str, Present]) -> list[str]:
        notes = []
        if change.after is not None and not change.runs:
            notes.append(f"It does not run, and is not started by this: aana start {change.name}.")
        if change.replaces and present:
            if change.files.added or change.files.changed or change.files.removed:
                notes.append("A change of files replaces every replica of the project.")
            notes.append("Replicas of other projects go on as they are.")
        before = change.before.requirements if change.before else None
        if change.after is not None and change.after.requirements and change.after.requirements != before:
            notes.append("Its requirements are installed into an environment of its own first.")
        if change.action == "remove":
            notes.append("All its revisions, their archives and its secrets are forgotten.")
        return notes


def _scale_notes(record: ProjectRecord | None, after: RevisionRecord) -> list[str]:
    """What becomes of the numbers that an operator set by hand."""
    if record is None:
        return []
    kept = kept_scale(after, record.scale)
    plain = wanted_deployments(after, {})
    sized = wanted_deployments(after, kept)
    notes = [
        f"{name} keeps the {sized[name].size} replicas that aana scale set (the project says {plain[name].size})."
        for name in sorted(kept)
    ]
    notes += [
        f"What aana scale set for {name} is dropped: this revision has no such deployment."
        for name in sorted(record.scale.keys() - kept.keys())
    ]
    return notes


def _summary(change: _Change, found: list[PlanStep], *, fits: bool) -> str:
    if not fits:
        return f"It does not fit: the {change.action} of {change.name} would wait for resources."
    moving = [step for step in found if step.action is not StepAction.KEEP]
    if change.after is not None and not change.runs:
        return f"{change.name} stays stopped; this {change.action} takes effect when it is started."
    if not moving:
        return f"Nothing would change: {change.name} is as this {change.action} would make it."
    gaps = [step for step in found if step.gap_s is not None]
    if gaps:
        longest = max(step.gap_s or 0 for step in gaps)
        about = f"about {longest:.1f} s" if longest else "for a while"
        return (
            f"{change.name} does not answer for {about}: {', '.join(step.deployment for step in gaps)} must end first."
        )
    counts = {action: sum(step.action is action for step in moving) for action in StepAction}
    told = ", ".join(f"{count} to {action.replace('_', ' ')}" for action, count in counts.items() if count)
    ends = change.after is None
    return f"{change.name}: {told}; " + ("it answers no more." if ends else "no request fails.")
