"""What is being written to each endpoint; it stays while one looks elsewhere, and when the endpoint changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aana_tui.state.request_copy import ANY
from aana_tui.state.request_form import RequestForm

if TYPE_CHECKING:
    from aana_tui.state.invocations import Sending
    from aanad.wire.projects import Endpoint


@dataclass
class Draft:
    """A request to one endpoint, and its last answer."""

    endpoint: Endpoint
    form: RequestForm
    raw: str | None = None
    """What is typed as JSON, where it is shown so."""
    accept: str = ANY
    sending: Sending | None = None

    def files(self) -> list[tuple[str, str]]:
        """The files that go with it."""
        return self.form.files()


class Drafts:
    """One for each endpoint that was opened."""

    def __init__(self) -> None:
        self._drafts: dict[tuple[str, str], Draft] = {}

    def of(self, endpoint: Endpoint) -> Draft:
        """The endpoint's; what was typed goes into a new form where its schema is another one by now."""
        key = (endpoint.project, endpoint.name)
        draft = self._drafts.get(key)
        if draft is None:
            form = RequestForm(endpoint.request_schema, endpoint.uploads)
            draft = self._drafts[key] = Draft(endpoint, form)
        elif _shape(draft.endpoint) != _shape(endpoint):
            form = RequestForm(endpoint.request_schema, endpoint.uploads)
            form.fill(draft.form.document(), draft.form.files())
            draft.form = form
        draft.endpoint = endpoint
        return draft

    def forget(self) -> None:
        """End what is under way, and remove the answers."""
        for draft in self._drafts.values():
            if draft.sending is not None:
                draft.sending.forget()


def _shape(endpoint: Endpoint) -> tuple[object, ...]:
    return (endpoint.request_schema, endpoint.uploads)
