"""A project's secrets arrive sealed and are opened in each of its processes, before any of its code is imported.

Ray shows the environment of applications on its pages and keeps it in its database and logs, so only the sealed text
is in there. The key is made of the cluster's token, which every process of the cluster can read. A worker whose first
call raises just ends, and Serve then has nothing to say but that it died; so what went wrong is kept until the build
or the replica begins, whose failures Serve passes on.
"""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path

from aanad.errors import Failed

SEALED_VARIABLE = "AANA_SEALED_SECRETS"
PROJECT_VARIABLE = "AANA_PROJECT"
SEAL_INFO = b"aana secrets"
SEAL_KEY_BYTES = 64


_failures: list[Failed] = []


def install() -> None:
    """Put the project's secrets into this process's environment; Ray calls it first in each worker."""
    sealed = os.environ.pop(SEALED_VARIABLE, None)
    if not sealed:
        return
    try:
        os.environ.update(_opened(sealed, project=os.environ.get(PROJECT_VARIABLE, ""), token=_token()))
    except Failed as failure:
        _failures[:] = [failure]


def check_installed() -> None:
    """Before any of the project's code runs without what it needs.

    Raises:
        Failed: ``secrets_sealed``: its secrets cannot be opened in this process.
    """
    if _failures:
        raise _failures[0]


def _token() -> str:
    path = os.environ.get("RAY_AUTH_TOKEN_PATH")
    try:
        token = Path(path).read_text() if path else os.environ.get("RAY_AUTH_TOKEN", "")
    except OSError as error:
        raise _sealed(f"the cluster's token cannot be read ({error.strerror})") from None
    if not token.strip():
        raise _sealed("this process has no token of the cluster")
    return token.strip()


def _opened(sealed: str, *, project: str, token: str) -> dict[str, str]:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESSIV
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    key = HKDF(algorithm=SHA256(), length=SEAL_KEY_BYTES, salt=None, info=SEAL_INFO).derive(token.encode())
    try:
        text = AESSIV(key).decrypt(base64.b64decode(sealed, validate=True), [project.encode()])
    except (InvalidTag, ValueError):
        raise _sealed(f"they were sealed with another token, or for another project than {project!r}") from None
    values: dict[str, str] = json.loads(text)
    return values


def _sealed(why: str) -> Failed:
    return Failed(
        f"The project's secrets cannot be opened: {why}.",
        hint="Has every node the head's token? Restart the project once it has.",
        code="secrets_sealed",
    )
