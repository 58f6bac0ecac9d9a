"""What steps show about a supplier: class, standing, certificates, scopes and earlier evaluations."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.models import Supplier
from app.suppliers import queries
from app.suppliers.approval.models import Grade
from app.suppliers.approval.queries import evaluations_of
from app.suppliers.models import Standing
from app.suppliers.ratings import STANDINGS
from core.types import Bilingual
from documents.registry import Section, facts

GRADES: dict[Grade, Bilingual] = {
    Grade.APPROVE: {"en": "May be approved", "zh": "可批准"},
    Grade.CONDITIONAL: {"en": "On conditions only", "zh": "仅可有条件批准"},
    Grade.BLOCKED: {"en": "Blocked", "zh": "不予准入"},
}
_CERTIFICATES = (("Kind", "类型"), ("Number", "编号"), ("Issued by", "签发机构"), ("Until", "有效期至"))
_SCOPES = (("Item", "物料"), ("Site", "场所"), ("From", "起始日"), ("Until", "截止日"))
_EVALUATIONS = (
    ("Case", "编号"),
    ("Day", "日期"),
    ("Class", "类别"),
    ("Average", "平均分"),
    ("Result", "结果"),
    ("Next review", "下次评价"),
)


@facts("suppliers.supplier")
def supplier_facts(session: Session, subject_id: uuid.UUID, data: Mapping[str, Any]) -> list[Section]:
    """What is known of the supplier that the request names; nothing before there is one.

    The record keeps what was shown: facts as they stand at that moment.
    """
    code = (data.get("request") or {}).get("supplier")
    supplier = session.scalar(select(Supplier).where(Supplier.code == code)) if code else None
    if supplier is None:
        return []
    row = queries.standing_row(session, supplier.id)
    rated = next((one.risk_class for one in queries.classes_of(session, supplier.id)), supplier.criticality)
    standing = row.standing if row is not None else Standing.FREE
    head = [
        _row(
            "Supplier", "供应商", {side: f"{supplier.code} · {supplier.name[side]}" for side in ("en", "zh")}
        ),
        _row("Class", "类别", rated),
        _row("Standing", "状态", STANDINGS[standing.value]),
    ]
    first: Section = {"title": {"en": "Supplier", "zh": "供应商"}, "rows": head, "table": None}
    return [first, *_tables(session, supplier)]


def _tables(session: Session, supplier: Supplier) -> list[Section]:
    certificates = [
        [queries.CERTIFICATE_NAMES[one.kind.value], one.number, one.issuer, _day(one.valid_until)]
        for one in queries.certificates_of(session, supplier.id)
    ]
    scopes = [
        [one.item.code, one.site.code, _day(one.valid_from), _day(one.valid_until)]
        for one in queries.scopes_of(session, supplier.id)
    ]
    evaluations = [
        [one.number, _day(one.evaluated_on), one.risk_class, f"{one.average:.2f}", GRADES[one.grade],
         _day(one.next_review)]
        for one in evaluations_of(session, supplier.id)
    ]  # fmt: skip
    found = (
        ("Certificates so far", "现有证书", _CERTIFICATES, certificates),
        ("Approved so far", "已批准范围", _SCOPES, scopes),
        ("Evaluations so far", "历次评价", _EVALUATIONS, evaluations),
    )
    return [_table(english, chinese, columns, rows) for english, chinese, columns, rows in found if rows]


def _table(
    english: str, chinese: str, columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[Any]]
) -> Section:
    heads = [{"en": one, "zh": other} for one, other in columns]
    return {
        "title": {"en": english, "zh": chinese},
        "rows": [],
        "table": {"columns": heads, "rows": [list(row) for row in rows]},
    }


def _row(english: str, chinese: str, value: Any) -> dict[str, Any]:
    return {"label": {"en": english, "zh": chinese}, "value": value, "unit": None, "mark": None}


def _day(day: date | None) -> str:
    return day.isoformat() if day is not None else ""
