"""The list of the personnel office: a post a row, with department and position; what is missing is opened.

Accounts are not: they are opened by the security administrator (the list of people), before anybody gets a
post. What is there already is not renamed or moved by this list; the lists of departments and positions do
that.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access.imports import read_login
from app.organisation.models import Department, DepartmentState, Position
from app.organisation.posts import POSTS, change_posts, check_posts, open_posts, posts_there
from app.organisation.references import SITE
from core.actor import Actor
from core.db import new_id
from core.errors import Conflict, Invalid, NotFound
from core.types import Bilingual
from documents.labels import N_
from documents.sheets.cells import Column, code, name_columns
from documents.sheets.importers import Importer, register
from documents.sheets.rows import Finding, Reach, Row


def check_staff(session: Session, rows: Iterable[Row], reach: Reach) -> Iterator[Finding]:
    """Find what is missing to open departments and positions, what stands against what is there, and whatever
    is wrong with the posts."""
    rows = list(rows)
    departments, positions = _there(session, rows)
    for row in rows:
        yield from _department(row, departments)
    for row in rows:
        yield from _position(row, departments, positions)
    yield from _reporting(session, rows, positions)
    yield from check_posts(session, rows, reach)


def open_staff(session: Session, rows: Sequence[Row], actor: Actor, now: datetime) -> None:
    """Open the departments and positions that are missing, then the posts."""
    departments, positions = _there(session, rows)
    opened: list[tuple[Position, str | None]] = []
    for row in rows:
        department = _opened_department(session, row, departments)
        if row.get("position") not in positions:
            positions[row.get("position")] = position = _new_position(row, department)
            opened.append((position, row.get("reports_to")))
            session.add(position)
        row.found["position"] = positions[row.get("position")]
    session.flush()  # reporting lines and posts point to them
    for position, above in opened:
        position.reports_to_id = positions[above].id if above is not None else None
    open_posts(session, rows, actor, now)


def change_staff(session: Session, rows: Sequence[Row], actor: Actor, now: datetime) -> None:
    """Change or end posts as their rows say."""
    change_posts(session, rows, actor, now)


def _there(session: Session, rows: Iterable[Row]) -> tuple[dict[str, Department], dict[str, Position]]:
    rows = list(rows)
    named = {row.get("department") for row in rows}
    places = {row.get(column) for row in rows for column in ("position", "reports_to")}
    departments = session.scalars(select(Department).where(Department.code.in_(named - {None})))
    positions = session.scalars(select(Position).where(Position.code.in_(places - {None})))
    return {one.code: one for one in departments}, {one.code: one for one in positions}


def _department(row: Row, departments: dict[str, Department]) -> Iterator[Finding]:
    named = row.get("department")
    if named is None:
        return
    found = departments.get(named)
    if found is not None and found.state is DepartmentState.CLOSED:
        yield row.wrong("department", Conflict("department.closed", N_("This department is closed.")))
    elif found is None and not row.both("department_name"):
        sentence = N_("There is no department %(department)s yet; give its name, and it is opened.")
        yield row.wrong("department", Invalid("staff.department_name", sentence, department=named))
    elif found is None:
        departments[named] = _new_department(row)


def _position(
    row: Row, departments: dict[str, Department], positions: dict[str, Position]
) -> Iterator[Finding]:
    named, department = row.get("position"), departments.get(row.get("department") or "")
    if named is None or department is None:
        return
    found = positions.get(named)
    if found is None and not row.both("position_name"):
        sentence = N_("There is no position %(position)s yet; give its name, and it is opened.")
        yield row.wrong("position", Invalid("staff.position_name", sentence, position=named))
        return
    if found is None:
        positions[named] = found = _new_position(row, department)
    elif found.department_id != department.id:
        sentence = N_("The position %(position)s stands in another department. Move it there first.")
        yield row.wrong("department", Conflict("staff.other_department", sentence, position=named))
    row.found["position"] = found


def _reporting(session: Session, rows: Sequence[Row], positions: dict[str, Position]) -> Iterator[Finding]:
    """Positions that are not there, and new ones that would report to themselves over others."""
    _departments, stored = _there(session, rows)
    above = {row.get("position"): row.get("reports_to") for row in rows if row.get("position") not in stored}
    for row in rows:
        named, seen = row.get("reports_to"), set[str]()
        if named is not None and named not in positions:
            sentence = N_("There is no position %(position)s, or not for you.")
            yield row.wrong("reports_to", NotFound("position.unknown", sentence, position=named))
        while named is not None and named not in seen and row.get("position") in above:
            if named == row.get("position"):
                circle = Conflict("department.circle", N_("A position cannot report to itself."))
                yield row.wrong("reports_to", circle)
                break
            seen.add(named)
            named = above.get(named)


def _new_department(row: Row) -> Department:
    """A department as a row says; with its key, so that posts can be compared before it is stored."""
    site = row.found.get("site")
    return Department(
        id=new_id(),
        code=row.get("department"),
        name=row.both("department_name"),
        site_id=site.id if site is not None else None,
        state=DepartmentState.ACTIVE,
    )


def _new_position(row: Row, department: Department) -> Position:
    return Position(
        id=new_id(),
        code=row.get("position"),
        name=row.both("position_name"),
        department_id=department.id,
        state=DepartmentState.ACTIVE,
    )


def _opened_department(session: Session, row: Row, departments: dict[str, Department]) -> Department:
    found = departments.get(row.get("department"))
    if found is None:
        departments[row.get("department")] = found = _new_department(row)
        session.add(found)
        session.flush()  # positions point to it
    return found


def _of_posts(key: str) -> Column:
    found: Any = POSTS.column(key)
    assert isinstance(found, Column)
    return found


_QA: Bilingual = {"en": "Quality assurance", "zh": "质量保证部"}
_ENGINEER: Bilingual = {"en": "QA engineer", "zh": "质量保证工程师"}
HR_LIST = register(
    Importer(
        name="organisation.staff",
        title={"en": "Staff list", "zh": "人事名册"},
        about={
            "en": "The list of the personnel office: one row a post. Departments and positions that are"
            " missing are opened; accounts are brought in before, with the list of people.",
            "zh": "人事部门名册，每行一项任职。缺少的部门与岗位将自动建立；账号须先以人员清单导入。",
        },
        right="organisation.manage",
        order=10,
        key=("person", "position", "valid_from"),
        existing=posts_there,
        create=open_staff,
        change=change_staff,
        check=check_staff,
        columns=(
            _of_posts("person"),
            Column("department", {"en": "Department", "zh": "部门"}, code(), "D-QA",
                   {"en": "Code; opened if it is not there", "zh": "编码，不存在则建立"}),
            *name_columns("department_name", "Department’s name", "部门名称", _QA),
            Column("site", {"en": "Site", "zh": "场所"}, code(20), "SZ",
                   {"en": "Of a department that is opened", "zh": "新建部门所属场所"},
                   required=False, refers=SITE),
            Column("position", {"en": "Position", "zh": "岗位"}, code(), "P-QA-1",
                   {"en": "Code; opened if it is not there", "zh": "编码，不存在则建立"}),
            *name_columns("position_name", "Position’s name", "岗位名称", _ENGINEER),
            Column("reports_to", {"en": "Reports to", "zh": "汇报给"}, code(), "P-QA-M",
                   {"en": "Code of the position above, of a position that is opened",
                    "zh": "上级岗位编码（新建岗位）"}, required=False),
            _of_posts("valid_from"),
            _of_posts("valid_to"),
            _of_posts("main"),
            Column("manager", {"en": "Line manager", "zh": "直属上级"}, read_login, "",
                   {"en": "User name; empty for whoever holds the position above",
                    "zh": "用户名；留空则为上级岗位的任职者"},
                   required=False, refers=_of_posts("manager").refers),
        ),
    )
)  # fmt: skip
