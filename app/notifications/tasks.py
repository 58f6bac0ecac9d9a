"""The job that gives a mail to the mail server (URS-133)."""

import uuid
from datetime import datetime
from email.message import EmailMessage
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session, joinedload

from app.access.models import PersonState
from app.notifications import mail
from app.notifications.models import Delivery, Notice, NoticePreference
from app.notifications.services import NOTIFIER, SEND
from core import clock, outbox
from core.db import read_session, unit_of_work


@outbox.job(SEND)
def send_mail(entry_id: uuid.UUID, payload: dict[str, Any], secret: bytes | None) -> None:
    """Send the notices of ``payload["notices"]`` in one mail, then strike the outbox entry.

    What was mailed or read meanwhile is left out, and nothing is sent to whoever wants none any more. Should
    the process die between sending and noting it, the mail is sent again under the same ``Message-ID``.

    Raises:
        OSError: the mail server does not answer or refuses; the outbox tries again later, with longer pauses.
        ValueError: no usable server is configured.
    """
    now = clock.now()
    ids = [uuid.UUID(one) for one in payload["notices"]]
    with read_session() as session:
        message = _message(session, ids, reference=str(entry_id), now=now)
    if message is not None:
        mail.send(message)
    with unit_of_work(NOTIFIER, now=now) as session:
        if message is not None:
            session.execute(update(Notice).where(Notice.id.in_(ids)).values(mailed_at=now))
        outbox.done(session, entry_id)


def _message(
    session: Session, ids: list[uuid.UUID], *, reference: str, now: datetime
) -> EmailMessage | None:
    waiting = select(Notice).where(Notice.id.in_(ids), Notice.mailed_at.is_(None), Notice.read_at.is_(None))
    notices = session.scalars(waiting.options(joinedload(Notice.person)).order_by(Notice.created_at)).all()
    if not notices or not mail.is_on():
        return None
    person = notices[0].person
    wish = session.get(NoticePreference, person.id)
    if wish is None or wish.delivery is Delivery.OFF or person.state is PersonState.LEFT:
        return None
    return mail.compose(notices, to=wish.email, language=person.language, reference=reference, now=now)
