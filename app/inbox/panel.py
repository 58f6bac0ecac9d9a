"""What is signed, beside the button that signs it: made by the server after every change of the entries.

The panel names the record, its content with the hash, the signer, the meaning and the statement, or says
what is still missing. The hash travels with the signature, and a signature on anything else is refused.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import ngettext
from sqlalchemy.orm import Session

from app.access.identity import check_may_sign
from app.access.models import Person
from app.inbox.errors import StatementMissing
from app.inbox.meanings import statement_text
from app.inbox.records import TaskView
from app.inbox.services import Review, review_shown
from app.web import current_actor, current_person, language
from app.web.filters import in_language
from app.web.rights import ROLES
from core.errors import FieldErrors, NotAllowed, QmsError
from forms.loader import Form
from forms.validate import Fields, flat


@dataclass(frozen=True)
class Missing:
    """One entry that keeps the step from being taken: its input, its name, what is wrong with it."""

    input_id: str
    label: str
    sentence: str


def outcome_of(session: Session, view: TaskView, typed: Fields, *, now: datetime) -> Review | QmsError:
    """What would be signed as the entries stand on the page being made, or why nothing can be."""
    try:
        return review_shown(session, view, typed, actor=current_actor(), now=now)
    except QmsError as error:
        return error


def sign_panel(
    session: Session,
    view: TaskView,
    typed: Fields,
    outcome: Review | QmsError,
    refusal: QmsError | None = None,
) -> dict[str, Any]:
    """Everything the panel prints, and why the button beside it rests; `refusal` is of the last password."""
    visitor = current_person()
    person = session.get_one(Person, visitor.id)
    signer = outcome.actor if isinstance(outcome, Review) else current_actor()
    role = ROLES.get(view.task.role, {"en": view.task.role, "zh": view.task.role})
    resting = _right_resting(person) if view.meaning_code else None
    return {
        "review": outcome if isinstance(outcome, Review) else None,
        "hidden": hidden_entries(view, typed) if isinstance(outcome, Review) else [],
        "missing": missing_entries(view.form, outcome),
        "resting": resting.text(language()) if resting else "",
        "hold": why_not_yet(resting, outcome),
        "signer": {"name": in_language(visitor.name), "role": role},
        "signs_for": in_language(signer.for_names) if signer.on_behalf_of else "",
        "signs_for_id": signer.on_behalf_of or "",
        "statement": statement_text(view.meaning_code, view.style.layout, signer).splitlines(),
        "statement_missing": isinstance(resting, StatementMissing),
        "password_error": refusal.text(language()) if refusal else "",
    }


def why_not_yet(resting: NotAllowed | None, outcome: Review | QmsError) -> str:
    """The sentence that says why the step cannot be taken as things stand; empty if it can."""
    if resting is not None:
        return resting.text(language())
    if isinstance(outcome, FieldErrors):
        return str(ngettext("%(num)d entry to complete", "%(num)d entries to complete", len(outcome.errors)))
    return outcome.text(language()) if isinstance(outcome, QmsError) else ""


def missing_entries(form: Form | None, outcome: Review | QmsError) -> list[Missing]:
    """The entries to complete or to mend, in the order of the form."""
    if form is None or not isinstance(outcome, FieldErrors):
        return []
    order = list(form.fields)
    found = sorted(outcome.errors.items(), key=lambda one: order.index(one[0].split(".")[0]))
    return [
        Missing("f-" + path.replace(".", "-"), _label(form, path), error.text(language()))
        for path, error in found
        if path.split(".")[0] in form.fields
    ]


def hidden_entries(view: TaskView, typed: Fields) -> list[tuple[str, str]]:
    """Copies of the entries that the panel shows; they are what is signed."""
    if view.form is None:
        return []
    return [(name, value) for name, values in flat(view.form, typed).items() for value in values]


def _right_resting(person: Person) -> NotAllowed | None:
    try:
        check_may_sign(person)
    except NotAllowed as resting:
        return resting
    return StatementMissing() if person.statement_accepted_at is None else None


def _label(form: Form, path: str) -> str:
    name, *place = path.split(".")
    field = form.fields[name]
    label = in_language(field.get("title"))
    if len(place) == 2:
        column = field["items"]["properties"].get(place[1], {})
        label = f"{label} {int(place[0]) + 1} · {in_language(column.get('title'))}"
    return label
