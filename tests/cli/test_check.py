"""aana check: whether a folder can be deployed, without a daemon and without starting it."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from aanad.cli.schema_text import field_text, type_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cli.conftest import Run
    from tests.client.fake_daemon import FakeDaemon

ROOT = Path(__file__).parents[2]
BROKEN = ROOT / "tests" / "broken_projects"
APP = """\
from ray import serve
from aanad.sdk import AanaSDK, BaseDeployment, Endpoint

class Shout(Endpoint):
    async def run(self, text: str, times: int = 1) -> dict[str, str]:
        return {"text": text.upper() * times}

@serve.deployment
class Model(BaseDeployment):
    async def predict(self) -> int:
        return 1

app = AanaSDK(name="shout")
app.register_endpoint("shout", "/shout", "Shout it", Shout)
app.register_deployment("model", Model.options(ray_actor_options={"num_gpus": 0.5, "memory": 2 * 1024**3}))
"""


@pytest.fixture
def shout(tmp_path: Path) -> Callable[..., Path]:
    """Write a project: its files by name, app.py where not given."""

    def write(**files: str) -> Path:
        folder = tmp_path / "shout"
        folder.mkdir(exist_ok=True)
        for name, text in {"app.py": APP, **files}.items():
            (folder / name).write_text(text)
        return folder

    return write


def test_a_project_s_endpoints_and_needs(run: Run, daemon: FakeDaemon, shout: Callable[..., Path]) -> None:
    """As tables; no daemon is asked."""
    folder = shout(**{"requirements.txt": "# what it needs\nsentencepiece>=0.2  # tokens\n\nfaiss-cpu\n"})

    result = run("check", str(folder))

    assert result.exit_code == 0, result.output
    assert re.sub(r"\d+ B packed", "1 KiB packed", result.stdout).splitlines() == [
        "shout can be deployed: 2 files, 1 KiB packed.",
        "",
        "ENDPOINT  PATH          STREAM  ANSWER          SUMMARY",
        "shout     /shout/shout          dict[str, str]  Shout it",
        "",
        "ENDPOINT  FIELD  TYPE  DEFAULT   DESCRIPTION",
        "shout     text   str   required  -",
        "shout     times  int   1         -",
        "",
        "DEPLOYMENT  REPLICAS  CPUS  GPUS  MEMORY   OTHER  CLASS  METHODS",
        "model       1         0.1   0.5   2.0 GiB  -      Model  predict",
        "",
        "It needs packages: sentencepiece>=0.2, faiss-cpu",
    ]
    assert daemon.requests == []


def test_everything_as_json(run: Run, shout: Callable[..., Path]) -> None:
    """Schemas, settings and numbers, for programs; project.toml's numbers win."""
    settings = 'route_prefix = "/v1/loud"\n[deployments.model]\nautoscaling = { max_replicas = 3 }\nnum_gpus = 1\n'

    result = run("check", str(shout(**{"project.toml": settings})), "-o", "json")

    found = json.loads(result.stdout)
    [endpoint], [deployment] = found.pop("endpoints"), found.pop("deployments")
    assert (endpoint["name"], endpoint["request_schema"]["required"]) == ("shout", ["text"])
    assert endpoint["response_schema"]["type"] == "object"
    needs = ("replicas", "max_replicas", "autoscaling", "num_gpus", "memory_bytes", "class_name")
    assert [deployment[name] for name in needs] == [1, 3, True, 1.0, 2 * 1024**3, "Model"]
    assert (found["name"], found["app"], found["route_prefix"]) == ("shout", "shout.app:app", "/v1/loud")
    assert (found["files"], found["requirements"], found["settings"]["autostart"]) == (2, [], True)
    assert found["size_bytes"] > 0
    assert found["seconds"] > 0


