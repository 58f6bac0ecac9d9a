"""The doors of handling: hand a step over to somebody else, cancel a case, take a step back, ask for time."""

import uuid
from dataclasses import replace

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.access.services import Refusal
from app.inbox.errors import Changed
from app.inbox.handling.cancelling import (
    MEANING,
    CancelCase,
    Cancellation,
    cancel,
    review_cancellation,
    role_to_cancel,
)
from app.inbox.handling.extending import AskForTime, ask_for_time, askable
from app.inbox.handling.handing import HandOver, check_may_hand_over, hand_over
from app.inbox.handling.taking_back import check_may_take_step_back, take_step_back
from app.inbox.meanings import statement_text
from app.inbox.proving import prove
from app.inbox.services import open_view
from app.training.eligible import eligible
from app.web import access, current_actor, db, language, request_time, writing
from app.web.filters import in_language
from app.web.rights import ROLES
from core.errors import Invalid, NotAllowed, NotFound, QmsError
from workflows.cancelling import check_may_end
from workflows.models import ProcessCase

Answer = str | Response | tuple[str, int]

bp = Blueprint("handling", __name__)


@bp.get("/inbox/<uuid:task_id>/hand-over")
@access("inbox.work")
def handing(task_id: uuid.UUID) -> Answer:
    """Ask to whom a step shall go, of those who may take it, and why."""
    return _handing_page(task_id)


@bp.post("/inbox/<uuid:task_id>/hand-over")
@access("inbox.work")
def hand(task_id: uuid.UUID) -> Answer:
    """Hand a step over."""
    form, actor, now = request.form, current_actor(), request_time()
    command = HandOver(task_id, form.get("person", ""), form.get("reason", ""))
    try:
        with writing() as session:
            task = hand_over(session, command, actor=actor, now=now)
    except (Invalid, NotAllowed) as refused:
        if refused.field is None:
            raise
        return _handing_page(task_id, refused=refused), refused.status
    flash(_("The step is handed over."), "success")
    return redirect(url_for("cases.show", case_id=task.case_id), code=303)


@bp.get("/cases/<uuid:case_id>/cancel")
@access("inbox.work")
def cancelling(case_id: uuid.UUID) -> Answer:
    """Ask why a case shall end."""
    return _cancel_page(case_id)


@bp.post("/cases/<uuid:case_id>/cancel")
@access("inbox.work")
def end(case_id: uuid.UUID) -> Answer:
    """Show what would be signed, and cancel the case once the person has proved himself again."""
    form, actor, now = request.form, current_actor(), request_time()
    command = CancelCase(case_id, form.get("reason", ""), form.get("seen", ""), language())
    try:
        wanted = review_cancellation(db.session(), command, actor=actor, now=now)
        if not command.seen:
            return _cancel_page(case_id, wanted=wanted)
        proof = prove(form)
        if isinstance(proof, Refusal):
            return _cancel_page(case_id, wanted=wanted, unproven=proof.error), proof.error.status
        with writing() as session:
            record = cancel(session, replace(command, method=proof.method), actor=actor, now=now)
    except (Invalid, Changed) as refused:
        return _cancel_page(case_id, refused=refused), refused.status
    flash(
        _("The case is cancelled. Record %(number)s is being printed and sealed.", number=record.number),
        "success",
    )
    return redirect(url_for("cases.show", case_id=case_id), code=303)


def _cancel_page(
    case_id: uuid.UUID,
    *,
    wanted: Cancellation | None = None,
    refused: QmsError | None = None,
    unproven: QmsError | None = None,
) -> str:
    session = db.session()
    case = session.get(ProcessCase, case_id)
    if case is None:
        raise NotFound("case.unknown", "There is no such case, or not for you.")
    role_to_cancel(session, case, actor=current_actor(), now=request_time())
    check_may_end(session, case)
    statement = statement_text(MEANING, wanted.style.layout).splitlines() if wanted else []
    return render_template(
        "handling/cancel.html",
        case=case,
        wanted=wanted,
        role=ROLES.get(wanted.role) if wanted else None,
        statement=statement,
        errors={refused.field: refused} if refused is not None and refused.field else {},
        sentence=refused.text(language()) if refused is not None and not refused.field else "",
        password_error=unproven.text(language()) if unproven else "",
        reason=request.form.get("reason", ""),
        now=request_time(),
    )


@bp.get("/inbox/<uuid:task_id>/take-back")
@access("inbox.work")
def taking_back(task_id: uuid.UUID) -> Answer:
    """Ask why a completed step is taken back."""
    return _take_back_page(task_id)


@bp.post("/inbox/<uuid:task_id>/take-back")
@access("inbox.work")
def take_back(task_id: uuid.UUID) -> Answer:
    """Take a completed step back; its entries stand in the draft of the step that is open again."""
    reason, actor, now = request.form.get("reason", ""), current_actor(), request_time()
    try:
        with writing() as session:
            again = take_step_back(session, task_id, reason, actor=actor, now=now)
    except Invalid as refused:
        return _take_back_page(task_id, refused), refused.status
    flash(_("The step is taken back and open again."), "success")
    return redirect(url_for("inbox.task", task_id=again.id), code=303)


def _take_back_page(task_id: uuid.UUID, refused: QmsError | None = None) -> str:
    session = db.session()
    task = check_may_take_step_back(session, task_id, actor=current_actor(), now=request_time())
    return render_template(
        "handling/take_back.html",
        task=task,
        case=session.get_one(ProcessCase, task.case_id),
        errors={"reason": refused} if refused is not None else {},
        reason=request.form.get("reason", ""),
    )


@bp.get("/inbox/<uuid:task_id>/more-time")
@access("inbox.work")
def asking_for_time(task_id: uuid.UUID) -> Answer:
    """Ask until when a step shall have time, and why."""
    return _time_page(task_id)


@bp.post("/inbox/<uuid:task_id>/more-time")
@access("inbox.work")
def more_time(task_id: uuid.UUID) -> Answer:
    """Start the request for a later due date."""
    command = AskForTime(task_id, request.form.get("day", ""), request.form.get("reason", ""))
    try:
        with writing() as session:
            asked = ask_for_time(session, command, actor=current_actor(), now=request_time())
    except Invalid as refused:
        return _time_page(task_id, refused), refused.status
    flash(_("%(number)s asks for more time. Somebody else decides.", number=asked.number), "success")
    return redirect(url_for("cases.show", case_id=asked.id), code=303)


def _time_page(task_id: uuid.UUID, refused: QmsError | None = None) -> str:
    session = db.session()
    task = askable(session, task_id, actor=current_actor(), now=request_time())
    return render_template(
        "handling/more_time.html",
        task=task,
        case=session.get_one(ProcessCase, task.case_id),
        errors={refused.field: refused} if refused is not None and refused.field else {},
        typed=request.form,
    )


def _handing_page(task_id: uuid.UUID, refused: QmsError | None = None) -> str:
    session, now = db.session(), request_time()
    view = open_view(session, task_id)
    check_may_hand_over(session, view.task, actor=current_actor(), now=now)
    who = eligible(session, view.task, now=now, whoever=True)
    others = [one for one in who.free if one.id != view.task.assigned_to]
    people = [(one.login, f"{in_language(one.name)} ({one.login})") for one in others]
    errors = {refused.field: refused} if refused is not None and refused.field else {}
    return render_template(
        "handling/hand_over.html", view=view, people=people, errors=errors, typed=request.form
    )
