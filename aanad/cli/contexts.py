"""Saved contexts: which daemons there are, and which one is meant."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from aanad.cli.session import Session, context_names, pass_session, session_options
from aanad.cli.tables import print_object, print_table
from aanad.client.terminal import sanitise

if TYPE_CHECKING:
    from aanad.client.addresses import Address
    from aanad.client.saved_contexts import SavedContext


@click.group()
@session_options
def context() -> None:
    """Give daemons names: this machine's, those of other boxes.

    Commands mean the daemon of --context, else of AANA_CONTEXT, else this machine's if its socket is there, else the
    one that `aana context use` named.
    """


@context.command(name="list")
@session_options
@pass_session
def list_contexts(session: Session) -> None:
    """List the contexts; * marks the one that is meant."""
    from aanad.client.contexts import named
    from aanad.client.saved_contexts import LOCAL, SavedContext, read_contexts

    saved = read_contexts()
    meant = _meant(session)
    every = [SavedContext(LOCAL, str(named(LOCAL))), *saved.contexts.values()]
    if session.is_json:
        print_object([_as_object(each, meant, saved.current) for each in every])
        return
    print_table(
        ["", "NAME", "ADDRESS"],
        [["*" if _is(each, meant) else "", each.name, each.url] for each in every],
        empty="There are no contexts.",
    )


@context.command()
@click.argument("name")
@click.argument("url")
@click.option("--ca-file", metavar="FILE", help="https: certificates of those who may vouch for the daemon.")
@click.option("--token-file", metavar="FILE", help="https: holds the token; only you may be able to read it (0600).")
@click.option("--ssh-option", "ssh_options", multiple=True, metavar="WORD", help="ssh: a further argument, repeatable.")
@click.option("--use", "is_used", is_flag=True, help="Mean it from now on, as `aana context use` does.")
@session_options
@pass_session
def add(
    session: Session,
    name: str,
    url: str,
    ca_file: str | None,
    token_file: str | None,
    ssh_options: tuple[str, ...],
    *,
    is_used: bool,
) -> None:
    """Save a daemon's address under a name. Nothing is connected to.

    \b
    aana context add gpu-box ssh://ann@gpu-box
    aana context add lab ssh://lab:2222/run/aana/aanad.sock --ssh-option=-F --ssh-option=$HOME/.ssh/lab
    aana context add prod https://aana.example.org --ca-file ca.pem --token-file ~/.config/aana/prod.token
    """
    from aanad.client.saved_contexts import SavedContext, read_contexts, save_context, use_context

    saved = SavedContext(name, url, _whole(ca_file), _whole(token_file), ssh_options)
    save_context(saved)
    if is_used:
        use_context(name)
    if session.is_json:
        print_object(_as_object(saved, _meant(session), read_contexts().current))
    else:
        click.echo(sanitise(f"{name} is {url}."))
        _say_what_is_meant(session, name, is_used=is_used)


@context.command()
@click.argument("name", shell_complete=context_names)
@session_options
@pass_session
def use(session: Session, name: str) -> None:
    """Mean a saved context wherever this machine has no daemon of its own; `local` means none of them."""
    from aanad.client.saved_contexts import LOCAL, SavedContext, read_contexts, use_context

    use_context(name)
    saved = read_contexts()
    if session.is_json:
        from aanad.client.contexts import named

        used = SavedContext(LOCAL, str(named(LOCAL))) if name == LOCAL else saved.named(name)
        print_object(_as_object(used, _meant(session), saved.current))
    else:
        _say_what_is_meant(session, name, is_used=True)


@context.command()
@click.argument("name", shell_complete=context_names)
@session_options
@pass_session
def rm(session: Session, name: str) -> None:
    """Forget a saved context; files that it names stay."""
    from aanad.client.saved_contexts import read_contexts, remove_context

    gone = read_contexts().named(name)
    remove_context(name)
    if session.is_json:
        print_object(_as_object(gone, None, None))
    else:
        click.echo(sanitise(f"{name} ({gone.url}) is forgotten."))


@context.command()
@click.argument("name", required=False, shell_complete=context_names)
@session_options
@pass_session
def show(session: Session, name: str | None) -> None:
    """Show a context; without a name, which daemon is meant, and why."""
    from aanad.client.contexts import VARIABLE, named
    from aanad.client.saved_contexts import LOCAL, SavedContext, read_contexts

    meant = named(name) if name else session.address()
    saved = read_contexts()
    shown = saved.contexts.get(meant.name or "") or SavedContext(meant.name or LOCAL, str(meant))
    if name:
        reason = None
    elif session.context:
        reason = "--context says so"
    elif os.environ.get(VARIABLE):
        reason = f"{VARIABLE} says so"
    elif meant.name is None:
        reason = "it is this machine's"
    else:
        reason = "`aana context use` named it, and this machine has no daemon"
    if session.is_json:
        known = shown.name if meant.name else None
        print_object({**_as_object(shown, _meant(session), saved.current), "name": known, "reason": reason})
        return
    rows = [
        ("name", meant.name or ""),
        ("address", str(meant)),
        ("CA file", shown.ca_file or ""),
        ("token file", shown.token_file or ""),
        ("ssh options", " ".join(shown.ssh_options)),
        ("because", reason or ""),
    ]
    print_table(["WHAT", "VALUE"], [list(row) for row in rows if row[1]], empty="")


def _say_what_is_meant(session: Session, name: str, *, is_used: bool) -> None:
    """Whether commands without --context go there now."""
    meant = _meant(session)
    if meant is not None and meant.name == name:
        click.echo(f"Commands without --context mean {name} now.")
    elif is_used and meant is not None:
        click.echo(f"Commands without --context still mean {meant} here: `aana context show` says why.")
    else:
        click.echo(f"Use it by --context {name}, or by AANA_CONTEXT={name}.")


def _as_object(saved: SavedContext, meant: Address | None, current: str | None) -> dict[str, object]:
    return {
        "name": saved.name,
        "address": saved.url,
        "ca_file": saved.ca_file,
        "token_file": saved.token_file,
        "ssh_options": list(saved.ssh_options),
        "meant": _is(saved, meant),
        "in_use": saved.name == current,
    }


def _is(saved: SavedContext, meant: Address | None) -> bool:
    """Whether it is the one meant: by its name, or by the address where that has none."""
    return meant is not None and (saved.name == meant.name if meant.name else saved.url == str(meant))


def _meant(session: Session) -> Address | None:
    from aanad.errors import AanaError

    try:
        return session.address()
    except AanaError:
        return None  # a list is how one finds out what is wrong with AANA_CONTEXT


def _whole(path: str | None) -> str | None:
    return os.path.abspath(os.path.expanduser(path)) if path else None  # noqa: PTH100, PTH111 - resolve() follows links
