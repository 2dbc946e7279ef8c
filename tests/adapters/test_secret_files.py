"""Secrets in files: who can read them, what a crash or a damaged file does, and that replicas can open them."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import pytest

from aanad.adapters.secret_files import SecretFiles
from aanad.core.ports import Secrets
from aanad.errors import Failed, InvalidInput, StoreUnavailable
from aanad.sdk import BaseDeployment, sealed_secrets
from aanad.serving.application import build
from aanad.serving.ingress import Ingress
from aanad.wire.secrets import SEALED_VARIABLE
from tests.contracts.secrets import SecretsContract
from tests.fakes.secrets import FakeSecrets

TOKEN = "t0ken" * 8


class TestFakeSecrets(SecretsContract):
    """The fake."""

    @pytest.fixture
    def secrets(self) -> Secrets:
        """Empty."""
        return FakeSecrets()

    def take_token(self, secrets: Secrets) -> None:
        """By its switch."""
        assert isinstance(secrets, FakeSecrets)
        secrets.has_token = False


class TestSecretFiles(SecretsContract):
    """The real one."""

    @pytest.fixture
    def secrets(self, tmp_path: Path) -> Secrets:
        """In a folder that is not there yet."""
        self.token: str | None = TOKEN
        return SecretFiles(tmp_path / "secrets", lambda: self.token)

    def take_token(self, secrets: Secrets) -> None:
        """It is asked each time."""
        self.token = None


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the files are."""
    return tmp_path / "secrets"


def files(folder: Path) -> SecretFiles:
    """A daemon's, just started."""
    return SecretFiles(folder, lambda: TOKEN)


async def test_only_the_daemons_user_reads_them(folder: Path) -> None:
    """Whatever the umask is; nothing is left beside the file."""
    before = os.umask(0)
    try:
        await files(folder).set("asr", "A", "1")
    finally:
        os.umask(before)

    assert [stat.S_IMODE(path.stat().st_mode) for path in (folder, folder / "asr.json")] == [0o700, 0o600]
    assert [path.name for path in folder.iterdir()] == ["asr.json"]


async def test_they_survive_the_daemon(folder: Path) -> None:
    """Also their removal."""
    await files(folder).set("asr", "A", "1")
    assert await files(folder).values("asr") == {"A": "1"}

    await files(folder).remove("asr", "A")
    assert await files(folder).values("asr") == {}
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("content", ["", '{"A": "1"', "[]", '{"A": 1}', "\udcff"])
async def test_a_damaged_file_is_left_alone(folder: Path, content: str) -> None:
    """It may hold what can still be rescued, so nothing is written over it; removing the project removes it."""
    folder.mkdir()
    path = folder / "asr.json"
    path.write_bytes(content.encode(errors="surrogateescape"))
    before = path.read_bytes()
    secrets = files(folder)

    with pytest.raises(StoreUnavailable, match="is damaged"):
        await secrets.set("asr", "B", "2")
    with pytest.raises(StoreUnavailable, match="is damaged"):
        secrets.sealed("asr")
    assert before == path.read_bytes()
    await secrets.remove_all("asr")
    assert await secrets.values("asr") == {}


async def test_a_disk_that_fails_is_a_clear_sentence(folder: Path) -> None:
    """A file is in the place of the folder; what was read before stays as it was."""
    folder.write_text("")

    with pytest.raises(StoreUnavailable, match=r"The secrets could not be (read|kept): .+\.") as caught:
        await files(folder).set("asr", "A", "1")

    assert caught.value.hint


@pytest.mark.parametrize("name", ["../asr", "a/b", "", ".."])
async def test_no_name_leaves_the_folder(folder: Path, name: str) -> None:
    """Names of projects are checked before, and here again."""
    with pytest.raises(InvalidInput):
        await files(folder).set(name, "A", "1")


def run_ingress(project: str) -> None:
    """The beginning of an ingress replica, up to its first wait."""
    start: Any = Ingress.__init__
    start(Ingress.__new__(Ingress), project, f"{project}.app:app", {}).send(None)


@pytest.fixture
def replica(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """An environment as a replica's: the token by its file."""
    (tmp_path / "token").write_text(TOKEN + "\n")
    for name in ("A", "B"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("RAY_AUTH_TOKEN_PATH", str(tmp_path / "token"))
    monkeypatch.setenv("AANA_PROJECT", "asr")
    return monkeypatch


async def test_a_replica_opens_what_the_daemon_sealed(folder: Path, replica: pytest.MonkeyPatch) -> None:
    """The values are in its environment, and the sealed text is not any more."""
    secrets = files(folder)
    await secrets.set("asr", "A", "ü\n1")
    await secrets.set("asr", "B", "")
    sealed = secrets.sealed("asr")
    assert sealed is not None
    replica.setenv(SEALED_VARIABLE, sealed)
    with replica.context() as undone:
        undone.setenv("A", "before")
        undone.setenv("B", "before")
        sealed_secrets.install()

        assert (os.environ["A"], os.environ["B"]) == ("ü\n1", "")
        assert SEALED_VARIABLE not in os.environ


async def test_a_token_may_be_given_by_value(folder: Path, replica: pytest.MonkeyPatch) -> None:
    """As Ray takes it too."""
    secrets = files(folder)
    await secrets.set("asr", "A", "1")
    replica.delenv("RAY_AUTH_TOKEN_PATH")
    replica.setenv("RAY_AUTH_TOKEN", TOKEN)
    replica.setenv(SEALED_VARIABLE, secrets.sealed("asr") or "")
    with replica.context() as undone:
        undone.setenv("A", "before")
        sealed_secrets.install()

        assert os.environ["A"] == "1"


def test_without_secrets_nothing_happens(replica: pytest.MonkeyPatch) -> None:
    """No token is needed either."""
    replica.delenv("RAY_AUTH_TOKEN_PATH")
    before = dict(os.environ)

    sealed_secrets.install()

    assert before == dict(os.environ)


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("AANA_PROJECT", "tts", "for another project than 'tts'"),
        ("RAY_AUTH_TOKEN_PATH", "/none", r"token cannot be read \(No such file or directory\)"),
        ("RAY_AUTH_TOKEN_PATH", "", "has no token of the cluster"),
        (SEALED_VARIABLE, "no base64!", "sealed with another token"),
        (SEALED_VARIABLE, "AAAA", "sealed with another token"),
    ],
)
async def test_what_cannot_be_opened_is_one_sentence(
    folder: Path, replica: pytest.MonkeyPatch, variable: str, value: str, message: str
) -> None:
    """It says why, and nothing of what is sealed; the build, the ingress and deployments all stop with it."""
    secrets = files(folder)
    await secrets.set("asr", "A", "hidden-value")
    replica.setenv(SEALED_VARIABLE, secrets.sealed("asr") or "")
    replica.setenv(variable, value)

    replica.setattr(sealed_secrets, "_failures", [])
    sealed_secrets.install()
    with pytest.raises(Failed, match=message) as caught:
        sealed_secrets.check_installed()

    assert caught.value.code == "secrets_sealed"
    assert caught.value.__cause__ is None
    assert "A" not in os.environ
    for begin in (lambda: build({"project": "asr"}), BaseDeployment, lambda: run_ingress("asr")):
        with pytest.raises(Failed, match=message):
            begin()
