from __future__ import annotations

from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result

from aanad.cli.main import aana
from aanad.cli.session import Session
from tests.client.fake_daemon import FakeDaemon

Run = Callable[..., Result]


@pytest.fixture
def daemon() -> FakeDaemon:
    return FakeDaemon()


@pytest.fixture
def run(daemon: FakeDaemon) -> Run:
    """Run the command against the fake daemon, outside any terminal."""

    def invoke(*arguments: str, stdin: str | bytes | None = None) -> Result:
        session = Session(context="unix:///nowhere.sock", transport=daemon.transport)
        return CliRunner().invoke(aana, arguments, obj=session, input=stdin)

    return invoke
