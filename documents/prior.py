"""The earlier records of a case, as a record binds them: a chain, so that its length does not cost.

A record lists by number and hash the last records before it and the last one of every step. Each of those
does the same, so whoever holds a record holds the hash of every earlier one, link by link.
"""

import uuid
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Select, bindparam, func, or_, select
from sqlalchemy.orm import Session

from core.tables import on_tables, table_of
from core.types import Bilingual
from documents.models import Record

LISTED = 20
"""So many of the last records stand in the list whatever step they are of."""


class PriorRecord(NamedTuple):
    """An earlier record as the list has it."""

    id: uuid.UUID
    number: str
    sha256: str
    title: Bilingual
    element_id: str | None


@dataclass(frozen=True)
class Prior:
    """The records listed, first one first, and how many more there are, bound by those listed."""

    listed: list[PriorRecord]
    more: int

    def blocks(self, *, without: uuid.UUID | None = None) -> dict[str, Any]:
        """Give what the content of `qms.record/1` says of them; ``without`` the record that is being made."""
        listed = [
            {"number": one.number, "sha256": one.sha256, "title": dict(one.title)}
            for one in self.listed
            if one.id != without
        ]
        return {"prior": listed} | ({"prior_more": str(self.more)} if self.more else {})


def _list() -> Select[Any]:
    record = table_of(Record)
    newest = (record.c.created_at.desc(), record.c.number.desc())
    ranked = (
        select(
            record.c.id,
            func.row_number().over(order_by=newest).label("back"),
            func.row_number().over(partition_by=record.c.element_id, order_by=newest).label("of_step"),
            func.count().over().label("total"),
        )
        .where(record.c.case_id == bindparam("case_id"))
        .subquery()
    )
    columns = tuple(record.c[name] for name in PriorRecord._fields)
    return (
        select(*columns, ranked.c.total)
        .select_from(record)
        .join(ranked, ranked.c.id == record.c.id)
        .where(or_(ranked.c.back <= LISTED, ranked.c.of_step == 1))
        .order_by(record.c.created_at, record.c.number)
    )


_LIST = _list()


def prior_of_case(session: Session, case_id: uuid.UUID) -> Prior:
    """List the earlier records of a case in the order they were made in."""
    found = list(on_tables(session, _LIST, {"case_id": case_id}))
    listed = [PriorRecord(*row[:-1]) for row in found]
    return Prior(listed, (found[0].total if found else 0) - len(listed))
