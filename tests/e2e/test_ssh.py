"""Contexts over ssh, by the system's ssh and sshd: the tunnel, its end, and what is said where there is none."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import psutil
import pytest

from aanad.client import Client
from aanad.client.tunnels import close_tunnels
from aanad.errors import AanaError, DaemonUnavailable
from tests.client.fake_daemon import FakeDaemon
from tests.client.served_daemon import served
from tests.e2e.box import BIN, PROJECTS, Box, eventually
from tests.e2e.sshd import Sshd, running_sshd

pytestmark = pytest.mark.e2e
VERSION = {"version": "9", "api_versions": ["v1"]}


@pytest.fixture(scope="module")
def sshd() -> Iterator[Sshd]:
    with running_sshd() as sshd:
        yield sshd


@pytest.fixture
def runtime_dir(monkeypatch: pytest.MonkeyPatch, sshd: Sshd) -> Iterator[Path]:
    """Where this test's tunnels are, with ssh that knows the way."""
    with tempfile.TemporaryDirectory(prefix="art-", dir="/tmp") as folder:
        monkeypatch.setenv("XDG_RUNTIME_DIR", folder)
        monkeypatch.setenv("AANA_SSH", sshd.ssh)
        yield Path(folder)
        close_tunnels()
        assert list(Path(folder).glob("aana-ssh-*")) == []


@pytest.fixture
def far(runtime_dir: Path) -> Iterator[Path]:
    """The socket of a daemon behind ssh that tells its version."""
    daemon = FakeDaemon()
    daemon.on("GET /v1/version", VERSION)
    with served(daemon, runtime_dir / "far.sock"):
        yield runtime_dir / "far.sock"


