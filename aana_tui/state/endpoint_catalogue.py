"""The endpoints of running projects, with their schemas: asked for once for each version of a project."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aanad.client import Client
    from aanad.wire.projects import Endpoint, Project

SERVING = frozenset({"running", "updating", "degraded"})


class EndpointCatalogue:
    """What is known of endpoints."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[str, list[Endpoint]]] = {}
        self.failed: dict[str, str] = {}
        """Why a project's endpoints cannot be said."""

    def missing(self, projects: Sequence[Project]) -> list[Project]:
        """Serving projects whose endpoints are not known as they are now."""
        return [
            project
            for project in projects
            if project.phase in SERVING
            and self._known.get(project.name, ("", []))[0] != _version(project)
            and project.name not in self.failed
        ]

    def load(self, client: Client, projects: Sequence[Project]) -> None:
        """Ask for the endpoints of these; in a thread."""
        from aanad.errors import AanaError

        for project in projects:
            try:
                found = client.endpoints(project.name)
            except AanaError as error:
                self.failed[project.name] = error.message
            else:
                self._known[project.name] = (_version(project), found)

    def endpoints(self, project: str) -> list[Endpoint]:
        """What is known of a project's."""
        return self._known.get(project, ("", []))[1]

    def find(self, project: str, endpoint: str) -> Endpoint | None:
        """One of them."""
        return next((one for one in self.endpoints(project) if one.name == endpoint), None)

    def forget_failures(self) -> None:
        """Let them be asked for again."""
        self.failed.clear()


def _version(project: Project) -> str:
    return f"{project.revision} {project.etag}"
