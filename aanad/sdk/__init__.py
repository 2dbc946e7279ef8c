"""What project authors import: the app, endpoints, deployments and the handles between them.

Names load on first use (PEP 562), so ``import aanad.sdk`` costs nothing; neither Ray nor any model library is
imported before it is needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aanad.sdk.lazy_names import lazy_names

if TYPE_CHECKING:
    from aanad.sdk.app import AanaSDK
    from aanad.sdk.deployment import BaseDeployment
    from aanad.sdk.endpoint import Endpoint
    from aanad.sdk.handle import AanaDeploymentHandle

__all__ = ["AanaDeploymentHandle", "AanaSDK", "BaseDeployment", "Endpoint"]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "app": ("AanaSDK",),
        "deployment": ("BaseDeployment",),
        "endpoint": ("Endpoint",),
        "handle": ("AanaDeploymentHandle",),
    },
)
