"""Calls that say what a change would do, or what an earlier one did; they change nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aanad.client.calls import Calls, project_path
from aanad.client.connection import parsed

if TYPE_CHECKING:
    from aanad.client.packing import Archive
    from aanad.wire.diff import RevisionDiff
    from aanad.wire.plan import Plan
    from aanad.wire.projects import ScaleRequest


READING_S = 1900.0
"""How long a plan may take beyond other answers: the project is read, its requirements installed, as for a deploy."""


class Plans(Calls):
    """Plans of changes, and differences between revisions."""

    def plan_deploy(self, archive: Archive) -> Plan:
        """What deploying an archive would do; it is read, and nothing of it is kept."""
        response = self._connection.request(
            "POST",
            project_path(archive.name, "plan"),
            parameters={"action": "deploy", "app": archive.app},
            content=archive.content,
            headers={"content-type": "application/zip"},
            wait_s=READING_S,
        )
        from aanad.wire.plan import Plan

        return parsed(Plan, response.content)

    def plan(
        self, project: str, action: str, *, revision: str | None = None, scale: ScaleRequest | None = None
    ) -> Plan:
        """What a verb would do.

        Args:
            project: its name.
            action: ``rollback``, ``start``, ``restart``, ``stop``, ``remove`` or ``scale``.
            revision: for a rollback: the revision whose id begins so.
            scale: for ``scale``.
        """
        response = self._connection.request(
            "POST",
            project_path(project, "plan"),
            parameters={"action": action, "revision": revision},
            content=scale.model_dump_json().encode() if scale else None,
            headers={"content-type": "application/json"} if scale else None,
        )
        from aanad.wire.plan import Plan

        return parsed(Plan, response.content)

    def diff(self, project: str, before: str | None = None, after: str | None = None) -> RevisionDiff:
        """What differs between two revisions; the one that was active before, and the active one, where not given."""
        from aanad.wire.diff import RevisionDiff

        return self._read(RevisionDiff, project_path(project, "diff"), {"before": before, "after": after})
