"""Contexts that have a name: ``contexts.toml`` in the user's configuration folder, which nobody else reads."""

from __future__ import annotations

import fcntl
import json
import os
import re
import tempfile
import tomllib
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aanad.client.addresses import HttpsAddress, SshAddress, parse_address
from aanad.errors import InvalidInput, Refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aanad.client.addresses import Address

LOCAL = "local"
"""The name of this machine's own daemon, which is in no file."""
HEAD = "# Written by `aana context`. It may be edited; comments are not kept.\n"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")
_KEYS = {"url": str, "ca_file": str, "token_file": str, "ssh_options": list}


@dataclass(frozen=True)
class SavedContext:
    """A daemon with a name."""

    name: str
    url: str
    ca_file: str | None = None
    """For https: who may vouch for the daemon."""
    token_file: str | None = None
    """For https: what holds the token; only its owner may read it."""
    ssh_options: tuple[str, ...] = ()
    """For ssh: further arguments of the command, ``-F`` and a file, say."""

    def address(self) -> Address:
        """Where it is.

        Raises:
            InvalidInput: ``invalid_context``.
        """
        found = parse_address(self.url)
        is_https, is_ssh = isinstance(found, HttpsAddress), isinstance(found, SshAddress)
        for given, fits, kind in (
            (self.ca_file, is_https, "a ca_file, which only https:// takes"),
            (self.token_file, is_https, "a token_file, which only https:// takes"),
            (self.ssh_options, is_ssh, "ssh_options, which only ssh:// takes"),
        ):
            if given and not fits:
                raise InvalidInput(
                    f"The context {self.name} has {kind}.", hint=f"Its address is {self.url}.", code="invalid_context"
                )
        match found:
            case HttpsAddress():
                return replace(found, name=self.name, ca_file=_path(self.ca_file), token_file=_path(self.token_file))
            case SshAddress():
                return replace(found, name=self.name, options=self.ssh_options)
            case _:
                return replace(found, name=self.name)


@dataclass(frozen=True)
class SavedContexts:
    """All of them, and which one is meant where this machine has no daemon."""

    contexts: dict[str, SavedContext] = field(default_factory=dict)
    current: str | None = None

    def named(self, name: str) -> SavedContext:
        """One of them.

        Raises:
            InvalidInput: ``unknown_context``; the hint lists those there are.
        """
        if name in self.contexts:
            return self.contexts[name]
        known = ", ".join([LOCAL, *sorted(self.contexts)])
        raise InvalidInput(
            f"There is no context {name}.",
            hint=f"There are: {known}; `aana context add` saves one.",
            code="unknown_context",
        )


def contexts_file() -> Path:
    """Where they are kept."""
    base = os.environ.get("XDG_CONFIG_HOME")
    return (Path(base) if base else Path.home() / ".config") / "aana" / "contexts.toml"


def read_contexts() -> SavedContexts:
    """All saved contexts; none where there is no file.

    Raises:
        InvalidInput: ``invalid_contexts_file``.
    """
    path = contexts_file()
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return SavedContexts()
    except (OSError, ValueError) as error:
        raise _unusable(path, str(error)) from error
    current, tables = document.get("current"), document.get("contexts", {})
    if not isinstance(tables, dict) or not isinstance(current, str | None):
        raise _unusable(path, "`current` is a name and [contexts.<name>] a table")
    return SavedContexts({name: _read(path, name, table) for name, table in tables.items()}, current)


def save_context(context: SavedContext) -> None:
    """Add a context.

    Raises:
        InvalidInput: a name or an address that cannot be used.
        Refused: ``context_exists``.
    """
    if not _NAME.fullmatch(context.name) or context.name == LOCAL:
        raise InvalidInput(
            f"{context.name!r} cannot be the name of a context.",
            hint=f"At most 64 letters, digits, dots, dashes and underscores; not {LOCAL}, which is this machine.",
        )
    context.address()
    if any(_CONTROLS.search(text) for text in (context.ca_file or "", context.token_file or "", *context.ssh_options)):
        raise InvalidInput("A path or an option holds a control character.")
    with _changing() as saved:
        if context.name in saved.contexts:
            raise Refused(
                f"There is a context {context.name} already: {saved.contexts[context.name].url}.",
                hint=f"Take another name, or `aana context rm {context.name}` first.",
                code="context_exists",
            )
        _write(replace(saved, contexts={**saved.contexts, context.name: context}))


def use_context(name: str) -> None:
    """Mean this one from now on, wherever this machine has no daemon of its own; `LOCAL` means none."""
    with _changing() as saved:
        _write(replace(saved, current=None if name == LOCAL else saved.named(name).name))


def remove_context(name: str) -> None:
    """Forget one."""
    with _changing() as saved:
        gone = saved.named(name)
        _write(
            SavedContexts(
                {each: context for each, context in saved.contexts.items() if each != name},
                None if saved.current == gone.name else saved.current,
            )
        )


@contextmanager
def _changing() -> Iterator[SavedContexts]:
    """What is there now; nobody else changes it meanwhile."""
    folder = contexts_file().parent
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise _unusable(folder, error.strerror or str(error)) from error
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield read_contexts()
    finally:
        os.close(held)


def _write(saved: SavedContexts) -> None:
    lines = [HEAD]
    if saved.current is not None:
        lines.append(f"current = {_text(saved.current)}\n")
    for context in saved.contexts.values():
        lines.append(f"\n[contexts.{_text(context.name)}]\nurl = {_text(context.url)}\n")
        if context.ca_file:
            lines.append(f"ca_file = {_text(context.ca_file)}\n")
        if context.token_file:
            lines.append(f"token_file = {_text(context.token_file)}\n")
        if context.ssh_options:
            lines.append(f"ssh_options = [{', '.join(map(_text, context.ssh_options))}]\n")
    path = contexts_file()
    try:
        # Made 0600; in place at once or not at all.
        with tempfile.NamedTemporaryFile(
            "w", dir=path.parent, prefix=".contexts", encoding="utf-8", delete=False
        ) as new:
            try:
                new.writelines(lines)
                new.flush()
                os.fsync(new.fileno())
                Path(new.name).replace(path)
            except BaseException:
                with suppress(OSError):
                    Path(new.name).unlink()
                raise
    except OSError as error:
        raise _unusable(path, error.strerror or str(error)) from error


def _text(text: str) -> str:
    # A JSON string without control characters is a TOML string.
    return json.dumps(text, ensure_ascii=False)


def _read(path: Path, name: str, table: Any) -> SavedContext:
    if not isinstance(table, dict) or "url" not in table:
        raise _unusable(path, f"[contexts.{name}] has no url")
    for key, value in table.items():
        if not isinstance(value, _KEYS.get(key, ())):
            raise _unusable(path, f"{key} of [contexts.{name}] cannot be used")
    options = table.get("ssh_options", [])
    if not all(isinstance(option, str) for option in options):
        raise _unusable(path, f"ssh_options of [contexts.{name}] are strings")
    return SavedContext(name, **{**table, "ssh_options": tuple(options)})


def _path(text: str | None) -> Path | None:
    return Path(text).expanduser() if text else None


def _unusable(path: Path, why: str) -> InvalidInput:
    return InvalidInput(
        f"{path} cannot be used: {why}.", hint="Mend it, or move it away.", code="invalid_contexts_file"
    )
