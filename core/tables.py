"""Statements over tables for what every click asks: rows as they are, where nobody needs objects.

SQLAlchemy's way to objects takes as long as the statement itself. A statement that names a model anywhere, if
only in a condition, goes that way.
"""

from collections.abc import Mapping
from typing import Any, cast

from sqlalchemy import Executable, Result, Table
from sqlalchemy.orm import Session

from core.db import Base


def table_of(model: type[Base]) -> Table:
    """Give the table of a model."""
    return cast("Table", model.__table__)


def on_tables(
    session: Session, statement: Executable, values: Mapping[str, Any] | None = None
) -> Result[*tuple[Any, ...]]:
    """Execute a statement over tables; what the session has changed is written first, as it is for models."""
    session.flush()
    return session.execute(statement, values)
