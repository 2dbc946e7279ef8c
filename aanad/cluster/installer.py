"""The child that makes a project's environment: a virtual environment on top of the unit's own, then pip in it.

Ray's ``runtime_env.pip``, in which replicas run, copies the unit's whole virtual environment and installs into the
copy: what is there already counts as installed, and another version replaces it. Laying a new environment *over* the
unit's own gives the same packages without copying gigabytes: its own ``site-packages`` comes first on ``sys.path``, a
``.pth`` file adds the unit's behind it (a virtual environment made by another one does not see that one's packages),
and pip leaves alone what lies outside of the environment that it runs in. ``pip install --target`` would not do: it
installs every dependency again, torch included.
"""

from __future__ import annotations

import ctypes
import os
import signal
import site
import sys
import venv
from pathlib import Path

PR_SET_PDEATHSIG = 1
BASE_PTH = "zz_base.pth"
"""The last in alphabetical order, so that the environment's own paths come before the unit's."""


def main(folder: Path, arguments: list[str]) -> None:
    """Make the environment and become pip in it."""
    # It also holds for pip: an installation must not go on writing when the unit that would judge it is gone.
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    venv.EnvBuilder(symlinks=True, with_pip=False).create(folder)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    own = folder / "lib" / version / "site-packages"
    own.joinpath(BASE_PTH).write_text("".join(f"import site; site.addsitedir({path!r})\n" for path in base_paths()))
    if not arguments:
        return
    # What pip unpacks and builds on its way goes with the environment where the installation is cut short.
    scratch = folder / "tmp"
    scratch.mkdir()
    os.environ["TMPDIR"] = str(scratch)
    python = str(folder / "bin" / "python")
    os.execv(python, [python, "-P", "-m", "pip", *arguments])  # noqa: S606 - our own command line


def base_paths() -> list[str]:
    """Where the unit's own Python finds installed packages."""
    user = [site.getusersitepackages()] if site.ENABLE_USER_SITE else []
    return [path for path in [*site.getsitepackages(), *user] if Path(path).is_dir()]


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
