"""Words of the case pages: due dates, durations, roles, kinds of elements, what was decided."""

from datetime import datetime, timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.web.filters import in_language
from app.web.rights import ROLES
from app.web.statuses import status_of
from core.languages import LANGUAGES
from core.types import Bilingual
from workflows import cells, durations, registry

DAY = timedelta(days=1)

KINDS: dict[str, Any] = {
    "userTask": _l("Done by a person"),
    "serviceTask": _l("Done by the system"),
    "businessRuleTask": _l("Decided by a table"),
    "scriptTask": _l("Calculated"),
    "startEvent": _l("Start"),
    "endEvent": _l("End"),
    "intermediateCatchEvent": _l("Wait"),
    "intermediateThrowEvent": _l("Event"),
    "boundaryEvent": _l("Exception"),
    "exclusiveGateway": _l("Decision"),
    "inclusiveGateway": _l("Decision"),
    "parallelGateway": _l("In parallel"),
    "subProcess": _l("Part of the process"),
}
"""Kinds of BPMN elements, in words a quality manager uses."""


def kind_name(kind: str) -> str:
    """Call a kind of element by its name for people."""
    return str(KINDS.get(kind, kind))


def role_name(role: str) -> Bilingual:
    """Call a role by its name; an unknown code stands for itself."""
    return ROLES.get(role) or registry.roles().get(role) or {"en": role, "zh": role}


def meaning_name(code: str) -> Bilingual:
    """Call a meaning of a signature by its name; an unknown code stands for itself."""
    return registry.MEANINGS.get(code, {"en": code, "zh": code})


def due_words(due_at: datetime | None, *, now: datetime) -> tuple[str, str]:
    """Give the colour and the words of a due date: overdue red, within a day yellow; nothing without one."""
    if due_at is None:
        return "secondary", ""
    left = due_at - now
    if left < timedelta():
        return "red", _("Overdue %(days)s d", days=-left // DAY) if -left >= DAY else _("Overdue")
    if left < DAY:
        return "yellow", _("Due within a day")
    return "secondary", _("Due in %(days)s d", days=left // DAY)


def told_words(level: str) -> str:
    """Say whom a reminder of a due date went to."""
    words = {"manager": _("Escalated to the line manager"), "head": _("Escalated to the quality head")}
    return str(words.get(level, _("Reminded")))


def cell_words(cell: str | Bilingual) -> str:
    """Say a cell of a decision table in words: ``"pass"`` as its status, ``true`` as yes, ``-`` as any.

    Numbers are compared with the signs people write; a cell that calculates stays the expression it is.
    """
    if not isinstance(cell, str):
        return str(in_language(cell))
    if cell.lower() in ("true", "false"):
        return str(_("yes") if cell.lower() == "true" else _("no"))
    told = cells.tell(cell, lambda code: dict.fromkeys(LANGUAGES, str(status_of(code)["label"])))
    return str(in_language(told)) if told is not None else str(status_of(cell)["label"])


def duration_words(duration: str | None) -> str:
    """Say an ISO 8601 duration such as ``P2D`` in words."""
    if not duration or not durations.is_duration(duration):
        return duration or ""
    return str(in_language(durations.in_words(duration)))
