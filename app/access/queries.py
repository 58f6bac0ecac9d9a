"""Who has which account and role; days are those of the caller's calendar, usually the site's."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Date,
    FromClause,
    Select,
    and_,
    bindparam,
    or_,
    select,
    true,
)
from sqlalchemy.orm import Session

from app.access.models import (
    GrantState,
    IdentityCheck,
    PasswordPolicy,
    Person,
    PersonState,
    RoleGrant,
    SecurityNotice,
)
from app.web.models import WebSession
from core.clock import site_day
from core.tables import on_tables, table_of
from core.types import Bilingual
from signatures.audit_models import AuditEntry
from workflows.persons import person_finder

PARTS: dict[str, Bilingual] = {
    "calendar": {"en": "Calendar", "zh": "日历"},
    "clock": {"en": "Clock", "zh": "时钟"},
    "demo": {"en": "Demo plant", "zh": "演示工厂"},
    "imports": {"en": "Import of lists", "zh": "清单导入"},
    "init": {"en": "Set-up", "zh": "系统设置"},
    "message": {"en": "Messages", "zh": "流程消息"},
    "migration": {"en": "Change of the schema", "zh": "数据库升级"},
    "notifier": {"en": "Notices", "zh": "通知"},
    "qms": {"en": "Command line", "zh": "命令行"},
    "relay": {"en": "Job relay", "zh": "任务分发"},
    "sealer": {"en": "Sealing of records", "zh": "记录封存"},
    "search": {"en": "Search", "zh": "搜索"},
    "timer": {"en": "Timers", "zh": "定时器"},
    "web": {"en": "Web pages", "zh": "网页"},
    "worker": {"en": "Background jobs", "zh": "后台任务"},
}
"""What the parts of the system are called that act on their own account (``core.actor.system_actor``)."""


class HeldRole(NamedTuple):
    """A role held at a site (``None``: every site), and who granted it."""

    role: str
    site_id: uuid.UUID | None
    granted_by: str


class Holder(NamedTuple):
    """What every request needs of the person whose account it is."""

    id: uuid.UUID
    login: str
    name: dict[str, str]
    language: str
    zone: str
    home_site_id: uuid.UUID | None
    state: PersonState
    password_changed_at: datetime
    must_change_password: bool
    statement_record_id: uuid.UUID | None


@dataclass(frozen=True)
class Account:
    """A person with what decides at every request what he may do: his grants, and the age of a password.

    ``grants`` are (role, site, first day, last day) of those in effect; ``oldest_days`` is None while the
    delivered rules hold.
    """

    person: Holder
    oldest_days: int | None
    grants: Sequence[tuple[str, uuid.UUID | None, date, date | None]]

    def roles(self, *, on: date) -> frozenset[tuple[str, uuid.UUID | None]]:
        """Give the pairs of role and site that hold on a day, as :func:`roles_of` does."""
        return frozenset(
            (role, site_id)
            for role, site_id, first, last in self.grants
            if first <= on and (last is None or last >= on)
        )


_PERSON, _GRANT, _POLICY = table_of(Person), table_of(RoleGrant), table_of(PasswordPolicy)
_WEB = table_of(WebSession)
_OF_ACCOUNT = (
    *(_PERSON.c[name] for name in Holder._fields),
    _POLICY.c.oldest_days,
    _GRANT.c.role,
    _GRANT.c.site_id,
    _GRANT.c.valid_from,
    _GRANT.c.valid_to,
)
_IN_EFFECT = and_(_GRANT.c.person_id == _PERSON.c.id, _GRANT.c.state == GrantState.EFFECTIVE)


def _accounts(persons: FromClause) -> Select[Any]:
    return (
        select(*_OF_ACCOUNT)
        .select_from(persons)
        .outerjoin(_GRANT, _IN_EFFECT)
        .outerjoin(_POLICY, _POLICY.c.id == 1)
    )


_ACCOUNT = _accounts(_PERSON).where(_PERSON.c.id == bindparam("person_id"))
_SIGNED_IN = (
    _accounts(_WEB.outerjoin(_PERSON, _PERSON.c.id == _WEB.c.person_id))
    .add_columns(*_WEB.c)
    .where(_WEB.c.token_sha256 == bindparam("digest"))
)


def account_of(session: Session, person_id: uuid.UUID) -> Account | None:
    """Read a person's account in one statement."""
    return _account(on_tables(session, _ACCOUNT, {"person_id": person_id}).all())


