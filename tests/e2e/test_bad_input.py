"""What is wrong with a project is said in one sentence, with a code, a hint and an exit status; nobody else notices."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.e2e.box import PROJECTS, REPOSITORY, TEST_PROJECTS, Box, running_box

pytestmark = pytest.mark.e2e
BROKEN = REPOSITORY / "tests" / "broken_projects"


@pytest.fixture(scope="module", autouse=True)
def neighbour(box: Box) -> str:
    """A project that runs all the while."""
    box.ok("deploy", PROJECTS / "lowercase")
    return "lowercase"


def problem_of(box: Box, *arguments: str | Path) -> tuple[int, dict[str, str]]:
    """Exit status and problem of a command that is refused."""
    done = box.aana(*arguments, "-o", "json")
    return done.returncode, json.loads(done.stderr)


@pytest.mark.parametrize(
    ("project", "code", "said"),
    [
        ("two_apps", "ambiguous_app", "first_app"),
        ("syntax_error", "import_error", "app.py"),
        ("import_error", "import_error", "the settings file is missing"),
        ("duplicate_path", "duplicate_endpoint_path", "/same"),
        ("unannotated", "unannotated_parameter", "text"),
    ],
)
def test_a_project_that_cannot_be_read_fails_with_a_reason(
    box: Box, neighbour: str, project: str, code: str, said: str
) -> None:
    """The deploy exits with 1; ps shows the project as failed with the same code; the daemon and the others go on."""
    before = box.pids(neighbour)

    status, problem = problem_of(box, "deploy", BROKEN / project)

    assert (1, code) == (status, problem["code"])
    assert said in problem["message"] + (problem.get("detail") or "")
    assert problem["hint"]
    assert ("failed", code) == (box.project(project)["phase"], box.project(project)["reason"])
    assert before == box.pids(neighbour)
    box.ok("rm", project)


def test_an_import_error_shows_the_end_of_its_traceback(box: Box) -> None:
    """A person sees the author's own lines, on standard error, and no line of ours."""
    done = box.aana("deploy", BROKEN / "import_error")

    assert (1, "") == (done.returncode, done.stdout)
    assert 'raise RuntimeError("the settings file is missing")' in done.stderr
    assert "endpoints.py" in done.stderr
    assert "aanad/" not in done.stderr
    assert "failed" in box.ok("ps")
    box.ok("rm", "import_error")


def test_a_folder_without_an_app_is_refused_before_anything_is_sent(box: Box) -> None:
    """Nothing is registered; the exit status says that the input was wrong."""
    status, problem = problem_of(box, "deploy", BROKEN / "no_app")

    assert (2, "no_app") == (status, problem["code"])
    assert "no_app" not in {project["name"] for project in box.json("ps")}


def test_a_folder_that_is_not_there(box: Box) -> None:
    """One sentence that names it."""
    status, problem = problem_of(box, "deploy", "/nonexistent/folder")

    assert status == 2
    assert "/nonexistent/folder" in problem["message"]


def test_a_taken_route_prefix_is_refused(box: Box, neighbour: str) -> None:
    """The project that has it is named, and keeps it."""
    folder = box.copy_project(TEST_PROJECTS / "playground", "claims")
    (folder / "project.toml").write_text('route_prefix = "/lowercase"\n')

    status, problem = problem_of(box, "deploy", folder)

    assert (4, "route_prefix_taken") == (status, problem["code"])
    assert neighbour in problem["message"]
    assert box.post("/lowercase/lowercase", json={"text": ["A"]}).json() == {"text": ["a"]}


def test_project_toml_changes_replicas_environment_and_route(box: Box) -> None:
    """Its keys reach Serve: two replicas of one deployment, a variable, another prefix, a user_config."""
    folder = box.copy_project(TEST_PROJECTS / "playground", "tuned")
    (folder / "project.toml").write_text(
        'route_prefix = "/elsewhere"\n[env]\nCOLOUR = "blue"\n'
        "[deployments.worker]\nreplicas = 2\nnum_cpus = 0.05\nuser_config = {greeting = 'good day'}\n"
    )

    for module, line in (("deployments.py", '"greeting": self.greeting'), ("endpoints.py", '"text": [line.lower()')):
        text = (folder / module).read_text()
        assert line in text
        colour = line.replace("self.greeting", 'self.greeting + " " + os.environ["COLOUR"]')
        colour = colour.replace("[line.lower()", '[line.lower() + __import__("os").environ["COLOUR"]')
        (folder / module).write_text(text.replace(line, colour))

    box.ok("deploy", folder)

    assert 2 == len(box.pids("tuned")["worker"])
    assert box.post("/elsewhere/who", json={}).json()["greeting"] == "good day blue"
    assert box.post("/elsewhere/echo", json={"text": ["A"]}).json() == {"text": ["ablue"]}
    before = box.pids("tuned")
    box.ok("deploy", folder)
    assert before == box.pids("tuned")
    box.remove("tuned")


def test_unknown_names_exit_with_three(box: Box) -> None:
    """Not found is its own exit status, for every verb that names a project."""
    for verb in (["start", "nope"], ["stop", "nope"], ["restart", "nope"], ["rm", "nope"], ["endpoints", "nope"]):
        status, problem = problem_of(box, *verb)
        assert (3, "project_not_found") == (status, problem["code"]), verb
    assert problem_of(box, "invoke", "lowercase", "nope", "--data", "{}")[0] == 3


def test_without_a_daemon_the_command_exits_with_six(box: Box, tmp_path: Path) -> None:
    """The socket that was tried is named."""
    done = box.aana("--context", f"unix://{tmp_path}/none.sock", "ps")

    assert (6, "") == (done.returncode, done.stdout)
    assert f"{tmp_path}/none.sock" in done.stderr


def test_an_import_that_hangs_is_ended_at_its_limit() -> None:
    """Reading a project has a time limit; what hangs is killed, and the code says so."""
    # With a Ray of its own: a second daemon on the cluster of all tests would take away what it does not know.
    with running_box(AANA_RAY__LOAD_TIMEOUT_S="3") as impatient:
        status, problem = problem_of(impatient, "deploy", BROKEN / "import_hang")

        assert (1, "import_timeout") == (status, problem["code"])
        assert ("failed", "import_timeout") == (
            impatient.project("import_hang")["phase"],
            impatient.project("import_hang")["reason"],
        )


def test_a_port_in_use_is_named_and_nothing_is_left(box: Box) -> None:
    """A daemon whose port is taken ends with 1, a sentence with the port and a hint with the setting."""
    second = Box(AANA_SERVE__PORT=str(box.serve_port))
    try:
        done = second.run_daemon()

        assert done.returncode == 1
        assert f"error: Port {box.serve_port}" in done.stderr
        assert "AANA_SERVE__PORT" in done.stderr
        assert "Traceback" not in done.stderr
        assert second.left_behind() == []
    finally:
        second.clean_up()
    assert box.post("/lowercase/lowercase", json={"text": ["A"]}).status_code == 200
