"""Departments and positions as lists: columns, checks and storing, the same for pages, files and programs."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload

from app.organisation.models import Department, DepartmentState, Position, Post
from app.organisation.references import DEPARTMENT, POSITION, SITE, STATES
from app.sites.queries import earliest_day
from core.actor import Actor
from core.errors import Conflict
from core.languages import listed
from core.locks import lock_names, lock_parents, read_afresh
from core.moments import moment_of
from core.types import Bilingual
from documents.labels import N_
from documents.sheets.cells import Column, choice, code, name_columns
from documents.sheets.importers import Importer, register
from documents.sheets.rows import Finding, Reach, Row, both_cells

NAMED = 8
"""So many people or departments are named in a refusal."""


def departments_there(
    session: Session, keys: Collection[tuple[Any, ...]]
) -> dict[tuple[Any, ...], dict[str, Any]]:
    """What departments with some codes hold."""
    found = session.scalars(select(Department).where(Department.code.in_({key for (key,) in keys})))
    return {
        (one.code,): {
            **both_cells("name", one.name),
            "site": one.site.code if one.site else None,
            "parent": one.parent.code if one.parent else None,
            "state": one.state.value,
        }
        for one in found
    }


def open_departments(session: Session, rows: Sequence[Row], actor: Actor, now: datetime) -> None:
    """Open departments."""
    for row in rows:
        department = Department(code=row.get("code"), state=DepartmentState.ACTIVE)
        _fill_department(department, row)
        session.add(department)
    session.flush()  # the next rows may name them


def change_departments(session: Session, rows: Sequence[Row], actor: Actor, now: datetime) -> None:
    """Change departments as their rows say."""
    found = DEPARTMENT.find(session, {row.get("code") for row in rows}, None)
    for row in rows:
        _fill_department(found[row.get("code")], row)


def check_departments(session: Session, rows: Iterable[Row], _reach: Reach) -> Iterator[Finding]:
    """Find a department that would belong to itself or to a closed one, or be closed with somebody in it."""
    rows = list(rows)
    _lock(session, Department, rows, "parent")
    closing = {row.get("code") for row in rows if row.get("state") == "closed"}
    above = {row.get("code"): row.found.get("parent") for row in rows if "parent" in row.values}
    for row in rows:
        yield from _circle(row, "parent", above, N_("A department cannot belong to itself."))
        parent = row.found.get("parent")
        if parent is not None and row.get("state") != "closed" and _shut(parent, closing):
            yield row.wrong("parent", Conflict("department.closed", N_("This department is closed.")))
        if row.get("state") == "closed":
            yield from _still_used(session, row, closing)


def positions_there(
    session: Session, keys: Collection[tuple[Any, ...]]
) -> dict[tuple[Any, ...], dict[str, Any]]:
    """What positions with some codes hold."""
    found = session.scalars(select(Position).where(Position.code.in_({key for (key,) in keys})))
    return {
        (one.code,): {
            **both_cells("name", one.name),
            "department": one.department.code,
            "reports_to": one.reports_to.code if one.reports_to else None,
            "state": one.state.value,
        }
        for one in found
    }


def open_positions(session: Session, rows: Sequence[Row], actor: Actor, now: datetime) -> None:
    """Open positions."""
    for row in rows:
        position = Position(code=row.get("code"), state=DepartmentState.ACTIVE)
        _fill_position(position, row)
        session.add(position)
    session.flush()  # the next rows may name them


def change_positions(session: Session, rows: Sequence[Row], actor: Actor, now: datetime) -> None:
    """Change positions as their rows say."""
    found = POSITION.find(session, {row.get("code") for row in rows}, None)
    for row in rows:
        _fill_position(found[row.get("code")], row)


def check_positions(session: Session, rows: Iterable[Row], _reach: Reach) -> Iterator[Finding]:
    """Find a position that would report to itself, stand in a closed department, or be closed while held."""
    rows = list(rows)
    _lock(session, Position, rows, "reports_to")
    lock_parents(session, Department, _named_by(rows, "department"))
    above = {row.get("code"): row.found.get("reports_to") for row in rows if "reports_to" in row.values}
    for row in rows:
        yield from _circle(row, "reports_to", above, N_("A position cannot report to itself."))
        department = row.found.get("department")
        open_after = row.get("state") != "closed"
        if open_after and department is not None and department.state is DepartmentState.CLOSED:
            yield row.wrong("department", Conflict("department.closed", N_("This department is closed.")))
        if not open_after and (people := _holders(session, Position.code == row.get("code"))):
            sentence = N_("People hold this position: %(people)s. End their posts first.")
            yield row.wrong("state", Conflict("position.held", sentence, people=_named(people)))


def _lock(session: Session, kind: type[Department] | type[Position], rows: Sequence[Row], above: str) -> None:
    """Lock what rows change and what stands above it: nobody fills meanwhile what is closed, or closes it.

    Whoever hangs something elsewhere does so alone, or two moves apart from each other could close a circle.
    """
    if any(row.found.get(above) is not None for row in rows):
        lock_names(session, f"{kind.__tablename__}.{above}")
        read_afresh(session, kind)
    named = session.scalars(select(kind.id).where(kind.code.in_({row.get("code") for row in rows})))
    lock_parents(session, kind, {*named, *_named_by(rows, above)})


def _named_by(rows: Sequence[Row], column: str) -> set[Any]:
    return {row.found[column].id for row in rows if row.found.get(column) is not None}


def _circle(row: Row, column: str, rows_say: Mapping[Any, Any], sentence: str) -> Iterator[Finding]:
    """Find what would be above itself, when every row is stored."""
    above, seen = row.found.get(column), set[str]()
    while above is not None and above.code not in seen:
        if above.code == row.get("code"):
            yield row.wrong(column, Conflict("department.circle", sentence))
            break
        seen.add(above.code)
        above = rows_say.get(above.code, getattr(above, column))


def _shut(department: Department, closing: Collection[Any]) -> bool:
    return department.state is DepartmentState.CLOSED or department.code in closing


def _still_used(session: Session, row: Row, closing: Collection[Any]) -> Iterator[Finding]:
    """Who and what is still in a department that shall be closed."""
    code_ = row.get("code")
    if people := _holders(session, Department.code == code_):
        sentence = N_("People have posts in this department: %(people)s. End or move their posts first.")
        yield row.wrong("state", Conflict("department.people", sentence, people=_named(people)))
    above = session.scalar(select(Department.id).where(Department.code == code_))
    below = session.scalars(
        select(Department)
        .where(
            Department.parent_id == above,
            Department.state == DepartmentState.ACTIVE,
            Department.code.not_in(closing),
        )
        .order_by(Department.code)
    ).all()
    if above is not None and below:
        names = _named([{lang: f"{one.code} {one.name[lang]}" for lang in ("en", "zh")} for one in below])
        sentence = N_("Departments belong to this one: %(departments)s. Close or move them first.")
        yield row.wrong("state", Conflict("department.departments", sentence, departments=names))


def _holders(session: Session, where: Any) -> list[Bilingual]:
    """The names of those whose posts somewhere have not ended."""
    first = earliest_day(session, moment_of(session))
    posts = session.scalars(
        select(Post)
        .join(Post.position)
        .join(Position.department)
        .where(where, or_(Post.valid_to.is_(None), Post.valid_to >= first))
        .options(joinedload(Post.person))
        .order_by(Post.valid_from, Post.id)
    )
    return list({post.person_id: post.person.name for post in posts}.values())


def _named(names: Sequence[Bilingual]) -> Bilingual:
    more = " …" if len(names) > NAMED else ""
    return {lang: named + more for lang, named in listed(names[:NAMED]).items()}


def _fill_department(department: Department, row: Row) -> None:
    department.name = row.both("name")
    site, parent = row.found.get("site"), row.found.get("parent")
    if "site" in row.values:
        department.site_id = site.id if site is not None else None
    if "parent" in row.values:
        department.parent_id = parent.id if parent is not None else None
    if row.get("state"):
        department.state = DepartmentState(row.get("state"))


def _fill_position(position: Position, row: Row) -> None:
    position.name = row.both("name")
    above = row.found.get("reports_to")
    if "department" in row.found:
        position.department_id = row.found["department"].id
    if "reports_to" in row.values:
        position.reports_to_id = above.id if above is not None else None
    if row.get("state"):
        position.state = DepartmentState(row.get("state"))


_NAME: Bilingual = {"en": "Quality assurance", "zh": "质量保证部"}
_STATE = Column("state", {"en": "State", "zh": "状态"}, choice(STATES), "active",
                {"en": "active or closed", "zh": "在用或撤销"}, required=False)  # fmt: skip
DEPARTMENTS = register(
    Importer(
        name="organisation.departments",
        title={"en": "Departments", "zh": "部门"},
        about={
            "en": "The departments of the company, by site, and which belongs to which.",
            "zh": "公司各场所的部门及其隶属关系。",
        },
        right="organisation.manage",
        order=5,
        key=("code",),
        existing=departments_there,
        create=open_departments,
        change=change_departments,
        check=check_departments,
        columns=(
            Column("code", {"en": "Code", "zh": "编码"}, code(), "D-QA",
                   {"en": "Never used twice.", "zh": "不得重复。"}),
            *name_columns("name", "Name", "名称", _NAME, needed=True),
            Column("site", {"en": "Site", "zh": "场所"}, code(20), "SZ01",
                   {"en": "Empty for a department of the whole company.", "zh": "全公司部门留空。"},
                   required=False, refers=SITE),
            Column("parent", {"en": "Belongs to", "zh": "上级部门"}, code(), "D-MGT",
                   {"en": "Code of the department above.", "zh": "上级部门编码。"},
                   required=False, refers=DEPARTMENT),
            _STATE,
        ),
    )
)  # fmt: skip
POSITIONS = register(
    Importer(
        name="organisation.positions",
        title={"en": "Positions", "zh": "岗位"},
        about={
            "en": "The positions of each department and which reports to which; whoever holds the one above"
            " is the line manager.",
            "zh": "各部门岗位及其汇报关系；上级岗位的任职者即为直属上级。",
        },
        right="organisation.manage",
        order=6,
        key=("code",),
        existing=positions_there,
        create=open_positions,
        change=change_positions,
        check=check_positions,
        columns=(
            Column("code", {"en": "Code", "zh": "编码"}, code(), "P-QA-1",
                   {"en": "Never used twice.", "zh": "不得重复。"}),
            *name_columns("name", "Name", "名称", {"en": "QA engineer", "zh": "质量保证工程师"}, needed=True),
            Column("department", {"en": "Department", "zh": "部门"}, code(), "D-QA",
                   {"en": "Code of the department.", "zh": "部门编码。"}, refers=DEPARTMENT),
            Column("reports_to", {"en": "Reports to", "zh": "汇报给"}, code(), "P-QA-M",
                   {"en": "Code of the position above.", "zh": "上级岗位编码。"},
                   required=False, refers=POSITION),
            _STATE,
        ),
    )
)  # fmt: skip
