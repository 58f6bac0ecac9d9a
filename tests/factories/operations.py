"""Service operations for tests: one that only takes notes, and one that refuses."""

from core.errors import Conflict
from workflows import registry


def _note(call):
    """Note the call."""
    call.session.info.setdefault("notes", []).append((dict(call.params), call.case.number, call.actor.login))
    return {"noted": True, **call.params}


def _refuse(call):
    """Refuse."""
    raise Conflict("test.refused", "No.")


def register():
    """Let models call ``test.note`` and ``test.refuse``."""
    title = {"en": "Note", "zh": "记录"}
    registry.operation("test.note", schema={"type": "object"}, title=title)(_note)
    registry.operation("test.refuse", schema={"type": "object"}, title=title)(_refuse)
