"""Test requests in the console, against the simulated box: what an operator types, sends, sees and keeps."""

from __future__ import annotations

import hashlib
import json
import stat
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from textual.pilot import Pilot

from aana_tui.demo import endpoints as simulated
from aana_tui.demo.box import SimulatedBox
from aana_tui.places import Place
from aana_tui.screens.requests import RequestsView
from aana_tui.state.invocations import Phase, Progress
from aana_tui.state.request_history import RequestHistory, SavedRequest
from aana_tui.state_folder import state_folder
from aana_tui.widgets.form.field_editor import FieldEditor
from aanad.wire.access import Role
from tests.tui.consoles import eventually, running, screen_text


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the console remembers in this test alone, and where its answers lie."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    answers = tmp_path / "answers"
    answers.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(answers))
    return answers


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Lets an endpoint answer something else."""

    def set_answer(endpoint: str, content: bytes, media_type: str, **headers: str) -> None:
        def respond(*_: object) -> httpx.Response:
            return httpx.Response(200, content=content, headers={"content-type": media_type, **headers})

        monkeypatch.setitem(simulated._ANSWERS, endpoint, respond)

    return set_answer


def view_of(pilot: Pilot[None]) -> RequestsView:
    """The view."""
    view = pilot.app.shell.view  # type: ignore[attr-defined]
    assert isinstance(view, RequestsView)
    return view


async def desk(pilot: Pilot[None], project: str, endpoint: str) -> RequestsView:
    """Go to an endpoint, and wait for its form."""
    pilot.app.go(Place("requests", project=project, endpoint=endpoint))  # type: ignore[attr-defined]
    await eventually(pilot, lambda: getattr(pilot.app.shell.view, "draft", None) is not None)  # type: ignore[attr-defined]
    return view_of(pilot)


async def listed(pilot: Pilot[None]) -> None:
    """Go to the list of endpoints."""
    pilot.app.go(Place("requests"))  # type: ignore[attr-defined]
    # What an endpoint does stands over its form as well.
    await eventually(pilot, lambda: "SUMMARY" in screen_text(pilot) or "ANSWER " in screen_text(pilot))


async def written(pilot: Pilot[None], project: str, endpoint: str, document: Any) -> RequestsView:
    """Go to an endpoint, and fill its form in."""
    view = await desk(pilot, project, endpoint)
    view.form.replace(json.dumps(document))
    await pilot.pause()
    return view


def progress_of(view: RequestsView) -> Progress:
    """How far the request is."""
    assert view.draft is not None
    return view.draft.sending.progress if view.draft.sending is not None else Progress()


async def over(pilot: Pilot[None], view: RequestsView) -> Progress:
    """Wait until nothing more comes, and until it is shown."""
    await eventually(pilot, lambda: progress_of(view).phase.is_over and view.answer._is_over)
    await pilot.pause()
    return progress_of(view)


CHAT = {"messages": [{"role": "user", "content": "hello"}], "max_tokens": 12, "pause_s": 0.0}


async def test_an_endpoint_is_picked_filled_in_by_keys_and_answers(box: SimulatedBox) -> None:
    """From the list to the answer by keys alone; each key that is typed into a field is text."""
    async with running(box) as pilot:
        pilot.app.go(Place("requests", project="rerank"))  # type: ignore[attr-defined]
        await eventually(pilot, lambda: "Order documents by a" in screen_text(pilot))
        await pilot.press("enter")
        await eventually(pilot, lambda: "query *" in screen_text(pilot))
        await pilot.press("enter", *"the sq", "enter")
        await pilot.press("a", *"the :q", "escape", "ctrl+j")
        view = view_of(pilot)
        await over(pilot, view)

        assert {"query": "the sq", "documents": ["the :q"]} == json.loads(box.requests[-1].body)
        text = screen_text(pilot)
        assert "● 200 OK" in text
        assert '"score": 0.5' in text
        assert "first byte" in text


async def test_a_stream_is_shown_while_it_arrives(box: SimulatedBox) -> None:
    """The first tokens are on the screen while later ones are not made yet; in the end there is what a stream was."""
    async with running(box) as pilot:
        view = await written(pilot, "chat_with_video", "chat", {**CHAT, "max_tokens": 4000, "pause_s": 0.01})
        await pilot.press("ctrl+j")
        await eventually(pilot, lambda: "The box has eight GPUs" in screen_text(pilot))

        assert Phase.ARRIVING is progress_of(view).phase
        assert "◐ arriving" in screen_text(pilot)

        await pilot.press("ctrl+j")
        await eventually(pilot, lambda: "under way" in screen_text(pilot))
        assert 1 == sum(seen.method == "POST" for seen in box.requests)

        await pilot.press("x")
        progress = await over(pilot, view)

        assert Phase.CANCELLED is progress.phase
        assert "○ cancelled" in screen_text(pilot)
        assert "The box has eight GPUs" in screen_text(pilot)


async def test_a_slow_request_is_cancelled_at_once(box: SimulatedBox) -> None:
    """Even before anything has come."""
    async with running(box) as pilot:
        view = await written(pilot, "rerank", "rerank", {"query": "a", "documents": [], "seconds": 600})
        await pilot.press("ctrl+j")
        await eventually(pilot, lambda: any(seen.method == "POST" for seen in box.requests))
        assert "◌ sent, waiting" in screen_text(pilot)
        await pilot.press("x")

        assert Phase.CANCELLED is (await over(pilot, view)).phase


async def test_a_lost_link_is_said_and_nothing_typed_is_lost(box: SimulatedBox) -> None:
    """What has arrived stays, what was written stays, and it can be sent again when the daemon is back."""
    async with running(box) as pilot:
        view = await written(pilot, "chat_with_video", "chat", {**CHAT, "max_tokens": 4000, "pause_s": 0.01})
        await pilot.press("ctrl+j")
        await eventually(pilot, lambda: "The box has" in screen_text(pilot))
        box.link_down()
        progress = await over(pilot, view)

        assert Phase.LOST is progress.phase
        assert "✖ link lost" in screen_text(pilot)
        assert "The answer was cut off" in screen_text(pilot)
        await eventually(pilot, lambda: not pilot.app.session.store.link.is_live)  # type: ignore[attr-defined]
        await pilot.press("ctrl+j")
        await eventually(pilot, lambda: "does not answer" in screen_text(pilot))
        assert "hello" in screen_text(pilot)


async def test_what_does_not_fit_is_said_before_it_is_sent(box: SimulatedBox) -> None:
    """At the field, and the cursor goes there; nothing is sent."""
    async with running(box, size=(80, 24)) as pilot:
        view = await written(pilot, "translate", "speak", {"text": "hello", "seconds": 99})
        await pilot.press("ctrl+j")
        await eventually(pilot, lambda: "not right yet" in screen_text(pilot))

        assert "must be at most 10" in screen_text(pilot)
        assert "seconds" == view.form.fields.row.entry.name  # type: ignore[union-attr]
        assert not any(seen.method == "POST" for seen in box.requests)


async def test_what_the_endpoint_refuses_is_shown_at_its_fields(box: SimulatedBox) -> None:
    """The problem with its code and hint beside the form, and each error at the field that it is about."""
    async with running(box) as pilot:
        view = await written(pilot, "translate", "speak", {"text": "hello", "seconds": 99})
        view.form.check = lambda: None  # type: ignore[method-assign] - as if only the endpoint knew
        await pilot.press("ctrl+j")
        progress = await over(pilot, view)

        assert 422 == progress.status
        text = screen_text(pilot)
        assert "✖ 422" in text
        assert "code invalid_request" in text
        [line] = [line for line in text.splitlines() if "seconds" in line and "99" in line]
        assert "✖" in line
        assert "must be at most 10" in line


async def test_who_may_only_look_sends_nothing(box: SimulatedBox) -> None:
    """The reason is said."""
    box.role = Role.VIEWER
    async with running(box) as pilot:
        await written(pilot, "rerank", "rerank", {"query": "a", "documents": []})
        await pilot.press("ctrl+j")
        await eventually(pilot, lambda: "viewer" in screen_text(pilot).splitlines()[-2])

        assert not any(seen.method == "POST" for seen in box.requests)


async def test_json_and_fields_are_the_same_document(box: SimulatedBox) -> None:
    """Both ways; a document that is no JSON is kept as it is, and its fault is said with line and column."""
    async with running(box) as pilot:
        view = await written(pilot, "rerank", "rerank", {"query": "a", "documents": ["b"]})
        await pilot.press("r")
        await pilot.pause()
        assert {"query": "a", "documents": ["b"]} == json.loads(view.form.raw.text)
        view.form.raw.load_text('{"query": "changed",\n "documents": [1 2]}')
        await pilot.press("f4")
        await eventually(pilot, lambda: "line 2, column 18: a comma is missing" in screen_text(pilot))
        assert "[1 2]" in view.form.raw.text
        await pilot.press("ctrl+j")
        await pilot.pause()
        assert not any(seen.method == "POST" for seen in box.requests)

        # It is still there after one has looked elsewhere.
        pilot.app.go(Place("projects"))  # type: ignore[attr-defined]
        await pilot.pause()
        view = await desk(pilot, "rerank", "rerank")
        assert "[1 2]" in view.form.raw.text

        view.form.raw.load_text('{"query": "changed", "documents": [1], "more": null}')
        await pilot.press("f4")
        await pilot.pause()
        assert not view.form.is_raw
        assert "changed" in screen_text(pilot)
        assert {"query": "changed", "documents": [1], "more": None} == json.loads(view.form.text())


async def test_the_users_editor_writes_the_document(
    box: SimulatedBox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What it leaves in the file is what is written then; where it fails nothing changes."""
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\nsed -i s/before/after/ "$1"\n')
    editor.chmod(0o700)
    monkeypatch.setenv("VISUAL", str(editor))
    async with running(box) as pilot:
        view = await written(pilot, "rerank", "rerank", {"query": "before", "documents": []})
        monkeypatch.setattr(pilot.app, "suspend", _suspended)
        await pilot.press("E")
        await pilot.pause()
        assert "after" == json.loads(view.form.text())["query"]

        monkeypatch.setenv("VISUAL", "/no/such/editor")
        await pilot.press("E")
        await eventually(pilot, lambda: "cannot be started" in screen_text(pilot))
        assert "after" == json.loads(view.form.text())["query"]


