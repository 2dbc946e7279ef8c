"""Why a replica finds no room, in words: what is short on which node, who holds it there, what would free it."""

from __future__ import annotations

from dataclasses import dataclass

GIB = 1024**3
MAX_NODES = 3
"""Nodes that a sentence goes into; the rest is counted."""
MAX_HOLDERS = 4
_SETTINGS = {"GPU": "num_gpus in project.toml", "CPU": "num_cpus in project.toml"}
_RANK = {"GPU": 0, "memory": 2, "CPU": 3}
"""Custom resources come after GPUs."""


@dataclass(frozen=True)
class Holder:
    """A deployment that holds some of what is short."""

    project: str
    deployment: str
    amount: float


@dataclass(frozen=True)
class Lack:
    """One resource that is short on one node."""

    node: str
    """The node's address."""
    resource: str
    wanted: float
    """What one replica asks for."""
    free: float
    """Of GPUs: whole ones that are free or, for less than one GPU, the most that is free on any of them."""
    total: float
    holders: tuple[Holder, ...]
    """The largest first."""


@dataclass(frozen=True)
class Shortage:
    """Replicas of one deployment that find no room."""

    project: str
    deployment: str
    replicas: int
    """How many of those wanted."""
    wanted: int
    is_feasible: bool
    """Whether one replica would fit if some node had nothing else to do."""
    lacks: tuple[Lack, ...]
    """What is short, by node; empty where there is no node at all."""

    @property
    def message(self) -> str:
        """One sentence: what it lacks, and who holds that."""
        kinds = sorted({lack.resource for lack in self.lacks}, key=rank)
        wanted = {lack.resource: lack.wanted for lack in self.lacks}
        needs = " and ".join(amount(kind, wanted[kind]) for kind in kinds) or "a node"
        if self.wanted == 1:
            begin = f"{self.deployment} needs {needs}"
        else:
            begin = f"{self.replicas} of {self.wanted} replicas of {self.deployment} find no room, each needs {needs}"
        if not self.lacks:
            return f"{begin}, and the cluster has none."
        nodes = list(dict.fromkeys(lack.node for lack in self.lacks))
        parts = [self._on(node, with_kind=len(kinds) > 1) for node in nodes[:MAX_NODES]]
        if len(nodes) > MAX_NODES:
            parts.append(f"and so on, on {len(nodes)} nodes")
        return f"{begin}: {'; '.join(parts)}."

    @property
    def hint(self) -> str:
        """What would free it."""
        if not self.lacks:
            return "aana status shows the Ray unit and its nodes."
        kinds = sorted({lack.resource for lack in self.lacks}, key=rank)
        less = f"ask for less: {_setting(kinds[0])}"
        if not self.is_feasible:
            worst = min((lack for lack in self.lacks if lack.wanted > lack.total), key=lambda lack: rank(lack.resource))
            setting = _setting(worst.resource)
            return f"Ask for less: {setting}, or add a node with {amount(worst.resource, worst.wanted)}."
        to_stop = min(
            (found for node in dict.fromkeys(lack.node for lack in self.lacks) if (found := self._to_stop(node))),
            key=len,
            default=None,
        )
        if to_stop is not None:
            return f"Stop {' and '.join(to_stop)}, or {less}."
        if self.wanted > 1:
            return f"Ask for fewer replicas of {self.deployment}, or {less}."
        return f"{_capital(less)}."

    def _on(self, node: str, *, with_kind: bool) -> str:
        """The node's part of the sentence: its first lack."""
        lack = min((lack for lack in self.lacks if lack.node == node), key=lambda lack: rank(lack.resource))
        unit = f" {_unit(lack.resource, lack.total)}" if with_kind else ""
        if lack.total == 0:
            return f"{node} has none{f' of {lack.resource}' if with_kind else ''}"
        if lack.resource == "GPU" and lack.wanted < 1 < lack.total:
            free = f"on {node} each of its {number(lack.total)} GPUs has at most {number(lack.free)} free"
        elif lack.resource == "memory":
            free = f"on {node} {number(lack.free / GIB)} of {number(lack.total / GIB)} GiB are free"
        else:
            free = f"on {node} {number(lack.free)} of {number(lack.total)}{unit} are free"
        if not lack.holders:
            return free
        held = [
            f"{holder.project}/{holder.deployment} holds {_plain(lack.resource, holder.amount)}"
            for holder in lack.holders[:MAX_HOLDERS]
        ]
        if len(lack.holders) > MAX_HOLDERS:
            held.append(f"{len(lack.holders) - MAX_HOLDERS} more")
        return f"{free} ({', '.join(held)})"

    def _to_stop(self, node: str) -> list[str] | None:
        """Other projects whose end would make room for one replica on this node; None where that is not enough."""
        found: dict[str, str] = {}
        for lack in (lack for lack in self.lacks if lack.node == node):
            if lack.wanted > lack.total:
                return None
            by_project: dict[str, float] = {}
            for holder in lack.holders:
                if holder.project != self.project:
                    by_project[holder.project] = by_project.get(holder.project, 0) + holder.amount
            if not by_project:
                return None
            # Parts of GPUs that are in use leave less than a whole one free, but more than nothing to build on.
            unused = lack.total - sum(holder.amount for holder in lack.holders)
            missing = lack.wanted - max(lack.free, unused)
            enough = [name for name, held in by_project.items() if held >= missing]
            if enough:
                chosen = [min(enough, key=lambda name: (by_project[name], name))]
            elif sum(by_project.values()) >= missing:
                chosen = sorted(by_project, key=lambda name: (-by_project[name], name))
                while sum(by_project[name] for name in chosen[:-1]) >= missing:
                    chosen.pop()
            else:
                return None
            for name in chosen:
                found.setdefault(name, f"{name} (holds {amount(lack.resource, by_project[name])} on {node})")
        return list(found.values())


def rank(resource: str) -> tuple[int, str]:
    """The order in which resources are named: the scarcest kind first."""
    return (_RANK.get(resource, 1), resource)


def amount(resource: str, value: float) -> str:
    """``1 GPU``, ``0.5 CPU``, ``24 GiB of memory``, ``2 fast_disk``."""
    if resource == "memory":
        return f"{number(value / GIB)} GiB of memory"
    return f"{number(value)} {_unit(resource, value)}"


def number(value: float) -> str:
    """At most two decimals, and never 0 for what is more."""
    return f"{value:.2f}".rstrip("0").rstrip(".") if value == 0 or value >= 0.01 else f"{value:.4f}".rstrip("0")  # noqa: PLR2004


def _plain(resource: str, value: float) -> str:
    return f"{number(value / GIB)} GiB" if resource == "memory" else number(value)


def _unit(resource: str, value: float) -> str:
    return f"{resource}s" if resource in {"GPU", "CPU"} and value > 1 else resource


def _setting(resource: str) -> str:
    return _SETTINGS.get(resource, f"{resource} in the deployment's ray_actor_options")


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