@pytest.mark.parametrize(
    ("project", "sentence", "evidence"),
    [
        ("duplicate_path", "the path /same is already taken by endpoint first", "app.py"),
        ("import_error", "RuntimeError: the settings file is missing", "SETTINGS = load_settings()"),
        ("no_app", "holds no app: there is no app.py", ""),
        (
            "syntax_error",
            "SyntaxError: '(' was never closed (syntax_error/app.py, line 3)",
            'File "syntax_error/app.py"',
        ),
        ("two_apps", "app.py has more than one AanaSDK: first_app, second_app", ""),
        ("unannotated", "the parameter text of run has no annotation", "register_endpoint"),
    ],
)
def test_what_is_wrong_is_told_as_a_deploy_tells_it(run: Run, project: str, sentence: str, evidence: str) -> None:
    """The end of the traceback, one sentence, a hint (exit code 1)."""
    result = run("check", str(BROKEN / project))

    assert result.exit_code == 1
    assert result.stdout == ""
    assert sentence in result.stderr
    assert evidence in result.stderr
    assert result.stderr.splitlines()[-1].startswith("hint: ")


def test_what_is_wrong_for_a_program(run: Run) -> None:
    """The problem, with its code."""
    result = run("check", str(BROKEN / "two_apps"), "-o", "json")

    problem = json.loads(result.stderr)
    assert (result.exit_code, problem["code"], result.stdout) == (1, "ambiguous_app", "")


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ({"project.toml": "[deployments.modle]\nreplicas = 2\n"}, "unknown_deployment"),
        ({"project.toml": "[deployments.ingress]\nnum_gpus = 1\n"}, "unknown_override"),
        ({"project.toml": "replicas = 2\n"}, "invalid_project_file"),
        ({"project.toml": 'name = "json"\n'}, "name_shadows_package"),
        ({"project.toml": 'app = "other"\n'}, "no_app"),
        ({"app.py": "import os\nos._exit(3)\n"}, "import_crashed"),
        ({"app.py": "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n"}, "import_crashed"),
        ({"app.py": "raise SystemExit(2)\n"}, "import_error"),
    ],
)
def test_whatever_is_wrong_has_a_code(run: Run, shout: Callable[..., Path], files: dict[str, str], code: str) -> None:
    """As in a deploy."""
    result = run("check", str(shout(**files)), "-o", "json")

    assert result.exit_code == 1
    assert json.loads(result.stderr)["code"] == code


def test_a_package_that_is_only_in_requirements(run: Run, shout: Callable[..., Path]) -> None:
    """A check does not install; it says what to do."""
    result = run("check", str(shout(**{"app.py": "import faiss\n", "requirements.txt": "faiss-cpu\n"})))

    assert result.exit_code == 1
    assert "No module named 'faiss'" in result.stderr
    assert "pip install -r requirements.txt" in result.stderr


def test_no_such_folder(run: Run) -> None:
    """Exit code 3."""
    result = run("check", "nowhere")

    assert (result.exit_code, result.stderr.splitlines()[0]) == (3, "error: There is no folder nowhere.")


@pytest.mark.parametrize("words", [[], ["one", "two"], [".", "--timeout", "0"]])
def test_usage(run: Run, words: list[str]) -> None:
    """Exit code 2."""
    assert run("check", *words).exit_code == 2


def test_the_folder_is_packed_as_a_deploy_packs_it(run: Run, shout: Callable[..., Path]) -> None:
    """What is ignored is not there; nothing is written into the folder."""
    folder = shout(**{"part.py": "X = 1\n", ".aanaignore": "part.py\n", "app.py": "from .part import X\n"})
    before = sorted(folder.iterdir())

    result = run("check", str(folder))

    assert result.exit_code == 1
    assert "part" in result.stderr
    assert sorted(folder.iterdir()) == before


