"""From a request to a command; nothing here decides anything."""

import uuid

from werkzeug.datastructures import MultiDict

from app.inbox.queries import DUE, Filters
from app.inbox.services import SignTask


def filters_from(args: MultiDict[str, str]) -> Filters:
    """Read the filter of the list from its address; what it does not know it leaves out."""
    chosen = {
        "due": {*DUE, "overdue"},
        "whose": {"mine", "others", "started", "stuck"},
        "sort": {"newest", "case"},
    }
    known = {name: value for name, allowed in chosen.items() if (value := args.get(name, "")) in allowed}
    return Filters(text=args.get("q", "").strip()[:100], process=args.get("process", "")[:100], **known)


def case_just_left(args: MultiDict[str, str]) -> uuid.UUID | None:
    """The case in which a step has just been taken, as the address of the list says; None if it says none."""
    try:
        return uuid.UUID(args.get("after", ""))
    except ValueError:
        return None


def command_from(
    task_id: uuid.UUID, form: MultiDict[str, str], *, language: str, method: str | None = None
) -> SignTask:
    """Read what was entered, and the hashes of what was on the screen."""
    return SignTask(
        task_id=task_id,
        fields=form,
        opened=form.get("opened", ""),
        seen=form.get("seen", ""),
        standing_for=form.get("standing_for", ""),
        language=language,
        method=method,
    )
