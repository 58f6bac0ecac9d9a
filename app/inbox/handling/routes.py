"""The doors of handling: hand a step over to somebody else."""

import uuid

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.inbox.handling.handing import HandOver, check_may_hand_over, hand_over
from app.inbox.services import open_view
from app.training.eligible import eligible
from app.web import access, current_actor, db, request_time, writing
from app.web.filters import in_language
from core.errors import Invalid, NotAllowed, QmsError

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
