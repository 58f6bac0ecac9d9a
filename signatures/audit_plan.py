"""What a table asks of the audit trail, read from its own description.

A table says in its ``info`` what is wanted: ``audit`` (default true), ``append_only``, and, for such a table,
``append_only_except``: columns that may still be filled in, as a record's seal is, and ``append_only_until``:
the one of them that closes the row for good once it holds a value. A column says ``audit: "hash"`` (large:
the trail keeps its SHA-256) or ``audit: "omit"`` (secret: the trail keeps only the fact of change).
"""

from dataclasses import dataclass

from sqlalchemy import LargeBinary, PrimaryKeyConstraint, Table, UniqueConstraint


@dataclass(frozen=True)
class TablePlan:
    """What the triggers of one table do; every tuple holds column names."""

    name: str
    key: tuple[str, ...]
    columns: tuple[str, ...]
    hashed: tuple[str, ...]
    binary: tuple[str, ...]
    omitted: tuple[str, ...]
    unique: tuple[tuple[str, ...], ...]
    audited: bool
    append_only: bool
    open_columns: tuple[str, ...]
    closed_by: str | None


def plan_of(table: Table) -> TablePlan:
    """Read what a table asks of the audit trail."""
    binary = tuple(column.name for column in table.columns if isinstance(column.type, LargeBinary))
    marks = {column.name: column.info.get("audit") for column in table.columns}
    return TablePlan(
        name=table.name,
        key=tuple(column.name for column in table.primary_key),
        columns=tuple(marks),
        hashed=tuple(name for name, mark in marks.items() if mark == "hash" or (name in binary and not mark)),
        binary=binary,
        omitted=tuple(name for name, mark in marks.items() if mark == "omit"),
        unique=_unique_sets(table),
        audited=bool(table.info.get("audit", True)),
        append_only=bool(table.info.get("append_only", False)),
        open_columns=tuple(table.info.get("append_only_except", ())),
        closed_by=table.info.get("append_only_until"),
    )


def _unique_sets(table: Table) -> tuple[tuple[str, ...], ...]:
    found = [
        tuple(column.name for column in constraint.columns)
        for constraint in table.constraints
        if isinstance(constraint, UniqueConstraint | PrimaryKeyConstraint)
    ]
    found += [tuple(column.name for column in index.columns) for index in table.indexes if index.unique]
    return tuple(sorted(set(found)))