def session_with_account(session: Session, digest: str) -> tuple[Any, Account | None]:
    """Read the row of a browser's session and the account of who is signed in by it, in one statement."""
    rows = on_tables(session, _SIGNED_IN, {"digest": digest}).all()
    return (rows[0], _account(rows)) if rows else (None, None)


def _account(rows: Sequence[Any]) -> Account | None:
    if not rows or rows[0].login is None:
        return None
    holds = [row for row in rows if row.role is not None]
    grants = [(row.role, row.site_id, row.valid_from, row.valid_to) for row in holds]
    return Account(Holder(*rows[0][: len(Holder._fields)]), rows[0].oldest_days, grants)


def person_by_login(session: Session, login: str, *, lock: bool = False) -> Person | None:
    """Find the account of a login, in any case of letters; locked when its failures will be counted."""
    query = select(Person).where(Person.login == login.strip().lower())
    return session.scalar(query.with_for_update() if lock else query)


@person_finder
def person_with_login(session: Session, login: str) -> uuid.UUID | None:
    """Give the key of the account with a login, in any case of letters; None if nobody has it."""
    return session.scalar(select(Person.id).where(Person.login == login.strip().lower()))


def roles_of(session: Session, person_id: uuid.UUID, *, on: date) -> frozenset[tuple[str, uuid.UUID | None]]:
    """Give the pairs of role and site (``None``: every site) a person holds on a day."""
    rows = session.execute(
        select(RoleGrant.role, RoleGrant.site_id).where(RoleGrant.person_id == person_id, _holds(on))
    )
    return frozenset((role, site_id) for role, site_id in rows)


def has_role(session: Session, person_id: uuid.UUID, role: str, site_id: uuid.UUID, on: date) -> bool:
    """Whether somebody who has not left holds a role at a site on a day, by a grant for it or for all."""
    held = (
        select(RoleGrant.id)
        .join(RoleGrant.person)
        .where(
            RoleGrant.person_id == person_id,
            RoleGrant.role == role,
            or_(RoleGrant.site_id == site_id, RoleGrant.site_id.is_(None)),
            Person.state != PersonState.LEFT,
            _holds(on),
        )
    )
    return session.scalar(held.limit(1)) is not None


def persons_with_role(
    session: Session, role: str, site_id: uuid.UUID | None, *, on: date
) -> Sequence[Person]:
    """List the active persons who hold a role at a site on a day, by login; ``None``: at any site."""
    at_site = or_(RoleGrant.site_id == site_id, RoleGrant.site_id.is_(None)) if site_id else true()
    query = (
        select(Person)
        .join(RoleGrant, RoleGrant.person_id == Person.id)
        .where(RoleGrant.role == role, at_site, _holds(on), Person.state == PersonState.ACTIVE)
        .order_by(Person.login)
        .distinct()
    )
    return session.scalars(query).all()


def holders(
    session: Session, persons: Collection[uuid.UUID], roles: Collection[str], *, on: date
) -> dict[uuid.UUID, list[HeldRole]]:
    """Which of some roles some persons hold on a day, each with whoever granted it."""
    columns = (RoleGrant.person_id, RoleGrant.role, RoleGrant.site_id, RoleGrant.granted_by)
    query = select(*columns).where(RoleGrant.person_id.in_(persons), RoleGrant.role.in_(roles), _holds(on))
    found: dict[uuid.UUID, list[HeldRole]] = {}
    for person_id, role, site_id, granted_by in session.execute(query):
        found.setdefault(person_id, []).append(HeldRole(role, site_id, granted_by))
    return found


_NAMES = select(_PERSON.c.id, _PERSON.c.name).where(_PERSON.c.id.in_(bindparam("ids", expanding=True)))


