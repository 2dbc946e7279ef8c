"""What project authors import: the app, endpoints, deployments and the handles between them.

Names load on first use (PEP 562), so ``import aanad.sdk`` costs nothing; neither Ray nor any model library is
imported before it is needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aanad.sdk.app import AanaSDK
    from aanad.sdk.deployment import BaseDeployment
    from aanad.sdk.endpoint import Endpoint
    from aanad.sdk.handle import AanaDeploymentHandle

__all__ = ["AanaDeploymentHandle", "AanaSDK", "BaseDeployment", "Endpoint"]

_HOMES = {
    "AanaDeploymentHandle": "aanad.sdk.handle",
    "AanaSDK": "aanad.sdk.app",
    "BaseDeployment": "aanad.sdk.deployment",
    "Endpoint": "aanad.sdk.endpoint",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
