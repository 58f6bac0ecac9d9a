"""Posts as a list: who holds which position from when until when (URS-140)."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.access.imports import read_login
from app.access.leaving import open_work, tasks_left
from app.access.models import Person
from app.organisation.models import Department, DepartmentState, Position, Post
from app.organisation.ranges import Range, Taken, in_order, overlap
from app.organisation.references import PERSON, POSITION, SHIFT, gone, has_left, today, wanted, yes_no
from core.actor import Actor
from core.errors import Conflict, Invalid
from core.locks import lock_parents
from documents.labels import N_
from documents.sheets.cells import Column, code, day
from documents.sheets.importers import Importer, register
from documents.sheets.rows import Finding, Reach, Row

Key = tuple[Any, ...]


def posts_there(session: Session, keys: Collection[Key]) -> dict[Key, dict[str, Any]]:
    """What posts with some keys hold."""
    query = (
        select(Post, Person.login, Position.code)
        .join(Post.person)
        .join(Post.position)
        .where(Person.login.in_({login for login, _, _ in keys}))
        .options(joinedload(Post.manager), joinedload(Post.shift))
    )
    found = {(login, place, post.valid_from): post for post, login, place in session.execute(query)}
    return {
        key: {
            "main": "yes" if post.main else "no",
            "valid_to": post.valid_to,
            "manager": post.manager.login if post.manager else None,
            "shift": post.shift.code if post.shift else None,
        }
        for key, post in found.items()
        if key in keys
    }


def open_posts(session: Session, rows: Sequence[Row], actor: Actor, now: datetime) -> None:
    """Put people into positions."""
    for row in rows:
        post = Post(
            person_id=row.found["person"].id,
            position_id=row.found["position"].id,
            valid_from=row.get("valid_from"),
            main=row.get("main") != "no",
        )
        _fill(post, row)
        session.add(post)
    session.flush()  # the next rows look at them


def change_posts(session: Session, rows: Sequence[Row], actor: Actor, now: datetime) -> None:
    """Change or end posts as their rows say."""
    for row in rows:
        _fill(_post(session, row), row)


def check_posts(session: Session, rows: Iterable[Row], _reach: Reach) -> Iterator[Finding]:
    """Find posts that meet, people without a main post or with two, closed places, and leavers with work."""
    rows = [row for row in rows if {"person", "position"} <= row.found.keys() and row.get("valid_from")]
    people = {row.found["person"].id for row in rows}
    lock_parents(session, Person, people)
    lock_parents(session, Position, {row.found["position"].id for row in rows})
    lock_parents(session, Department, {row.found["position"].department_id for row in rows})
    same, mains, all_posts = _held(session, people)
    for row in rows:
        person, place, first = row.found["person"], row.found["position"], row.get("valid_from")
        last = wanted(row, "valid_to")
        yield from in_order(row, first, last)
        yield from _people_and_places(row, person, place)
        asked = Range(first, last, (place.id, first))
        if met := same.take((person.id, place.id), asked):
            yield row.wrong("valid_from", overlap(met))
        all_posts.take(person.id, asked)
        if wanted(row, "main") == "no":
            mains.ranges.get(person.id, {}).pop(asked.key, None)
        elif met := mains.take(person.id, asked):
            yield row.wrong("main", _two_mains(met))
    yield from _leavers(session, rows, all_posts)


def _held(session: Session, people: Collection[Any]) -> tuple[Taken, Taken, Taken]:
    same, mains, all_posts = Taken(), Taken(), Taken()
    query = select(Post).where(Post.person_id.in_(people)).execution_options(populate_existing=True)
    for post in session.scalars(query) if people else ():
        held = Range(post.valid_from, post.valid_to, (post.position_id, post.valid_from))
        same.there((post.person_id, post.position_id), [held])
        all_posts.there(post.person_id, [held])
        if post.main:
            mains.there(post.person_id, [held])
    return same, mains, all_posts


def _people_and_places(row: Row, person: Person, place: Position) -> Iterator[Finding]:
    if row.before is None and gone(person):
        yield row.wrong("person", has_left(person))
    if row.before is None and place.state is DepartmentState.CLOSED:
        yield row.wrong("position", Conflict("position.closed", N_("This position is closed.")))
    if (manager := row.found.get("manager")) is not None:
        if manager.id == person.id:
            yield row.wrong("manager", Invalid("post.own_manager", N_("Nobody is his own line manager.")))
        elif gone(manager):
            yield row.wrong("manager", has_left(manager))


def _leavers(session: Session, rows: Sequence[Row], held: Taken) -> Iterator[Finding]:
    """Whoever has no post any more after a row, and tasks that wait for him alone."""
    for row in rows:
        last, person = wanted(row, "valid_to"), row.found["person"]
        if last is None or last == (row.before or {}).get("valid_to") or held.after(person.id, last):
            continue
        if left := tasks_left(session, person, on=today(session, person.zone)):
            yield row.wrong("valid_to", open_work(person, left))


def _two_mains(met: Range) -> Conflict:
    sentence = N_(
        "Another post is the main one from %(first)s, %(last)s. End that post before, or answer “no” here."
    )
    last = {"en": "without an end", "zh": "长期"}
    if met.last is not None:
        last = {"en": f"until {met.last}", "zh": f"至 {met.last}"}
    return Conflict("post.two_mains", sentence, field="main", first=met.first.isoformat(), last=last)


def _post(session: Session, row: Row) -> Post:
    return session.scalars(
        select(Post).where(
            Post.person_id == row.found["person"].id,
            Post.position_id == row.found["position"].id,
            Post.valid_from == row.get("valid_from"),
        )
    ).one()


def _fill(post: Post, row: Row) -> None:
    if "valid_to" in row.values:
        post.valid_to = row.get("valid_to")
    if row.get("main"):
        post.main = row.get("main") == "yes"
    if "manager" in row.values:
        manager = row.found.get("manager")
        post.manager_id = manager.id if manager is not None else None
    if "shift" in row.values:
        shift = row.found.get("shift")
        post.shift_id = shift.id if shift is not None else None


def post_key(post: Post) -> tuple[str, str, date]:
    """The key by which the list names a post."""
    return post.person.login, post.position.code, post.valid_from


POSTS = register(
    Importer(
        name="organisation.posts",
        title={"en": "Posts", "zh": "任职"},
        about={
            "en": "Who holds which position from when until when, the main post, line manager and shift."
            " A post is ended by its last day and never taken away.",
            "zh": "人员的任职、起止日期、主职、直属上级与班次。任职以最后一日终止，不予删除。",
        },
        right="organisation.manage",
        order=7,
        key=("person", "position", "valid_from"),
        existing=posts_there,
        create=open_posts,
        change=change_posts,
        check=check_posts,
        columns=(
            Column("person", {"en": "User name", "zh": "用户名"}, read_login, "inspector",
                   {"en": "Of an account that is open", "zh": "已开立的账号"}, also=("login",),
                   refers=PERSON),
            Column("position", {"en": "Position", "zh": "岗位"}, code(), "P-QA-1",
                   {"en": "Code of the position", "zh": "岗位编码"}, refers=POSITION),
            Column("valid_from", {"en": "From", "zh": "起始日"}, day, "2026-11-22",
                   {"en": "First day", "zh": "任职首日"}),
            Column("valid_to", {"en": "Until", "zh": "终止日"}, day, "2028-12-31",
                   {"en": "Last day; open if empty", "zh": "任职末日，留空为长期"}, required=False),
            Column("main", {"en": "Main post", "zh": "主职"}, yes_no, "yes",
                   {"en": "yes if empty; one at a time", "zh": "留空为是；同一时间仅一个主职"},
                   required=False),
            Column("manager", {"en": "Line manager", "zh": "直属上级"}, read_login, "",
                   {"en": "User name; empty for whoever holds the position above",
                    "zh": "用户名；留空则为上级岗位的任职者"}, required=False, refers=PERSON),
            Column("shift", {"en": "Shift", "zh": "班次"}, code(), "",
                   {"en": "Code of the shift; empty for the site's working days",
                    "zh": "班次编码，留空则按场所工作日"}, required=False, refers=SHIFT),
        ),
    )
)  # fmt: skip
