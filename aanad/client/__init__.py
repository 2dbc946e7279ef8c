"""How anyone talks to ``aanad``: typed calls, log and event streams, packing a project. For scripts too.

>>> from aanad.client import Client, pack
>>> with Client() as client:
...     client.wait(client.deploy(pack("projects/lowercase")))
...     [project.name for project in client.projects()]

What is exported is imported on first use, so that ``import aanad.client`` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aanad.client.addresses import Address, HttpsAddress, SshAddress, UnixAddress, parse_address
    from aanad.client.client import Client
    from aanad.client.contexts import resolve
    from aanad.client.invocations import Answer, Invocation
    from aanad.client.packing import Archive, pack
    from aanad.client.problems import error_of, problem_of
    from aanad.client.saved_contexts import SavedContext, read_contexts
    from aanad.client.targets import Target, parse_target
    from aanad.client.terminal import sanitise
    from aanad.client.watch import Watched

__all__ = [
    "Address",
    "Answer",
    "Archive",
    "Client",
    "HttpsAddress",
    "Invocation",
    "SavedContext",
    "SshAddress",
    "Target",
    "UnixAddress",
    "Watched",
    "error_of",
    "pack",
    "parse_address",
    "parse_target",
    "problem_of",
    "read_contexts",
    "resolve",
    "sanitise",
]

_HOMES = {
    "Address": "addresses",
    "Answer": "invocations",
    "Archive": "packing",
    "Client": "client",
    "HttpsAddress": "addresses",
    "Invocation": "invocations",
    "SavedContext": "saved_contexts",
    "SshAddress": "addresses",
    "Target": "targets",
    "UnixAddress": "addresses",
    "Watched": "watch",
    "error_of": "problems",
    "pack": "packing",
    "parse_address": "addresses",
    "parse_target": "targets",
    "problem_of": "problems",
    "read_contexts": "saved_contexts",
    "resolve": "contexts",
    "sanitise": "terminal",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
