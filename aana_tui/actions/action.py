"""What an action is, and what it applies to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Tier(IntEnum):
    """How dangerous an action is; several targets at once are one tier more."""

    FREE = 0
    """It interrupts nothing, and is done at once."""
    ASK = 1
    """A question that names targets and impact; Cancel has the focus."""
    NAME = 2
    """The project's name is typed."""


class Scope(StrEnum):
    """Where an action's keys mean it."""

    EVERYWHERE = "everywhere"
    TABLES = "tables"
    PROJECTS = "projects"
    """Wherever a project, or something of one, is selected."""
    GPUS = "gpus"
    LOGS = "logs"
    REQUESTS = "requests"
    EVENTS = "events"


@dataclass(frozen=True)
class Action:
    """One thing that can be done."""

    id: str
    """``<area>.<verb>``: stable, and the binding's id by which its keys can be remapped."""
    title: str
    """A word or two, for footer and palette."""
    help: str
    """One sentence."""
    scope: Scope
    keys: str = ""
    """Textual's names, comma-separated; the first is shown."""
    command: str = ""
    """Its word on the ``:`` line; what follows are its arguments."""
    tier: Tier = Tier.FREE
    role: str = "viewer"
    """The least `Role` that the daemon wants of who does it."""
    needs_link: bool = False
    """Whether it makes sense only while the daemon answers."""
    cli: str = ""
    """The command that does the same; ``{project}`` and the like stand for the target's."""
    footer: bool = True
    """Whether the footer names it; there is room for a dozen."""
    view: str = ""
    """The view that it goes to; nothing else is done then."""
    code: str = ""
    """``module:function`` of `aana_tui.actions`, called with console, action and argument where no view does it."""
    argument: str = ""
    """What may follow its command, as the help writes it: ``PROJECT``, ``FILE``."""
    needs_target: bool = False
    """Whether something must be selected, or named as the argument."""

    @property
    def name(self) -> str:
        """What is done: of the method ``do_<name>`` that does it."""
        return self.id.partition(".")[2].replace("-", "_")

    @property
    def changes(self) -> bool:
        """Whether it changes something at the daemon."""
        return self.role != "viewer"


@dataclass(frozen=True)
class Target:
    """What an action applies to: the row under the cursor, or a marked one."""

    kind: str
    """``project``, ``deployment``, ``replica``, ``revision``, ``operation``, ``gpu``, ``node``, ``endpoint``,
    ``event``, ``log``, ``request``."""
    key: str
    """Unique among its kind."""
    label: str
    """How a person calls it."""
    project: str | None = None
    deployment: str | None = None
    replica: str | None = None
    endpoint: str | None = None
    revision: str | None = None
    operation: str | None = None
    etag: str | None = None
    """The project's as it is on the screen; a change is refused where it is another by then."""
    json: str = ""
    """All of it, as the daemon says it."""
    row: str = ""
    """As it stands in the table."""
