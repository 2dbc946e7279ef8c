"""An operator's numbers of replicas: checked against what the project has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aanad.core.sizes import INGRESS
from aanad.errors import InvalidInput, Refused

if TYPE_CHECKING:
    from aanad.core.records import ProjectRecord, RevisionRecord
    from aanad.wire.projects import Scale, ScaleRequest


def scaled(record: ProjectRecord, revision: RevisionRecord | None, request: ScaleRequest) -> dict[str, Scale]:
    """All numbers of a project after a request.

    Raises:
        Refused: ``no_revision``.
        InvalidInput: ``unknown_deployment``.
    """
    if revision is None:
        raise Refused(
            f"{record.name} has no revision that could be scaled.",
            hint=f"Deploy it first; aana history {record.name} shows what there is.",
            code="no_revision",
        )
    known = {INGRESS.name, *(deployment.name for deployment in revision.manifest.deployments)}
    if unknown := sorted(request.deployments.keys() - known):
        raise InvalidInput(
            f"{record.name} has no deployment {unknown[0]}.",
            hint=f"It has: {', '.join(sorted(known))}.",
            code="unknown_deployment",
        )
    after = record.scale | {name: scale for name, scale in request.deployments.items() if scale is not None}
    return {name: scale for name, scale in after.items() if request.deployments.get(name, scale) is not None}
