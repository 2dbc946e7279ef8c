"""GPUs and nodes: what they do and did, who holds them, and who is on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.containers import Vertical
from textual.widgets import Static

from aana_tui.actions.action import Scope, Target
from aana_tui.places import Place
from aana_tui.screens.view import View
from aana_tui.state.hardware_history import HardwareHistory
from aana_tui.widgets.card_list import Card, CardList
from aana_tui.widgets.gpu_card import (
    gpu_card,
    graph_width,
    node_card,
    node_graph_width,
    node_line,
    node_said,
    size_for,
    trouble,
)
from aana_tui.widgets.gpu_users import COLUMNS, user_rows, users_of
from aana_tui.widgets.live_table import LiveTable

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from aana_tui.actions.action import Action
    from aana_tui.state.hardware_history import Key
    from aana_tui.widgets.gpu_users import User
    from aanad.client import Client
    from aanad.wire.hardware import Gpu, History, Node

WINDOWS_S = (900, 3600, 300)
"""How far back the graphs may go; the first to begin with."""
ASK_AGAIN_S = 300.0
"""The graphs go on by what the watch says; now and then the daemon's own are taken again."""
USERS_MIN_HEIGHT = 4
WIDE = 120


class GpusView(View):
    """Cards of nodes and GPUs, and the processes of the one under the cursor."""

    SCOPES: ClassVar = (Scope.TABLES, Scope.GPUS, Scope.PROJECTS)
    TOPICS: ClassVar = ("gpus", "nodes")

    def __init__(self) -> None:
        super().__init__()
        self._gpu_history = HardwareHistory(WINDOWS_S[0], 1)
        self._node_history = HardwareHistory(WINDOWS_S[0], 1)
        self._window_s = WINDOWS_S[0]
        self._asked_at: float | None = None
        self._was_live = False
        self._is_at_users = False
        self._sought: Place | None = None
        """Whose GPU the cursor is to be put on, until that is known."""

    def compose(self) -> ComposeResult:
        """Cards, and what is said of the one under the cursor."""
        yield CardList(empty="No machine has been measured yet.", id="gpu-cards")
        with Vertical(id="gpu-detail"):
            yield Static(markup=False, id="gpu-note")
            yield LiveTable(COLUMNS, empty="Nobody is on it.", id="gpu-users")

    def on_mount(self) -> None:
        """The parts, found once."""
        if not self.children:
            return  # The console ends while this is being made.
        self._cards = self.query_one("#gpu-cards", CardList)
        self._users = self.query_one("#gpu-users", LiveTable)
        self._note = self.query_one("#gpu-note", Static)
        self._detail = self.query_one("#gpu-detail")
        self._noted = ""

    def open(self, place: Place) -> None:
        """Begin with the cards, on the GPU that the place's replica is on; what nobody looked at is asked for."""
        super().open(place)
        self._asked_at = None
        self._is_at_users = False
        self._sought = place if place.project is not None else None

    def main(self) -> CardList | LiveTable:
        """The cards, or the processes of one."""
        return self._users if self._is_at_users else self._cards

    # What it shows

    def show(self) -> None:
        """Show what the hardware does now."""
        store = self.session.store
        gpus, nodes = store.gpus(), store.nodes()
        is_wide = self.size.width >= WIDE and bool(gpus)
        self.set_class(is_wide, "-wide")
        self._detail.display = bool(gpus) or bool(self._noted)
        width = (self.size.width * 3 // 5 if is_wide else self.size.width) - 1
        height = self.size.height - (USERS_MIN_HEIGHT if gpus and not is_wide else 0)
        size = size_for(width, height, len(gpus) or len(nodes), len(nodes) if gpus else 0)
        self._keep_history(graph_width(width, size), node_graph_width(width, size, is_line=bool(gpus)))
        self._gpu_history.extend(_measured_gpus(gpus), store.now())
        self._node_history.extend(_measured_nodes(nodes), store.now())
        cards: list[Card] = []
        for node in nodes:
            if gpus:
                cards.append(node_line(node, self._node_history, width, size))
                cards += [gpu_card(gpu, self._gpu_history, width, size) for gpu in gpus if gpu.node == node.address]
            else:
                cards.append(node_card(node, self._node_history, width, size))
        known = {node.address for node in nodes}
        cards += [gpu_card(gpu, self._gpu_history, width, size) for gpu in gpus if gpu.node not in known]
        if gpus and not is_wide:
            self._cards.styles.height = max(1, min(sum(len(card.lines) for card in cards), height))
        else:
            self._cards.styles.height = "1fr"
        self._cards.apply(cards)
        if self._sought is not None and gpus:
            self._seek(self._sought, gpus)
        self._show_users()

    def _show_users(self) -> None:
        gpus, node = self._selected()
        self._users.apply(user_rows(users_of(gpus)))
        note = " ".join(map(trouble, gpus)) if len(gpus) == 1 else ""
        if node is not None and (node.state != "ok" or node.gpu_state not in {"ok", "none"}):
            note = node_said(node)[0]
        if note != self._noted:
            self._noted = note
            self._note.display = bool(note)
            self._note.update(note)

    def _seek(self, place: Place, gpus: list[Gpu]) -> None:
        """Put the cursor on the first GPU that the place's replica, deployment or project is on, and on its process."""
        self._sought = None
        wanted = (place.project, place.deployment, place.replica)
        for gpu in gpus:
            for user in users_of([gpu]):
                whose = (user.target.project, user.target.deployment, user.target.replica)
                if all(asked in {None, is_} for asked, is_ in zip(wanted, whose, strict=True)):
                    self._cards.move_to_key(f"gpu/{gpu.node}/{gpu.index}")
                    self._show_users()
                    self._users.move_to_key(user.key)
                    return

    # History

    def _keep_history(self, gpu_width: int, node_width: int) -> None:
        wanted = (self._window_s, 2 * gpu_width, 2 * node_width)
        if wanted != (self._gpu_history.seconds, self._gpu_history.steps, self._node_history.steps):
            self._gpu_history = HardwareHistory(self._window_s, 2 * gpu_width)
            self._node_history = HardwareHistory(self._window_s, 2 * node_width)
            self._asked_at = None
        store = self.session.store
        is_live, was_live, self._was_live = store.link.is_live, self._was_live, store.link.is_live
        if not is_live:
            return
        is_due = self._asked_at is None or store.now() - self._asked_at > ASK_AGAIN_S or not was_live
        if is_due and self.size.width:
            self._asked_at = store.now()
            self._ask_history(self._gpu_history, self._node_history)

    @work(exclusive=True, group="gpu-history", exit_on_error=False)
    async def _ask_history(self, gpus: HardwareHistory, nodes: HardwareHistory) -> None:
        from aanad.errors import AanaError

        seconds = int(gpus.seconds)

        def ask(client: Client) -> tuple[History, History]:
            return (
                client.gpu_history(width=gpus.steps, seconds=seconds),
                client.node_history(width=nodes.steps, seconds=seconds),
            )

        try:
            of_gpus, of_nodes = await self.session.ask(ask)
        except AanaError:
            return  # the graphs go on by what is seen from here on, and the link says what is wrong with it
        if gpus is self._gpu_history:
            gpus.load(of_gpus, self.session.store.now())
            nodes.load(of_nodes, self.session.store.now())
            self.show()

    # What is selected

    def _selected(self) -> tuple[list[Gpu], Node | None]:
        """The GPUs under the cursor, one or a whole node's, and the node."""
        kind, _, rest = (self._cards.cursor_key or "").partition("/")
        store = self.session.store
        if kind == "gpu":
            return [gpu for gpu in store.gpus() if f"{gpu.node}/{gpu.index}" == rest], None
        return [gpu for gpu in store.gpus() if gpu.node == rest], next(
            (node for node in store.nodes() if node.address == rest), None
        )

    def targets(self) -> list[Target]:
        """The marked processes or the one under the cursor; else the GPU or node, with the one replica that uses it."""
        gpus, node = self._selected()
        users = users_of(gpus)
        if self._is_at_users:
            by_key = {user.key: user for user in users}
            return [by_key[key].target for key in self._users.chosen_keys if key in by_key]
        if self._cards.cursor_key is None:
            return []
        if (self._cards.cursor_key or "").startswith("gpu/") and gpus:
            return [_gpu_target(gpus[0], users)]
        return [] if node is None else [_node_target(node)]

    def hindrance(self, action: Action) -> str | None:
        """A GPU is not changed, and has no logs: its processes are, and have."""
        if action.scope is Scope.PROJECTS:
            targets = self.targets()
            if not self._is_at_users and (action.changes or not any(target.project for target in targets)):
                return "Select a process first: enter goes to those of this GPU."
            if not any(target.project for target in targets):
                return "This process belongs to no project."
        return None

    @on(CardList.Highlighted)
    def _card_highlighted(self) -> None:
        self._show_users()

    # Actions

    def back(self) -> bool:
        """From the processes to the cards."""
        was_at_users = self._is_at_users
        if was_at_users:
            self._focus(is_at_users=False)
        return was_at_users

    def do_open(self) -> None:
        """From a GPU to its processes, from a process to its replica."""
        if not self._is_at_users:
            if self._users.rows:
                self._focus(is_at_users=True)
            else:
                self.notify("Nobody is on it.", markup=False)
            return
        for target in self.targets()[:1]:
            if target.project is None:
                self.notify("This process belongs to no replica of Aana's.", severity="warning", markup=False)
            else:
                self.console.go(Place("replicas", target.project, target.deployment, target.replica))

    def do_window(self) -> None:
        """The next span of time."""
        self._window_s = WINDOWS_S[(WINDOWS_S.index(self._window_s) + 1) % len(WINDOWS_S)]
        self.notify(f"The graphs show the last {self._window_s // 60} minutes.", markup=False)
        self.show()

    def do_next(self) -> None:
        """From the cards to the processes, or back."""
        self._focus(is_at_users=not self._is_at_users and bool(self._users.rows))

    do_previous = do_next

    def _focus(self, *, is_at_users: bool) -> None:
        self._is_at_users = is_at_users
        self.main().focus()

    def on_resize(self) -> None:
        """The room has changed: other cards may fit."""
        if self.is_mounted and self.display:
            self.show()


def _measured_gpus(gpus: list[Gpu]) -> dict[Key, float | None]:
    measured: dict[Key, float | None] = {}
    for gpu in gpus:
        is_known = gpu.state == "ok"
        measured[gpu.node, gpu.index, "utilization_percent"] = gpu.utilization_percent if is_known else None
        measured[gpu.node, gpu.index, "memory_used_bytes"] = gpu.memory_used_bytes if is_known else None
    return measured


def _measured_nodes(nodes: list[Node]) -> dict[Key, float | None]:
    measured: dict[Key, float | None] = {}
    for node in nodes:
        is_known = node.state == "ok"
        measured[node.address, None, "cpu_percent"] = node.cpu_percent if is_known else None
        measured[node.address, None, "memory_used_bytes"] = node.memory_used_bytes if is_known else None
    return measured


def _gpu_target(gpu: Gpu, users: list[User]) -> Target:
    from aanad.client import sanitise

    label = f"GPU {gpu.index} of {sanitise(gpu.node)}"
    replicas = [user.target for user in users if user.target.project is not None]
    only = replicas[0] if len(replicas) == 1 else Target("gpu", "", "")
    return Target(
        "gpu", f"{gpu.node}/{gpu.index}", label, project=only.project, deployment=only.deployment, replica=only.replica,
        json=gpu.model_dump_json(indent=2), row=label,
    )  # fmt: skip


def _node_target(node: Node) -> Target:
    from aanad.client import sanitise

    label = sanitise(node.hostname) or sanitise(node.address)
    return Target("node", node.address, label, json=node.model_dump_json(indent=2), row=label)
