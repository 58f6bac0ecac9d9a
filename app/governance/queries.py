"""Reads of the audit trail for those who inspect it: by who, what, when and object."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from app.access.models import Person
from signatures.audit_models import AuditEntry, AuditHead


@dataclass(frozen=True)
class TrailFilter:
    """What an auditor asked for; empty means everything. ``since`` is included, ``until`` is not; both aware.

    ``who`` is a login or ``system:<name>``; ``what`` an action; ``kind`` a table or type of subject;
    ``object_id`` the id of one object; ``text`` anything that stands in an entry, such as a lot number.
    """

    who: str = ""
    what: str = ""
    kind: str = ""
    object_id: str = ""
    text: str = ""
    since: datetime | None = None
    until: datetime | None = None

    @property
    def active(self) -> bool:
        """Whether anything narrows the trail."""
        return self != TrailFilter()


def trail(session: Session, wanted: TrailFilter) -> Select[AuditEntry]:
    """Make the query for the entries of the trail that fit, newest first."""
    query = select(AuditEntry).order_by(AuditEntry.seq.desc())
    exact = {
        AuditEntry.action: wanted.what,
        AuditEntry.subject_type: wanted.kind,
        AuditEntry.subject_id: wanted.object_id,
    }
    for column, value in exact.items():
        query = query.where(column == value) if value else query
    if wanted.who:
        query = query.where(AuditEntry.actor_id.in_(_actor_ids(session, wanted.who)))
    if wanted.since:
        query = query.where(AuditEntry.at >= wanted.since)
    if wanted.until:
        query = query.where(AuditEntry.at < wanted.until)
    return query.where(AuditEntry.entry.icontains(wanted.text, autoescape=True)) if wanted.text else query


def actions(session: Session) -> Sequence[str]:
    """List the actions that occur in the trail."""
    return session.scalars(select(AuditEntry.action).distinct().order_by(AuditEntry.action)).all()


def kinds(session: Session) -> Sequence[str]:
    """List the tables and types of subjects that occur in the trail."""
    return session.scalars(select(AuditEntry.subject_type).distinct().order_by(AuditEntry.subject_type)).all()


def logins(session: Session) -> Sequence[str]:
    """List the logins of all accounts, also of people who have left."""
    return session.scalars(select(Person.login).order_by(Person.login)).all()


def head(session: Session) -> AuditHead | None:
    """Give the end of the trail: its last number and hash."""
    return session.get(AuditHead, 1)


def _actor_ids(session: Session, who: str) -> list[str]:
    """Read who as a login, a part of a name, or the name of a part of the system."""
    text = who.strip()
    found = session.scalars(
        select(Person.id).where(
            or_(
                Person.login == text.lower(),
                Person.name["en"].as_string().icontains(text, autoescape=True),
                Person.name["zh"].as_string().icontains(text, autoescape=True),
            )
        )
    )
    return [*(str(person_id) for person_id in found), text]
