"""Verbs on corrective and preventive actions: register, plan, check, reopen, close (ISO 13485 8.5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from app.quality.capas import queries
from app.quality.capas.models import ActionKind, Capa, CapaAction, CapaOutcome, CapaState
from core.actor import Actor
from core.clock import site_day
from core.errors import Conflict, Invalid, NotAllowed
from documents.labels import N_
from signatures import audit
from workflows.models import ProcessCase

MOST_EXTENSIONS = 2


@dataclass(frozen=True)
class Wanted:
    """What a CAPA is about: ``source`` is the kind of its source, ``number`` the case that asked, if any."""

    title: str
    source: str
    number: str = ""
    risk: str = ""
    owner: str = ""


@dataclass(frozen=True)
class Planned:
    """One action of a plan; ``owner`` is a login, ``due`` a day at the site."""

    kind: ActionKind
    action: str
    owner: str
    due: date


def open_capa(session: Session, case: ProcessCase, wanted: Wanted, *, actor: Actor, now: datetime) -> Capa:
    """Register what a case is about; a corrected triage changes the row that is there.

    Raises:
        Conflict: ``capa.no_site``: the case belongs to no site.
    """
    if case.site_id is None:
        raise Conflict("capa.no_site", "A CAPA belongs to a site.")
    found = queries.of_case(session, case.id)
    if found is None:
        found = Capa(number=case.number, case_id=case.id, site_id=case.site_id, opened_at=now)
        session.add(found)
    found.title, found.source, found.source_number = wanted.title, wanted.source, wanted.number
    found.risk, found.owner = wanted.risk, wanted.owner
    session.flush()  # what follows in this transaction reads the row
    _tell(session, "capa.opened", found, title=found.title, source=wanted.number)
    return found


def set_plan(session: Session, found: Capa, planned: Sequence[Planned], *, now: datetime) -> int:
    """Note the actions of an approved plan, behind those of earlier plans; gives the number of the plan.

    Raises:
        Invalid: ``capa.no_action``: a plan has an action; ``capa.due_over``: its day has passed.
    """
    today = site_day(now, found.site.zone)
    if not planned:
        raise Invalid("capa.no_action", "A plan has at least one action.", field="actions")
    late = [one for one in planned if one.due < today]
    if late:
        sentence = N_("An action is due on %(due)s, which has passed.")
        raise Invalid("capa.due_over", sentence, field="actions", due=late[0].due)
    number = max((one.round for one in found.actions), default=0) + 1
    for position, one in enumerate(planned, start=1):
        fields = {"kind": one.kind, "action": one.action, "owner": one.owner, "due": one.due}
        found.actions.append(CapaAction(round=number, position=position, **fields))
    session.flush()  # closing counts them
    _tell(session, "capa.planned", found, plan=str(number), actions=str(len(planned)))
    return number


def finish_action(
    session: Session, found: Capa, position: int, *, actor: Actor, now: datetime
) -> CapaAction:
    """Note that an action of the newest plan is done.

    Raises:
        Conflict: ``capa.no_such_action``.
    """
    action = queries.action_of(found, position)
    action.done_at, action.done_by, action.done_by_name = now, actor.id, actor.name
    session.flush()  # closing counts what is open
    return action


def extend_action(session: Session, found: Capa, position: int, due: date, *, now: datetime) -> CapaAction:
    """Move the day of an action after a signed request; twice at most.

    Raises:
        Conflict: ``capa.no_such_action`` or ``capa.extensions``.
        Invalid: ``capa.due_earlier``: the new day is no later one.
    """
    action = queries.action_of(found, position)
    _refuse_third(action)
    if due <= max(action.due, site_day(now, found.site.zone) - timedelta(days=1)):
        sentence = N_("The new day is to be later than %(due)s.")
        raise Invalid("capa.due_earlier", sentence, field="new_due", due=action.due)
    return move_action(session, found, action, due)


def move_action(session: Session, found: Capa, action: CapaAction, due: date) -> CapaAction:
    """Move the day of an action to a later one; the day before stays noted.

    Raises:
        Conflict: ``capa.extensions``: it was moved twice already.
    """
    _refuse_third(action)
    action.due_before, action.due, action.extensions = action.due, due, action.extensions + 1
    session.flush()  # the version of the row moves on
    before = action.due_before.isoformat()
    _tell(session, "capa.action_extended", found, before=before, due=due.isoformat())
    return action


def _refuse_third(action: CapaAction) -> None:
    if action.extensions >= MOST_EXTENSIONS:
        raise Conflict("capa.extensions", "The day of an action is moved twice at most.")


def move_check(session: Session, found: Capa, due: date) -> Capa:
    """Move the day of the check of effectiveness after a signed request; the day before stays noted."""
    found.check_due_before, found.check_due = found.check_due, due
    session.flush()  # the version of the row moves on
    before = "" if found.check_due_before is None else found.check_due_before.isoformat()
    _tell(session, "capa.check_moved", found, before=before, due=due.isoformat())
    return found


@dataclass(frozen=True)
class Check:
    """When the effect is checked: some days from today, or after ``lots`` of an item, until a last day."""

    days: int
    lots: int | None = None
    item: str = ""
    until: date | None = None


def set_effectiveness_check(session: Session, found: Capa, check: Check, *, now: datetime) -> Capa:
    """Actions are done: note the day on which their effect is checked, or after how many lots.

    Raises:
        Conflict: ``capa.actions_open``.
        Invalid: ``capa.check_over``: the last day of waiting for lots has passed.
    """
    found.refuse_open_actions()
    today = site_day(now, found.site.zone)
    if check.until is not None and check.until < today:
        sentence = N_("The last day of waiting for lots, %(day)s, has passed.")
        raise Invalid("capa.check_over", sentence, field="check_until", day=check.until)
    found.check_due, found.check_due_before = check.until or today + timedelta(days=check.days), None
    found.check_lots, found.check_item, found.check_set_at = check.lots, check.item, now
    found.checks += 1
    found.state = CapaState.WATCHED
    session.flush()  # the version of the row moves on
    _tell(session, "capa.check_set", found, due=found.check_due.isoformat(), lots=str(check.lots or ""))
    return found


def reopen_capa(session: Session, found: Capa, *, now: datetime) -> Capa:
    """The check found it ineffective: causes are looked for again."""
    found.state, found.outcome = CapaState.OPEN, CapaOutcome.INEFFECTIVE
    found.check_due = found.check_due_before = None
    found.reopened += 1
    found.checks = 0
    session.flush()  # the version of the row moves on
    _tell(session, "capa.reopened", found, times=str(found.reopened))
    return found


def close_capa(session: Session, found: Capa, *, declined: bool, now: datetime) -> Capa:
    """Close it as effective, or decline it after triage.

    Raises:
        Conflict: ``capa.over`` or ``capa.actions_open``.
    """
    if declined:
        found.end(CapaState.DECLINED, None, now=now)
    else:
        found.end(CapaState.CLOSED, CapaOutcome.EFFECTIVE, now=now)
    session.flush()  # the version of the row moves on
    _tell(session, "capa.declined" if declined else "capa.closed", found)
    return found


def cancel_capa(session: Session, found: Capa, *, actor: Actor, now: datetime) -> Capa:
    """The case was cancelled: it ends here, whatever is not done of its plan.

    Raises:
        NotAllowed: ``capa.own``: its owner does not cancel it.
    """
    if actor.login == found.owner:
        raise NotAllowed("capa.own", "The owner of a CAPA does not cancel it.", number=found.number)
    undone = [f"{one.round}.{one.position}" for one in found.actions if one.done_at is None]
    found.end(CapaState.CANCELLED, None, now=now)
    session.flush()  # the version of the row moves on
    _tell(session, "capa.cancelled", found, undone=", ".join(undone))
    return found


def _tell(session: Session, action: str, found: Capa, **facts: str) -> None:
    told = {"capa": found.number, **facts}
    audit.record(session, action, subject=("quality.capa", found.id), facts=told)