def names_of(session: Session, actor_ids: Collection[object]) -> dict[str, Bilingual]:
    """Find the names of those who acted, people and parts of the system, by the id their rows keep."""
    texts = {str(one) for one in actor_ids if one}
    ids = {uuid.UUID(one) for one in texts if not one.startswith("system:")}
    rows = on_tables(session, _NAMES, {"ids": list(ids)}) if ids else ()
    parts = {one: PARTS[name] for one in texts if (name := one.removeprefix("system:")) in PARTS}
    return {str(person_id): name for person_id, name in rows} | parts


def name_of(session: Session, actor_id: object, written: str | None) -> Bilingual | str:
    """Give the name of one who acted in both languages, or what was written down when there is no account."""
    return names_of(session, [actor_id]).get(str(actor_id), written or "")


def people(text: str = "") -> Select[Person]:
    """Make the query for the list of people, by part of the login."""
    query = select(Person).order_by(Person.login)
    return (
        query.where(Person.login.contains(text.strip().lower(), autoescape=True)) if text.strip() else query
    )


def people_by_login(logins: Collection[str]) -> Select[Person]:
    """Make the query for the active accounts with these logins."""
    return select(Person).where(Person.login.in_(logins), Person.state == PersonState.ACTIVE)


def open_notices(session: Session) -> Sequence[SecurityNotice]:
    """List the security notices nobody has looked at yet, newest first."""
    return session.scalars(
        select(SecurityNotice).where(SecurityNotice.seen_at.is_(None)).order_by(SecurityNotice.at.desc())
    ).all()


def proposed_grants(session: Session) -> Sequence[RoleGrant]:
    """List the grants that wait for a second person, oldest first."""
    query = select(RoleGrant).where(RoleGrant.state == GrantState.PROPOSED).order_by(RoleGrant.granted_at)
    return session.scalars(query).all()


def suspended(session: Session) -> Sequence[Person]:
    """List the active persons whose right to sign waits for a new proof of identity."""
    query = select(Person).where(Person.signing_suspended_at.is_not(None), Person.state == PersonState.ACTIVE)
    return session.scalars(query.order_by(Person.login)).all()


def identity_checks(session: Session, person_id: uuid.UUID) -> Sequence[IdentityCheck]:
    """List the proofs of identity recorded for a person, newest first."""
    query = select(IdentityCheck).where(IdentityCheck.person_id == person_id)
    return session.scalars(query.order_by(IdentityCheck.at.desc())).all()


def left_on(session: Session, person: Person) -> date | None:
    """The day of his calendar on which somebody has left, None while he is there."""
    if person.state is not PersonState.LEFT:
        return None
    closed = select(AuditEntry.at).where(
        AuditEntry.subject_type == "person",
        AuditEntry.subject_id == str(person.id),
        AuditEntry.action == "account.closed",
    )
    at = session.scalar(closed.order_by(AuditEntry.seq.desc()).limit(1))
    return site_day(at, person.zone) if at is not None else None


def grants_of(session: Session, person_id: uuid.UUID, *, on: date) -> Sequence[HeldRole]:
    """List the roles that a person holds on a day, each with whoever granted it."""
    rows = on_tables(session, grants_query(), {"person_id": person_id, "on": on})
    return [HeldRole(*row) for row in rows]


@cache
def grants_query() -> Select[Any]:
    """Give the query for :func:`grants_of`, to which a caller may add what he wants to know besides.

    Whose grants, and on which day, are given to it as ``person_id`` and ``on``.
    """
    columns = (_GRANT.c.role, _GRANT.c.site_id, _GRANT.c.granted_by)
    own = _GRANT.c.person_id == bindparam("person_id")
    return select(*columns).where(own, _holds(bindparam("on", type_=Date())))


def _holds(on: date | BindParameter[date]) -> ColumnElement[bool]:
    return and_(
        _GRANT.c.state == GrantState.EFFECTIVE,
        _GRANT.c.valid_from <= on,
        or_(_GRANT.c.valid_to.is_(None), _GRANT.c.valid_to >= on),
    )
