"""Words of the case pages: due dates, durations, roles, kinds of elements, what was decided."""

import re
from datetime import datetime, timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app.web.filters import in_language
from app.web.rights import ROLES
from app.web.statuses import status_of
from core.types import Bilingual
from workflows import registry

DAY = timedelta(days=1)
_BOUND = re.compile(r"([<>]=?)\s*(-?[\d.]+)")
_SPAN = re.compile(r"([\[\](])(-?\d+(?:\.\d+)?)\.\.(-?\d+(?:\.\d+)?)([\[\])])")
_SIGNS = {"<": "<", ">": ">", "<=": "≤", ">=": "≥"}
_LISTED = re.compile(r'\s*"[^"]*"(\s*,\s*"[^"]*")*\s*')
_QUOTED = re.compile(r'"([^"]*)"')
_DURATION = re.compile(
    r"^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$"
)

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
    plain: dict[str, str] = {"-": _("any"), "": _("any"), "true": _("yes"), "false": _("no")}
    if cell.lower() in plain:
        return plain[cell.lower()]
    if compared := _compared(cell.strip()):
        return compared
    listed = _LISTED.fullmatch(cell)
    values = _QUOTED.findall(cell) if listed else [cell]
    return str(_(", ")).join(str(status_of(value)["label"]) for value in values)


def _compared(cell: str) -> str:
    """Say a comparison of numbers, ``>= 3`` or ``[0..3[``, with the signs people write; else nothing."""
    if bound := _BOUND.fullmatch(cell):
        return f"{_SIGNS[bound[1]]} {bound[2]}"
    span = _SPAN.fullmatch(cell)
    if span is None:
        return ""
    opens, low, high, closes = span.groups()
    if opens == "[" and closes == "]":
        return f"{low} – {high}"
    return f"{'≥' if opens == '[' else '>'} {low}, {'≤' if closes == ']' else '<'} {high}"


def duration_words(duration: str | None) -> str:
    """Say an ISO 8601 duration such as ``P2D`` in words."""
    found = _DURATION.match(duration or "")
    if not found:
        return duration or ""
    years, months, weeks, days, hours, minutes, seconds = (int(count or 0) for count in found.groups())
    said = (
        years and ngettext("%(num)d year", "%(num)d years", years),
        months and ngettext("%(num)d month", "%(num)d months", months),
        weeks and ngettext("%(num)d week", "%(num)d weeks", weeks),
        days and ngettext("%(num)d day", "%(num)d days", days),
        hours and ngettext("%(num)d hour", "%(num)d hours", hours),
        minutes and ngettext("%(num)d minute", "%(num)d minutes", minutes),
        seconds and ngettext("%(num)d second", "%(num)d seconds", seconds),
    )
    return " ".join(str(part) for part in said if part)
