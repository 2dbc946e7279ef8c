"""Registering deployments and endpoints: what is kept, and what is refused at once."""

from __future__ import annotations

from typing import Any

import pytest

from aanad.errors import AanaError, InvalidProject, InvalidSignature
from aanad.sdk import AanaSDK, Endpoint


class Shout(Endpoint):
    """Answers in capitals."""

    async def run(self, text: str) -> str:
        """Answer."""
        return text.upper()


class Silent(Endpoint):
    """Has no run."""


def with_endpoint(name: str = "shout", path: str = "/shout", endpoint_cls: Any = Shout) -> AanaSDK:
    app = AanaSDK(name="demo")
    app.register_endpoint(name="first", path="/first", summary="First", endpoint_cls=Shout)
    app.register_endpoint(name=name, path=path, summary="Shout", endpoint_cls=endpoint_cls)
    return app


def test_a_registered_endpoint_can_be_read_back() -> None:
    """The loader reads endpoints through `app.endpoints`."""
    endpoint = with_endpoint().endpoints["shout"]

    assert (endpoint.name, endpoint.path, endpoint.summary, endpoint.streaming) == ("shout", "/shout", "Shout", False)
    assert endpoint.request_schema()["required"] == ["text"]
    assert endpoint.response_schema() == {"type": "string"}


@pytest.mark.parametrize(
    ("changes", "error", "code"),
    [
        ({"name": "first"}, InvalidProject, "duplicate_endpoint_name"),
        ({"path": "/first"}, InvalidProject, "duplicate_endpoint_path"),
        ({"name": "1st"}, InvalidProject, "invalid_endpoint_name"),
        ({"name": ""}, InvalidProject, "invalid_endpoint_name"),
        ({"path": "shout"}, InvalidProject, "invalid_endpoint_path"),
        ({"path": "/shout/"}, InvalidProject, "invalid_endpoint_path"),
        ({"path": "/a//b"}, InvalidProject, "invalid_endpoint_path"),
        ({"path": "/../up"}, InvalidProject, "invalid_endpoint_path"),
        ({"path": "/{item}"}, InvalidProject, "invalid_endpoint_path"),
        ({"path": "/a b"}, InvalidProject, "invalid_endpoint_path"),
        ({"path": None}, InvalidProject, "invalid_endpoint_path"),
        ({"path": "/"}, InvalidProject, "reserved_endpoint_path"),
        ({"path": "/docs"}, InvalidProject, "reserved_endpoint_path"),
        ({"path": "/openapi.json"}, InvalidProject, "reserved_endpoint_path"),
        ({"endpoint_cls": Silent}, InvalidSignature, "endpoint_without_run"),
        ({"endpoint_cls": Shout()}, InvalidSignature, "not_an_endpoint"),
        ({"endpoint_cls": str}, InvalidSignature, "not_an_endpoint"),
    ],
)
def test_what_cannot_be_served_is_refused_at_registration(
    changes: dict[str, Any], error: type[AanaError], code: str
) -> None:
    """Each refusal has a stable code, names the endpoint and says what to do."""
    with pytest.raises(error) as caught:
        with_endpoint(**changes)

    assert caught.value.code == code
    assert caught.value.message.startswith("Endpoint ")
    assert caught.value.hint


def test_a_path_without_its_slash_is_shown_with_it() -> None:
    """The cure is spelled out."""
    with pytest.raises(InvalidProject) as caught:
        with_endpoint(path="speak/up/")

    assert "write '/speak/up'" in str(caught.value.hint)


@pytest.mark.parametrize("name", ["Demo", "9lives", "two words", "dash-ed", "", "x" * 49, None])
def test_a_project_has_the_name_of_a_package(name: Any) -> None:
    """A name that Python could not import is refused."""
    with pytest.raises(InvalidProject) as caught:
        AanaSDK(name=name)

    assert caught.value.code == "invalid_project_name"


def test_deployments_cannot_take_a_reserved_or_a_taken_name() -> None:
    """`ingress` is every project's own; any other name can be used once."""
    from ray import serve

    class Model:
        """A model."""

        def predict(self) -> str:
            """Predict."""
            return "yes"

    instance = serve.deployment(Model)
    app = AanaSDK(name="demo")
    app.register_deployment(name="model", instance=instance)

    with pytest.raises(InvalidProject) as reserved:
        app.register_deployment(name="ingress", instance=instance)
    with pytest.raises(InvalidProject) as taken:
        app.register_deployment(name="model", instance=instance)

    assert (reserved.value.code, taken.value.code) == ("reserved_name", "duplicate_deployment")
