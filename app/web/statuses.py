"""Statuses in words and colour, once for every room; colour never stands alone (WCAG 1.4.1)."""

from collections.abc import Mapping
from typing import Any

from flask import Flask
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

STATUSES: dict[str, tuple[Any, str]] = {
    "quarantine": (_l("Quarantine"), "yellow"),
    "released": (_l("Released"), "green"),
    "rejected": (_l("Rejected"), "red"),
    "hold": (_l("On hold"), "orange"),
    "expired": (_l("Expired"), "red"),
    "consumed": (_l("Consumed"), "secondary"),
    "running": (_l("Running"), "blue"),
    "completed": (_l("Completed"), "green"),
    "cancelled": (_l("Cancelled"), "secondary"),
    "failed": (_l("Failed"), "red"),
    "open": (_l("Open"), "blue"),
    "claimed": (_l("Claimed"), "indigo"),
    "withdrawn": (_l("Withdrawn"), "secondary"),
    "pending": (_l("Being sealed"), "blue"),
    "sealed": (_l("Sealed"), "green"),
    "checking": (_l("Being checked"), "blue"),
    "checked": (_l("Checked"), "blue"),
    "storing": (_l("Being stored"), "blue"),
    "faulty": (_l("With findings"), "red"),
    "applied": (_l("Brought in"), "green"),
    "proposed": (_l("Proposed"), "yellow"),
    "effective": (_l("Effective"), "green"),
    "superseded": (_l("Superseded"), "secondary"),
    "future": (_l("Not yet in force"), "blue"),
    "obsolete": (_l("Obsolete"), "red"),
    "abandoned": (_l("Given up"), "secondary"),
    "grace": (_l("In days of grace"), "orange"),
    "missing": (_l("Missing"), "red"),
    "in_use": (_l("In use"), "green"),
    "out_of_use": (_l("Out of use"), "secondary"),
    "refused": (_l("Refused"), "red"),
    "done": (_l("Done"), "green"),
    "reverted": (_l("Taken back"), "secondary"),
    "safe": (_l("Safe"), "green"),
    "needs_decision": (_l("Needs a decision"), "orange"),
    "must_finish": (_l("Must finish on its release"), "secondary"),
    "draft": (_l("Draft"), "secondary"),
    "active": (_l("Active"), "green"),
    "locked": (_l("Locked"), "red"),
    "ended": (_l("Ended"), "secondary"),
    "left": (_l("Left"), "secondary"),
    "approved": (_l("Approved"), "green"),
    "conditional": (_l("Conditional"), "orange"),
    "blocked": (_l("Blocked"), "red"),
    "free": (_l("Free"), "green"),
    "lapsing": (_l("Lapses soon"), "yellow"),
    "over": (_l("Over"), "secondary"),
    "planned": (_l("Planned"), "blue"),
    "started": (_l("Started"), "blue"),
    "closed": (_l("Closed"), "secondary"),
    "watched": (_l("Effect being watched"), "azure"),
    "declined": (_l("Declined"), "secondary"),
    "received": (_l("Received"), "green"),
    "partly_received": (_l("Partly received"), "yellow"),
    "overdue": (_l("Overdue"), "red"),
    "due_today": (_l("Due today"), "orange"),
    "pass": (_l("Pass"), "green"),
    "fail": (_l("Fail"), "red"),
    "changed": (_l("Changed before signing"), "orange"),
    "valid": (_l("Valid"), "green"),
    "invalid": (_l("Invalid"), "red"),
    "accept": (_l("Accept"), "green"),
    "reject": (_l("Reject"), "red"),
    "demo": (_l("Demo"), "orange"),
    "material": (_l("Material"), "cyan"),
    "component": (_l("Component"), "azure"),
    "packaging": (_l("Packaging"), "purple"),
    "finished": (_l("Finished device"), "indigo"),
    "incoming": (_l("Incoming release"), "cyan"),
}
"""Status code to its words and its Tabler colour."""


def init_app(app: Flask) -> None:
    """Offer ``status_of(code)`` to every template."""
    app.jinja_env.globals["status_of"] = status_of


def in_words(value: Any) -> Any:
    """Say a fact of a case in words: known codes and yes or no; bilingual texts stay whole."""
    if isinstance(value, Mapping) and set(value) == {"en", "zh"}:
        return value
    if isinstance(value, bool) or value in ("yes", "no"):
        return _("yes") if value in (True, "yes") else _("no")
    if isinstance(value, list):
        return ", ".join(str(in_words(item)) for item in value)
    if value is None or value == "":
        return "–"
    return status_of(value)["label"] if value in STATUSES else str(value)


def status_of(code: object) -> dict[str, Any]:
    """Give words and colour of a status; an unknown one shows its own code in grey."""
    value = str(getattr(code, "value", code))
    label, colour = STATUSES.get(value, (value, "secondary"))
    return {"code": value, "label": label, "colour": colour}
