"""Test requests: pick an endpoint, fill its form in, send, and see the answer arrive."""

from __future__ import annotations

import asyncio
import os
import shlex
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import work
from textual.containers import Container
from textual.widgets import Static

from aana_tui.actions.action import Scope, Target
from aana_tui.places import Place
from aana_tui.screens.request_rows import (
    ENDPOINT_COLUMNS,
    SENT_COLUMNS,
    endpoint_row,
    sent_key,
    sent_row,
    suggested_name,
)
from aana_tui.screens.view import View
from aana_tui.state.drafts import Draft, Drafts
from aana_tui.state.endpoint_catalogue import SERVING, EndpointCatalogue
from aana_tui.state.invocations import Phase, Sending
from aana_tui.state.json_text import JsonFault
from aana_tui.state.request_copy import ANY, as_command, as_curl
from aana_tui.state.request_form import expanded
from aana_tui.state.request_history import RequestHistory, SavedRequest, find_case
from aana_tui.state_folder import state_folder
from aana_tui.tones import style_of
from aana_tui.widgets.answer_view import AnswerView
from aana_tui.widgets.form.field_rows import size_text
from aana_tui.widgets.form.request_form import FormPane
from aana_tui.widgets.live_table import LiveTable
from aanad.client import Invocation, sanitise
from aanad.errors import AanaError

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.timer import Timer
    from textual.widget import Widget

    from aana_tui.actions.action import Action
    from aana_tui.widgets.live_table import Row
    from aanad.wire.projects import Project

NARROW = 120
"""Columns below which the request and its answer are shown one at a time."""
LOOK_S = 0.25
"""How often an answer that arrives is looked at."""


