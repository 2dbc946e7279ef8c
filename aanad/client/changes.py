"""Calls that change something. Each is one change, however often it is sent under its key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aanad.client.calls import Calls, operation_path, project_path
from aanad.errors import InvalidInput
from aanad.wire.operations import Operation

if TYPE_CHECKING:
    from aanad.client.packing import Archive
    from aanad.wire.projects import ScaleRequest
    from aanad.wire.secrets import SecretChange


class Changes(Calls):
    """The verbs.

    All take ``idempotency_key``: a change that is sent again under the same key is not made again; a new key where
    not given. Those of a project take ``expected_version``, the ``etag`` of a `ProjectDetail`: the change is refused
    where somebody else has changed the project since.
    """

    def deploy(
        self,
        archive: Archive,
        *,
        activate: bool = True,
        expected_version: str | None = None,
        idempotency_key: str | None = None,
    ) -> Operation:
        """Upload an archive as a revision; with `activate` it is what runs next."""
        return self._change(
            Operation,
            "POST",
            project_path(archive.name, "revisions"),
            parameters={"activate": activate, "app": archive.app, "git_commit": archive.git_commit},
            content=archive.content,
            content_type="application/zip",
            expected_version=expected_version,
            idempotency_key=idempotency_key,
        )

    def start(
        self, project: str, *, expected_version: str | None = None, idempotency_key: str | None = None
    ) -> Operation:
        """Ask for a project to run."""
        return self._verb(project, "start", expected_version, idempotency_key)

    def stop(
        self, project: str, *, expected_version: str | None = None, idempotency_key: str | None = None
    ) -> Operation:
        """Ask for a project to stop."""
        return self._verb(project, "stop", expected_version, idempotency_key)

    def restart(
        self, project: str, *, expected_version: str | None = None, idempotency_key: str | None = None
    ) -> Operation:
        """Replace a project's replicas."""
        return self._verb(project, "restart", expected_version, idempotency_key)

    def rollback(
        self,
        project: str,
        revision: str | None = None,
        *,
        expected_version: str | None = None,
        idempotency_key: str | None = None,
    ) -> Operation:
        """Activate an older revision: the last good one before the active one, or the one whose id begins so."""
        return self._change(
            Operation,
            "POST",
            project_path(project, "rollback"),
            parameters={"revision": revision},
            expected_version=expected_version,
            idempotency_key=idempotency_key,
        )

    def scale(
        self,
        project: str,
        request: ScaleRequest,
        *,
        expected_version: str | None = None,
        idempotency_key: str | None = None,
    ) -> Operation:
        """Set how many replicas deployments have; it survives a redeploy."""
        return self._change(
            Operation,
            "POST",
            project_path(project, "scale"),
            content=request.model_dump_json().encode(),
            content_type="application/json",
            expected_version=expected_version,
            idempotency_key=idempotency_key,
        )

    def remove(
        self,
        project: str,
        *,
        force: bool = False,
        expected_version: str | None = None,
        idempotency_key: str | None = None,
    ) -> Operation:
        """Forget a project and its revisions; a running one only with `force`."""
        return self._change(
            Operation,
            "DELETE",
            project_path(project),
            parameters={"force": force},
            expected_version=expected_version,
            idempotency_key=idempotency_key,
        )

    def cancel(self, operation_id: str, *, idempotency_key: str | None = None) -> Operation:
        """Cancel an operation that is still loading; what ran before is brought back."""
        path = operation_path(operation_id, "cancel")
        return self._change(Operation, "POST", path, idempotency_key=idempotency_key)

    def set_secret(
        self,
        project: str,
        name: str,
        value: str,
        *,
        expected_version: str | None = None,
        idempotency_key: str | None = None,
    ) -> SecretChange:
        """Set a secret; the replicas of a running project are replaced, which is the change's operation."""
        from aanad.wire.secrets import SecretChange

        return self._change(
            SecretChange,
            "PUT",
            _secret_path(project, name),
            content=value.encode(),
            content_type="text/plain; charset=utf-8",
            expected_version=expected_version,
            idempotency_key=idempotency_key,
        )

    def remove_secret(
        self, project: str, name: str, *, expected_version: str | None = None, idempotency_key: str | None = None
    ) -> SecretChange:
        """Forget a secret; the replicas of a running project are replaced, which is the change's operation."""
        from aanad.wire.secrets import SecretChange

        return self._change(
            SecretChange,
            "DELETE",
            _secret_path(project, name),
            expected_version=expected_version,
            idempotency_key=idempotency_key,
        )

    def _verb(self, project: str, verb: str, expected_version: str | None, idempotency_key: str | None) -> Operation:
        return self._change(
            Operation,
            "POST",
            project_path(project, verb),
            expected_version=expected_version,
            idempotency_key=idempotency_key,
        )


def require_secret_name(name: str) -> str:
    """The name, where it can be a variable's.

    Raises:
        InvalidInput: it cannot.
    """
    from pydantic import TypeAdapter, ValidationError

    from aanad.wire.secrets import SecretName

    try:
        return TypeAdapter(SecretName).validate_python(name)
    except ValidationError as error:
        raise InvalidInput(
            f"{name!r} cannot be a secret's name.",
            hint="It becomes an environment variable: letters, digits and _, no digit first, at most 128 characters.",
            code="invalid_secret_name",
        ) from error


def _secret_path(project: str, name: str) -> str:
    return project_path(project, f"secrets/{require_secret_name(name)}")
