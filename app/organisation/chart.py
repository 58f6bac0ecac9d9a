"""The organisation on a day: departments with the people in them, under the names of that day (URS-140)."""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload

from app.organisation.models import Absence, Department, Position, Post
from app.organisation.past import rows_on
from core.types import Bilingual


@dataclass(frozen=True)
class Seat:
    """A person in a position on a day; a place nobody holds has no person."""

    position: Bilingual
    person: Bilingual | None
    post_id: uuid.UUID | None = None
    main: bool = True
    absent: bool = False
    top: bool = False


@dataclass
class Box:
    """A department on a day, with its seats and what belongs to it."""

    id: uuid.UUID
    code: str
    name: Bilingual
    parent: str
    seats: list[Seat] = field(default_factory=list)
    below: list["Box"] = field(default_factory=list)


@dataclass(frozen=True)
class Moment:
    """A day on a clock, and whether it is over: then names are those of the day."""

    on: date
    zone: str
    past: bool


def chart(session: Session, at: Moment) -> list[Box]:
    """The departments that belong to no other one, with all below them, as they were on a day."""
    boxes = _boxes(session, at)
    for seat_of, seat in _seats(session, at):
        if seat_of in boxes:
            boxes[seat_of].seats.append(seat)
    tops: list[Box] = []
    for box in boxes.values():
        box.seats.sort(key=lambda seat: not seat.top)
        (boxes[box.parent].below if box.parent in boxes else tops).append(box)
    return tops


def seats_of(session: Session, department: Department, at: Moment) -> list[Seat]:
    """The people of one department on a day, those who report to nobody in it first."""
    seats = [seat for of, seat in _seats(session, at) if of == str(department.id)]
    return sorted(seats, key=lambda seat: not seat.top)


def name_on(session: Session, table: str, row: Any, at: Moment) -> Bilingual:
    """What a department, a position or a person was called on a day; its first name before it was there."""
    held = rows_on(session, table, [row.id], at.on, at.zone) if at.past else {}
    return _text(held.get(str(row.id), {}).get("name")) or dict(row.name)


def _boxes(session: Session, at: Moment) -> dict[str, Box]:
    rows = session.scalars(select(Department).order_by(Department.code)).all()
    held = _held(session, "department", rows, at)
    return {
        key: Box(row.id, row.code, _text(held[key]["name"]), str(held[key].get("parent_id") or ""))
        for row in rows
        if (key := str(row.id)) in held and held[key]["state"] == "active"
    }


def _seats(session: Session, at: Moment) -> list[tuple[str, Seat]]:
    positions = session.scalars(select(Position).order_by(Position.code)).all()
    held = _held(session, "position", positions, at)
    posts = _posts(session, at.on)
    named = rows_on(session, "person", {post.person_id for post in posts}, at.on, at.zone) if at.past else {}
    away = set(
        session.scalars(
            select(Absence.person_id).where(Absence.valid_from <= at.on, Absence.valid_to >= at.on)
        )
    )
    of_position: dict[uuid.UUID, list[Post]] = {}
    for post in posts:
        of_position.setdefault(post.position_id, []).append(post)
    found: list[tuple[str, Seat]] = []
    for position in positions:
        if (said := held.get(str(position.id))) is None:
            continue
        department, name = str(said["department_id"]), _text(said["name"])
        above = held.get(str(said.get("reports_to_id")), {}).get("department_id")
        top = str(above) != department
        holders = of_position.get(position.id, [])
        for post in holders:
            person = _text(named.get(str(post.person_id), {}).get("name")) or post.person.name
            seat = Seat(name, person, post.id, post.main, post.person_id in away, top)
            found.append((department, seat))
        if not holders and said["state"] == "active":
            found.append((department, Seat(name, None, top=top)))
    return found


def _posts(session: Session, on: date) -> Sequence[Post]:
    query = (
        select(Post)
        .where(Post.valid_from <= on, or_(Post.valid_to.is_(None), Post.valid_to >= on))
        .options(joinedload(Post.person))
        .order_by(Post.main.desc(), Post.valid_from, Post.id)
    )
    return session.scalars(query).all()


def _held(session: Session, table: str, rows: Sequence[Any], at: Moment) -> Mapping[str, Mapping[str, Any]]:
    if at.past:
        return rows_on(session, table, [row.id for row in rows], at.on, at.zone)
    columns = [column.key for column in type(rows[0]).__table__.columns] if rows else []
    return {str(row.id): {key: getattr(row, key) for key in columns} for row in rows}


def _text(said: Any) -> Bilingual:
    """A text in both languages as a row or the trail holds it."""
    return dict(json.loads(said) if isinstance(said, str) else said or {})
