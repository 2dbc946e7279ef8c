"""What every request of a client carries: where it goes, its role, its token."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from aanad.client.addresses import HttpsAddress
from aanad.errors import InvalidInput

if TYPE_CHECKING:
    from pathlib import Path

    from aanad.client.addresses import Address
    from aanad.wire.access import Role

TOKEN_VARIABLE = "AANA_TOKEN"  # noqa: S105 - the variable's name


def base_url(address: Address) -> str:
    """What paths are appended to; behind a socket the host is never looked up, it only fills the Host header."""
    return str(address) if isinstance(address, HttpsAddress) else "http://localhost"


def headers(address: Address, role: Role | str | None) -> dict[str, str]:
    """The headers of each request.

    Raises:
        InvalidInput: ``invalid_token``; a file that others can read, or that holds no token.
    """
    found = {}
    if role is not None:
        from aanad.wire.access import ROLE_HEADER

        found[ROLE_HEADER] = str(role)
    if isinstance(address, HttpsAddress) and (token := _token(address.token_file)):
        found["authorization"] = f"Bearer {token}"
    return found


def _token(path: Path | None) -> str | None:
    """The context's own token, else the environment's: that of another daemon must not be shown to this one."""
    if path is None:
        return _checked(os.environ.get(TOKEN_VARIABLE, "").strip(), TOKEN_VARIABLE) or None
    try:
        with path.open(encoding="utf-8") as file:
            if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
                raise InvalidInput(
                    f"Others can read the token in {path}.", hint=f"`chmod 600 {path}`.", code="invalid_token"
                )
            token = file.read().strip()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is no text"
        raise InvalidInput(
            f"The token in {path} cannot be read: {why}.",
            hint="The context's token_file names it.",
            code="invalid_token",
        ) from error
    if not token:
        raise InvalidInput(
            f"There is no token in {path}.", hint="It holds the token and nothing else.", code="invalid_token"
        )
    return _checked(token, str(path))


def _checked(token: str, where: str) -> str:
    if not all("!" <= character <= "~" for character in token):
        raise InvalidInput(
            f"{where} holds no token.", hint="A token is one word of printable ASCII.", code="invalid_token"
        )
    return token