class RequestsView(View):
    """Three pages: the endpoints, the desk where a request is written and answered, and what was sent before."""

    SCOPES: ClassVar = (Scope.REQUESTS, Scope.TABLES)
    TOPICS: ClassVar = ("projects",)

    def __init__(self) -> None:
        super().__init__()
        self.catalogue = EndpointCatalogue()
        self.drafts = Drafts()
        self.draft: Draft | None = None
        self._page = "endpoints"
        self._shows_answer = False
        """Where there is room for one of the two: which."""
        self._kept: list[SavedRequest] = []
        self._opening: SavedRequest | None = None
        self._history: RequestHistory | None = None
        self._looking: Timer | None = None

    def compose(self) -> ComposeResult:
        """One of the pages is seen."""
        yield LiveTable(ENDPOINT_COLUMNS, empty="No project is running, so there is no endpoint.", id="endpoints")
        yield Static(markup=False, id="desk-title")
        with Container(id="desk"):
            yield FormPane()
            yield AnswerView()
        yield LiveTable(SENT_COLUMNS, empty="Nothing was sent or saved yet.", id="sent")

    def on_mount(self) -> None:
        """The first page is seen."""
        self._looking = self.set_interval(LOOK_S, self._look, pause=True)
        if self.children:  # They are gone where the console ends meanwhile.
            self._show_page("endpoints")

    def on_unmount(self) -> None:
        """Nothing of the answers stays."""
        self.drafts.forget()

    @property
    def history(self) -> RequestHistory:
        """What this user sent to this daemon."""
        if self._history is None:
            self._history = RequestHistory(state_folder(), self.session.name)
        return self._history

    @property
    def form(self) -> FormPane:
        """What is written."""
        return self.query_one(FormPane)

    @property
    def answer(self) -> AnswerView:
        """What came back."""
        return self.query_one(AnswerView)

    # What a view says of itself

    def open(self, place: Place) -> None:
        """The endpoints, or the desk of one."""
        self._store_draft()
        super().open(place)
        if place.project is None or place.endpoint is None:
            self.draft = None
            self._show_page("endpoints")
        else:
            self._open_desk(place.project, place.endpoint)

    def show(self) -> None:
        """Show what projects there are, and ask for what is not known of their endpoints."""
        projects = [project for project in self.session.store.projects() if project.phase in SERVING]
        if self.place.project is not None and self.place.endpoint is None:
            projects = [project for project in projects if project.name == self.place.project]
        self.query_one("#endpoints", LiveTable).apply([row for one in projects for row in self._endpoint_rows(one)])
        if self.session.store.link.is_live and self.catalogue.missing(projects):
            self._load(projects)
        elif self.place.project is not None and self.place.endpoint is not None:
            self._renew_desk(self.place.project, self.place.endpoint)

    def main(self) -> Widget | None:
        """The page that is seen."""
        match self._page:
            case "endpoints":
                return self.query_one("#endpoints", LiveTable)
            case "sent":
                return self.query_one("#sent", LiveTable)
        if self._shows_answer:
            return self.answer.lines
        return self.form.main()

    def targets(self) -> list[Target]:
        """The endpoint, or what was sent."""
        match self._page:
            case "endpoints":
                keys = self.query_one("#endpoints", LiveTable).chosen_keys
                return [self._endpoint_target(*key.split("/", 1)) for key in keys]
            case "sent":
                return [
                    Target("request", one.at, sanitise(f"{one.project} {one.endpoint}"), project=one.project,
                           endpoint=one.endpoint, json=one.text)
                    for one in self._chosen()
                ]  # fmt: skip
        if self.draft is None:
            return []
        return [self._endpoint_target(self.draft.endpoint.project, self.draft.endpoint.name)]

    def hindrance(self, action: Action) -> str | None:
        """Why an action of requests cannot be done on this page now."""
        if action.scope is not Scope.REQUESTS:
            return None
        sending = self.draft.sending if self.draft is not None else None
        if action.name in _ON_DESK and (self._page != "desk" or self.draft is None):
            return "Open an endpoint first."
        if action.name == "stop" and (sending is None or sending.progress.phase.is_over):
            return "No request is under way."
        if action.name in {"write", "overwrite", "plain", "pane"} and sending is None:
            return "There is no answer yet."
        if action.name in _IN_FIELDS and self.form.is_raw:
            return "The document is shown as JSON: r shows its fields."
        return None

    def copies(self) -> list[tuple[str, str]]:
        """What of the request can be copied: a title and the text of each."""
        if self.draft is None or self._page != "desk":
            return []
        endpoint, files, accept = self.draft.endpoint, self.form.files(), self.draft.accept
        text = self.form.typed_text()
        found = [
            ("curl", as_curl(endpoint.url, text, files, accept=accept, streams=endpoint.streaming)),
            (
                "aana invoke",
                as_command(endpoint.project, endpoint.name, text, files, accept=accept, streams=endpoint.streaming),
            ),
            ("the request as JSON", text),
        ]
        sending = self.draft.sending
        if sending is not None and sending.text.is_readable:
            found.append(("the answer", sending.text.read()[0]))
        return found

    # Pages

    def _show_page(self, page: str) -> None:
        self._page = page
        self._arrange()

    def focus_main(self) -> None:
        """Give the keys to the page."""
        main = self.main()
        if main is not None and self.display:
            self.screen.set_focus(main)

    def on_resize(self) -> None:
        """Beside each other where there is room."""
        self._arrange(takes_keys=False)

    def _arrange(self, *, takes_keys: bool = True) -> None:
        is_narrow = self.size.width < NARROW
        self.set_class(is_narrow, "-narrow")
        shown = {
            self.query_one("#endpoints"): self._page == "endpoints",
            self.query_one("#sent"): self._page == "sent",
            self.query_one("#desk"): self._page == "desk",
            self.query_one("#desk-title"): self._page == "desk",
            self.form: not (is_narrow and self._shows_answer),
            self.answer: not is_narrow or self._shows_answer,
        }
        # What has the keys is hidden only after something else has them: Textual would give them to nobody.
        for widget in [widget for widget, is_seen in shown.items() if is_seen]:
            widget.display = True
        if takes_keys:
            self.focus_main()
        for widget in [widget for widget, is_seen in shown.items() if not is_seen]:
            widget.display = False

    def _open_desk(self, project: str, endpoint: str) -> None:
        found = self.catalogue.find(project, endpoint)
        self._shows_answer = False
        if found is None:
            self.draft = None
            self._say_title(f"{project} {endpoint}", self.catalogue.failed.get(project) or "asking for its fields…")
            self._show_page("desk")
            return
        draft = self.drafts.of(found)
        if self.draft is not draft:
            self.draft = draft
            self.form.show(draft.form, draft.raw)
            self.answer.follow(draft.sending)
        self._title()
        self._show_page("desk")
        if self._opening is not None:
            self._fill(self._opening)

    def _renew_desk(self, project: str, endpoint: str) -> None:
        """The endpoint is known by now, or is another one than it was."""
        if self.draft is None:
            if self._page == "desk":
                self._open_desk(project, endpoint)
            return
        found = self.catalogue.find(project, endpoint)
        if found is not None and found is not self.draft.endpoint:
            self._store_draft()
            draft = self.drafts.of(found)
            if self.form.form is not draft.form:
                self.form.show(draft.form, draft.raw)
            self._title()

    def _store_draft(self) -> None:
        if self.draft is not None:
            self.draft.raw = self.form.raw.text if self.form.is_raw else None

    def _title(self) -> None:
        if self.draft is None:
            return
        endpoint = self.draft.endpoint
        accept = f"  accept {self.draft.accept}" if self.draft.accept != ANY else ""
        stream = "  stream" if endpoint.streaming else ""
        self._say_title(f"POST {endpoint.url}", f"{stream}{accept}  {endpoint.summary}")

    def _say_title(self, what: str, more: str) -> None:
        text = Text(sanitise(what), style_of("strong"), no_wrap=True, overflow="ellipsis")
        text.append(f"  {sanitise(more).strip()}", style_of("dim"))
        self.query_one("#desk-title", Static).update(text)

    # Endpoints

    @work(exclusive=True, group="endpoints", exit_on_error=False)
    async def _load(self, projects: list[Project]) -> None:
        wanted = self.catalogue.missing(projects)
        try:
            await self.session.ask(lambda client: self.catalogue.load(client, wanted))
        except AanaError:
            return  # The banner says so; it is asked for again when the link is there.
        self._shown = ()
        self.pull()

    def _endpoint_rows(self, project: Project) -> list[Row]:
        known = {one.name: one for one in self.catalogue.endpoints(project.name)}
        paths = {ref.name: ref.path for ref in project.endpoints} | {name: one.path for name, one in known.items()}
        return [endpoint_row(project.name, name, path, known.get(name)) for name, path in paths.items()]

    def _endpoint_target(self, project: str, endpoint: str) -> Target:
        found = self.catalogue.find(project, endpoint)
        return Target(
            "endpoint", f"{project}/{endpoint}", sanitise(f"{project} {endpoint}"), project=project, endpoint=endpoint,
            json=found.model_dump_json(indent=2) if found is not None else "",
        )  # fmt: skip

    # Actions

    def do_open(self) -> None:
        """Open what the cursor is on."""
        match self._page:
            case "endpoints":
                for target in self.targets()[:1]:
                    self.console.go(Place("requests", project=target.project, endpoint=target.endpoint))
            case "sent":
                for request in self._chosen()[:1]:
                    self._open_saved(request)
            case _ if self._shows_answer:
                return
            case _ if self.form.is_raw:
                self.form.do_open()
            case _:
                self.form.fields.do_open()

    def do_send(self, _argument: str = "") -> None:
        """Send it, where it can be sent and nothing is under way."""
        draft = self.draft
        if draft is None:
            return
        if draft.sending is not None and not draft.sending.progress.phase.is_over:
            self._notify("A request is under way: x cancels it.")
            return
        why_not = self.form.check()
        if why_not is not None:
            self._notify(why_not)
            return
        if draft.sending is not None:
            draft.sending.forget()
        text = self.form.text()
        files = [(name, expanded(path)) for name, path in self.form.files()]
        invocation = Invocation(data=text.encode(), files=files, accept=draft.accept)
        draft.sending = Sending(self.session.connect, draft.endpoint.project, draft.endpoint.name, invocation)
        draft.sending.start()
        self.answer.follow(draft.sending)
        self._shows_answer = True
        self._arrange()
        if self._looking is not None:
            self._looking.resume()

    def do_stop(self, _argument: str = "") -> None:
        """Cancel it, at once."""
        if self.draft is not None and self.draft.sending is not None:
            self.draft.sending.cancel()

    def _look(self) -> None:
        self.answer.refresh_answer()
        sending = self.draft.sending if self.draft is not None else None
        if (sending is None or sending.progress.phase.is_over) and self._looking is not None:
            self._looking.pause()

    def on_answer_view_ended(self, event: AnswerView.Ended) -> None:
        """Show at the fields what is wrong with them, and remember the request."""
        event.stop()
        problem = event.sending.progress.problem
        if problem is not None and problem.errors:
            self.form.tell(problem.errors)
        self._keep(event.sending)

    @work(group="history", exit_on_error=False)
    async def _keep(self, sending: Sending) -> None:
        progress = sending.progress
        outcome = str(progress.status) if progress.phase is Phase.DONE else progress.phase.value
        request = SavedRequest(
            sending.project, sending.endpoint, (sending.invocation.data or b"").decode(errors="replace"),
            files=tuple((name, str(path)) for name, path in sending.invocation.files),
            accept=sending.invocation.accept, outcome=outcome, total_s=progress.total_s, size=progress.size,
        )  # fmt: skip
        await self._remember(lambda: self.history.keep(request))

    async def _remember(self, change: object) -> bool:
        try:
            await asyncio.to_thread(change)  # type: ignore[arg-type]
        except AanaError as error:
            self._tell(error)
            return False
        return True

    def do_raw(self, _argument: str = "") -> None:
        """Between the fields and the document."""
        why_not = self.form.change_view()
        if why_not is not None:
            self._notify(why_not)
        self._show_form()

    def do_editor(self, _argument: str = "") -> None:
        """Write the document in the user's own editor."""
        from aana_tui.state.json_text import parse, pretty

        text = self.form.typed_text()
        with suppress(JsonFault):
            text = text if self.form.is_raw else pretty(parse(text))
        written = self._edit_outside(text)
        if written is not None and written != text:
            self.form.replace(written)
        self._show_form()

    def _edit_outside(self, text: str) -> str | None:
        command = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
        with tempfile.TemporaryDirectory(prefix="aana-request-") as folder:  # 0700
            path = Path(folder) / "request.json"
            path.write_text(text + "\n")
            try:
                with self.app.suspend():
                    status = subprocess.run([*shlex.split(command), str(path)], check=False).returncode  # noqa: S603
            except (OSError, ValueError) as error:
                self._notify(f"The editor {command} cannot be started: {error}.")
                return None
            except Exception as error:  # noqa: BLE001 - a terminal that cannot be left, as in a browser
                self._notify(f"The editor cannot be shown here: {error}.")
                return None
            if status:
                self._notify(f"The editor ended with {status}; the request is as it was.")
                return None
            return path.read_text(errors="replace").removesuffix("\n")

    def do_add(self, _argument: str = "") -> None:
        """A further item."""
        self.form.fields.do_add()

    def do_remove(self, _argument: str = "") -> None:
        """Take an item away, leave a field out, or forget what was sent."""
        if self._page == "sent":
            self._forget(self._chosen())
        elif self._page == "desk":
            self.form.fields.do_remove()

    def do_null(self, _argument: str = "") -> None:
        """Send null."""
        self.form.fields.do_null()

    def do_accept(self, _argument: str = "") -> None:
        """The next of the endpoint's media types; after the last one whatever it likes."""
        if self.draft is not None:
            kinds = [ANY, *self.draft.endpoint.media_types]
            at = kinds.index(self.draft.accept) if self.draft.accept in kinds else 0
            self.draft.accept = kinds[(at + 1) % len(kinds)]
            self._title()

    def do_pane(self, _argument: str = "") -> None:
        """Between the request and its answer."""
        self._shows_answer = not self._shows_answer
        self._arrange()

    def do_next(self) -> None:
        """Between the request and its answer, as between any panes."""
        if self._page == "desk" and (self.draft is None or self.draft.sending is not None):
            self.do_pane()

    do_previous = do_next

    def _show_form(self) -> None:
        self._shows_answer = False
        self._arrange()

    def do_plain(self, _argument: str = "") -> None:
        """The answer as it came."""
        self.answer.show_plain()

    def do_write(self, argument: str = "") -> None:
        """Save the answer; without a file's name it is asked for."""
        self._write(argument, may_replace=False)

    def do_overwrite(self, argument: str = "") -> None:
        """Save the answer in place of a file."""
        self._write(argument, may_replace=True)

    @work(exclusive=True, group="write", exit_on_error=False)
    async def _write(self, argument: str, *, may_replace: bool) -> None:
        sending = self.draft.sending if self.draft is not None else None
        if sending is None:
            return
        if not argument.strip():
            self.console.command_line.open(":", f"w {suggested_name(sending)}")
            return
        target = expanded(argument.strip())
        if target.is_dir():
            target /= suggested_name(sending)
        if target.exists() and not may_replace:
            self._notify(f"There is a file {target} already: `:w! {target}` replaces it.")
            return
        try:
            size = await asyncio.to_thread(sending.save, target)
        except AanaError as error:
            self._tell(error)
            return
        is_part = "" if sending.progress.phase is Phase.DONE else ", all that came"
        self._notify(f"{target}: {size_text(size)}{is_part}.", severity="information")

    # What was sent and saved

    def do_history(self, _argument: str = "") -> None:
        """Show it, or go back."""
        if self._page == "sent":
            self.back()
            return
        self._store_draft()
        self._show_kept()
        self._show_page("sent")

    @work(exclusive=True, group="kept", exit_on_error=False)
    async def _show_kept(self) -> None:
        kept: list[SavedRequest] = []
        for read in (self.history.cases, self.history.sent):
            try:
                kept += await asyncio.to_thread(read)
            except AanaError as error:
                self._tell(error)
        self._kept = kept
        self.query_one("#sent", LiveTable).apply([sent_row(at, one) for at, one in enumerate(kept)])

    def _chosen(self) -> list[SavedRequest]:
        keys = self.query_one("#sent", LiveTable).chosen_keys
        return [one for at, one in enumerate(self._kept) if sent_key(at, one) in keys]

    @work(group="history", exit_on_error=False)
    async def _forget(self, requests: list[SavedRequest]) -> None:
        for request in requests:
            await self._remember(lambda one=request: self.history.delete(one))
        self._show_kept()

    def do_save(self, argument: str = "") -> None:
        """Save the request under a name; without one it is asked for."""
        if self.draft is None:
            return
        if not argument.strip():
            self.console.command_line.open(":", "save ")
            return
        endpoint = self.draft.endpoint
        case = SavedRequest(
            endpoint.project, endpoint.name, self.form.typed_text(), files=tuple(self.form.files()),
            accept=self.draft.accept, name=argument.strip(),
        )  # fmt: skip
        self._save(case)

    @work(group="history", exit_on_error=False)
    async def _save(self, case: SavedRequest) -> None:
        if await self._remember(lambda: self.history.save(case)):
            self._notify(f"Saved as {case.name}: H lists it.", severity="information")

    @work(exclusive=True, group="kept", exit_on_error=False)
    async def do_case(self, argument: str = "") -> None:
        """Open a saved request."""
        try:
            cases = await asyncio.to_thread(self.history.cases, self.place.project)
            self._open_saved(find_case(cases, argument.strip()))
        except AanaError as error:
            self._tell(error)

    def _open_saved(self, request: SavedRequest) -> None:
        self._opening = request
        here = (self.place.project, self.place.endpoint)
        if here == (request.project, request.endpoint):
            self._open_desk(request.project, request.endpoint)
        else:
            self.console.go(Place("requests", project=request.project, endpoint=request.endpoint))

    def _fill(self, request: SavedRequest) -> None:
        self._opening = None
        if self.draft is None:
            return
        self.draft.form.fill(self.draft.form.document(), request.files)
        self.draft.accept = request.accept
        self.form.show(self.draft.form, request.text)
        self._title()
        self.focus_main()

    # Leaving

    def back(self) -> bool:
        """Close what is open here."""
        if self._page == "sent":
            self._show_page("desk" if self.place.endpoint is not None else "endpoints")
            return True
        if self._page == "desk" and self._shows_answer:
            self.do_pane()
            return True
        return False

    def _notify(self, text: str, severity: str = "warning") -> None:
        self.app.notify(sanitise(text), severity=severity)  # type: ignore[arg-type]

    def _tell(self, error: AanaError) -> None:
        self._notify(" ".join(part for part in (error.message, error.hint) if part), severity="error")


_IN_FIELDS = frozenset({"add", "null"})
_ON_DESK = _IN_FIELDS | {"send", "stop", "raw", "editor", "accept", "pane", "plain", "write", "overwrite", "save"}
