"""How people write numbers of replicas: ``model=3``, ``model=1..4``, ``model=reset``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aanad.errors import InvalidInput

if TYPE_CHECKING:
    from aanad.wire.projects import Scale, ScaleRequest

_NUMBERS = re.compile(r"(?P<first>\d{1,6})(?:\.\.(?P<last>\d{1,6}))?", re.ASCII)
_HINT = "Write DEPLOYMENT=3, DEPLOYMENT=1..4 (as many as the requests need), or DEPLOYMENT=reset (as the project says)."


def scale_request(words: tuple[str, ...], target: float | None = None) -> ScaleRequest:
    """What the words ask for.

    Args:
        words: ``DEPLOYMENT=N``, ``DEPLOYMENT=MIN..MAX`` or ``DEPLOYMENT=reset``.
        target: requests at once that a replica of a range should have.

    Raises:
        InvalidInput: a word that means nothing, or a deployment that is named twice.
    """
    from aanad.wire.projects import ScaleRequest

    wanted: dict[str, Scale | None] = {}
    for word in words:
        name, equals, size = word.rpartition("=")
        if not name or not equals:
            raise InvalidInput(f"{word!r} does not say how many replicas.", hint=_HINT, code="invalid_scale")
        if name in wanted:
            raise InvalidInput(f"{name} is named twice.", hint="Give each deployment once.", code="invalid_scale")
        wanted[name] = None if size == "reset" else _size(word, size, target)
    if target is not None and all(one is None or one.max_replicas is None for one in wanted.values()):
        raise InvalidInput(
            "--target-ongoing-requests goes with a range, and none is given.", hint=_HINT, code="invalid_scale"
        )
    return ScaleRequest(deployments=wanted)


def _size(word: str, size: str, target: float | None) -> Scale:
    from pydantic import ValidationError

    from aanad.wire.projects import Scale

    numbers = _NUMBERS.fullmatch(size)
    if numbers is None:
        raise InvalidInput(f"{size!r} in {word!r} is no number of replicas.", hint=_HINT, code="invalid_scale")
    first, last = int(numbers["first"]), numbers["last"]
    try:
        if last is None:
            return Scale(replicas=first)
        return Scale(min_replicas=first, max_replicas=int(last), target_ongoing_requests=target)
    except ValidationError as error:
        why = error.errors()[0]["msg"].removeprefix("Value error, ").replace("Input", "it")
        raise InvalidInput(
            f"{size!r} in {word!r} cannot be used: {why}.",
            hint="`aana stop` takes a project's replicas down to none." if size == "0" else _HINT,
            code="invalid_scale",
        ) from error
