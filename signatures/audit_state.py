"""Compares every audited row with the last values the trail holds for it (21 CFR 11.10(c), URS-025).

A table is read once, in batches; the entries that speak of a batch are folded into what the rows should say.
Only a batch is ever in memory, so the size of the trail does not matter. Large columns are compared by their
hash; of secrets the trail knows nothing. What a change of the schema fills is an entry of the trail as well
(``audit_migration``).
"""

import json
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice
from typing import Any

import orjson
import rfc8785
from sqlalchemy import Connection, MetaData, Table, inspect, select, tuple_
from sqlalchemy.orm import Session

from core.languages import translate
from signatures.audit_models import AuditEntry
from signatures.audit_plan import TablePlan, plan_of
from signatures.audit_sqlite import digest
from signatures.audit_values import readers_of

ROW_ACTIONS = ("insert", "update", "delete")
"""Actions written by triggers; every other action is a named event."""

MOST = 1000
"""So many findings are listed; the rest is only counted."""

_BATCH = 400
_UNREADABLE = object()


def N_(text: str) -> str:
    """Mark a sentence for the translators."""
    return text


WHAT = {
    "row_altered": N_("%(table)s %(row)s: %(column)s is not what entry %(entry)s says."),
    "row_missing": N_("%(table)s %(row)s is gone, and nobody deleted it; entry %(entry)s speaks of it last."),
    "row_returned": N_("%(table)s %(row)s is there, although entry %(entry)s deleted it."),
    "row_unknown": N_("%(table)s %(row)s is there, but nobody put it in."),
    "table_missing": N_("The table %(table)s is gone."),
    "not_derived": N_("%(table)s %(row)s: %(column)s does not follow from the rows it is computed from."),
}
"""How rows differ from the trail, as gettext msgids by code."""


@dataclass(frozen=True)
class RowFinding:
    """One difference: which column of which row of which table, and the last entry that speaks of it."""

    code: str
    table: str
    row: str = ""
    column: str | None = None
    entry: int | None = None

    def text(self, language: str) -> str:
        """Say it in a sentence."""
        return translate(WHAT[self.code], language, **vars(self))


@dataclass
class StateReport:
    """What comparing found: ``rows`` compared; ``findings`` (the first of ``found``)."""

    rows: int = 0
    found: int = 0
    findings: list[RowFinding] = field(default_factory=list)

    def add(self, finding: RowFinding) -> None:
        """Note a difference."""
        self.found += 1
        if len(self.findings) < MOST:
            self.findings.append(finding)


Derivation = Callable[[Session], Iterator[RowFinding]]

_derivations: list[Derivation] = []


@dataclass
class _Said:
    """What the trail says of a row: each column's last value, and the entry it comes from."""

    values: dict[str, tuple[Any, int]] = field(default_factory=dict)
    last: int = 0
    alive: bool = False


def derived(check: Derivation) -> Derivation:
    """Register a check of a table that is not audited because it only repeats others, such as a sum."""
    _derivations.append(check)
    return check


def not_compared(metadata: MetaData) -> list[str]:
    """Name the columns whose values the trail deliberately does not hold: ``table.column``."""
    plans = [plan_of(table) for table in metadata.sorted_tables]
    return [f"{plan.name}.{name}" for plan in plans if plan.audited for name in plan.omitted]


def compare_rows(session: Session, metadata: MetaData, written: Mapping[tuple[str, str], int]) -> StateReport:
    """Compare every row of every audited table with the trail, then what is derived from them.

    ``written`` counts the entries of the trail by table and action, as walking the chain has found them.
    """
    report = StateReport()
    existing = set(inspect(session.connection()).get_table_names())
    for table in metadata.sorted_tables:
        plan = plan_of(table)
        if table.name not in existing:
            report.add(RowFinding("table_missing", table.name))
        elif plan.audited:
            _compare_table(session, table, plan, written, report)
    if not report.found:
        for check in _derivations:
            for finding in check(session):
                report.add(finding)
    return report


def _compare_table(
    session: Session,
    table: Table,
    plan: TablePlan,
    written: Mapping[tuple[str, str], int],
    report: StateReport,
) -> None:
    met = 0
    with closing(_present(session.connection(), table, plan)) as rows:
        while batch := dict(islice(rows, _BATCH)):
            said = _folded(session, table.name, list(batch))
            report.rows += len(batch)
            met += sum(one.alive for one in said.values())
            for key, values in batch.items():
                for finding in _differences(plan, key, values, said.get(key)):
                    report.add(finding)
    if written[table.name, "insert"] - written[table.name, "delete"] != met:
        _find_missing(session, table, plan, report)


def _differences(
    plan: TablePlan, key: str, present: Mapping[str, Any], said: _Said | None
) -> Iterator[RowFinding]:
    if said is None:
        yield RowFinding("row_unknown", plan.name, key)
        return
    if not said.alive:
        yield RowFinding("row_returned", plan.name, key, entry=said.last)
        return
    for name in plan.columns:
        value, entry = said.values.get(name, (None, said.last))
        if name not in plan.omitted and not _same(value, present[name]):
            yield RowFinding("row_altered", plan.name, key, name, entry)


