"""Deputies and absences as lists: who stands in for whom, and who is away (URS-140)."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.access.imports import read_login
from app.access.models import Person
from app.organisation.models import Absence, AbsenceKind, Deputy, Position, Rank
from app.organisation.ranges import Range, Taken, in_order, overlap
from app.organisation.references import COLLEAGUE, PERSON, SUBJECT, gone, has_left, wanted
from core.actor import Actor
from core.errors import Conflict, Invalid
from core.locks import lock_parents
from core.types import Bilingual
from documents.labels import N_
from documents.sheets.cells import Column, choice, code, day
from documents.sheets.importers import Importer, register
from documents.sheets.rows import Finding, Reach, Row

Key = tuple[Any, ...]
RANKS: dict[str, Bilingual] = {
    "A": {"en": "A (first)", "zh": "A角"},
    "B": {"en": "B (second)", "zh": "B角"},
}
KINDS: dict[str, Bilingual] = {
    "leave": {"en": "Leave", "zh": "休假"},
    "sick": {"en": "Sick leave", "zh": "病假"},
    "travel": {"en": "Business trip", "zh": "出差"},
    "training": {"en": "Training", "zh": "培训"},
    "other": {"en": "Other", "zh": "其他"},
}


def deputies_there(session: Session, keys: Collection[Key]) -> dict[Key, dict[str, Any]]:
    """What the rows of deputies with some keys hold."""
    subjects = {subject for subject, _, _ in keys}
    query = (
        select(Deputy)
        .outerjoin(Deputy.person)
        .outerjoin(Deputy.position)
        .where(or_(Person.login.in_(subjects), Position.code.in_(subjects)))
    )
    return {
        deputy_key(one): {"deputy": one.deputy.login, "valid_to": one.valid_to}
        for one in session.scalars(query)
        if deputy_key(one) in keys
    }


def deputy_key(deputy: Deputy) -> tuple[str, str, date]:
    """The key by which the list names a deputy: whose, in which rank, from which day."""
    return subject_of(deputy), deputy.rank.value, deputy.valid_from


def subject_of(deputy: Deputy) -> str:
    """The user name or the position that somebody stands in for."""
    if deputy.person is not None:
        return deputy.person.login
    assert deputy.position is not None  # the table asks for one of the two
    return deputy.position.code


def open_deputies(session: Session, rows: Sequence[Row], actor: Actor, now: datetime) -> None:
    """Name deputies."""
    for row in rows:
        deputy = Deputy(rank=Rank(row.get("rank")), valid_from=row.get("valid_from"))
        deputy.person_id, deputy.position_id = _subject(row)
        _fill(deputy, row)
        session.add(deputy)
    session.flush()  # the next rows look at them


def change_deputies(session: Session, rows: Sequence[Row], actor: Actor, now: datetime) -> None:
    """Change or end deputies as their rows say."""
    for row in rows:
        person_id, position_id = _subject(row)
        found = session.scalars(
            select(Deputy).filter_by(
                person_id=person_id,
                position_id=position_id,
                rank=Rank(row.get("rank")),
                valid_from=row.get("valid_from"),
            )
        )
        _fill(found.one(), row)


def check_deputies(session: Session, rows: Iterable[Row], _reach: Reach) -> Iterator[Finding]:
    """Find deputies of one rank that meet, one person in both ranks, and who stands in for himself."""
    rows = [row for row in rows if {"subject", "deputy"} <= row.found.keys() and row.get("valid_from")]
    for kind in (Person, Position):
        subjects = [row.found["subject"] for row in rows]
        lock_parents(session, kind, {one.id for one in subjects if isinstance(one, kind)})
    ranks, same = _held(session, {row.found["subject"].id for row in rows})
    for row in rows:
        subject, deputy, first = row.found["subject"], row.found["deputy"], row.get("valid_from")
        asked = Range(first, wanted(row, "valid_to"), (row.get("rank"), first))
        yield from in_order(row, first, asked.last)
        if subject.id == deputy.id:
            yield row.wrong("deputy", Invalid("deputy.self", N_("Nobody stands in for himself.")))
        if gone(deputy):
            yield row.wrong("deputy", has_left(deputy))
        if met := ranks.take((subject.id, row.get("rank")), asked):
            yield row.wrong("valid_from", overlap(met))
        _forget(same, subject.id, asked.key)
        if same.take((subject.id, deputy.id), asked):
            sentence = N_("This person is the other deputy on these days already.")
            yield row.wrong("deputy", Conflict("deputy.both_ranks", sentence))


def absences_there(session: Session, keys: Collection[Key]) -> dict[Key, dict[str, Any]]:
    """What absences with some keys hold."""
    query = select(Absence).join(Absence.person).where(Person.login.in_({login for login, _ in keys}))
    found = {(one.person.login, one.valid_from): one for one in session.scalars(query)}
    return {
        key: {"valid_to": one.valid_to, "kind": one.kind.value} for key, one in found.items() if key in keys
    }


def open_absences(session: Session, rows: Sequence[Row], actor: Actor, now: datetime) -> None:
    """Note who is away."""
    for row in rows:
        absence = Absence(person_id=row.found["person"].id, valid_from=row.get("valid_from"))
        _fill_absence(absence, row)
        session.add(absence)
    session.flush()  # the next rows look at them


def change_absences(session: Session, rows: Sequence[Row], actor: Actor, now: datetime) -> None:
    """Change absences as their rows say."""
    for row in rows:
        person_id, first = row.found["person"].id, row.get("valid_from")
        found = session.scalars(select(Absence).filter_by(person_id=person_id, valid_from=first))
        _fill_absence(found.one(), row)


def check_absences(session: Session, rows: Iterable[Row], _reach: Reach) -> Iterator[Finding]:
    """Find absences of one person that meet, and of people who have left."""
    days = ("valid_from", "valid_to")
    rows = [row for row in rows if "person" in row.found and all(wanted(row, one) for one in days)]
    taken, people = Taken(), {row.found["person"].id for row in rows}
    lock_parents(session, Person, people)
    query = select(Absence).where(Absence.person_id.in_(people))
    for one in session.scalars(query.execution_options(populate_existing=True)):
        taken.there(one.person_id, [Range(one.valid_from, one.valid_to, one.valid_from)])
    for row in rows:
        person, first = row.found["person"], row.get("valid_from")
        asked = Range(first, wanted(row, "valid_to"), first)
        yield from in_order(row, first, asked.last)
        if gone(person):
            yield row.wrong("person", has_left(person))
        if met := taken.take(person.id, asked):
            yield row.wrong("valid_from", overlap(met))


def _held(session: Session, subjects: Collection[Any]) -> tuple[Taken, Taken]:
    ranks, same = Taken(), Taken()
    query = select(Deputy).where(or_(Deputy.person_id.in_(subjects), Deputy.position_id.in_(subjects)))
    for one in session.scalars(query.execution_options(populate_existing=True)):
        subject = one.person_id or one.position_id
        held = Range(one.valid_from, one.valid_to, (one.rank.value, one.valid_from))
        ranks.there((subject, one.rank.value), [held])
        same.there((subject, one.deputy_id), [held])
    return ranks, same


def _forget(same: Taken, subject: Any, key: Any) -> None:
    """A row that is changed may name another deputy than before: the former one is free on these days."""
    for (of, _deputy), ranges in same.ranges.items():
        if of == subject:
            ranges.pop(key, None)


def _subject(row: Row) -> tuple[Any, Any]:
    subject = row.found["subject"]
    return (subject.id, None) if isinstance(subject, Person) else (None, subject.id)


def _fill(deputy: Deputy, row: Row) -> None:
    if "deputy" in row.found:
        deputy.deputy_id = row.found["deputy"].id
    if "valid_to" in row.values:
        deputy.valid_to = row.get("valid_to")


def _fill_absence(absence: Absence, row: Row) -> None:
    if row.get("valid_to") is not None:
        absence.valid_to = row.get("valid_to")
    if row.get("kind"):
        absence.kind = AbsenceKind(row.get("kind"))


_FROM = Column("valid_from", {"en": "From", "zh": "起始日"}, day, "2026-11-23",
               {"en": "First day", "zh": "首日"})  # fmt: skip
DEPUTIES = register(
    Importer(
        name="organisation.deputies",
        title={"en": "Deputies", "zh": "A/B角"},
        about={
            "en": "Who stands in for a person, or for whoever holds a position: A first, B when A is away.",
            "zh": "某人或某岗位任职者的代理人：A角优先，A角不在时由B角代理。",
        },
        right="organisation.manage",
        order=8,
        key=("subject", "rank", "valid_from"),
        existing=deputies_there,
        create=open_deputies,
        change=change_deputies,
        check=check_deputies,
        columns=(
            Column("subject", {"en": "Stands in for", "zh": "被代理人/岗位"}, code(), "P-QA-M",
                   {"en": "A user name or the code of a position", "zh": "用户名或岗位编码"}, refers=SUBJECT),
            Column("rank", {"en": "Rank", "zh": "顺位"}, choice(RANKS), "A",
                   {"en": "A stands in first, B when A is away too", "zh": "A角优先，A角不在时由B角代理"}),
            _FROM,
            Column("deputy", {"en": "Deputy", "zh": "代理人"}, read_login, "inspector2",
                   {"en": "User name", "zh": "用户名"}, refers=PERSON),
            Column("valid_to", {"en": "Until", "zh": "终止日"}, day, "2028-12-31",
                   {"en": "Last day; open if empty", "zh": "末日，留空为长期"}, required=False),
        ),
    )
)  # fmt: skip
ABSENCES = register(
    Importer(
        name="organisation.absences",
        title={"en": "Absences", "zh": "缺勤"},
        about={
            "en": "Who is away on which days; deputies stand in. Nothing about health is written down.",
            "zh": "人员缺勤日期，期间由代理人代理；不记录健康信息。",
        },
        right="absences.manage",
        order=9,
        proposal=False,
        key=("person", "valid_from"),
        existing=absences_there,
        create=open_absences,
        change=change_absences,
        check=check_absences,
        columns=(
            Column("person", {"en": "User name", "zh": "用户名"}, read_login, "inspector",
                   {"en": "Of the person who is away", "zh": "缺勤人员"}, also=("login",), refers=COLLEAGUE),
            _FROM,
            Column("valid_to", {"en": "Until", "zh": "终止日"}, day, "2026-11-27",
                   {"en": "Last day", "zh": "末日"}),
            Column("kind", {"en": "Kind", "zh": "类别"}, choice(KINDS), "leave",
                   {"en": "Leave if empty", "zh": "留空为休假"}, required=False),
        ),
    )
)  # fmt: skip
