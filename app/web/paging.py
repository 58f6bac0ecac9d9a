"""Long lists in pages of a fixed size."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from flask import request
from sqlalchemy import Select, func, select

from app.web.database import db

T = TypeVar("T")
SIZE = 25


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page of a list; ``number`` counts from 1.

    ``more`` says that there are more than ``total``, which nobody has counted; ``reach`` is how many of them
    pages lead to, None for all.
    """

    items: Sequence[T]
    number: int
    size: int
    total: int
    more: bool = False
    reach: int | None = None

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return pages_of(self.total if self.reach is None else self.reach, self.size)

    @property
    def first(self) -> int:
        """Position of the first row shown, 0 when there is none."""
        return (self.number - 1) * self.size + 1 if self.items else 0

    @property
    def last(self) -> int:
        """Position of the last row shown."""
        return (self.number - 1) * self.size + len(self.items)

    def numbers(self) -> list[int | None]:
        """Page numbers to offer; ``None`` stands for a gap."""
        near = {1, self.pages, self.number - 1, self.number, self.number + 1}
        shown = [number for number in sorted(near) if 1 <= number <= self.pages]
        row: list[int | None] = []
        for number in shown:
            if row and row[-1] is not None and number - row[-1] > 1:
                row.append(None)
            row.append(number)
        return row


def pages_of(count: int, size: int = SIZE) -> int:
    """How many pages so many rows take, at least one."""
    return max(1, -(-count // size))


def asked_page() -> int:
    """The page that the address asks for, the first if it asks nonsense."""
    return max(request.args.get("page", 1, type=int) or 1, 1)


def paginate(query: Select[*tuple[Any, ...]], *, size: int = SIZE) -> Page[Any]:
    """Run a query for the page named by ``?page=``.

    Gives mapped objects, or rows when several columns are asked. A page beyond the end gives the last one,
    nonsense the first.
    """
    total = db.session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    number = min(asked_page(), pages_of(total, size))
    rows = db.session.execute(query.limit(size).offset((number - 1) * size))
    one_thing = len(query.column_descriptions) == 1
    return Page(list(rows.unique().scalars() if one_thing else rows), number, size, total)
