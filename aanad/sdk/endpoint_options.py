"""What `register_endpoint` may be given beyond a signature, checked while the project is imported."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from aanad.errors import InvalidSignature

if TYPE_CHECKING:
    from aanad.sdk.endpoint import EndpointOptions
    from aanad.sdk.hooks import AfterHook, BeforeHook

MAX_TAG = 64


def endpoint_options(
    endpoint: str,
    *,
    description: object,
    tags: object,
    timeout_s: object,
    max_concurrent: object,
    max_queued: object,
    before: object,
    after: object,
) -> EndpointOptions:
    """Return the options of `endpoint`, where each is what it should be.

    Raises:
        InvalidSignature: one of them cannot be used.
    """
    from aanad.sdk.endpoint import EndpointOptions

    if not isinstance(description, str):
        raise _invalid(endpoint, f"description must be a string, not {description!r}", "Write it as Markdown.")
    if max_queued is not None and max_concurrent is None:
        raise _invalid(
            endpoint,
            "max_queued needs max_concurrent: without it nothing ever waits",
            "Say with max_concurrent=… how many requests one ingress replica works on at once.",
        )
    return EndpointOptions(
        description=description,
        tags=_tags(endpoint, tags),
        timeout_s=_seconds(endpoint, timeout_s),
        max_concurrent=_count(endpoint, "max_concurrent", max_concurrent, least=1),
        max_queued=_count(endpoint, "max_queued", max_queued, least=0),
        before=cast("tuple[BeforeHook, ...]", _hooks(endpoint, "before", before, ("request",))),
        after=cast("tuple[AfterHook, ...]", _hooks(endpoint, "after", after, ("request", "outcome"))),
    )


def _tags(endpoint: str, tags: object) -> tuple[str, ...]:
    listed = _sequence(endpoint, "tags", tags, "Write tags=['images'].")
    for tag in listed:
        if not isinstance(tag, str) or not tag.strip() or len(tag) > MAX_TAG:
            raise _invalid(
                endpoint,
                f"{tag!r} cannot be a tag",
                f"A tag is a string of 1 to {MAX_TAG} characters: tags=['images'].",
            )
    return tuple(dict.fromkeys(listed))


def _seconds(endpoint: str, value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value <= 0:
        raise _invalid(
            endpoint,
            f"timeout_s must be a positive number of seconds, not {value!r}",
            "Write timeout_s=30, or leave it out for no limit.",
        )
    return float(value)


def _count(endpoint: str, option: str, value: object, *, least: int) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise _invalid(
            endpoint,
            f"{option} must be a whole number of at least {least}, not {value!r}",
            f"Write {option}={max(least, 4)}, or leave it out for no limit.",
        )
    return value


def _hooks(endpoint: str, option: str, hooks: object, takes: tuple[str, ...]) -> tuple[Callable[..., Any], ...]:
    shape = f"({', '.join(takes)})"
    listed = _sequence(endpoint, option, hooks, f"Write {option}=[check].")
    for hook in listed:
        if not callable(hook):
            raise _invalid(endpoint, f"{hook!r} cannot be called", f"{option} is a list of functions {shape}.")
        try:
            inspect.signature(hook).bind(*takes)
        except TypeError as error:
            name = getattr(hook, "__qualname__", repr(hook))
            cure = f"A function of {option} is called with {shape}."
            raise _invalid(endpoint, f"{name} cannot be called as {shape}: {error}", cure) from error
        except ValueError:
            continue  # a builtin that does not say what it takes
    return tuple(listed)


def _sequence(endpoint: str, option: str, value: object, cure: str) -> list[Any]:
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Sequence | set | frozenset):
        raise _invalid(endpoint, f"{option} must be a list, not {value!r}", cure)
    return list(value)


def _invalid(endpoint: str, what: str, hint: str) -> InvalidSignature:
    return InvalidSignature(f"Endpoint {endpoint}: {what}.", hint=hint, code="invalid_endpoint_option")