class _suspended:  # noqa: N801 - stands in for a method
    def __enter__(self) -> None:
        """The terminal is the editor's."""

    def __exit__(self, *_: object) -> None:
        """And the console's again."""


async def test_lines_that_are_pasted_are_all_there(box: SimulatedBox) -> None:
    """A text of several lines gets a page of its own instead of being cut."""
    from textual.events import Paste

    async with running(box) as pilot:
        view = await desk(pilot, "translate", "speak")
        await pilot.press("enter", *"a ")
        pilot.app.screen.query_one(FieldEditor).post_message(Paste("one\r\ntwo\nthree"))
        await eventually(pilot, lambda: view.form.page.display)
        await pilot.press("!", "escape")
        await pilot.pause()

        assert "a one\ntwo\nthree" in json.loads(view.form.text())["text"].replace("!", "")
        assert "a one↵two↵three" in screen_text(pilot).replace("!", "")


async def test_files_are_sent_beside_the_document(box: SimulatedBox, tmp_path: Path) -> None:
    """Their paths are completed while they are typed, and one that is not there is said."""
    recording = tmp_path / "recording of it.wav"
    recording.write_bytes(b"RIFF" * 100)
    async with running(box) as pilot:
        view = await desk(pilot, "whisper", "transcribe")
        await pilot.press("enter", *str(recording)[:-12])
        await eventually(pilot, lambda: view.form.editor._suggestion == str(recording))
        await pilot.press("tab", "escape")
        await eventually(pilot, lambda: "400 B" in screen_text(pilot))
        await pilot.press("ctrl+j")
        await over(pilot, view)

        assert '"bytes": 400' in screen_text(pilot)
        assert [("media", str(recording))] == view.form.files()
        assert f"-F 'media=@{recording}'" in dict(view.copies())["curl"]


