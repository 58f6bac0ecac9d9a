"""Departments as a list: columns, checks and storing, the same for pages, files and programs."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.organisation.models import Department, DepartmentState
from app.sites.models import Site
from core.actor import Actor
from core.errors import Conflict, NotFound, QmsError
from core.types import Bilingual
from documents.labels import N_
from documents.sheets.cells import Column, choice, code, name_columns
from documents.sheets.importers import Importer, register
from documents.sheets.rows import Finding, Reach, Reference, Row, both_cells

STATES: dict[str, Bilingual] = {
    "active": {"en": "Active", "zh": "在用"},
    "closed": {"en": "Closed", "zh": "撤销"},
}


def _sites(session: Session, codes: Collection[Any], reach: Reach) -> Mapping[Any, Any]:
    query = select(Site).where(Site.code.in_(codes))
    found = session.scalars(query if reach is None else query.where(Site.id.in_(reach)))
    return {site.code: site for site in found}


def _no_site(value: Any) -> QmsError:
    return NotFound("site.unknown_code", "There is no site %(site)s, or not for you.", site=value)


def _departments(session: Session, codes: Collection[Any], _reach: Reach) -> Mapping[Any, Any]:
    found = session.scalars(select(Department).where(Department.code.in_(codes)))
    return {department.code: department for department in found}


def _no_department(value: Any) -> QmsError:
    return NotFound("department.unknown", "There is no department %(department)s.", department=value)


SITE = Reference(_sites, _no_site)
DEPARTMENT = Reference(_departments, _no_department, "organisation.department")


def there(session: Session, keys: Collection[tuple[Any, ...]]) -> dict[tuple[Any, ...], dict[str, Any]]:
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
        _fill(department, row)
        session.add(department)
    session.flush()  # the next rows may name them


def change_departments(session: Session, rows: Sequence[Row], actor: Actor, now: datetime) -> None:
    """Change departments as their rows say."""
    found = _departments(session, {row.get("code") for row in rows}, None)
    for row in rows:
        _fill(found[row.get("code")], row)


def check_departments(session: Session, rows: Iterable[Row], _reach: Reach) -> Iterator[Finding]:
    """Find a department that would belong to itself."""
    for row in rows:
        department, seen = row.found.get("parent"), 0
        while department is not None and seen < 100:
            if department.code == row.get("code"):
                circle = Conflict("department.circle", N_("A department cannot belong to itself."))
                yield row.wrong("parent", circle)
                break
            department, seen = department.parent, seen + 1


def _fill(department: Department, row: Row) -> None:
    department.name = row.both("name")
    site, parent = row.found.get("site"), row.found.get("parent")
    if "site" in row.values:
        department.site_id = site.id if site is not None else None
    if "parent" in row.values:
        department.parent_id = parent.id if parent is not None else None
    if row.get("state"):
        department.state = DepartmentState(row.get("state"))


_NAME: Bilingual = {"en": "Quality assurance", "zh": "质量保证部"}
DEPARTMENTS = register(
    Importer(
        name="organisation.departments",
        title={"en": "Departments", "zh": "部门"},
        about={
            "en": "The departments of the company, by site, and which belongs to which.",
            "zh": "公司各厂区的部门及其隶属关系。",
        },
        right="organisation.manage",
        order=5,
        key=("code",),
        existing=there,
        create=open_departments,
        change=change_departments,
        check=check_departments,
        columns=(
            Column("code", {"en": "Code", "zh": "编码"}, code(), "D-QA",
                   {"en": "Never used twice.", "zh": "不得重复。"}),
            *name_columns("name", "Name", "名称", _NAME, needed=True),
            Column("site", {"en": "Site", "zh": "厂区"}, code(20), "SZ01",
                   {"en": "Empty for a department of the whole company.", "zh": "全公司部门留空。"},
                   required=False, refers=SITE),
            Column("parent", {"en": "Belongs to", "zh": "上级部门"}, code(), "D-MGT",
                   {"en": "Code of the department above.", "zh": "上级部门编码。"},
                   required=False, refers=DEPARTMENT),
            Column("state", {"en": "State", "zh": "状态"}, choice(STATES), "active",
                   {"en": "active or closed", "zh": "在用或撤销"}, required=False),
        ),
    )
)  # fmt: skip
