"""Finding a project's app, and the one clear sentence for each way in which there is none."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from aanad.errors import AanaError, ImportFailed, InvalidProject, InvalidSignature
from aanad.sdk.loading import find_app

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Project = Callable[..., Path]

BROKEN = Path(__file__).parent.parent / "broken_projects"
APP = "from aanad.sdk import AanaSDK\naana_app = AanaSDK(name={name!r})\n"


def app_of(name: str) -> str:
    return APP.format(name=name)


def failure(project: str, app: str | None = None) -> AanaError:
    with pytest.raises(AanaError) as caught:
        find_app(project, app)
    return caught.value


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The folder of broken projects on the path."""
    before = set(sys.modules)
    monkeypatch.syspath_prepend(str(BROKEN))
    yield
    for module in set(sys.modules) - before:
        if (BROKEN / module.partition(".")[0]).is_dir():
            del sys.modules[module]


def test_the_only_app_is_found_by_itself(project: Project) -> None:
    """A folder holding app.py with one AanaSDK is a project; relative imports work as in the tutorial."""
    project("findme", {"app.py": app_of("findme") + "from .words import WORD\n", "words.py": "WORD = 'hi'\n"})

    path, app = find_app("findme")

    assert path == "findme.app:aana_app"
    assert app.name == "findme"


@pytest.mark.parametrize("given", ["main:the_app", ".main:the_app", "main"])
def test_an_app_can_be_named(project: Project, given: str) -> None:
    """`module:attribute` as the tutorial writes it, a leading dot allowed, or the module alone."""
    project("named", {"main.py": "from aanad.sdk import AanaSDK\nthe_app = AanaSDK(name='named')\n"})

    assert find_app("named", given)[0] == "named.main:the_app"


def test_one_app_under_two_names_is_one_app(project: Project) -> None:
    """An alias does not make it ambiguous."""
    project("aliased", {"app.py": app_of("aliased") + "app = aana_app\n"})

    assert find_app("aliased")[0] == "aliased.app:aana_app"


@pytest.mark.usefixtures("broken")
@pytest.mark.parametrize(
    ("name", "error", "code", "says"),
    [
        ("no_app", InvalidProject, "no_app", "has no app.py"),
        ("two_apps", InvalidProject, "ambiguous_app", "first_app, second_app"),
        ("syntax_error", ImportFailed, "import_error", "(syntax_error/app.py, line 3)"),
        ("import_error", ImportFailed, "import_error", "RuntimeError: the settings file is missing"),
        ("duplicate_path", InvalidProject, "duplicate_endpoint_path", "/same is already taken by endpoint first"),
        ("unannotated", InvalidSignature, "unannotated_parameter", "the parameter text of run has no annotation"),
    ],
)
def test_each_broken_project_has_one_clear_sentence(name: str, error: type[AanaError], code: str, says: str) -> None:
    """A stable code, what is wrong, and what to do next."""
    found = failure(name)

    assert type(found) is error
    assert found.code == code
    assert says in found.message
    assert found.hint


@pytest.mark.usefixtures("broken")
def test_the_traceback_of_a_failed_import_is_the_author_s() -> None:
    """From the author's first frame on, with paths inside the project; the last line says what happened."""
    assert failure("import_error").detail == [
        "Traceback (most recent call last):",
        '  File "import_error/app.py", line 3, in <module>',
        "    from .endpoints import BrokenEndpoint",
        '  File "import_error/endpoints.py", line 8, in <module>',
        "    SETTINGS = load_settings()",
        '  File "import_error/endpoints.py", line 5, in load_settings',
        '    raise RuntimeError("the settings file is missing")',
        "RuntimeError: the settings file is missing",
    ]


@pytest.mark.usefixtures("broken")
def test_the_place_of_a_refused_registration_is_shown() -> None:
    """The author sees the line that registered the endpoint."""
    assert any('File "duplicate_path/app.py", line 16' in line for line in failure("duplicate_path").detail)


@pytest.mark.parametrize(
    ("files", "app", "code", "says"),
    [
        ({"app.py": "x = 1\n"}, None, "no_app", "has no AanaSDK"),
        ({"app.py": app_of("wanted")}, "app:other", "app_not_found", "has no 'other'"),
        ({"app.py": app_of("wanted") + "other = 3\n"}, "app:other", "app_not_found", "holds a int"),
        ({"app.py": app_of("wanted")}, "main:aana_app", "no_app", "has no main.py"),
        ({"app.py": app_of("wanted")}, "not an app", "app_not_found", "does not name an app"),
        ({"app.py": app_of("somebody")}, None, "name_mismatch", "calls itself 'somebody'"),
        ({"app.py": "import nowhere_at_all\n"}, None, "import_error", "No module named 'nowhere_at_all'"),
        ({"app.py": "import words\n", "words.py": ""}, None, "import_error", "No module named 'words'"),
        ({"app.py": "from .words import A\n"}, None, "import_error", "No module named 'wanted.words'"),
        ({"app.py": "raise SystemExit('bye')\n"}, None, "import_error", "SystemExit: bye"),
    ],
)
def test_what_is_wrong_with_an_app_is_said(
    project: Project, files: dict[str, str], app: str | None, code: str, says: str
) -> None:
    """Every mistake has its own code."""
    project("wanted", files)

    found = failure("wanted", app)

    assert (found.code, says in found.message) == (code, True), found.message
    assert found.hint


def test_a_forgotten_dot_is_recognised(project: Project) -> None:
    """`from words import …` for a file of the project gets the cure, not "install words"."""
    project("dotless", {"app.py": "from words import A\n", "words.py": "A = 1\n"})

    assert "from .words import" in str(failure("dotless").hint)


def test_a_missing_model_library_gets_the_extra_named(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes with Aana's model libraries is installed with one command; anything else belongs to the project."""
    monkeypatch.setitem(sys.modules, "diffusers", None)
    project("painter", {"app.py": "import diffusers\n"})
    project("speaker", {"app.py": "import nowhere_at_all.core\n"})

    assert "pip install 'aanad[models]'" in str(failure("painter").hint)
    assert (
        failure("speaker").hint == "Name the package that provides nowhere_at_all in a requirements.txt beside app.py."
    )


@pytest.mark.parametrize("name", ["json", "pydantic", "ray", "aanad"])
def test_a_name_that_python_knows_already_is_refused(project: Project, name: str) -> None:
    """The standard library's, an installed package's, and Aana's own."""
    project(name, {"app.py": app_of(name)})

    assert failure(name).code == "name_shadows_package"


def test_a_bare_folder_elsewhere_on_the_path_is_no_package(
    project: Project, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only what could be imported instead counts."""
    project("shared_name", {"app.py": app_of("shared_name")})
    other = tmp_path_factory.mktemp("other")
    (other / "shared_name").mkdir()
    monkeypatch.syspath_prepend(str(other))

    assert find_app("shared_name")[0] == "shared_name.app:aana_app"