def _same(said: Any, present: Any) -> bool:
    if said is None or isinstance(said, str):
        return bool(said == present)
    if present is _UNREADABLE or present is None:
        return False
    options = orjson.OPT_SORT_KEYS
    if orjson.dumps(said, option=options) == orjson.dumps(present, option=options):
        return True
    return bool(rfc8785.dumps(said) == rfc8785.dumps(present))  # 1.0 and 1 are one number there


def _folded(session: Session, table: str, keys: Sequence[str]) -> dict[str, _Said]:
    """Say what the trail last holds for some rows of a table; rows it never speaks of are left out."""
    entry = AuditEntry.__table__.columns
    query = (
        select(entry.subject_id, entry.seq, entry.action, entry.entry)
        .where(entry.subject_type == table, entry.subject_id.in_(keys), entry.action.in_(ROW_ACTIONS))
        .order_by(entry.subject_id, entry.seq)
    )
    found: dict[str, _Said] = {}
    with closing(session.connection().execute(query, execution_options={"yield_per": _BATCH})) as entries:
        for key, seq, action, text in entries:
            _fold(found.setdefault(key, _Said()), seq, action, orjson.loads(text)["changes"] or {})
    return found


def _fold(said: _Said, seq: int, action: str, changes: Mapping[str, list[Any] | None]) -> None:
    said.last, said.alive = seq, action != "delete"
    if action == "insert":
        said.values = {}
    for name, pair in changes.items():
        if pair is not None:
            said.values[name] = (pair[1], seq)


def _find_missing(session: Session, table: Table, plan: TablePlan, report: StateReport) -> None:
    """Name the rows that the trail holds and the table does not."""
    entry = AuditEntry.__table__.columns
    query = select(entry.subject_id).where(entry.subject_type == table.name, entry.action == "insert")
    query = query.distinct().order_by(entry.subject_id)
    with closing(session.connection().execute(query, execution_options={"yield_per": _BATCH})) as found:
        keys = found.scalars()
        while batch := list(islice(keys, _BATCH)):
            said = _folded(session, table.name, batch)
            present = _keys_present(session, table, batch)
            for key in sorted(said.keys() - present):
                if said[key].alive:
                    report.add(RowFinding("row_missing", plan.name, key, entry=said[key].last))


def _keys_present(session: Session, table: Table, keys: Sequence[str]) -> set[str]:
    columns = list(table.primary_key)
    typed = [
        [column.type.python_type(part) for column, part in zip(columns, _parts(key, columns), strict=True)]
        for key in keys
    ]
    found = session.connection().execute(select(*columns).where(tuple_(*columns).in_(typed)))
    return {"/".join(str(part) for part in row) for row in found}


def _parts(key: str, columns: Sequence[object]) -> list[str]:
    return key.split("/") if len(columns) > 1 else [key]


def _present(
    connection: Connection, table: Table, plan: TablePlan
) -> Generator[tuple[str, dict[str, Any]], None, None]:
    """Read the rows of a table as its triggers would have written them: key, and value of each column."""
    readers = readers_of(table, connection.dialect)
    for raw in raw_rows(connection, plan):
        values = {
            name: value if value is None or name in plan.hashed else _read(readers[name], value)
            for name, value in raw.items()
        }
        yield "/".join(str(values[name]) for name in plan.key), values


def _read(read: Callable[[Any], Any], value: Any) -> Any:
    try:
        return read(value)
    except (ArithmeticError, LookupError, TypeError, ValueError):
        return _UNREADABLE  # no value of this column: somebody has written past the product


def raw_rows(connection: Connection, plan: TablePlan) -> Iterator[dict[str, Any]]:
    """Read the rows of a table in the notation of its triggers; secret columns are left out."""
    rows = _raw_rows_sqlite if connection.dialect.name == "sqlite" else _raw_rows_postgresql
    return rows(connection, plan)


def _raw_rows_sqlite(connection: Connection, plan: TablePlan) -> Iterator[dict[str, Any]]:
    names = [name for name in plan.columns if name not in plan.omitted]
    listed = ", ".join(f'"{name}"' for name in names)
    query = f'SELECT {listed} FROM "{plan.name}" NOT INDEXED'  # noqa: S608 -- our own names
    hashed = [name for name in plan.hashed if name not in plan.omitted]
    with closing(connection.exec_driver_sql(query, execution_options={"yield_per": _BATCH})) as found:
        for row in found:
            raw = dict(zip(names, row, strict=True))
            yield raw | {name: digest(raw[name]) for name in hashed}


def _raw_rows_postgresql(connection: Connection, plan: TablePlan) -> Iterator[dict[str, Any]]:
    hashed = [name for name in plan.hashed if name not in plan.omitted]
    texts = "".join(f", to_jsonb(t) ->> '{name}'" for name in hashed)
    query = f'SELECT to_jsonb(t)::text{texts} FROM "{plan.name}" t'  # noqa: S608 -- our own names
    with closing(connection.exec_driver_sql(query, execution_options={"yield_per": _BATCH})) as found:
        for row in found:
            raw: dict[str, Any] = json.loads(row[0], parse_float=Decimal)
            digests = {
                name: digest(bytes.fromhex(text[2:]) if text and name in plan.binary else text)
                for name, text in zip(hashed, row[1:], strict=True)
            }
            yield {name: raw[name] for name in plan.columns if name not in plan.omitted} | digests
