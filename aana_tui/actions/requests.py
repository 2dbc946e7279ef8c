"""Actions of the view of requests."""

from __future__ import annotations

from aana_tui.actions.action import Action, Scope

_R = Scope.REQUESTS

ACTIONS = (
    Action(
        "request.send", "Send", "Send the request to the endpoint.", _R, "ctrl+j,f5,ctrl+enter", "send",
        role="operator", needs_link=True, cli="aana invoke {project} {endpoint}",
    ),
    Action("request.stop", "Cancel", "Cancel the request that is under way.", _R, "x,f8", "abort"),
    Action("request.raw", "JSON", "Change between the fields and the document as JSON.", _R, "r,f4"),
    Action("request.editor", "Editor", "Write the document in $EDITOR.", _R, "E,f3", "edit", footer=False),
    Action("request.add", "Add", "Add an item to the list, or a name to the object.", _R, "a", footer=False),
    Action("request.remove", "Delete", "Take the item away, leave the field out, or forget the saved request.", _R,
           "d,delete", footer=False),
    Action("request.null", "Null", "Send null in the field, or an empty text where it takes no null.", _R, "n",
           footer=False),
    Action("request.accept", "Accept", "Ask for the answer in the next of its media types.", _R, "A", footer=False),
    Action("request.pane", "Answer", "Change between the request and its answer.", _R, "f6"),
    Action("request.plain", "Plain", "Show the answer as it came, or with indents again.", _R, "p", footer=False),
    Action("request.write", "Write", "Save the answer's very bytes to a file; `:w! FILE` replaces one.", _R, "w", "w",
           argument="FILE"),
    Action("request.overwrite", "Overwrite", "Save the answer's very bytes in place of a file.", _R, "", "w!",
           argument="FILE", footer=False),
    Action("request.history", "History", "Show what was sent and what is saved; enter opens it again.", _R, "H",
           "history"),
    Action("request.save", "Save", "Save the request under a name, for its project.", _R, "S", "save",
           argument="NAME", footer=False),
    Action("request.case", "Open case", "Open a saved request by its name.", _R, "", "case", argument="NAME",
           footer=False),
)  # fmt: skip
