"""Registering deployments and endpoints: what is kept, and what is refused at once."""

from __future__ import annotations

from typing import Any

import pytest

from aanad.errors import AanaError, InvalidProject, InvalidSignature
from aanad.sdk import AanaSDK, Endpoint
from aanad.sdk.endpoint import EndpointOptions


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


def check(request: object) -> None:
    """A hook before."""


def note(request: object, outcome: object) -> None:
    """A hook after."""


def test_options_are_kept_as_they_were_given() -> None:
    """Sequences become tuples, a tag that is there twice is kept once, a limit left out is none."""
    app = AanaSDK(name="demo")
    app.register_endpoint(
        name="shout",
        path="/shout",
        summary="Shout",
        endpoint_cls=Shout,
        description="**Loud.**",
        tags=["text", "loud", "text"],
        timeout_s=30,
        max_concurrent=2,
        max_queued=0,
        before=[check],
        after=(note,),
    )

    assert app.endpoints["shout"].options == EndpointOptions(
        description="**Loud.**",
        tags=("text", "loud"),
        timeout_s=30.0,
        max_concurrent=2,
        max_queued=0,
        before=(check,),
        after=(note,),
    )
    assert with_endpoint().endpoints["shout"].options == EndpointOptions()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"timeout_s": 0}, "timeout_s must be a positive number of seconds, not 0."),
        ({"timeout_s": -1.5}, "timeout_s must be a positive number of seconds, not -1.5."),
        ({"timeout_s": float("nan")}, "timeout_s must be a positive number of seconds, not nan."),
        ({"timeout_s": float("inf")}, "timeout_s must be a positive number of seconds, not inf."),
        ({"timeout_s": True}, "timeout_s must be a positive number of seconds, not True."),
        ({"timeout_s": "30"}, "timeout_s must be a positive number of seconds, not '30'."),
        ({"max_concurrent": 0}, "max_concurrent must be a whole number of at least 1, not 0."),
        ({"max_concurrent": 1.5}, "max_concurrent must be a whole number of at least 1, not 1.5."),
        ({"max_concurrent": True}, "max_concurrent must be a whole number of at least 1, not True."),
        ({"max_concurrent": 1, "max_queued": -1}, "max_queued must be a whole number of at least 0, not -1."),
        ({"max_queued": 3}, "max_queued needs max_concurrent: without it nothing ever waits."),
        ({"tags": "text"}, "tags must be a list, not 'text'."),
        ({"tags": ["text", 1]}, "1 cannot be a tag."),
        ({"tags": [" "]}, "' ' cannot be a tag."),
        ({"description": None}, "description must be a string, not None."),
        ({"before": ["check"]}, "'check' cannot be called."),
        ({"before": {"check": check}}, None),
        ({"before": check}, None),
        ({"before": [note]}, "note cannot be called as (request): missing a required argument: 'outcome'."),
        ({"after": [check]}, "check cannot be called as (request, outcome): too many positional arguments."),
    ],
)
def test_an_option_that_makes_no_sense_is_refused(options: dict[str, Any], message: str | None) -> None:
    """While the project is imported, with the endpoint's name and what to write."""
    with pytest.raises(InvalidSignature) as caught:
        AanaSDK(name="demo").register_endpoint(
            name="shout", path="/shout", summary="Shout", endpoint_cls=Shout, **options
        )

    assert caught.value.code == "invalid_endpoint_option"
    assert caught.value.hint
    assert message is None or caught.value.message == f"Endpoint shout: {message}"