def test_one_file_and_one_object_of_it(run: Run, shout: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """PATH is what deploy takes."""
    folder = shout()
    monkeypatch.chdir(folder)

    for path in (".", "app.py", "app:app", str(folder / "app.py")):
        result = run("check", path)
        assert result.exit_code == 0, result.output


def test_an_import_that_does_not_end(run: Run) -> None:
    """Is given up."""
    began = time.monotonic()

    result = run("check", str(BROKEN / "import_hang"), "--timeout", "4")

    assert result.exit_code == 1
    assert "Importing the project took longer than 4 s." in result.stderr
    assert "--timeout" in result.stderr
    assert time.monotonic() - began < 20


@pytest.mark.parametrize("ending", ["", "while True: time.sleep(1)\n"])
def test_nothing_is_left_running(run: Run, shout: Callable[..., Path], tmp_path: Path, ending: str) -> None:
    """Neither what the import started, nor what that started in a session of its own and left."""
    mark = str(tmp_path / "a-mark-of-this-test")
    start = (
        "import subprocess, sys, time\n"
        f"mark = {mark!r}\n"
        "sleep = [sys.executable, '-c', 'import time; time.sleep(600)', mark]\n"
        "subprocess.Popen(sleep)\n"
        "leave = f'import subprocess; subprocess.Popen({sleep!r}, start_new_session=True)'\n"
        "subprocess.run([sys.executable, '-c', leave], start_new_session=True)\n"
    )

    result = run("check", str(shout(**{"app.py": start + ending + APP})), "--timeout", "6")

    assert result.exit_code == (1 if ending else 0), result.output
    assert [process.pid for process in psutil.process_iter() if mark in _command(process)] == []


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def test_the_import_has_this_shell_s_variables(
    run: Run, shout: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And those of project.toml; the daemon's and Python's own are kept from it, as in a deploy."""
    monkeypatch.setenv("HF_TOKEN", "secret")
    monkeypatch.setenv("PYTHONPATH", "/nowhere")
    monkeypatch.setenv("AANA_STATE_DIR", "/nowhere")
    lines = (
        "import os\nassert os.environ['HF_TOKEN'] == 'secret' and os.environ['GREETING'] == 'hi'\n"
        "assert 'PYTHONPATH' not in os.environ and 'AANA_STATE_DIR' not in os.environ\n"
    )

    result = run("check", str(shout(**{"app.py": lines + APP, "project.toml": '[env]\nGREETING = "hi"\n'})))

    assert result.exit_code == 0, result.output


def test_what_an_author_writes_cannot_steer_the_terminal(run: Run, shout: Callable[..., Path]) -> None:
    """Names and sentences of a project are shown as text."""
    result = run("check", str(shout(**{"app.py": APP.replace("Shout it", "Shout \\x1b[31m it")})))

    assert result.exit_code == 0
    assert "\x1b" not in result.stdout


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ({"type": "string"}, "str"),
        ({"type": "string", "format": "date-time"}, "str (date-time)"),
        ({"type": "array", "items": {"type": "integer"}}, "list[int]"),
        ({"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}]}, "tuple[int, str]"),
        ({"type": "array"}, "list"),
        ({"anyOf": [{"type": "number"}, {"type": "null"}]}, "float | None"),
        ({"enum": ["png", "jpeg"]}, '"png" | "jpeg"'),
        ({"const": 3}, "3"),
        ({"$ref": "#/$defs/Params"}, "Params"),
        ({"type": "object", "additionalProperties": {"type": "boolean"}}, "dict[str, bool]"),
        ({"type": "object", "properties": {"a": {"type": "string"}, "b": {}}, "required": ["a"]}, "{a: str, b?: any}"),
        ({"type": ["string", "null"]}, "str | None"),
        ({}, "any"),
    ],
)
def test_a_schema_reads_like_python(schema: dict[str, Any], text: str) -> None:
    """As an author would have written it."""
    assert type_text(schema) == text


def test_a_field_says_its_limits() -> None:
    """Beside its type."""
    assert field_text({"type": "integer", "minimum": 1, "maximum": 9}) == "int, ≥ 1, ≤ 9"
