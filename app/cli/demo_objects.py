"""Objects of the demo plant, written as rows of their lists and stored by the same checks as anybody's."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from core.actor import Actor
from documents.sheets.examining import Examined, Read, examine_rows, read_row, store_rows
from documents.sheets.importers import importer_of

Rows = Sequence[Mapping[str, str]]
LISTS: tuple[tuple[str, Rows], ...] = (
    (
        "organisation.departments",
        (
            {"code": "D-MGT", "name_en": "Management", "name_zh": "总经办", "state": "active"},
            {"code": "D-QA", "name_en": "Quality assurance", "name_zh": "质量保证部", "parent": "D-MGT",
             "site": "SZ", "state": "active"},
            {"code": "D-PD", "name_en": "Production", "name_zh": "生产部", "parent": "D-MGT",
             "site": "SZ", "state": "active"},
            {"code": "D-WH", "name_en": "Warehouse", "name_zh": "仓储部", "parent": "D-MGT",
             "site": "SZ", "state": "active"},
        ),
    ),
)  # fmt: skip
"""Name of a list and its rows, in the order in which they need each other."""


def load_objects(session: Session, *, actor: Actor, now: datetime) -> None:
    """Store the objects of the demo plant.

    Raises:
        ValueError: a row does not fit; the demo is wrong.
    """
    for name, rows in LISTS:
        store_list(session, name, rows, actor=actor, now=now)


def store_list(session: Session, name: str, rows: Rows, *, actor: Actor, now: datetime) -> None:
    """Store the rows of one list one by one, so that a row may name an earlier one.

    Raises:
        ValueError: a row does not fit.
    """
    listed = importer_of(name)
    by_group: dict[tuple[str, ...], list[Mapping[str, str]]] = {}
    for number, cells in enumerate(rows):
        group = tuple(cells[key] for key in listed.group.by) if listed.group else (str(number),)
        by_group.setdefault(group, []).append(cells)
    for together in by_group.values():
        examined, read = Examined(rows=len(together)), []
        for number, cells in enumerate(together, start=1):
            row, findings = read_row(listed.columns, number, cells)
            read.append(row)
            for finding in findings:
                examined.note(finding)
        found = examine_rows(session, listed, Read(read, examined), None).findings
        if found:
            raise ValueError(f"{name}, {found[0].column} = {found[0].value!r}: {found[0].error}")
        store_rows(session, listed, read, actor=actor, now=now)
        session.flush()  # the next row may name this one
