"""A deployment whose calls are replayed does not load its model: its config is kept until a call needs it."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any

from aanad.sdk.test_cache.mode import current_mode

MARK = "__aana_test_cache__"
"""An attribute of every method that `test_cache` made; wrappers around it take it over."""
_ATTRIBUTE = "_postponed_config"


class PostponedConfig:
    """What ``apply_config`` will be called with."""

    def __init__(self, config: dict[str, Any]) -> None:
        self.config = config
        self.lock = asyncio.Lock()


def postpone(deployment: Any, config: dict[str, Any]) -> bool:
    """Keep `config` for later, if `deployment` can do without its model for now."""
    vars(deployment).pop(_ATTRIBUTE, None)
    if not _can_wait(type(deployment)):
        return False
    setattr(deployment, _ATTRIBUTE, PostponedConfig(config))
    return True


def postponed(deployment: Any) -> PostponedConfig | None:
    """What was kept, if anything."""
    return getattr(deployment, _ATTRIBUTE, None)


async def load(deployment: Any) -> None:
    """Apply what was kept, once; calls that come meanwhile wait for it."""
    kept = postponed(deployment)
    if kept is None:
        return
    async with kept.lock:
        if postponed(deployment) is kept:
            await deployment.apply_config(kept.config)
            vars(deployment).pop(_ATTRIBUTE, None)


def _can_wait(cls: type) -> bool:
    """Whether every call that needs the model will be able to wait for it.

    A deployment without cached methods needs it at once; so does one that may have to record a plain method.
    """
    mode = current_mode()
    if not mode.replays:
        return False
    cached = [method for _, method in inspect.getmembers_static(cls) if getattr(method, MARK, False)]
    if mode.records and not all(map(_is_async, cached)):
        return False
    return bool(cached)


def _is_async(method: object) -> bool:
    return inspect.iscoroutinefunction(method) or inspect.isasyncgenfunction(method)
