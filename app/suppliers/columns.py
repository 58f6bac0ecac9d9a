"""Columns and finders that the lists of this room share."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.models import Supplier
from app.catalog.references import SUPPLIER
from app.sites.queries import earliest_day
from core.errors import Invalid
from core.moments import moment_of
from documents.labels import N_
from documents.sheets.cells import Column, Kind, Reader, code, day
from documents.sheets.rows import Finding, Row

Key = tuple[Any, ...]
_HASH = re.compile(r"[0-9a-f]{64}")

SUPPLIER_COLUMN = Column(
    "supplier",
    {"en": "Supplier", "zh": "供应商"},
    code(),
    "S-101",
    {"en": "The code of a supplier that is there already.", "zh": "系统中已有的供应商编码。"},
    refers=SUPPLIER,
)
FROM_COLUMN = Column(
    "valid_from",
    {"en": "From", "zh": "起始日"},
    day,
    "2026-01-01",
    {"en": "The first day.", "zh": "第一天。"},
)
UNTIL_COLUMN = Column(
    "valid_until",
    {"en": "Until", "zh": "截止日"},
    day,
    "2028-12-31",
    {"en": "The last day; empty if there is none.", "zh": "最后一天；无期限时留空。"},
    required=False,
)


def code_of(model: Any) -> Any:
    """The supplier's code as an expression over a table that names a supplier."""
    query = select(Supplier.code).where(Supplier.id == model.supplier_id)
    return query.correlate(model).scalar_subquery()


def names_of(model: Any) -> tuple[Any, Any]:
    """The supplier's names as expressions over a table that names a supplier."""
    query = [
        select(Supplier.name[lang].as_string())
        .where(Supplier.id == model.supplier_id)
        .correlate(model)
        .scalar_subquery()
        for lang in ("en", "zh")
    ]
    return query[0], query[1]


def hexadecimal() -> Reader:
    """A SHA-256 in hexadecimal."""

    def read(value: Any) -> str:
        word = str(value).strip().lower()
        if not _HASH.fullmatch(word):
            raise Invalid("cell.sha256", "A SHA-256 has 64 hexadecimal digits.")
        return word

    return Kind(read, {"type": "string", "pattern": f"^{_HASH.pattern}$"})


def rows_of(
    session: Session, query: Any, keys: Collection[Key], key_of: Callable[[Any], Key]
) -> dict[Key, Any]:
    """The rows with some keys; ``query`` has the supplier joined, whose code comes first in a key."""
    found = session.scalars(query.where(Supplier.code.in_({key[0] for key in keys})))
    wanted = set(keys)
    return {key: row for row in found if (key := key_of(row)) in wanted}


def check_days(session: Session, rows: Iterable[Row], *, over: str) -> Iterator[Finding]:
    """Find what ends before it begins, and what is over everywhere; ``over`` is the sentence for that."""
    today = earliest_day(session, moment_of(session))
    for row in rows:
        first, last = row.get("valid_from"), row.get("valid_until")
        if first is None or last is None:
            continue
        if last < first:
            sentence = N_("It would end on %(last)s, before it begins on %(first)s. Check both days.")
            error = Invalid("days.ends_before", sentence, field="valid_until", first=first, last=last)
            yield row.wrong("valid_until", error)
        elif last < today and _is_new(row.before, last):
            yield row.wrong("valid_until", Invalid("days.over", over, field="valid_until", last=last))


def _is_new(before: Mapping[str, Any] | None, last: date) -> bool:
    return before is None or before.get("valid_until") != last
