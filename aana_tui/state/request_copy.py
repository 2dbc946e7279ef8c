"""A request as a command for the shell: what is pasted sends what the console sends."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from aana_tui.state.request_form import expanded

if TYPE_CHECKING:
    from collections.abc import Sequence

ANY = "*/*"
_CURL_SPECIAL = frozenset(";,\"\\'")


def as_curl(
    url: str, data: str | None, files: Sequence[tuple[str, str]] = (), *, accept: str = ANY, streams: bool = False
) -> str:
    """Send the request to the project itself.

    Args:
        url: the endpoint's.
        data: the request as JSON; None for none.
        files: parameter and path of each, as typed.
        accept: the media type that is wanted.
        streams: whether the answer comes bit by bit.
    """
    words = ["curl", *(["-N"] if streams else []), url]
    if accept != ANY:
        words += ["-H", f"accept: {accept}"]
    if files:
        # Not -F for the document: curl would read `@`, `<` and `;type=` in it.
        words += [word for text in _beside_files(data) for word in ("--form-string", f"body={text}")]
        words += [word for name, path in files for word in ("-F", f"{name}=@{_curl_path(path)}")]
    else:
        words += ["-H", "content-type: application/json", "--data-raw", data if data is not None else "{}"]
    return _joined(words)


def as_command(
    project: str,
    endpoint: str,
    data: str | None,
    files: Sequence[tuple[str, str]] = (),
    *,
    accept: str = ANY,
    streams: bool = False,
    context: str | None = None,
) -> str:
    """Send the request through the daemon with ``aana invoke``; what is given is as for `as_curl`."""
    words = ["aana", "invoke", project, endpoint]
    if context:
        words += ["--context", context]
    given = _beside_files(data) if files else [data] if data is not None else []
    words += [word for text in given for word in ("--data", text)]
    words += [word for name, path in files for word in ("--file", f"{name}={expanded(path)}")]
    if accept != ANY:
        words += ["--accept", accept]
    return _joined([*words, *(["--stream"] if streams else [])])


def _beside_files(data: str | None) -> list[str]:
    """An empty document need not go with files."""
    return [data] if data is not None and data.strip() != "{}" else []


def _curl_path(path: str) -> str:
    text = str(expanded(path))
    if not _CURL_SPECIAL & set(text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _joined(words: Sequence[str]) -> str:
    return " ".join(shlex.quote(word) for word in words)
