"""Starts a Ray worker in its runtime environment, in place of Ray's ``setup_worker.py``; a script, not a module.

The raylet runs it for every worker, and it becomes that worker. Ray's own imports all of Ray for that, only to begin
anew with an empty interpreter: a quarter of the time that a replica takes until it is there. Whatever this one does not
know is left to Ray's.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import MutableMapping

CONTEXT = "--serialized-runtime-env-context="
LANGUAGE = "--language="
KNOWN = {"command_prefix", "env_vars", "py_executable", "override_worker_entrypoint", "java_jars"}
"""What Ray 2.60 says of a runtime environment."""
_UNSET = re.compile(r"\$\{[A-Z0-9_]+\}")


def command_of(arguments: list[str], environment: MutableMapping[str, str]) -> list[str] | None:
    """The worker's command, with `environment` changed to what it is to have; None for what is not known here.

    Args:
        arguments: the worker's script and its own arguments, among them the two for this one.
        environment: this process's, `os.environ` but for tests.
    """
    context: dict[str, Any] = {}
    language = ""
    passed_on = []
    for argument in arguments:
        if argument.startswith(CONTEXT):
            context = json.loads(argument.removeprefix(CONTEXT) or "{}")
        elif argument.startswith(LANGUAGE):
            language = argument.removeprefix(LANGUAGE)
        else:
            passed_on.append(argument)
    if language != "PYTHON" or not context.keys() <= KNOWN or context.get("override_worker_entrypoint"):
        return None
    for name, value in (context.get("env_vars") or {}).items():
        environment[name] = _UNSET.sub("", os.path.expandvars(value))
    python = context.get("py_executable") or sys.executable
    words = [*(context.get("command_prefix") or []), "exec", python, *(shlex.quote(each) for each in passed_on)]
    return ["bash", "-c", " ".join(words)]


def rays_own(arguments: list[str]) -> list[str]:
    """The command of Ray's script."""
    [ray] = find_spec("ray").submodule_search_locations  # type: ignore[union-attr, misc]  # the raylet is part of it
    script = Path(ray) / "_private" / "workers" / "setup_worker.py"
    return [sys.executable, str(script), *arguments]


def main(arguments: list[str]) -> None:
    """Become the worker."""
    command = command_of(arguments, os.environ) or rays_own(arguments)
    os.execvp(command[0], command)  # noqa: S606 - its words are Ray's


if __name__ == "__main__":
    main(sys.argv[1:])