async def test_an_image_is_previewed_and_the_very_bytes_are_saved(box: SimulatedBox, tmp_path: Path) -> None:
    """Half blocks on any terminal; what is saved is what came, and no file is replaced by accident."""
    async with running(box) as pilot:
        view = await written(pilot, "detect", "draw", {"prompt": "cats"})
        await pilot.press("ctrl+j")
        progress = await over(pilot, view)
        await eventually(pilot, lambda: "▀" in screen_text(pilot))

        assert "PNG 320 x 240" in screen_text(pilot)
        assert "image/png" in screen_text(pilot)
        target = tmp_path / "cats.png"
        view.do_write(str(target))
        await eventually(pilot, target.exists)
        assert progress.sha256 == hashlib.sha256(target.read_bytes()).hexdigest()
        assert progress.size == target.stat().st_size

        target.write_bytes(b"precious")
        view.do_write(str(target))
        await eventually(pilot, lambda: "already" in screen_text(pilot))
        assert b"precious" == target.read_bytes()
        view.do_overwrite(str(target))
        await eventually(pilot, lambda: target.read_bytes() != b"precious")


async def test_pixels_are_shown_where_the_terminal_is_known_to_show_them(
    box: SimulatedBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library for it is loaded by the first image, with the terminal let go of, and never inside of tmux."""
    from types import ModuleType

    from textual.widgets import Static

    seen: list[Any] = []

    class Image(Static):
        def __init__(self, image: Any, id: str) -> None:  # noqa: A002 - Textual's name
            super().__init__("pixels", id=id)
            seen.append(image.size)

    module = ModuleType("textual_image.widget")
    module.Image = Image  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "textual_image", ModuleType("textual_image"))
    monkeypatch.setitem(sys.modules, "textual_image.widget", module)
    monkeypatch.setenv("TERM", "xterm-kitty")
    monkeypatch.delenv("TMUX", raising=False)
    async with running(box) as pilot:
        monkeypatch.setattr(pilot.app, "suspend", _suspended)
        view = await written(pilot, "detect", "draw", {"prompt": "cats"})
        await pilot.press("ctrl+j")
        await over(pilot, view)
        await eventually(pilot, lambda: "pixels" in screen_text(pilot))

        assert [(320, 240)] == seen
        assert "▀" not in screen_text(pilot)


@pytest.mark.parametrize(
    ("environment", "shown"),
    [
        ({"TERM": "xterm-kitty"}, True),
        ({"TERM": "xterm-kitty", "TMUX": "/tmp/tmux"}, False),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"}, True),
        ({"TERM": "xterm-256color"}, False),
        ({}, False),
    ],
)
def test_only_known_terminals_are_sent_pixels(environment: dict[str, str], *, shown: bool) -> None:
    """Everywhere else half blocks are safe."""
    from aana_tui.widgets.graphics import shows_pixels

    assert shown is shows_pixels(environment)


async def test_sound_is_said_and_has_a_name(box: SimulatedBox) -> None:
    """Length, rate, size and hash; the name that the endpoint gave is proposed."""
    async with running(box) as pilot:
        view = await written(pilot, "translate", "speak", {"text": "hello", "seconds": 0.5})
        await pilot.press("ctrl+j")
        progress = await over(pilot, view)
        await eventually(pilot, lambda: "0.50 s, 16000 Hz" in screen_text(pilot))

        assert progress.sha256[:40] in screen_text(pilot)
        await pilot.press("w")
        await eventually(pilot, lambda: "w speech.wav" in screen_text(pilot))


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (json.dumps("\x1b]0;owned\x07\x1b[2J [/x] \u202e" * 50).encode(), "application/json"),
        (b"\x1b[31mred\x9b2J\x00[bold]" * 50, "text/plain"),
        (b"x" * (1 << 20), "text/plain"),
        ("漢字".encode() * 200_000, "text/plain"),
        (b'"' + b"tok\x1b[2J" * 1000 + b'"\n{"a": 1}\nno json\n', "application/x-ndjson"),
        (b"[" * 100_000, "application/json"),
        (bytes(range(256)) * 100, "image/png"),
        (bytes(range(256)) * 100, "audio/wav"),
        (bytes(range(256)) * 100, "\x1b[2J/[/x]"),
        (b"", "application/json"),
    ],
)
async def test_hostile_answers_are_text_and_stop_nothing(
    box: SimulatedBox, answer: Any, content: bytes, media_type: str
) -> None:
    """Escapes, markup, a megabyte in a line, what is not what it says: it is shown harmlessly, and can be saved."""
    answer("rerank", content, media_type.replace("\x1b", ""))
    async with running(box) as pilot:
        view = await written(pilot, "rerank", "rerank", {"query": "a", "documents": []})
        await pilot.press("ctrl+j")
        progress = await over(pilot, view)
        await pilot.press("p", "p", "G", "g")
        await pilot.pause()
        text = screen_text(pilot)

        assert len(content) == progress.size
        assert hashlib.sha256(content).hexdigest() == progress.sha256
        assert "● 200 OK" in text
        assert not {"\x1b", "\x9b", "\u202e", "\x07", "\x00"} & set(text)


async def test_more_than_is_shown_is_said(box: SimulatedBox, answer: Any) -> None:
    """And where the rest is."""
    answer("rerank", b"a line of it\n" * 100_000, "text/plain")
    async with running(box) as pilot:
        view = await written(pilot, "rerank", "rerank", {"query": "a", "documents": []})
        await pilot.press("ctrl+j")
        await over(pilot, view)
        await pilot.press("G")
        await pilot.pause()

        assert "1014 KiB more: w saves all of it." in screen_text(pilot)


async def test_a_stream_that_ends_with_an_error_says_so(box: SimulatedBox, answer: Any) -> None:
    """The error is no item, and what came before it is still there."""
    problem = {"title": "x", "status": 500, "code": "model_failed", "message": "It broke.", "hint": "Read its log."}
    lines = b'"one "\n"two"\n' + json.dumps({"error": problem}).encode() + b"\n"
    answer("chat", lines, "application/x-ndjson")
    async with running(box) as pilot:
        view = await written(pilot, "chat_with_video", "chat", CHAT)
        await pilot.press("ctrl+j")
        await over(pilot, view)
        text = screen_text(pilot)

        assert "one two" in text
        assert "the stream ended with an error" in text
        assert "It broke." in text
        assert "code model_failed" in text


async def test_what_was_sent_is_opened_again(box: SimulatedBox) -> None:
    """With its document and its media type; it can be forgotten."""
    async with running(box) as pilot:
        view = await written(pilot, "rerank", "rerank", {"query": "remember me", "documents": ["b"]})
        await pilot.press("A", "ctrl+j")
        await over(pilot, view)
        await eventually(pilot, view.history.sent)
        await listed(pilot)
        await pilot.press("H")
        await eventually(pilot, lambda: "remember me" in screen_text(pilot))
        view.drafts._drafts.clear()
        await pilot.press("enter")
        await eventually(pilot, lambda: view.draft is not None and "remember me" in screen_text(pilot))

        assert {"query": "remember me", "documents": ["b"]} == json.loads(view.form.text())
        assert "application/json" == view.draft.accept  # type: ignore[union-attr]
        await pilot.press("H")
        await eventually(pilot, view.targets)
        await pilot.press("d")
        await eventually(pilot, lambda: not view.history.sent())
        await eventually(pilot, lambda: "Nothing was sent or saved yet" in screen_text(pilot))


async def test_a_case_is_saved_by_name_and_opened_by_it(box: SimulatedBox) -> None:
    """Of the project that one is in."""
    async with running(box) as pilot:
        view = await written(pilot, "rerank", "rerank", {"query": "case", "documents": []})
        view.do_save("two words")
        await eventually(pilot, view.history.cases)
        view.form.replace('{"query": "other", "documents": []}')
        view.do_case("two words")
        await eventually(pilot, lambda: json.loads(view.form.text())["query"] == "case")
        view.do_case("no such case")
        await eventually(pilot, lambda: "no saved case" in screen_text(pilot))


async def test_a_broken_history_is_moved_aside_and_said(box: SimulatedBox) -> None:
    """Nothing is thrown away, and the console goes on."""
    history = RequestHistory(state_folder(), "demo")
    history.keep(SavedRequest("a", "b", "{}"))
    [path] = state_folder().glob("*.history.json")
    path.write_text('{"version": 1, "requests": [{"pro')
    async with running(box) as pilot:
        await listed(pilot)
        await pilot.press("H")
        await eventually(pilot, lambda: "cannot be read; it is now" in screen_text(pilot))

        [aside] = state_folder().glob("*.broken-*")
        assert '{"pro' in aside.read_text()


async def test_answers_leave_nothing_behind(box: SimulatedBox, state: Path) -> None:
    """While the console runs they lie in a folder that only its user reads; then they are gone."""
    async with running(box) as pilot:
        view = await written(pilot, "rerank", "rerank", {"query": "a", "documents": []})
        for _ in range(2):
            await pilot.press("ctrl+j")
            await over(pilot, view)
            [folder] = state.iterdir()
            [file] = folder.iterdir()
            assert 0o700 == stat.S_IMODE(folder.stat().st_mode)
            assert 0o600 == stat.S_IMODE(file.stat().st_mode)

    assert [] == list(state.iterdir())


async def test_escape_leaves_the_field_then_the_answer_then_the_desk(box: SimulatedBox) -> None:
    """One thing at a time."""
    async with running(box, size=(80, 24)) as pilot:
        await listed(pilot)
        view = await written(pilot, "rerank", "rerank", {"query": "a", "documents": []})
        await pilot.press("ctrl+j")
        await over(pilot, view)
        assert "query *" not in screen_text(pilot)
        await pilot.press("escape", "enter")
        await pilot.pause()
        assert view.form.editor.has_focus
        await pilot.press("escape")
        await pilot.pause()
        assert view.form.fields.has_focus
        await pilot.press("escape")
        await eventually(pilot, lambda: "PROJECT" in screen_text(pilot))


async def test_an_endpoint_that_changed_keeps_what_was_typed(
    box: SimulatedBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new revision brings another form; what was typed is in it, known or not."""
    async with running(box) as pilot:
        view = await written(pilot, "rerank", "rerank", {"query": "kept", "documents": []})
        schema = {"type": "object", "properties": {"query": {"type": "string"}, "fresh": {"type": "integer"}}}
        monkeypatch.setitem(simulated._ENDPOINTS, "rerank", (schema, ["application/json"], [], "new"))
        box.projects["rerank"].version += 1
        box.projects["rerank"].publish()
        await eventually(pilot, lambda: "fresh" in screen_text(pilot))

        assert {"query": "kept", "documents": []} == json.loads(view.form.text())
        assert "unknown field" in screen_text(pilot)
