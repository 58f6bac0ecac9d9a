"""Pages of the organisation."""

from typing import Any

from flask import Blueprint
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.objects.kinds import Key, ObjectKind
from app.objects.pages import furnish
from app.organisation.imports import DEPARTMENTS
from app.organisation.models import Department

bp = Blueprint("organisation", __name__)


def _department(session: Session, key: Key) -> Any:
    return session.scalar(select(Department).where(Department.code == key[0]))


DEPARTMENT = furnish(
    bp,
    ObjectKind(
        name="organisation.department",
        title={"en": "Department", "zh": "部门"},
        listed=DEPARTMENTS,
        model=Department,
        plural="departments",
        icon="sitemap",
        read="organisation.read",
        find=_department,
        key_of=lambda row: (row.code,),
        label=lambda row: {lang: f"{row.code} · {row.name[lang]}" for lang in ("en", "zh")},
        shown={
            "code": Department.code,
            "name": Department.name["en"].as_string(),
            "state": Department.state,
        },
        words=(Department.code, Department.name["en"].as_string(), Department.name["zh"].as_string()),
        site_of=lambda row: row.site_id,
    ),
    menu=_l("Departments"),
    order=20,
    group="master",
)
