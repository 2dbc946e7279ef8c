"""The changes that an operator makes: asked for by their danger, sent with what was on the screen, and followed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING
from uuid import uuid4

from aana_tui.actions.action import Tier
from aana_tui.actions.impact import action_title, impact, plan_lines
from aana_tui.actions.targeting import meant_projects, nearest, selected
from aanad.errors import AanaError, InvalidInput

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aana_tui.actions.action import Action
    from aana_tui.app import Console
    from aana_tui.screens.dialogs.confirm import Line
    from aana_tui.session import Session
    from aanad.client import Client
    from aanad.wire.operations import Operation
    from aanad.wire.plan import Plan
    from aanad.wire.projects import ProjectDetail, ScaleRequest

_PLANNED = {"start", "stop", "restart", "scale", "rollback", "remove"}


@dataclass(frozen=True)
class Change:
    """One wish, for one or several projects."""

    action: Action
    projects: Sequence[str]
    argument: ScaleRequest | str | None = None
    """New numbers of replicas, a revision, or the operation that is cancelled."""
    etags: dict[str, str] = field(default_factory=dict)
    """The projects' as they were on the screen."""
    notice: Sequence[Line] = ()

    @property
    def verb(self) -> str:
        """What is done."""
        return self.action.name

    @property
    def tier(self) -> Tier:
        """How it is asked; several targets are one tier more, and so is what has changed meanwhile."""
        more = len(self.projects) > 1 or (bool(self.notice) and self.action.tier is Tier.FREE)
        return Tier(min(self.action.tier + more, Tier.NAME))

    @property
    def typed(self) -> str:
        """What must be typed."""
        if self.tier is not Tier.NAME:
            return ""
        return self.projects[0] if len(self.projects) == 1 else f"{self.verb} {len(self.projects)}"


def change(console: Console, action: Action, argument: str = "") -> None:
    """Start, stop, restart or remove the projects that are meant."""
    _begin(console, Change(action, meant_projects(console, argument.split())))


def rollback(console: Console, action: Action, argument: str = "") -> None:
    """Go back to the last good revision, to the one that is selected, or to a named one."""
    words = argument.split()
    names = {project.name for project in console.session.store.projects()}
    projects = [word for word in words if word in names]
    revisions = [word for word in words if word not in names]
    targets = selected(console)
    if not words and len(targets) == 1:
        revisions = [target.revision for target in targets if target.kind == "revision" and target.revision]
    if len(revisions) > 1 or any(set(word) - set("0123456789abcdef") for word in revisions):
        unknown = revisions[0]
        raise InvalidInput(
            f"{unknown!r} is neither a project nor a revision.", hint=nearest(unknown, sorted(names)), code="not_found"
        )
    found = meant_projects(console, projects)
    if revisions and len(found) > 1:
        raise InvalidInput("A revision belongs to one project.", hint="Select or name that one.")
    _begin(console, Change(action, found, revisions[0] if revisions else None))


def cancel(console: Console, action: Action, argument: str = "") -> None:
    """Cancel the operation that is selected or named, else the one of the project."""
    running = [operation for operation in console.session.store.operations() if not operation.state.is_final]
    word = argument.strip()
    chosen = [target.operation for target in selected(console) if target.operation] if not word else [word]
    found = [operation for operation in running if operation.id in chosen]
    if not found:
        names = meant_projects(console, word.split())
        found = [operation for operation in running if operation.project in names]
        if not found:
            raise InvalidInput(f"No operation of {', '.join(names)} is under way.", code="operation_not_found")
    _begin(console, Change(action, [found[0].project], found[0].id))


def scale(console: Console, action: Action, argument: str = "") -> None:
    """Set numbers of replicas: ``PROJECT DEPLOYMENT=N``; what is not given is asked for."""
    words = argument.split()
    names = [word for word in words if "=" not in word]
    numbers = [word for word in words if "=" in word]
    projects = meant_projects(console, names)
    if len(projects) > 1:
        raise InvalidInput("Deployments belong to one project.", hint="Select or name that one.")
    if numbers:
        _scale_to(console, action, projects[0], numbers)
        return
    _ask_numbers(console, action, projects[0])


