"""The class of the ingress replica: it imports the app, gets its endpoints ready and hands Serve the ASGI app."""

from __future__ import annotations

from typing import Any

from aanad.sdk import replica_logs, sealed_secrets, start_backoff, wiring
from aanad.sdk.loading import find_app
from aanad.serving.asgi import ProjectApp


class Ingress:
    """One replica of a project's ingress; only strings and handles travel to it."""

    async def __init__(self, project: str, import_path: str, handles: dict[str, Any]) -> None:  # type: ignore[misc]
        replica_logs.adopt()
        await start_backoff.wait_async()
        sealed_secrets.check_installed()
        _, app = find_app(project, import_path.removeprefix(f"{project}."))
        classes = {name: registered.deployment_cls for name, registered in app.deployments.items()}
        wiring.install(wiring.Wiring(project=project, handles=handles, classes=classes))
        self._project_app = ProjectApp(app)
        await self._project_app.initialize()

    def __serve_build_asgi_app__(self) -> ProjectApp:
        return self._project_app
