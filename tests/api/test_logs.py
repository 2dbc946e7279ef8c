"""The logs of a box over HTTP: what may be asked for, and what the stream looks like."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.core.conftest import Box

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def write(folder: Path, project: str, replica: str, *lines: dict[str, Any]) -> None:
    """A replica's log as Serve writes it; a line a second."""
    path = folder / "serve" / f"replica_{project}_model_{replica}.log"
    with path.open("a") as file:
        for number, line in enumerate(lines):
            moment = int((NOW + timedelta(seconds=number)).timestamp() * 1e9)
            file.write(json.dumps({"timestamp_ns": moment, "levelname": "INFO", **line}) + "\n")


async def ask(api: httpx.AsyncClient, query: str = "") -> list[dict[str, Any]]:
    """All lines of an answer."""
    answer = await api.get(f"/v1/logs?{query}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/x-ndjson"
    return [json.loads(line) for line in answer.text.splitlines() if line]


async def messages(api: httpx.AsyncClient, query: str = "") -> list[str]:
    """The messages of an answer."""
    return [line["message"] for line in await ask(api, query) if "message" in line]


async def test_logs_are_lines_of_json_and_a_cursor(api: httpx.AsyncClient, box: Box, log_folder: Path) -> None:
    """One record a line; the last line says where to read on, and what comes then is new."""
    await box.deploy("asr")
    write(log_folder, "asr", "a1", {"message": "hello", "request_id": "r1"})

    record, cursor = await ask(api, "project=asr")

    assert record.pop("position").endswith(f":{(log_folder / 'serve/replica_asr_model_a1.log').stat().st_size}")
    assert record == {
        "time": "2026-01-02T03:04:05.000000Z",
        "project": "asr",
        "deployment": "model",
        "replica": "a1",
        "source": "serve",
        "node": None,
        "level": "info",
        "request_id": "r1",
        "message": "hello",
        "by_arrival": False,
    }
    write(log_folder, "asr", "a1", {"message": "again"})
    write(log_folder, "asr", "b2", {"message": "new"})
    assert await messages(api, f"project=asr&cursor={cursor['cursor']}") == ["again", "new"]
    answer = await api.get("/v1/logs", headers={"Aana-Cursor": cursor["cursor"]})
    assert len(answer.text.splitlines()) == 3


async def test_filters_are_applied_before_the_tail_is_counted(
    api: httpx.AsyncClient, box: Box, log_folder: Path
) -> None:
    """Several projects, a deployment, a replica by the end of its id, a level, a pattern, a time."""
    for project in ("asr", "tts", "other"):
        await box.deploy(project)
        write(log_folder, project, f"{project}1", {"message": f"{project} one"}, {"message": f"{project} two"})
    write(log_folder, "asr", "zz9", {"message": "trouble", "levelname": "ERROR"})

    assert sorted(await messages(api, "project=asr&project=tts")) == [
        "asr one", "asr two", "trouble", "tts one", "tts two",
    ]  # fmt: skip
    assert await messages(api, "project=tts&tail=1") == ["tts two"]
    assert await messages(api, "grep=^o.*one$&tail=1") == ["other one"]
    assert await messages(api, "level=warning") == ["trouble"]
    assert await messages(api, "replica=z9") == ["trouble"]
    assert await messages(api, "project=tts&since=2026-01-02T03:04:06Z") == ["tts two"]
    assert await messages(api, "project=tts&until=2026-01-02T03:04:05Z&tail=all") == ["tts one"]
    assert await messages(api, "since=10m") == []
    assert await messages(api, "project=asr&source=stdout&source=build") == []


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("grep=(", "invalid_pattern"),
        ("grep=(?=x)", "invalid_pattern"),
        ("cursor=abc", "invalid_cursor"),
        ("cursor=%C3%A4", "invalid_cursor"),
        ("since=yesterday", "invalid_input"),
        ("since=99999999999999d", "invalid_input"),
        ("level=loud", "invalid_input"),
        ("source=nowhere", "invalid_input"),
        ("tail=-1", "invalid_input"),
        ("tail=some", "invalid_input"),
        ("replica=*", "invalid_input"),
    ],
)
async def test_what_cannot_be_asked_for_is_one_sentence(api: httpx.AsyncClient, query: str, code: str) -> None:
    """The answer is a problem, and not a stream that breaks."""
    answer = await api.get(f"/v1/logs?{query}")

    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert "\n" not in answer.json()["message"]


async def test_secrets_can_neither_be_seen_nor_searched_for(api: httpx.AsyncClient, box: Box, log_folder: Path) -> None:
    """A pattern is looked for in what the reader may see."""
    await box.deploy("asr")
    await box.secrets.set("asr", "TOKEN", "hunter2hunter2")
    write(log_folder, "asr", "a1", {"message": "my token is hunter2hunter2, keep it"})

    assert await messages(api) == ["my token is ***, keep it"]
    assert await messages(api, "grep=hunter2") == []
    assert await messages(api, "grep=token.is..\\*") == ["my token is ***, keep it"]


async def test_the_box_itself_is_shown_where_no_project_is_named(
    api: httpx.AsyncClient, box: Box, log_folder: Path
) -> None:
    """Serve's controller writes for all projects; with a project it is shown where it is asked for."""
    await box.deploy("asr")
    (log_folder / "serve" / "controller_4711.log").write_text('{"timestamp_ns": 1, "message": "I control"}\n')
    (log_folder / "serve" / "controller_build_asr_1.log").write_text('{"timestamp_ns": 2, "message": "I build"}\n')

    assert await messages(api) == ["I control", "I build"]
    assert await messages(api, "project=asr") == ["I build"]
    assert await messages(api, "project=asr&source=controller") == ["I control"]
