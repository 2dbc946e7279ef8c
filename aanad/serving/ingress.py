"""The class of the ingress replica: it imports the app, gets its endpoints ready and hands Serve the ASGI app."""

from __future__ import annotations

from typing import Any

from aanad.sdk import counts_file, replica_logs, sealed_secrets, start_backoff, wiring
from aanad.sdk.counts import process_counts
from aanad.sdk.loading import find_app
from aanad.serving.asgi import ProjectApp
from aanad.wire.requests import RequestRules


class Ingress:
    """One replica of a project's ingress; only strings and handles travel to it."""

    async def __init__(self, project: str, import_path: str, handles: dict[str, Any]) -> None:  # type: ignore[misc]
        replica_logs.adopt()
        await start_backoff.wait_async()
        sealed_secrets.check_installed()
        _, app = find_app(project, import_path.removeprefix(f"{project}."))
        classes = {name: registered.deployment_cls for name, registered in app.deployments.items()}
        wiring.install(wiring.Wiring(project=project, handles=handles, classes=classes))
        self._project_app = ProjectApp(app, process_counts)
        await self._project_app.initialize()
        counts_file.keep()

    def reconfigure(self, user_config: dict[str, Any]) -> None:
        """Take over the rules of requests; Serve calls it once the replica is there, and when they change.

        Rules of a newer daemon that this process does not know yet are left out.
        """
        given = user_config.get("requests", {})
        known = {name: value for name, value in given.items() if name in RequestRules.model_fields}
        self._project_app.apply_rules(RequestRules(**known))

    def __serve_build_asgi_app__(self) -> ProjectApp:
        return self._project_app
