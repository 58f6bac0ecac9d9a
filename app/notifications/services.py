"""Telling people: notices in the product, and by e-mail through the outbox to those who want it (URS-133).

The relay calls :func:`gather` every few seconds. It reads the trail on from where it stopped; the notices,
their mails and how far it has read are one transaction, so a crash tells nobody twice and forgets nothing.
"""

import re
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from app.access.models import Person
from app.notifications import events, mail, reminders, stuck
from app.notifications.events import Event
from app.notifications.models import Delivery, Notice, NoticeDigest, NoticePreference, NoticeReader
from app.sites.queries import zones
from core import clock, outbox
from core.actor import Actor, system_actor
from core.db import read_session, unit_of_work
from core.errors import Invalid
from core.log import correlated
from signatures.audit_models import AuditHead
from workflows.models import TaskReminder

NOTIFIER = system_actor("notifier")
SEND = "notifications.send_mail"
AT_ONCE = 2000
"""Entries of the trail read in one go."""
LOOK = timedelta(minutes=5)
"""How often due times are looked at."""
DIGEST_HOUR = 7
"""From this hour of the person's own day on, the mail of the day is sent."""
KEPT = timedelta(days=180)
LONGEST_ADDRESS = 254
_WORD, _LABEL = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+", r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?"
ADDRESS = re.compile(rf"{_WORD}(\.{_WORD})*@{_LABEL}(\.{_LABEL})+")
"""An e-mail address that needs no quotes (RFC 5321, 4.1.2). Python's own reader of addresses fails in other
ways than by refusing."""


def gather(*, now: datetime) -> int:
    """Tell what has happened since the last time; give how many notices that made."""
    with read_session() as session:
        reader = session.get(NoticeReader, 1)
        head = session.scalar(select(AuditHead.seq)) or 0
        if reader is None:
            found, free, look = [], [], True  # what lay before the first look is nobody's news
        else:
            until = min(head, reader.seq + AT_ONCE)
            look = reader.looked_at is None or now - reader.looked_at >= LOOK
            found = [*events.in_trail(session, reader.seq, until, now=now), *events.of_jobs(session, now=now)]
            found += events.of_due_times(session, now=now) if look else []
            found += reminders.of_due_dates(session, now=now) if look else []
            again = _asked(session, reader, until, look=look, now=now)
            about = list(stuck.of_stuck(session, again, now=now))
            found += [one for one in about if isinstance(one, Event)]
            free = [one for one in about if not isinstance(one, Event)]
            found = _untold(session, found)
            head = until
    behind = reader is None or head - reader.seq >= AT_ONCE // 4
    if not (found or free or look or behind):
        return 0
    with unit_of_work(NOTIFIER, now=now) as session:
        made = _tell(session, found, reader.seq if reader else None, head, look=look, now=now)
        stuck.note(session, free, stuck=False, now=now)
        return made


def _asked(session: Session, reader: NoticeReader, until: int, *, look: bool, now: datetime) -> stuck.Asked:
    """Which steps are asked about again: after changes, and all when a day has begun somewhere."""
    new_day = look and (reader.looked_at is None or _day_has_begun(session, reader.looked_at, now))
    return stuck.Asked(every=True) if new_day else stuck.changed(session, reader.seq, until)


def _day_has_begun(session: Session, since: datetime, now: datetime) -> bool:
    """Whether a day has begun on a clock of a site or person: days begin and end roles and absences."""
    clocks = zones(session).union(session.scalars(select(Person.zone).distinct()))
    return any(clock.site_day(since, zone) != clock.site_day(now, zone) for zone in clocks)


def _untold(session: Session, found: Sequence[Event]) -> list[Event]:
    known = set(session.scalars(select(Notice.event).where(Notice.event.in_(events.names(found)))))
    fresh = {event.name: event for event in found if event.name not in known and event.people}
    return list(fresh.values())


def _tell(
    session: Session, found: Sequence[Event], read: int | None, until: int, *, look: bool, now: datetime
) -> int:
    """Write what was found, unless another relay has read on meanwhile."""
    reader = session.get(NoticeReader, 1, with_for_update=True, populate_existing=True)
    if (reader.seq if reader else None) != read:
        return 0
    if reader is None:
        reader = NoticeReader(id=1, seq=until)
        session.add(reader)
    made = sum(_notify(session, event, now=now) for event in found)
    stuck.note(session, [event.stuck for event in found if event.stuck], stuck=True, now=now)
    reader.seq = until
    if look:
        reader.looked_at = now
        _write_digests(session, now=now)
        session.execute(delete(Notice).where(Notice.created_at < now - KEPT))
    return made


