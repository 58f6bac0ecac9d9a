"""The bell, the list of notices, and how a person wants them by e-mail."""

import uuid

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response

from app.notifications import mail
from app.notifications.models import Notice, NoticePreference
from app.notifications.services import ChooseDelivery, choose_delivery, count_unread, mark_read
from app.notifications.wording import KINDS
from app.web import (
    SIGNED_IN,
    access,
    current_actor,
    current_person,
    db,
    language,
    paginate,
    piece,
    request_time,
    writing,
)
from core.errors import Invalid, NotFound
from core.languages import translate

bp = Blueprint("notifications", __name__)


@piece("notices_unread")
def unread() -> int:
    """Count the notices of the reader for the bell."""
    return count_unread(db.session(), current_person().id)


@piece("notice_preference")
def preference() -> NoticePreference | None:
    """Give the reader's wish about mail for the page of his account."""
    return db.session.get(NoticePreference, current_person().id)


@piece("mail_is_on")
def mail_is_on() -> bool:
    """Say whether this installation sends mail."""
    return mail.is_on()


@bp.app_template_global()
def say(msgid: str, **facts: object) -> str:
    """Say a sentence of a notice in the reader's language."""
    return translate(msgid, language(), **facts)


@bp.get("/notices")
@access(SIGNED_IN)
def index() -> str:
    """List the notices of the reader, the newest first."""
    mine = select(Notice).where(Notice.person_id == current_person().id)
    page = paginate(mine.order_by(Notice.created_at.desc(), Notice.id))
    return render_template("notifications/index.html", notices=page, kinds=KINDS)


@bp.post("/notices/read")
@access(SIGNED_IN)
def read_all() -> Response:
    """Mark all notices of the reader as read."""
    with writing() as session:
        mark_read(session, current_person().id, now=request_time())
    return redirect(url_for("notifications.index"))


@bp.post("/notices/<uuid:notice_id>")
@access(SIGNED_IN)
def follow(notice_id: uuid.UUID) -> Response:
    """Mark one notice as read and go to where it points."""
    with writing() as session:
        notice = session.get(Notice, notice_id)
        if notice is None or notice.person_id != current_person().id:
            raise NotFound("notice.none", "There is no such page, or not for you.")
        link = notice.link
        mark_read(session, current_person().id, notice_id=notice_id, now=request_time())
    return redirect(link)


@bp.get("/me/notices")
@access(SIGNED_IN)
def settings() -> str:
    """Show how the reader wants notices by e-mail."""
    return render_template("notifications/settings.html", errors={}, fields=None)


@bp.post("/me/notices")
@access(SIGNED_IN)
def choose() -> Response | tuple[str, int]:
    """Keep how the reader wants notices by e-mail."""
    command = ChooseDelivery(request.form.get("delivery", ""), request.form.get("email", ""))
    try:
        with writing() as session:
            choose_delivery(
                session, current_person().id, command, actor=current_actor(), now=request_time()
            )
    except Invalid as wrong:
        errors = {wrong.field or "": wrong}
        return render_template("notifications/settings.html", errors=errors, fields=command), 422
    flash(_("Saved."), "success")
    return redirect(url_for("access.me"))
