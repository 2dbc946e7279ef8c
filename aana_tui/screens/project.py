"""One project: how it stands and why, and its deployments, endpoints, revisions and operations."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.containers import Horizontal

from aana_tui.actions.action import Scope, Target
from aana_tui.figures import clean, clean_lines
from aana_tui.places import Place
from aana_tui.screens import project_lines as lines
from aana_tui.screens import project_tables as tables
from aana_tui.screens.project_detail import detail_of, target_of
from aana_tui.screens.replicas import replica_key
from aana_tui.screens.table_view import TableView
from aana_tui.state.project_facts import ProjectFacts, ask_facts, occasion
from aana_tui.widgets.detail import Detail, Line, line
from aana_tui.widgets.live_table import LiveTable
from aana_tui.widgets.rows import Cell
from aanad.errors import AanaError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from textual.app import ComposeResult
    from textual.events import Resize

    from aana_tui.screens.project_detail import Thing
    from aana_tui.widgets.rows import Row
    from aanad.wire.diff import RevisionDiff
    from aanad.wire.operations import Operation
    from aanad.wire.projects import Project, Replica, Revision

ASK_S = 1.0
"""The least time between two questions about the same project."""
REST_S = 0.3
"""How long the cursor rests on a revision before its diff is asked for."""
TABS = ("deployments", "endpoints", "revisions", "operations")
_COLUMNS = (tables.DEPLOYMENTS, tables.ENDPOINTS, tables.REVISIONS, tables.OPERATIONS)
_EMPTY = ("No replica runs.", "It has no endpoint.", "It has no revision.", "Nothing was done to it yet.")
_IS_TOLD = {"failed", "degraded", "pending"}
"""Phases in which the last lines of the log may say why."""


class ProjectView(TableView):
    """Tab goes from table to table; the place's deployment and replica are where the cursor begins."""

    SCOPES: ClassVar = (Scope.TABLES, Scope.PROJECTS)
    TOPICS: ClassVar = ("projects", "replicas", "operations", "requests")

    def __init__(self) -> None:
        super().__init__()
        self._tab = TABS[0]
        self._facts: ProjectFacts | None = None
        self._error = ""
        self._occasion: tuple[object, ...] = ()
        self._asked_at = float("-inf")
        self._is_asking = self._is_postponed = False
        self._things: dict[str, Thing] = {}
        self._diffs: dict[tuple[str, str], RevisionDiff | str] = {}

    def compose(self) -> ComposeResult:
        """How it stands, the tabs, the tables, and what is selected in them."""
        summary, tabs = Detail(classes="summary", is_auto=True), Detail(classes="tabs")
        summary.can_focus = tabs.can_focus = False
        yield summary
        yield tabs
        with Horizontal():
            for name, columns, empty in zip(TABS, _COLUMNS, _EMPTY, strict=True):
                table = LiveTable(columns, empty=empty, id=name)
                table.set_class(name != self._tab, "-hidden")
                yield table
            yield Detail(classes="beside")

    @property
    def table(self) -> LiveTable:
        """The one that is seen."""
        return self.query_one(f"#{self._tab}", LiveTable)

    def open(self, place: Place) -> None:
        """Another project, or the same again."""
        if place.project != self.place.project:
            self._facts, self._error, self._occasion, self._diffs = None, "", (), {}
            self._asked_at = float("-inf")
            for table in self.query(LiveTable):
                table.apply([])
            self._select(TABS[0])
        super().open(place)

    def on_resize(self, event: Resize) -> None:  # noqa: ARG002 - Textual calls that of the base as well
        """How many lines of a log there is room for is known now."""
        if self.place.project is not None:
            self.show()

    # What it shows

    def show(self) -> None:
        """What the watch says at once; what has to be asked for when it comes."""
        self._ask_where_there_is_reason()
        store, name, facts = self.session.store, self.place.project or "", self._facts
        stats = lines.by_name(store.request_stats())
        project, replicas, operations = self._project(), self._replicas(), self._operations()
        deployments = facts.detail.deployments if facts is not None else []
        refs = project.endpoints if project is not None else []
        endpoints = facts.endpoints if facts is not None else []
        revisions = facts.revisions if facts is not None else []
        self._things = {f"deployment/{one.name}": one for one in deployments}
        self._things |= {f"replica/{replica_key(one)}": one for one in replicas}
        self._things |= {f"endpoint/{one.name}": one for one in refs}
        self._things |= {f"endpoint/{one.name}": one for one in endpoints}
        self._things |= {f"revision/{one.id}": one for one in revisions}
        self._things |= {f"operation/{one.id}": one for one in operations}
        self._fill("deployments", tables.deployment_rows(deployments, replicas, name, stats))
        self._fill("endpoints", tables.endpoint_rows(refs, endpoints, name, stats))
        self._fill("revisions", tables.revision_rows(revisions))
        self._fill("operations", tables.operation_rows(operations))
        self.query_one(".summary", Detail).show(self._summary(project, operations))
        self._show_tabs()
        self.show_selected()

    def _fill(self, tab: str, rows: Iterable[Row]) -> None:
        self.query_one(f"#{tab}", LiveTable).apply(list(rows))

    def _summary(self, project: Project | None, operations: list[Operation]) -> Iterator[Line]:
        if project is None:
            is_gone = self.session.store.is_known
            yield line(f"There is no project {clean(self.place.project)} any more." if is_gone else "", "warn")
            return
        yield from lines.standing(project)
        if self._error:
            yield line(self._error, "bad")
        if operations and not operations[0].state.is_final:
            yield from lines.operation_lines(operations[0])
        evidence = self._evidence(project)
        if evidence:
            yield lines.heading("LAST LINES OF THE LOG")
            # Cut and not folded: the table below needs the room.
            yield from ((Cell(f"  {text}", "dim"), Cell("")) for text in evidence)

    def _evidence(self, project: Project) -> list[str]:
        """The last lines of what failed, as many as there is room for."""
        facts = self._facts
        if facts is None or project.phase not in _IS_TOLD:
            return []
        crashes = [crash for one in facts.detail.deployments for crash in one.crashes]
        problem = facts.operations[0].problem if facts.operations else None
        said = problem.detail.splitlines() if problem is not None and problem.detail else []
        found = facts.detail.evidence or (max(crashes, key=lambda one: one.at).lines if crashes else said)
        return clean_lines(found, last=max(3, self.size.height // 4))

    def _show_tabs(self) -> None:
        cells = []
        for tab in TABS:
            rows = self.query_one(f"#{tab}", LiveTable).rows
            count = sum(not row.key.startswith("replica/") for row in rows)
            is_seen = tab == self._tab
            said = f"{'▸' if is_seen else ' '}{tab.capitalize()} {count if self._facts or count else '…'}  "
            cells.append(Cell(said, "strong" if is_seen else "dim"))
        self.query_one(".tabs", Detail).show([(*cells, Cell(" tab: next", "dim"))])

    def detail(self) -> Iterable[Line]:
        """All that is known of what is selected."""
        thing = self._things.get(self.table.cursor_key or "")
        return detail_of(thing, self._diff()) if thing is not None else ()

    def targets(self) -> list[Target]:
        """What is marked or under the cursor in the table that is seen; the project itself where that is empty."""
        name, project = self.place.project or "", self._project()
        etag = project.etag or None if project is not None else None
        rows = {row.key: row.line for row in self.table.rows}
        things = [(key, self._things[key]) for key in self.table.chosen_keys if key in self._things]
        if not things and project is not None:
            json = project.model_dump_json(indent=2)
            return [Target("project", name, clean(name), project=name, etag=etag, json=json)]
        return [target_of(thing, name, etag, rows.get(key, "")) for key, thing in things]

    # Actions

    def do_next(self) -> None:
        """To the next table; out of the pane first."""
        if not self.back():
            self._select(TABS[(TABS.index(self._tab) + 1) % len(TABS)])
            self.table.focus()

    def do_previous(self) -> None:
        """To the table before."""
        if not self.back():
            self._select(TABS[TABS.index(self._tab) - 1])
            self.table.focus()

    def do_open(self) -> None:
        """Go on to what belongs to it; a revision and an operation are looked into here."""
        kind, _, key = (self.table.cursor_key or "").partition("/")
        match kind:
            case "deployment":
                self.console.go(Place("replicas", project=self.place.project, deployment=key))
            case "replica":
                self.do_logs()
            case "endpoint":
                self.console.go(Place("requests", project=self.place.project, endpoint=key))
            case "revision" | "operation":
                self.look_into()

    def _select(self, tab: str) -> None:
        self._tab = tab
        for name in TABS:
            self.query_one(f"#{name}", LiveTable).set_class(name != tab, "-hidden")
        self.table.set_filter(self.place.filter)
        self._show_tabs()
        self.on_live_table_highlighted()

    def on_live_table_highlighted(self) -> None:
        """Something else is selected; a diff is asked for where it is one of a revision."""
        super().on_live_table_highlighted()
        pair = self._pair()
        if pair is not None and pair not in self._diffs:
            self._ask_diff(pair)

    # What it asks for

    def _ask_where_there_is_reason(self) -> None:
        store, name = self.session.store, self.place.project
        now = (*store.version("link"), *occasion(store, name or ""))
        if name is None or now == self._occasion or not store.link.is_live or self._is_asking:
            return
        wait_s = self._asked_at + ASK_S - store.now()
        if wait_s <= 0:
            self._occasion, self._asked_at, self._is_asking = now, store.now(), True
            self._ask(name)
        elif not self._is_postponed:
            self._is_postponed = True
            self.set_timer(wait_s, self._ask_again)

    def _ask_again(self) -> None:
        self._is_postponed = False
        if self.display:
            self.show()

    @work(group="project-facts", exit_on_error=False)
    async def _ask(self, name: str) -> None:
        known, facts, error = self._facts, self._facts, ""
        try:
            facts = await self.session.ask(lambda client: ask_facts(client, name, known))
        except AanaError as failure:
            error = clean(f"{failure.message} {failure.hint or ''}")
        finally:
            self._is_asking = False
        if name == self.place.project:
            self._facts, self._error = facts, error
        self._ask_again()

    @work(exclusive=True, group="project-diff", exit_on_error=False)
    async def _ask_diff(self, pair: tuple[str, str]) -> None:
        from asyncio import sleep

        await sleep(REST_S)
        project, (selected, active) = self.place.project or "", pair
        try:
            diff: RevisionDiff | str = await self.session.ask(
                lambda client: client.diff(project, before=active, after=selected)
            )
        except AanaError as error:
            diff = clean(error.message)
        self._diffs[pair] = diff
        self.show_selected()

    # What is known

    def _project(self) -> Project | None:
        return next((one for one in self.session.store.projects() if one.name == self.place.project), None)

    def _replicas(self) -> list[Replica]:
        return [one for one in self.session.store.replicas() if one.project == self.place.project]

    def _operations(self) -> list[Operation]:
        """As the watch has them, and older ones as they were asked for."""
        found = {one.id: one for one in self._facts.operations} if self._facts is not None else {}
        found |= {one.id: one for one in self.session.store.operations() if one.project == self.place.project}
        return sorted(found.values(), key=lambda one: one.created_at, reverse=True)

    def _pair(self) -> tuple[str, str] | None:
        """The selected revision and the active one, where they are two."""
        kind, _, selected = (self.table.cursor_key or "").partition("/")
        revisions: list[Revision] = self._facts.revisions if self._facts is not None else []
        active = next((one.id for one in revisions if one.active), None)
        is_other = kind == "revision" and active is not None and active != selected
        return (selected, active or "") if is_other else None

    def _diff(self) -> RevisionDiff | str | None:
        pair = self._pair()
        return self._diffs.get(pair) if pair is not None else None