def _notify(session: Session, event: Event, *, now: datetime) -> int:
    wishes = _wishes(session, event.people) if event.by_mail and mail.is_on() else {}
    if event.told is not None:
        told = sorted(str(one) for one in event.people)
        session.add(TaskReminder(**vars(event.told), told=told, told_at=now))
    for person_id in event.people:
        notice = Notice(
            person_id=person_id,
            event=event.name,
            kind=event.kind,
            facts=event.facts,
            link=event.link,
            created_at=now,
            correlation_id=event.correlation_id,
        )
        session.add(notice)
        session.flush()  # the job below names the notice
        if wishes.get(person_id) is Delivery.NOW:
            with correlated(event.correlation_id):
                outbox.later(session, SEND, {"notices": [str(notice.id)]}, key=f"mail:{notice.id}")
    return len(event.people)


def _wishes(session: Session, people: Collection[uuid.UUID]) -> dict[uuid.UUID, Delivery]:
    query = select(NoticePreference.person_id, NoticePreference.delivery)
    return dict(session.execute(query.where(NoticePreference.person_id.in_(people))).all())


def _write_digests(session: Session, *, now: datetime) -> None:
    """Have the mail of the day sent to whoever wants it, has news, and has not got one today."""
    if not mail.is_on():
        return
    daily = select(Person.id, Person.zone).join(NoticePreference, NoticePreference.person_id == Person.id)
    for person_id, zone in session.execute(daily.where(NoticePreference.delivery == Delivery.DAILY)).all():
        today, hour = clock.site_day(now, zone), clock.to_zone(now, zone).hour
        last = session.get(NoticeDigest, person_id)
        if hour < DIGEST_HOUR or (last is not None and last.day >= today):
            continue
        news = select(Notice.id).where(
            Notice.person_id == person_id, Notice.mailed_at.is_(None), Notice.read_at.is_(None)
        )
        ids = [str(one) for one in session.scalars(news.order_by(Notice.created_at))]
        if ids:
            outbox.later(session, SEND, {"notices": ids}, key=f"digest:{person_id}:{today}")
        session.merge(NoticeDigest(person_id=person_id, day=today))


@dataclass(frozen=True)
class ChooseDelivery:
    """How a person wants his notices by e-mail, and where."""

    delivery: str
    email: str


def choose_delivery(
    session: Session, person_id: uuid.UUID, command: ChooseDelivery, *, actor: Actor, now: datetime
) -> None:
    """Set how a person gets notices by e-mail.

    Raises:
        Invalid: no such way, or no usable address for it.
    """
    if command.delivery not in set(Delivery):
        raise Invalid("notice.delivery", "Choose how you want to be told.", field="delivery")
    how, email = Delivery(command.delivery), command.email.strip()
    if how is not Delivery.OFF or email:
        _check_address(email)
    known = session.get(NoticePreference, person_id)
    if known is None:
        session.add(NoticePreference(person_id=person_id, delivery=how, email=email))
    else:
        known.delivery, known.email = how, email


def _check_address(email: str) -> None:
    """An address as mail servers take it: one name, one domain, no sign that could begin another header."""
    if len(email) > LONGEST_ADDRESS or not ADDRESS.fullmatch(email):
        raise Invalid("notice.email", "Write one e-mail address, such as name@example.com.", field="email")


def mark_read(
    session: Session, person_id: uuid.UUID, *, now: datetime, notice_id: uuid.UUID | None = None
) -> None:
    """Mark one notice of a person as read, or all of them."""
    mine = update(Notice).where(Notice.person_id == person_id, Notice.read_at.is_(None))
    session.execute((mine if notice_id is None else mine.where(Notice.id == notice_id)).values(read_at=now))


def count_unread(session: Session, person_id: uuid.UUID) -> int:
    """How many notices a person has not read."""
    mine = select(func.count()).select_from(Notice).where(Notice.person_id == person_id)
    return session.scalar(mine.where(Notice.read_at.is_(None))) or 0
