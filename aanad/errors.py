"""Every error that Aana raises on purpose.

* AanaError
  + InvalidInput            what was asked for makes no sense; nothing was tried
    - InvalidSettings       a configuration file, variable or flag
    - InvalidProject        a folder, archive or ``project.toml`` that is no project
    - InvalidSignature      an endpoint or deployment registered with something the SDK cannot serve
  + NotFound                no project, endpoint, replica or operation of that name
  + Refused                 understood, but against the rules or in conflict with what is there
  + Failed                  it was tried and did not work
    - ImportFailed          a project's code could not be imported
  + TimedOut                it did not finish within the time allowed
  + Unavailable             the other side cannot be reached at all
    - DaemonUnavailable     ``aanad`` does not answer on its socket
    - ClusterUnavailable    Ray does not answer, or Serve has not come up
    - StoreUnavailable      the database cannot be opened, read or written

``code`` is stable: scripts may compare it. Wherever a more exact code than the class's own helps, the raiser
passes ``code=``. ``hint`` says what to do next. ``detail`` holds lines of evidence (a traceback's end, say).
"""

from __future__ import annotations

from typing import ClassVar


class AanaError(Exception):
    """Base of all errors raised on purpose: one sentence, a stable code, a hint."""

    code: str = "internal_error"
    title: ClassVar[str] = "Internal error"

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        code: str | None = None,
        detail: list[str] | None = None,
        **context: object,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        if code is not None:
            self.code = code
        self.detail = detail or []
        self.context = context


class InvalidInput(AanaError):
    """What was asked for makes no sense; nothing was tried."""

    code = "invalid_input"
    title = "Invalid input"


class InvalidSettings(InvalidInput):
    """A configuration file, an environment variable or a flag cannot be used."""

    code = "invalid_settings"
    title = "Invalid settings"


class InvalidProject(InvalidInput):
    """A folder, an archive or a ``project.toml`` is no project."""

    code = "invalid_project"
    title = "Invalid project"


class InvalidSignature(InvalidInput):
    """An endpoint or a deployment was registered with something that cannot be served."""

    code = "invalid_signature"
    title = "Invalid signature"


class NotFound(AanaError):
    """No project, endpoint, replica or operation of that name."""

    code = "not_found"
    title = "Not found"


class Refused(AanaError):
    """Understood, but against the rules or in conflict with what is there."""

    code = "conflict"
    title = "Refused"


class Failed(AanaError):
    """It was tried and did not work."""

    code = "failed"
    title = "Failed"


class ImportFailed(Failed):
    """A project's code could not be imported."""

    code = "import_error"
    title = "Import failed"


class TimedOut(AanaError):
    """It did not finish within the time allowed."""

    code = "timeout"
    title = "Timed out"


class Unavailable(AanaError):
    """The other side cannot be reached at all."""

    code = "unavailable"
    title = "Unavailable"


class DaemonUnavailable(Unavailable):
    """``aanad`` does not answer on its socket."""

    code = "daemon_unavailable"
    title = "Daemon unavailable"


class ClusterUnavailable(Unavailable):
    """Ray does not answer, or Serve has not come up."""

    code = "cluster_unavailable"
    title = "Cluster unavailable"


class StoreUnavailable(Unavailable):
    """The database cannot be opened, read or written."""

    code = "store_unavailable"
    title = "Store unavailable"


MODEL_LIBRARIES = frozenset({"accelerate", "diffusers", "torch", "transformers"})
"""What ``pip install 'aanad[models]'`` brings."""


def missing_library_hint(module: str) -> str:
    """What to do where a project's code imports a module that is not installed."""
    library = module.partition(".")[0]
    if library in MODEL_LIBRARIES:
        return (
            "Install Aana with its model libraries, pip install 'aanad[models]', or name "
            f"{library} in a requirements.txt beside app.py."
        )
    return f"Name the package that provides {library} in a requirements.txt beside app.py."
