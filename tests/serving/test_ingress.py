"""What the daemon tells a running ingress replica."""

from __future__ import annotations

from aanad.serving.ingress import Ingress
from aanad.wire.requests import RequestRules


class Rules:
    """Takes the place of the project's app."""

    def __init__(self) -> None:
        self.applied: list[RequestRules] = []

    def apply_rules(self, rules: RequestRules) -> None:
        """Note them."""
        self.applied.append(rules)


def test_rules_that_a_replica_does_not_know_are_left_out() -> None:
    """A daemon that was upgraded tells replicas that were not; they keep to what they know, and to defaults."""
    ingress, rules = Ingress.__new__(Ingress), Rules()
    ingress._project_app = rules  # type: ignore[assignment]

    ingress.reconfigure({"requests": {"max_json_depth": 7, "paths": ["/data"], "of_tomorrow": True}})
    ingress.reconfigure({})

    assert [RequestRules(max_json_depth=7, paths=("/data",)), RequestRules()] == rules.applied
