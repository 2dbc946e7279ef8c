"""What importing the SDK costs."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("statement", "heavy"),
    [
        ("import aanad.sdk", ("ray", "torch", "pydantic", "fastapi")),
        ("from aanad.sdk import AanaSDK, Endpoint, BaseDeployment, AanaDeploymentHandle", ("ray", "torch", "fastapi")),
        ("import aanad.sdk.exceptions", ("ray", "torch", "pydantic")),
        ("import aanad.serving.application", ("ray", "torch", "fastapi")),
        ("import aanad.sdk.sealed_secrets", ("ray", "torch", "pydantic", "cryptography")),
    ],
)
def test_importing_the_sdk_is_cheap(statement: str, heavy: tuple[str, ...]) -> None:
    """Ray and model libraries are loaded where they are used, never before."""
    program = f"{statement}\nimport sys\nprint(*[name for name in {heavy!r} if name in sys.modules])"

    output = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout

    assert output.split() == []


def test_all_dotted_paths_of_the_tutorial_exist() -> None:
    """The names that authors import."""
    import aanad.sdk

    assert dir(aanad.sdk) == ["AanaDeploymentHandle", "AanaSDK", "BaseDeployment", "Endpoint"]
    for name in dir(aanad.sdk):
        assert getattr(aanad.sdk, name).__name__ == name
    with pytest.raises(AttributeError, match="Nonsense"):
        _ = aanad.sdk.Nonsense
