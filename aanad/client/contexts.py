"""Which daemon is meant: what is given, else ``AANA_CONTEXT``, else this machine's, else the saved one in use."""

from __future__ import annotations

import os

from aanad.client.addresses import Address, UnixAddress, parse_address
from aanad.locations import control_socket

VARIABLE = "AANA_CONTEXT"


def resolve(context: str | None = None) -> Address:
    """The address of the daemon that is meant.

    Args:
        context: a saved name, ``local``, or a URL; the environment's ``AANA_CONTEXT`` where not given, else this
            machine's socket if it is there, else the saved context in use (``aana context use``).

    Raises:
        InvalidInput: ``unknown_context``, a name that is not saved; ``invalid_context``, a URL that cannot be used.
    """
    text = context or os.environ.get(VARIABLE)
    if text:
        return parse_address(text) if "://" in text else named(text)
    here = UnixAddress(control_socket())
    if _is_there(here):
        return here
    from aanad.client.saved_contexts import read_contexts

    saved = read_contexts()
    return here if saved.current is None else saved.named(saved.current).address()


def named(name: str) -> Address:
    """The address that a name stands for.

    Raises:
        InvalidInput: ``unknown_context``.
    """
    from aanad.client.saved_contexts import LOCAL, read_contexts

    return UnixAddress(control_socket(), name=LOCAL) if name == LOCAL else read_contexts().named(name).address()


def _is_there(address: UnixAddress) -> bool:
    try:
        address.socket.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True  # one that may not be looked at is still this machine's
    return True
