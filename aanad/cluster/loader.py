"""The child that imports a project and tells what is in it; the one place of the unit where project code runs.

The answer goes through a pipe of its own: authors print. Whatever the import leaves running is ended by the parent.
"""

from __future__ import annotations

import argparse
import ctypes
import faulthandler
import json
import os
import resource
import signal
import sys
import tomllib
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from aanad.errors import AanaError, InvalidProject
from aanad.wire.manifest import DeploymentManifest, EndpointManifest, LoadFailure, LoadResult, ProjectManifest
from aanad.wire.project_file import ProjectFile

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PR_SET_PDEATHSIG = 1
TRACEBACK_LINES = 20


def main(arguments: Sequence[str] | None = None) -> None:
    """Import the project in the working folder and write a `LoadResult`."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--result-fd", type=int, required=True)
    parser.add_argument("--secrets-fd", type=int, help="a file with further variables for the import, as JSON")
    parser.add_argument("project")
    parser.add_argument("app", nargs="?")
    given = parser.parse_args(arguments)
    # Programs that the project starts must not hold the pipe open.
    os.set_inheritable(given.result_fd, False)
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    faulthandler.enable()
    result = load(Path.cwd(), given.project, given.app, _read_secrets(given.secrets_fd))
    data = memoryview(result.model_dump_json().encode())
    while data:
        data = data[os.write(given.result_fd, data) :]
    sys.stdout.flush()
    sys.stderr.flush()
    # Threads and exit handlers of the project have no say in when this ends.
    os._exit(0)


def load(folder: Path, project: str, app: str | None, secrets: Mapping[str, str]) -> LoadResult:
    """What `<folder>/<project>` holds, or why that cannot be said."""
    try:
        settings = _read_project_file(folder / project / "project.toml")
        os.environ.update(settings.env)
        os.environ.update(secrets)
        sys.path.insert(0, str(folder))
        return LoadResult(manifest=_read(project, app or settings.app))
    except AanaError as error:
        return LoadResult(
            failure=LoadFailure(
                code=error.code,
                message=error.message,
                hint=error.hint or "",
                traceback=error.detail[-TRACEBACK_LINES:],
            )
        )
    except BaseException as error:  # noqa: BLE001 - the edge of the process: SystemExit and KeyboardInterrupt too
        return LoadResult(failure=_describe(error, project))


def _read(project: str, app: str | None) -> ProjectManifest:
    # Imported here because it loads ray, which may take a second and has no say in refusing an archive.
    from aanad.sdk.loading import find_app  # noqa: PLC0415

    import_path, sdk = find_app(project, app)
    return ProjectManifest(
        name=project,
        app=import_path,
        endpoints=[
            EndpointManifest(
                name=endpoint.name,
                path=endpoint.path,
                summary=endpoint.summary,
                request_schema=endpoint.request_schema(),
                response_schema=endpoint.response_schema(),
                streaming=endpoint.streaming,
                description=endpoint.options.description,
                tags=list(endpoint.options.tags),
                timeout_s=endpoint.options.timeout_s,
                max_concurrent=endpoint.options.max_concurrent,
                max_queued=endpoint.options.max_queued,
                media_types=list(endpoint.signature.answer.media_types),
                uploads=list(endpoint.signature.uploads),
            )
            for endpoint in sdk.endpoints.values()
        ],
        deployments=[
            DeploymentManifest(
                name=deployment.name,
                class_name=deployment.class_name,
                replicas=deployment.replicas,
                max_replicas=deployment.max_replicas,
                autoscaling=deployment.autoscaling,
                num_cpus=deployment.num_cpus,
                num_gpus=deployment.num_gpus,
                memory_bytes=deployment.memory_bytes,
                resources=dict(deployment.resources),
                methods=list(deployment.methods),
            )
            for deployment in sdk.deployments.values()
        ],
    )


def _read_secrets(descriptor: int | None) -> dict[str, str]:
    """The variables; the file is gone before project code runs."""
    if descriptor is None:
        return {}
    with os.fdopen(descriptor, "rb") as file:
        secrets: dict[str, str] = json.load(file)
    return secrets


def _read_project_file(path: Path) -> ProjectFile:
    """The project's own settings: an import may need its ``env``, as replicas get it."""
    hint = "Correct project.toml; every key in it is optional."
    try:
        return ProjectFile.model_validate(tomllib.loads(path.read_text()))
    except FileNotFoundError:
        return ProjectFile()
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise InvalidProject(f"project.toml: {name}: {first['msg']}.", hint=hint) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise InvalidProject(f"project.toml cannot be read: {error}.", hint=hint) from error


def _describe(error: BaseException, project: str) -> LoadFailure:
    match error:
        case SystemExit():
            message = f"The code of project {project} called sys.exit({error.code!r}) while it was imported."
        case _:
            text = str(error).strip().splitlines()
            message = f"The code of project {project} failed: {type(error).__name__}{': ' + text[0] if text else ''}."
    lines = "".join(traceback.format_exception(error)).splitlines()
    return LoadFailure(
        code="import_error",
        message=message,
        hint="Correct what the traceback shows and deploy again.",
        traceback=lines[-TRACEBACK_LINES:],
    )


if __name__ == "__main__":
    main()
