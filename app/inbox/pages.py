"""What the templates of the inbox print: words for due dates, facts about the case, copies of entries."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.inbox import policy, standing_in
from app.inbox.decisions import DecisionMade
from app.inbox.errors import SignedAlready, TrainingMissing
from app.inbox.meanings import meaning_text
from app.inbox.originals import changes, written_at
from app.inbox.queries import NOBODY, Filters, TaskRow, names_of, open_tasks, row_of
from app.inbox.records import TaskView, file_fields, files_of
from app.inbox.services import claimant_name, draft_of_person, has_signed, pending_entries
from app.inbox.standing_in import Principals
from app.organisation.standing import Principal
from app.web import current_actor, current_person, language
from app.web.filters import calendar_day, in_language, moment
from app.web.handing import may_hand_over
from app.web.rights import ROLES
from app.web.statuses import in_words
from core.errors import Invalid, QmsError
from core.types import Bilingual
from forms import pickers
from forms.beginnings import Begun, begin
from forms.critical import second_entries
from forms.loader import Form
from forms.originals import reasons
from forms.render import fields as rendered
from forms.validate import Fields, Saved, read
from forms.view import WhyAsked
from signatures.register import signatures_of
from workflows import diagram, repository
from workflows.history import performers_of
from workflows.models import TaskState

DAY = timedelta(days=1)
LOOK_AHEAD = 20  # so many tasks are looked at for one the person may take


def line(
    session: Session,
    found: Any,
    names: dict[Any, Bilingual],
    taken: policy.Taken,
    *,
    now: datetime,
    untrained: policy.Untrained | None = None,
    principals: Principals = NOBODY,
) -> dict[str, Any]:
    """One line of the list, ready to print; ``taken`` is who took which step of its case, ``untrained`` what
    training is missing by role and site, ``principals`` for whom the person stands in."""
    task, case, release = found
    row: TaskRow = row_of(task, case, release)
    actor = current_actor()
    barred_by = policy.excluded_by(session, task, {actor.id, *map(str, principals)}, taken)
    due_class, due_text = due_words(row.due_at, now=now)
    gap = (untrained or {}).get((task.role, task.site_id))
    return {
        **vars(row),
        "meaning": meaning_text(row.meaning_code) if row.meaning_code else None,
        "claimed_by_me": str(row.claimed_by) == actor.id,
        "claimed_by": in_language(names.get(row.claimed_by)) if row.claimed_by else "",
        "given_to": in_language(names.get(row.assigned_to)) if row.assigned_to else "",
        "given_to_me": str(row.assigned_to) == actor.id,
        "standing_for": standing_words(principals.get(standing_in.owner_of(task) or task.id)),
        "role_name": in_language(ROLES.get(row.role, {"en": row.role, "zh": row.role})),
        "new": not barred_by and actor.id not in (task.opened_by or {}),
        "due_class": due_class,
        "due_text": due_text,
        "barred": _barred(barred_by, gap),
    }


def lines(
    session: Session, found: Any, *, now: datetime, principals: Principals = NOBODY
) -> list[dict[str, Any]]:
    """The lines of one page of the list."""
    named = {one for task, _, _ in found for one in (task.claimed_by, task.assigned_to) if one}
    names = names_of(session, named)
    taken = performers_of(session, {case.id for _task, case, _release in found})
    tasks = [task for task, _case, _release in found]
    untrained = policy.untrained_in(session, tasks, actor=current_actor(), now=now)
    more: dict[str, Any] = {"untrained": untrained, "principals": principals}
    return [line(session, one, names, taken[one[1].id], now=now, **more) for one in found]


def standing_words(principal: Principal | None) -> str:
    """For whom a person stands in, and until when; empty if for nobody."""
    if principal is None:
        return ""
    name = in_language(principal.person.name)
    return str(_("For %(name)s, away until %(day)s", name=name, day=calendar_day(principal.until)))


def _barred(step: str | None, gap: Any) -> str:
    """Why the person may not take the step, in a few words; empty if he may."""
    if step:
        return str(_("You took part in an earlier step; somebody else takes this one."))
    if gap is not None:
        named = f"{gap.document.number}/{gap.revision.code}"
        return str(_("Training on %(document)s is missing.", document=named))
    return ""


def next_line(session: Session, *, now: datetime, principals: Principals = NOBODY) -> dict[str, Any] | None:
    """The task to take next, overdue first, of those this person may take; None if nothing waits for him."""
    person = current_person()
    waiting = open_tasks(person.id, person.grants, Filters(), now=now, principals=principals)
    found = session.execute(waiting.limit(LOOK_AHEAD)).all()
    rows = lines(session, found, now=now, principals=principals)
    return next((row for row in rows if not row["barred"]), None)


def due_words(due_at: datetime | None, *, now: datetime) -> tuple[str, str]:
    """Colour and words of a due date: overdue in red, today in amber."""
    if due_at is None:
        return "", ""
    left = due_at - now
    if left < timedelta(0):
        late = -left
        if late < DAY:
            return "tone tone-red", _("Overdue")
        return "tone tone-red", _("Overdue %(days)s d", days=late.days)
    if left < DAY:
        return "tone tone-yellow", _("Due within a day")
    return "tone tone-secondary", _("Due in %(days)s d", days=left.days)


def task_page(
    session: Session,
    view: TaskView,
    *,
    now: datetime,
    typed: Fields | None = None,
    errors: dict[str, Invalid] | None = None,
) -> dict[str, Any]:
    """Everything the task page prints, with what was typed: just now, or in this person's draft."""
    actor = current_actor()
    draft, saved_at = typed_so_far(view)
    claimed_by = claimant_name(session, view.task)
    over = view.task.state is not TaskState.OPEN
    principal = standing_in.principal_of(session, view.task, actor=actor, now=now)
    barred: QmsError | None = policy.refusal(session, view.task, actor=actor, now=now)
    if barred is None and has_signed(session, view, actor):
        barred = SignedAlready()
    return {
        "view": view,
        "now": now,
        "over": over,
        "barred": barred.text(language()) if barred else "",
        "training": isinstance(barred, TrainingMissing),
        "claimed_by": in_language(claimed_by),
        "claimed_by_me": str(view.task.claimed_by) == actor.id,
        "standing_for": standing_words(principal),
        "may_hand_over": not over and may_hand_over(current_person(), view.task),
        "saved_at": saved_at if typed is None else None,
        "about": about(view, now=now),
        "at": _place(view),
        "shown": view.shown,
        "decisions": [(made.name, decision_pairs(made)) for made in view.decisions],
        "ways": [(made.name, decision_pairs(made)) for made in view.ways],
        "fields": form_fields(session, view, draft if typed is None else typed, errors or {}),
        "pending": pending_entries(view),
        "signers": [one.signer_name for one in signatures_of(session, view.pending.id)]
        if view.pending
        else [],
        "sentences": [],
    }