def test_all_clients_of_a_process_share_a_tunnel(sshd: Sshd, far: Path, runtime_dir: Path) -> None:
    """One connection to a box, made by the first request; only this user can get at its local end."""
    before = len(sshd.clients())
    clients = [Client(sshd.context(far)) for _ in range(3)]
    assert len(sshd.clients()) == before

    threads = [Thread(target=client.version) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert ["9", "9", "9"] == [client.version().version for client in clients]
    assert len(sshd.clients()) == before + 1
    [folder] = runtime_dir.glob("aana-ssh-*")
    assert 0o700 == folder.stat().st_mode & 0o777
    for client in clients:
        client.close()


def test_a_tunnel_that_died_is_made_again(sshd: Sshd, far: Path) -> None:
    """The next request connects anew."""
    with Client(sshd.context(far)) as client:
        client.version()
        [ssh] = sshd.clients()
        ssh.kill()
        eventually(lambda: not sshd.clients(), within=10)

        assert client.version().version == "9"
        assert [ssh] != sshd.clients()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_tunnel_ends_with_its_process(sshd: Sshd, far: Path, runtime_dir: Path, number: int) -> None:
    """However that ends, nothing is left: no process, no folder."""
    program = f"""
import time
from aanad.client import Client
print(Client({sshd.context(far)!r}).version().version, flush=True)
time.sleep(600)
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "9\n"
        assert len(sshd.clients()) == 1
        process.send_signal(number)

    eventually(lambda: not sshd.clients() and not list(runtime_dir.glob("aana-ssh-*")), within=10)


def test_a_daemon_that_stops_is_told_from_a_tunnel_that_fails(sshd: Sshd, far: Path, runtime_dir: Path) -> None:
    """The box is asked what became of its socket."""
    with Client(sshd.context(far)) as client:
        client.version()
        far.rename(runtime_dir / "away.sock")
        with pytest.raises(DaemonUnavailable) as raised:
            client.version()
        (runtime_dir / "away.sock").rename(far)

        assert raised.value.message == f"aanad is not running on aana-test-box: there is no socket {far}."
        assert client.version().version == "9"


def test_the_socket_is_found_on_the_box(sshd: Sshd, runtime_dir: Path) -> None:
    """Where the context has no path: where daemons put theirs; all places are named where there is none."""
    del runtime_dir
    user = os.getuid()
    daemon = FakeDaemon()
    daemon.on("GET /v1/version", VERSION)
    with Client(sshd.context()) as client:
        with pytest.raises(DaemonUnavailable) as raised:
            client.version()
        with served(daemon, sshd.runtime_dir / "aanad.sock"):
            found = client.version()

    assert f"{sshd.runtime_dir}/aanad.sock, /run/aana/aanad.sock, /run/user/{user}/aana/" in raised.value.message
    assert "9" == found.version


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        ("UserKnownHostsFile=/dev/null", "ssh_host_key", "ssh does not know the host key of aana-test-box."),
        ("UserKnownHostsFile={folder}/wrong_hosts", "ssh_host_key", "The host key of aana-test-box is another one"),
        ("IdentityFile={folder}/nothing", "unauthorized", "aana-test-box does not accept your ssh key."),
        ("HostName=nowhere.invalid", "unknown_host", "There is no host aana-test-box."),
        ("Port=1", "ssh_unreachable", "Nothing listens for ssh on aana-test-box."),
    ],
)
def test_what_ssh_says_becomes_a_sentence(
    sshd: Sshd, far: Path, monkeypatch: pytest.MonkeyPatch, options: str, code: str, message: str
) -> None:
    """With a code and a hint; nothing is asked, and the command ends with 6."""
    (sshd.folder / "wrong_hosts").write_text(sshd.known_host("stranger"))
    option = options.format(folder=sshd.folder)
    if "IdentityFile" in option:  # files add up, so the right one must not be in the configuration
        other = sshd.folder / "stranger_config"
        other.write_text(sshd.config.read_text().replace(str(sshd.identity), str(sshd.folder / "stranger")))
        monkeypatch.setenv("AANA_SSH", f"ssh -F {other}")
    else:
        monkeypatch.setenv("AANA_SSH", f"ssh -o {option} -F {sshd.config}")

    done = subprocess.run(
        [BIN / "aana", "ps", "-o", "json", "--context", sshd.context(far)],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    problem = json.loads(done.stderr)

    assert (6, code) == (done.returncode, problem["code"])
    assert problem["message"].startswith(message)
    assert problem["hint"]


def test_a_client_that_is_cut_does_not_wait_for_ssh(
    sshd: Sshd, runtime_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thread that waits for a login ends within a second."""
    silent = runtime_dir / "silent"
    silent.write_text("#!/bin/sh\nexec sleep 60\n")
    silent.chmod(0o700)
    monkeypatch.setenv("AANA_SSH", str(silent))
    failures: list[AanaError] = []
    client = Client(sshd.context("/run/aana/aanad.sock"))

    def ask() -> None:
        with pytest.raises(DaemonUnavailable) as raised:
            client.version()
        failures.append(raised.value)

    thread = Thread(target=ask)
    thread.start()
    eventually(lambda: list(runtime_dir.glob("aana-ssh-*")), within=5)
    client.cut()
    thread.join(1)

    assert not thread.is_alive()
    assert "client_cut" == failures[0].code
    client.close()


def test_the_command_works_through_ssh_as_it_does_here(box: Box, sshd: Sshd) -> None:
    """The same output, by the saved name of a context too, whose ssh_options show the way."""
    project = box.copy_project(PROJECTS / "lowercase", "over_ssh")
    box.ok("deploy", project)
    box.environment["AANA_SSH"] = sshd.ssh
    try:
        assert box.json("ps") == box.json("ps", "--context", sshd.context(box.socket))
        del box.environment["AANA_SSH"]
        box.ok("context", "add", "far", sshd.context(box.socket), f"--ssh-option=-F{sshd.config}")
        assert box.json("replicas", "over_ssh") == box.json("replicas", "over_ssh", "--context", "far")
        sent = box.ok("invoke", "over_ssh", "lowercase", "--data", '{"text": ["FAR"]}', "--context", "far")
        assert "far" in sent
    finally:
        box.environment.pop("AANA_SSH", None)
        box.aana("context", "rm", "far")
        box.remove("over_ssh")


def test_following_logs_goes_on_after_the_tunnel_was_killed(box: Box, sshd: Sshd) -> None:
    """Records that are written meanwhile come too, each once."""
    project = box.copy_project(PROJECTS / "lowercase", "followed_over_ssh")
    box.ok("deploy", project)
    output = box.root / "followed.jsonl"
    command = ["logs", "-f", "--source", "daemon", "-o", "json", "--tail", "1", "--context", sshd.context(box.socket)]
    with output.open("wb") as file:
        following = subprocess.Popen(
            [BIN / "aana", *command], stdout=file, env=box.environment | {"AANA_SSH": sshd.ssh}, cwd=box.root
        )
    try:
        eventually(output.read_bytes, within=30)
        [ssh] = [each for each in sshd.clients() if _is_below(each, following.pid)]
        ssh.kill()
        box.ok("restart", "followed_over_ssh")
        eventually(lambda: b"restart" in output.read_bytes(), within=60)
    finally:
        following.terminate()
        following.wait(10)
        box.remove("followed_over_ssh")

    positions = [json.loads(line)["position"] for line in output.read_text().splitlines()]
    assert len(set(positions)) == len(positions)


def _is_below(process: psutil.Process, pid: int) -> bool:
    return pid in {parent.pid for parent in process.parents()}
