"""The packs that come with the product: a file of lines, brought in like any other list."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

DELIVERED = Path(__file__).with_name("delivered.csv")


def delivered() -> Sequence[Mapping[str, str]]:
    """The delivered lines as texts; none of them has been compared with the official text for this plant."""
    with DELIVERED.open(encoding="utf-8", newline="") as file:
        return [{key: text for key, text in row.items() if text} for row in csv.DictReader(file)]