def _place(view: TaskView) -> tuple[int, int] | None:
    """Where on the diagram of the case its step is."""
    drawing = repository.compiled(view.release).bpmn_xml
    return diagram.place_of(drawing, {view.task.element_id}, language())


def typed_so_far(view: TaskView) -> tuple[Fields, datetime | None]:
    """What this person's draft holds and when it was saved; before that what the form begins with."""
    draft, saved_at = draft_of_person(view.task, current_actor())
    if saved_at is None and view.form is not None:
        return Saved(_begun(view, view.form)), None
    return draft, saved_at


def _begun(view: TaskView, form: Form) -> Begun:
    """What the form begins with; an author who gets his step back finds what he had entered."""
    earlier = view.data.get(view.task.step) if view.meaning_code == "authored" else None
    return begin(form, view.data, earlier if isinstance(earlier, Mapping) else None)


def form_fields(session: Session, view: TaskView, typed: Fields, errors: dict[str, Invalid]) -> Any:
    """The inputs of the task's form with what was typed and what is wrong with it."""
    if view.form is None or view.pending is not None:
        return ""
    data = read(view.form, typed, prefill=view.given)
    names = {file.sha256: file.name for file in files_of(session, uploaded(view.form, data))}
    task_id = view.task.id
    return rendered(
        view.form,
        data,
        errors,
        lang=language(),
        prefill=view.given,
        files=names,
        upload_url="/attachments",
        whys=whys_asked(view, view.form, data, typed, errors),
        again=second_entries(view.form, typed),
        named=pickers.labels(view.form, session, data),
        suggest_url=url_for("inbox.suggestions", task_id=task_id, name="-").removesuffix("-"),
        add_to=next(iter(typed.getlist("_add")), ""),
        begun=_begun(view, view.form),
    )


def whys_asked(
    view: TaskView, form: Form, data: dict[str, Any], typed: Fields, errors: dict[str, Invalid]
) -> dict[str, WhyAsked]:
    """The inputs beside which the reason for a change is asked, with what stands there so far."""
    given = reasons(form, typed)
    return {
        one.path: WhyAsked(
            _(
                "So far: %(value)s, entered by %(name)s on %(when)s",
                value=in_language(before.shown),
                name=in_language(before.person_name),
                when=written_at(before, view),
            ),
            given.get(one.path, ""),
        )
        for one, before in changes(view, data)
        if one.value or one.path in errors
    }


def uploaded(form: Form, data: dict[str, Any]) -> list[str]:
    """The SHA-256 values of all files named in the entries."""
    return [sha256 for name in file_fields(form) for sha256 in data.get(name, ())]


def about(view: TaskView, *, now: datetime) -> list[tuple[str, Any]]:
    """Facts about the case beside the task."""
    due = due_words(view.task.due_at, now=now)[1]
    pairs = [
        (_("Case"), view.case.number),
        (
            _("Process"),
            f"{in_language(view.process_name)} {_('version %(number)s', number=view.release.version)}",
        ),
        (_("Site"), in_language(view.style.name)),
        (_("Role"), in_language(ROLES.get(view.task.role, {"en": view.task.role, "zh": view.task.role}))),
        (_("Case started"), moment(view.case.started_at)),
        (_("Due"), f"{due}" if due else ""),
    ]
    return [pair for pair in pairs if pair[1]]


def decision_pairs(made: DecisionMade) -> list[tuple[str, str]]:
    """Inputs, result, row hit and reason of a decision table, ready to print."""
    facts = made.facts
    if "asked" in facts:
        asked = [
            (in_language(one.get("told") or one["expression"]), in_language(in_words(one["value"])))
            for one in facts["asked"]
        ]
        taken = ", ".join(in_language(one) for one in facts["taken"])
        return [*asked, (_("Way taken"), taken)] if taken else asked
    pairs = [
        (in_language(one.get("label")), in_language(in_words(one.get("said", one.get("value")))))
        for one in facts.get("inputs") or ()
    ]
    labels, said = facts.get("labels") or {}, facts.get("said") or {}
    pairs += [
        (in_language(labels.get(name, name)), in_language(in_words(said.get(name, value))))
        for name, value in (facts.get("outputs") or {}).items()
        if value
    ]
    pairs.append((_("Row of the table"), ", ".join(facts.get("rows") or ())))
    reasons = [in_language(reason) for reason in facts.get("annotations") or () if reason]
    return [*pairs, (_("Why"), ("" if language() == "zh" else " ").join(reasons))] if reasons else pairs