def _ask_numbers(console: Console, action: Action, project: str) -> None:
    from collections import Counter

    from aana_tui.screens.dialogs.ask import Ask
    from aanad.client.scale_words import scale_request

    counts = Counter(one.deployment for one in console.session.store.replicas() if one.project == project)
    chosen = [target.deployment for target in selected(console) if target.project == project and target.deployment]
    told = chosen[:1] or [name for name in counts if name != "ingress"][:1]
    has = ", ".join(f"{name} has {count}" for name, count in sorted(counts.items())) or "It has no replica now"
    dialog = Ask(
        f"Scale {project}",
        f"{has}.\nWrite DEPLOYMENT=3, DEPLOYMENT=1..4 (as many as requests need) or DEPLOYMENT=reset.",
        text=" ".join(f"{name}={counts.get(name, 1)}" for name in told),
        check=lambda text: scale_request(tuple(text.split())),
    )

    def asked(answer: str | None) -> None:
        if answer is not None:
            _scale_to(console, action, project, answer.split())

    console.push_screen(dialog, asked)


def _scale_to(console: Console, action: Action, project: str, numbers: Sequence[str]) -> None:
    from aanad.client.scale_words import scale_request

    _begin(console, Change(action, [project], scale_request(tuple(numbers))))


def _begin(console: Console, wish: Change) -> None:
    etags = {project.name: project.etag for project in console.session.store.projects()}
    seen = {target.project: target.etag for target in selected(console) if target.project and target.etag}
    etags.update(seen)
    _decide(console, replace(wish, etags={name: etags[name] for name in wish.projects if etags.get(name)}))


def _decide(console: Console, wish: Change) -> None:
    """Ask, where its danger wants it; the dialog takes the keys from the very next one on."""
    session = console.session

    def decided(is_wanted: bool | None) -> None:
        # The daemon that was asked about must be the one that is told.
        if is_wanted and session is console.session:
            console.run_worker(_send_all(console, wish), group="change", exit_on_error=False)

    if wish.tier is Tier.FREE:
        decided(is_wanted=True)
        return
    from aana_tui.screens.dialogs.confirm import Confirm, Question

    question = Question(
        title=action_title(wish.verb, wish.projects, wish.argument),
        impact=impact(session.store, wish.projects),
        verb=wish.action.title,
        typed=wish.typed,
        notice=wish.notice,
    )
    more = partial(_plans, session, wish) if wish.verb in _PLANNED else None
    console.push_screen(
        Confirm(question, more=more, hindrance=lambda: console.why_not(wish.action, has_target=True)), decided
    )


async def _send_all(console: Console, wish: Change) -> None:
    """Send the wish for each project; where somebody else was quicker, it is asked anew with what is there now."""
    session = console.session
    late: dict[str, str] = {}
    for project in wish.projects:
        try:
            operation = await session.ask(partial(_send, wish, project, str(uuid4())))
        except AanaError as error:
            if error.code == "version_mismatch":
                late[project] = error.message
            else:
                console.say_error(error)
        else:
            console.follow(operation)
    if not late:
        return
    try:
        fresh = await session.ask(partial(_fresh, list(late)))
    except AanaError as error:
        console.say_error(error)
        return
    seen = [(f"{name} is now {one.phase}, revision {one.revision or '-'}.", "warn") for name, one in fresh.items()]
    _decide(
        console,
        replace(
            wish,
            projects=list(fresh),
            etags={name: one.etag for name, one in fresh.items()},
            notice=[*((message, "warn") for message in late.values()), *seen],
        ),
    )


async def _plans(session: Session, wish: Change) -> list[Line]:
    lines: list[Line] = []
    for project in wish.projects:
        try:
            plan = await session.ask(partial(_plan, wish, project))
        except AanaError as error:
            lines.append((f"No plan for {project}: {error.message}", "warn"))
        else:
            lines += plan_lines(plan)
    return lines


def _fresh(names: Sequence[str], client: Client) -> dict[str, ProjectDetail]:
    return {name: client.project(name) for name in names}


def _plan(wish: Change, project: str, client: Client) -> Plan:
    from aanad.wire.projects import ScaleRequest

    if isinstance(wish.argument, ScaleRequest):
        return client.plan(project, wish.verb, scale=wish.argument)
    return client.plan(project, wish.verb, revision=wish.argument)


def _send(wish: Change, project: str, key: str, client: Client) -> Operation:
    """Ask for the change of one project."""
    from aanad.wire.projects import ScaleRequest

    etag, argument = wish.etags.get(project), wish.argument
    match wish.verb:
        case "cancel":
            return client.cancel(str(argument), idempotency_key=key)
        case "scale":
            assert isinstance(argument, ScaleRequest)  # noqa: S101 - `scale` made it
            return client.scale(project, argument, expected_version=etag, idempotency_key=key)
        case "rollback":
            revision = str(argument) if argument else None
            return client.rollback(project, revision, expected_version=etag, idempotency_key=key)
        case "remove":
            return client.remove(project, force=True, expected_version=etag, idempotency_key=key)
    verb = {"start": client.start, "stop": client.stop, "restart": client.restart}[wish.verb]
    return verb(project, expected_version=etag, idempotency_key=key)
