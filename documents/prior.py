"""The earlier records of a case, as a record binds them: a chain, so that its length does not cost.

A record lists by number and hash the last records before it and the last one of every step. Each of those
does the same, so whoever holds a record holds the hash of every earlier one, link by link.
"""

import uuid
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Select, bindparam, func, select, union
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
    """The records made when the last ones of the case or of a step were made, and how many there are in all.

    Everything is told by the index of a case but the few rows themselves, whose pages are wide.
    """
    record = table_of(Record)
    of_case = record.c.case_id == bindparam("case_id")
    made = record.c.created_at
    last = select(made).where(of_case).order_by(made.desc(), record.c.number.desc()).limit(LISTED).subquery()
    of_step = select(func.max(made)).where(of_case).group_by(record.c.element_id)
    moments = union(select(last.c.created_at), of_step)
    total = select(func.count()).where(of_case).scalar_subquery()
    columns = tuple(record.c[name] for name in PriorRecord._fields)
    return select(*columns, total).where(of_case, made.in_(moments)).order_by(made, record.c.number)


_LIST = _list()


def prior_of_case(session: Session, case_id: uuid.UUID) -> Prior:
    """List the earlier records of a case in the order they were made in."""
    found = list(on_tables(session, _LIST, {"case_id": case_id}))
    made = [PriorRecord(*row[:-1]) for row in found]
    of_step = {one.element_id: one for one in made}
    told = {one.id for one in (*made[-LISTED:], *of_step.values())}
    listed = [one for one in made if one.id in told]
    return Prior(listed, (found[0][-1] if found else 0) - len(listed))
