"""What every group of calls is made of: reading a model from a path, and changing something exactly once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeVar
from uuid import uuid4

from aanad.client.connection import parsed
from aanad.errors import DaemonUnavailable, NotFound

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aanad.client.connection import Connection, Parameters

Model = TypeVar("Model")

_NAME = re.compile(r"[a-z][a-z0-9_]{0,47}")
_OPERATION = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Calls:
    """Calls over one connection."""

    _connection: Connection

    def _read(self, kind: type[Model], path: str, parameters: Parameters | None = None) -> Model:
        return parsed(kind, self._connection.request("GET", path, parameters=parameters).content)

    def _change(
        self,
        kind: type[Model],
        method: str,
        path: str,
        *,
        idempotency_key: str | None,
        expected_version: str | None = None,
        parameters: Parameters | None = None,
        content: bytes | None = None,
        content_type: str | None = None,
    ) -> Model:
        """Send a change; where its answer is lost on the way, ask once more under the same key."""
        given = {
            "idempotency-key": idempotency_key or str(uuid4()),
            "if-match": expected_version,
            "content-type": content_type,
        }
        headers: Mapping[str, str] = {name: value for name, value in given.items() if value is not None}

        def send() -> bytes:
            return self._connection.request(
                method, path, parameters=parameters, content=content, headers=headers
            ).content

        try:
            answer = send()
        except DaemonUnavailable as error:
            if not error.context.get("may_have_arrived"):
                raise
            # By the key the daemon knows whether it took in the first one.
            answer = send()
        return parsed(kind, answer)


def project_path(name: str, rest: str = "") -> str:
    """The path of a project, or of something in it."""
    if not _NAME.fullmatch(name):
        # What cannot be a name is not there either, and must not become another path.
        raise NotFound(f"There is no project {name}.", hint="`aana ps` lists them.", code="project_not_found")
    path = f"/v1/projects/{name}"
    return f"{path}/{rest}" if rest else path


def operation_path(operation_id: str, rest: str = "") -> str:
    """The path of an operation, or of something it can be asked for."""
    if not _OPERATION.fullmatch(operation_id):
        raise NotFound(
            f"There is no operation {operation_id}.", hint="`aana operations` lists them.", code="operation_not_found"
        )
    path = f"/v1/operations/{operation_id}"
    return f"{path}/{rest}" if rest else path
