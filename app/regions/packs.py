"""The packs that come with the product: a file of lines, read and stored like any other list."""

import csv
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from app.regions.imports import RULES
from core.actor import Actor
from documents.sheets.examining import read_row, store_rows

DELIVERED = Path(__file__).with_name("delivered.csv")


def delivered() -> Sequence[Mapping[str, str]]:
    """The delivered lines as texts; none of them has been compared with the official text for this plant."""
    with DELIVERED.open(encoding="utf-8", newline="") as file:
        return [{key: text for key, text in row.items() if text} for row in csv.DictReader(file)]


def store_delivered(session: Session, *, actor: Actor, now: datetime) -> None:
    """Write the delivered packs into an empty plant: the baseline from which proposals go on.

    Raises:
        ValueError: a line of the file cannot be read; the product is wrong.
    """
    rows = []
    for number, cells in enumerate(delivered(), start=1):
        row, findings = read_row(RULES.columns, number, cells)
        if findings:
            raise ValueError(f"{DELIVERED.name}, line {number}: {findings[0].error}")
        rows.append(row)
    store_rows(session, RULES, rows, actor=actor, now=now)
