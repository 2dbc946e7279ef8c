"""What makes two calls the same: deployment, method, config and arguments, in one canonical form.

The deployment is its class's name, so it does not matter from where the class is imported or how Serve wraps it.
Arguments are bound to the signature: defaults are filled in, and it makes no difference whether one was given by
name. The order of dictionaries and sets makes none either; 1, 1.0 and True are three different arguments.
"""

from __future__ import annotations

import hashlib
import inspect
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aanad.sdk.test_cache.encoding import Encoder, canonical
from aanad.sdk.test_cache.problems import NotRecordable

if TYPE_CHECKING:
    from collections.abc import Callable

HASH_DIGITS = 12
SLUG_LENGTH = 32
_NO_WORD = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True)
class Key:
    """One call, as JSON."""

    deployment: str
    method: str
    config: Any
    arguments: dict[str, Any]

    @property
    def stem(self) -> str:
        """The name of its files without their ending: ``generate.a-red-dog.0123456789ab``."""
        digest = hashlib.sha256(canonical(self.as_json()).encode("utf-8", "surrogatepass")).hexdigest()
        parts = [self.method, _slug(self.arguments), digest[:HASH_DIGITS]]
        return ".".join(part for part in parts if part)

    def as_json(self) -> dict[str, Any]:
        """The part of a recording that says which call it is of."""
        return {
            "deployment": self.deployment,
            "method": self.method,
            "config": self.config,
            "arguments": self.arguments,
        }


def key_of(function: Callable[..., Any], deployment: object, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Key:
    """The key of a call.

    Raises:
        TypeError: the arguments do not fit the signature, as the call itself would raise.
        NotRecordable: an argument has no canonical form.
    """
    bound = inspect.signature(function).bind(deployment, *args, **kwargs)
    bound.apply_defaults()
    encoder = Encoder()
    arguments = {}
    for name, value in list(bound.arguments.items())[1:]:
        try:
            arguments[name] = encoder.encode(value)
        except NotRecordable as error:
            raise NotRecordable(
                f"The argument {name} of {function.__qualname__}: {error.message}", hint=error.hint
            ) from None
    config = encoder.encode(getattr(deployment, "_applied_config", None) or {})
    return Key(type(deployment).__name__, function.__name__, config, dict(sorted(arguments.items())))


def _slug(arguments: dict[str, Any]) -> str:
    """Some words of the first text among the arguments, for people who look for a file."""
    words = next((value for value in arguments.values() if isinstance(value, str)), "")
    return _NO_WORD.sub("-", words.lower())[:SLUG_LENGTH].strip("-")
