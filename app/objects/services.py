"""Verbs on objects: propose a change, store or refuse it; lay files beside an object; keep filters.

A change of a signed kind holds when a second person has signed it (bpmn/object_change); others hold at once,
with their reason in the trail. Both are checked again in the transaction that stores them (URS-030, URS-148,
ISO 13485:2016 4.2.4).
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, BinaryIO

from sqlalchemy.orm import Session

from app.objects import queries
from app.objects.kinds import ObjectKind, kind_of
from app.objects.models import ChangeState, ObjectChange, ObjectFile, SavedFilter, Verb
from app.objects.reading import Checked, Raw, check_rows, key_of_rows
from app.objects.revisions import Revisioned
from app.objects.texts import plain, raw_row
from core import effectivity
from core.actor import Actor
from core.db import lock_row
from core.errors import Conflict, FieldErrors, Invalid, NotFound, QmsError
from core.types import Bilingual, JsonDict
from documents import uploads
from documents.sheets.examining import store_rows
from documents.sheets.rows import Reach, Row
from signatures import audit
from workflows import runtime
from workflows.places import day_at

PROCESS, SUBJECT = "object_change", "objects.change"
_DAYS = (Verb.TAKE_EFFECT, Verb.END)
"""What puts a revision into force or ends it: a second person signs it, whatever the kind."""


@dataclass(frozen=True)
class ProposeChange:
    """What somebody wants of an object: ``of`` is None for a new one; ``rows`` are those of its list.

    ``site_id`` is the site whose quality assurance decides, ``day`` the day a revision begins or ends.
    """

    kind: ObjectKind
    verb: Verb
    reason: str
    site_id: uuid.UUID
    of: Any = None
    rows: Sequence[Raw] = ()
    day: date | None = None
    reach: Reach = None


def propose_change(session: Session, command: ProposeChange, *, actor: Actor, now: datetime) -> ObjectChange:
    """Check a change and propose it, or store it at once where no second person is needed.

    Raises:
        FieldErrors: what is wrong, by field; nothing is kept.
        Conflict: ``change.nothing``: nothing would be different; ``change.waiting``: another one waits.
    """
    kind, errors = command.kind, dict[str, QmsError]()
    if not command.reason.strip():
        errors["reason"] = Invalid("change.reason", "Say why this is changed.", field="reason")
    rows, before = _wanted(session, command, errors, now)
    if errors:
        raise FieldErrors(errors)  # type: ignore[arg-type]
    _must_be_alone(session, command)
    _give_key(session, command, rows, now)
    if kind.tried:
        _try_out(session, command, rows, actor=actor, now=now)
    change = ObjectChange(
        kind=kind.name,
        verb=command.verb,
        object_id=command.of.id if command.of is not None else None,
        label=_label(kind, command.of, rows),
        rows=[raw_row(row.values) for row in rows],
        before=before,
        day=command.day,
        reason=command.reason.strip(),
        site_id=command.site_id,
        proposed_by=actor.id,
        proposed_by_name=actor.name,
        proposed_at=now,
    )
    session.add(change)
    session.flush()  # the case and the trail name the change
    if command.verb in _DAYS or (kind.signed and not _holds_at_once(kind, change)):
        _start_case(session, kind, change, actor=actor, now=now)
    else:
        apply_change(session, change, actor=actor, now=now)
    return change


def apply_change(session: Session, change: ObjectChange, *, actor: Actor, now: datetime) -> Any:
    """Store what was proposed, after checking it again against what is there now; gives the object.

    Raises:
        Conflict: ``change.overtaken``, or ``change.decided``.
    """
    kind = kind_of(change.kind)
    change.decide(ChangeState.APPLIED, by=actor.id, at=now)
    of = _locked(session, kind, change)
    if change.verb in _DAYS:
        _apply_day(session, kind, change, of, now)
    else:
        of = _apply_rows(session, kind, change, of, actor, now)
    change.object_id = of.id
    session.flush()  # the trail names the new row
    facts = {"label": change.label, "reason": change.reason, "change": change.id, "day": change.day}
    audit.record(session, f"object.{_PAST[change.verb]}", subject=(kind.name, of.id), facts=facts)
    return of


def refuse_change(
    session: Session, change: ObjectChange, *, reason: str, actor: Actor, now: datetime
) -> None:
    """Refuse a proposed change, with the reason.

    Raises:
        Conflict: ``change.decided``.
    """
    change.decide(ChangeState.REFUSED, by=actor.id, at=now)
    subject = (change.kind, change.object_id or change.id)
    audit.record(session, "object.change_refused", subject=subject, facts={"reason": reason})


@dataclass(frozen=True)
class NewFile:
    """A file somebody lays beside an object, with a note on what it is."""

    stream: BinaryIO
    name: str
    note: str


def add_file(
    session: Session, kind: ObjectKind, of: Any, new: NewFile, *, actor: Actor, now: datetime
) -> ObjectFile:
    """Lay a file beside an object.

    Raises:
        Conflict: ``revision.frozen``: what an approved revision says, its files say too.
        Invalid: it is no file that is taken (documents.uploads).
    """
    must_be_open(of)
    stored = uploads.accept(session, new.stream, new.name, actor=actor, now=now)
    laid = ObjectFile(
        kind=kind.name,
        object_id=of.id,
        sha256=stored.sha256,
        name=uploads.clean_name(new.name),
        size=stored.size,
        note=new.note.strip(),
        added_by=actor.id,
        added_by_name=actor.name,
        added_at=now,
    )
    session.add(laid)
    session.flush()  # the page that follows names it
    return laid


def remove_file(session: Session, laid: ObjectFile, *, now: datetime) -> None:
    """Take a file away from an object; the file and that it lay here stay readable in the trail.

    Raises:
        Conflict: ``revision.frozen``.
    """
    must_be_open(session.get(kind_of(laid.kind).model, laid.object_id))
    laid.removed_at = laid.removed_at or now


def save_filter(
    session: Session, person_id: uuid.UUID, kind: str, name: str, chosen: Mapping[str, str]
) -> SavedFilter:
    """Keep a person's choice of a list under a name; the same name again replaces it.

    Raises:
        Invalid: ``filter.name``.
    """
    name = " ".join(name.split())[:60]
    if not name:
        raise Invalid("filter.name", "Give the filter a name.", field="filter_name")
    kept = queries.saved_filter(session, person_id, kind, name)
    if kept is None:
        kept = SavedFilter(person_id=person_id, kind=kind, name=name)
        session.add(kept)
    kept.chosen = dict(chosen)
    return kept


_PAST = {
    Verb.OPEN: "opened",
    Verb.CHANGE: "changed",
    Verb.TAKE_EFFECT: "made_effective",
    Verb.END: "ended",
}


def _wanted(
    session: Session, command: ProposeChange, errors: dict[str, QmsError], now: datetime
) -> tuple[list[Row], JsonDict | None]:
    """The rows that are asked for, and what is there now."""
    kind, of = command.kind, command.of
    if command.verb in _DAYS:
        _check_day(session, command, errors, now)
        return [], before_of(session, kind, of)
    must_be_open(of)
    checked = check_rows(session, kind, command.rows, command.reach, of=of)
    errors |= checked.errors
    before = before_of(session, kind, of) if of is not None else None
    if not errors and before is not None and not _differs(kind, checked, before):
        raise Conflict("change.nothing", "Nothing would be different. Change a field first.")
    return checked.rows, before


def must_be_open(of: Any) -> None:
    """Refuse to touch a revision that has been approved; other objects change by their own rules.

    Raises:
        Conflict: ``revision.frozen``.
    """
    if of is not None and hasattr(of, "effective_from"):
        effectivity.must_be_draft(of)


def _check_day(session: Session, command: ProposeChange, errors: dict[str, QmsError], now: datetime) -> None:
    """Refuse a day where it is chosen, not only when the second person has signed."""
    kind, of, day = command.kind, command.of, command.day
    if day is None:
        errors["day"] = Invalid("change.day", "Choose a day.", field="day")
        return
    today = day_at(session, command.site_id, now)
    try:
        others = queries.siblings(session, kind, of)
        if command.verb is Verb.END:
            effectivity.must_end(of, others, last_day=day, today=today)
        else:
            kind.ready(session, of)
            effectivity.must_fit(of, others, effective_from=day, today=today)
    except (Invalid, Conflict) as wrong:
        if wrong.code in ("revision.not_draft", "revision.not_approved"):
            raise
        errors["day"] = wrong


def before_of(session: Session, kind: ObjectKind, of: Any) -> JsonDict:
    """What an object holds, as a change keeps it: its columns, and its lines if it has any."""
    [values] = kind.values_of(session, [of])
    held: JsonDict = {"values": raw_row(values)}
    if kind.lines is not None:
        held["lines"] = [raw_row(line) for line in kind.lines(session, of)]
    return held


def _differs(kind: ObjectKind, checked: Checked, before: JsonDict) -> bool:
    wanted = [raw_row(row.values) for row in checked.rows]
    if kind.lines is None:
        known = {column.key for column in kind.listed.columns}
        return bool(wanted[0] != {key: text for key, text in before["values"].items() if key in known})
    return bool(wanted != before["lines"])


def _label(kind: ObjectKind, of: Any, rows: Sequence[Row]) -> Bilingual:
    named = kind.label(of) if of is not None else " / ".join(str(part) for part in key_of_rows(kind, rows))
    return named if isinstance(named, dict) else {"en": named, "zh": named}


def _must_be_alone(session: Session, command: ProposeChange) -> None:
    if command.of is not None and (waiting := queries.waiting_change(session, command.kind, command.of.id)):
        raise Conflict(
            "change.waiting",
            "Another change of this object waits for a decision: %(case)s.",
            case=waiting.case.number if waiting.case else "–",
        )


def _give_key(session: Session, command: ProposeChange, rows: Sequence[Row], now: datetime) -> None:
    """Number a new object whose key nobody has typed."""
    kind = command.kind
    if command.of is None and kind.numbered is not None and None in key_of_rows(kind, rows):
        given = kind.numbered(session, rows[0], now)
        for row in rows:
            row.values = {**row.values, **given}


def _holds_at_once(kind: ObjectKind, change: ObjectChange) -> bool:
    before = change.before["values"] if change.before is not None else None
    return kind.at_once(before, change.rows)


def _try_out(
    session: Session, command: ProposeChange, rows: Sequence[Row], *, actor: Actor, now: datetime
) -> None:
    """Store what is proposed and undo it, to hear what would be wrong."""
    if command.of is None or command.kind.replace is None:
        return
    trial = session.begin_nested()
    try:
        command.kind.replace(session, command.of, rows, actor=actor, now=now)
    finally:
        trial.rollback()


def _start_case(
    session: Session, kind: ObjectKind, change: ObjectChange, *, actor: Actor, now: datetime
) -> None:
    case = runtime.start_case(
        session,
        PROCESS,
        title={lang: f"{kind.title[lang]} · {change.label[lang]}" for lang in ("en", "zh")},
        site_id=change.site_id,
        subject=(SUBJECT, change.id),
        data={
            "change": {
                "id": str(change.id),
                "kind": kind.name,
                "verb": change.verb.value,
                "label": change.label,
            },
            "sites": {"plant": str(change.site_id)},
        },
        actor=actor,
        now=now,
    )
    change.case_id, change.case = case.id, case


def _locked(session: Session, kind: ObjectKind, change: ObjectChange) -> Any:
    if change.object_id is None:
        return None
    found = session.get(kind.model, change.object_id)
    if found is None:
        raise NotFound("object.unknown", "There is no such object.")
    if isinstance(found, Revisioned):
        return queries.lock_revision(session, found)
    return lock_row(session, kind.model, change.object_id)


def _apply_rows(
    session: Session, kind: ObjectKind, change: ObjectChange, of: Any, actor: Actor, now: datetime
) -> Any:
    if of is not None and plain(before_of(session, kind, of)) != plain(change.before or {}):
        raise _overtaken("It has been changed since.")
    checked = check_rows(session, kind, change.rows, None, of=of)
    for error in checked.errors.values():
        raise _overtaken({lang: error.text(lang) for lang in ("en", "zh")})
    if of is not None and kind.replace is not None:
        if hasattr(of, "effective_from"):
            effectivity.must_be_draft(of)
        kind.replace(session, of, checked.rows, actor=actor, now=now)
    else:
        store_rows(session, kind.listed, checked.rows, actor=actor, now=now)
    session.flush()  # a new object is found by its key
    return of if of is not None else kind.find(session, key_of_rows(kind, checked.rows))


def _apply_day(session: Session, kind: ObjectKind, change: ObjectChange, of: Any, now: datetime) -> None:
    assert change.day is not None  # the proposal asked for it
    today = day_at(session, change.site_id, now)
    others = queries.siblings(session, kind, of)
    if change.verb is Verb.END:
        effectivity.end(of, others, last_day=change.day, today=today)
    else:
        kind.ready(session, of)
        effectivity.approve(of, others, effective_from=max(change.day, today), today=today)


def _overtaken(why: str | Bilingual) -> Conflict:
    sentence = "The plant has changed since this was proposed. %(why)s"
    return Conflict("change.overtaken", sentence, why=why)
