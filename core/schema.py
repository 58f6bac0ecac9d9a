"""Which step of the schema the database has, and which one this version of the product needs.

Told without Alembic, which makes the steps: a web worker only asks, and is spared its memory.
"""

from functools import cache
from pathlib import Path

from sqlalchemy import column, inspect, select, table

from core.db import engine

MIGRATIONS = Path(__file__).resolve().parents[1] / "migrations"
_KEPT = table("alembic_version", column("version_num"))


@cache
def newest_step() -> str:
    """The newest step that this version brings: the highest number among the files of the steps."""
    return max(file.name.partition("_")[0] for file in (MIGRATIONS / "versions").glob("[0-9]*_*.py"))


def step_of_database() -> str:
    """The step the database in the settings is at; empty when it has no schema."""
    with engine().connect() as connection:
        if not inspect(connection).has_table(_KEPT.name):
            return ""
        return ", ".join(sorted(connection.scalars(select(_KEPT.c.version_num))))


def is_current() -> bool:
    """Whether the database has exactly the schema of this version, no less and no more."""
    return step_of_database() == newest_step()
