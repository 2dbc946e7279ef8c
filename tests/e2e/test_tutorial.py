"""The tutorial, block by block as it stands, on tiny models that are found under the real ones' names."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import PIL.Image
import pytest

from tests.e2e.box import BIN, Box
from tests.e2e.pages import announced_file, blocks, run

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]
PAGE = "docs/tutorial.md"
IMAGE_SIZE = (64, 64)
"""What the tiny Stable Diffusion draws."""
MODEL_LIBRARIES = ("torch", "transformers", "diffusers", "huggingface_hub")


@pytest.fixture(scope="module")
def answers(box: Box, hf_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, list[str]]]:
    """Follow the page to its end, in a folder of its own: what each command said, in its order."""
    assert box.environment["HF_HOME"] == str(hf_home)
    folder = tmp_path_factory.mktemp("tutorial")
    answers: dict[str, list[str]] = {"folder": [str(folder)]}
    for _, text in blocks(PAGE):
        if (path := announced_file(text)) is not None:
            (folder / path).parent.mkdir(exist_ok=True)
            (folder / path).write_text(text)
            continue
        for line in text.splitlines():
            answers.setdefault(line, []).append(run(box, folder, line))
    yield answers
    box.remove("stablediffusion2")


@pytest.fixture
def folder(answers: dict[str, list[str]]) -> Path:
    """Where the page was followed."""
    return Path(answers["folder"][0])


def test_every_command_of_the_page_works(answers: dict[str, list[str]]) -> None:
    """From the empty folder to the tests: each ends well."""
    assert len(answers["aana deploy stablediffusion2"]) == 2
    assert len(answers) > 9


@pytest.mark.parametrize(("name", "kind"), [("dog.png", "PNG"), ("dog.jpg", "JPEG"), ("captioned.png", "PNG")])
def test_the_pictures_are_pictures(folder: Path, name: str, kind: str) -> None:
    """What came through the port of all projects opens, whole, in the format that was asked for."""
    with PIL.Image.open(folder / name) as picture:
        picture.load()

    assert (picture.format, picture.mode, picture.size) == (kind, "RGB", IMAGE_SIZE)
    assert max(high - low for low, high in picture.getextrema()) > 50, "all of one colour"


def test_the_caption_is_in_words(answers: dict[str, list[str]]) -> None:
    """BLIP-2 saw the picture that Stable Diffusion drew."""
    [caption] = answers["python read_answer.py"]

    assert len(caption.split()) > 3


@pytest.mark.usefixtures("answers")
def test_a_seed_makes_a_picture_repeatable(box: Box) -> None:
    """The same picture each time, whoever else asks meanwhile; another with another seed."""

    def draw(seed: int) -> bytes:
        answer = box.post("/stablediffusion2/generate_image", json={"prompt": "a dog", "seed": seed})
        assert answer.status_code == 200, answer.text
        return answer.content

    with ThreadPoolExecutor() as senders:
        pictures = list(senders.map(draw, [1, 2, 1, 3]))

    assert pictures[0] == pictures[2]
    assert len(set(pictures)) == 3


def test_a_deployment_of_two_handles_runs_once(box: Box, answers: dict[str, list[str]]) -> None:
    """One replica of each deployment, beside the project's ingress."""
    [listed] = answers["aana replicas stablediffusion2"]
    deployments = sorted(replica["deployment"] for replica in box.json("replicas", "stablediffusion2"))

    assert deployments == ["image_caption_deployment", "image_generation_deployment", "ingress"]
    assert listed.count("image_generation_deployment") == 1


def test_the_page_s_tests_pass_without_a_model(box: Box, folder: Path, tmp_path: Path) -> None:
    """On recordings alone: where there is no model to load, and without importing a library that could."""
    program = (
        "import sys, pytest\n"
        "status = pytest.main(['-q', 'stablediffusion2'])\n"
        f"print('loaded:', [name for name in {MODEL_LIBRARIES!r} if name in sys.modules])\n"
        "sys.exit(status)"
    )
    environment = box.environment | {"USE_DEPLOYMENT_CACHE": "true", "HF_HOME": str(tmp_path)}

    done = subprocess.run(
        [BIN / "python", "-c", program], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout
    assert "loaded: []" in done.stdout


def test_the_page_s_tests_pass_on_the_models(box: Box, folder: Path) -> None:
    """The same tests with neither variable set load both models and run them."""
    done = subprocess.run(
        [BIN / "pytest", "-q", "stablediffusion2"],
        cwd=folder,
        env=box.environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout


def test_a_prompt_that_was_not_recorded_names_its_file(box: Box, folder: Path) -> None:
    """Replay never falls back to a model: the miss says which recording is wanted."""
    program = (
        "from aanad.serving.testing import running_sync\n"
        "with running_sync('stablediffusion2') as client:\n"
        "    print(client.post('/generate_image', json={'prompt': 'a cat'}).json())"
    )

    done = subprocess.run(
        [BIN / "python", "-c", program],
        cwd=folder,
        env=box.environment | {"USE_DEPLOYMENT_CACHE": "true"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert "StableDiffusion2Deployment" in done.stdout
    assert "generate_single.a-cat." in done.stdout
