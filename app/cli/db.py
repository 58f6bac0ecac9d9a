"""`qms db`: the schema of this installation's database (Alembic), and the audit triggers on it."""

import argparse

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy.exc import ProgrammingError

from app.cli import search
from app.cli.output import CannotCheck, Subparsers, add_json, emit
from core.config import settings
from core.schema import MIGRATIONS, newest_step, step_of_database


def register(subparsers: Subparsers) -> None:
    """Add `qms db upgrade|downgrade|revision`."""
    group = subparsers.add_parser("db", help="the database's schema")
    verbs = group.add_subparsers(metavar="VERB", required=True)
    upgrade = verbs.add_parser("upgrade", help="bring the schema to this version, with its audit triggers")
    upgrade.set_defaults(run=_upgrade)
    downgrade = verbs.add_parser("downgrade", help="undo schema steps; an empty schema is called base")
    downgrade.add_argument("revision")
    downgrade.set_defaults(run=_downgrade)
    revision = verbs.add_parser("revision", help="for developers: write the next step from the models")
    revision.add_argument("message")
    revision.set_defaults(run=_revision)
    status = verbs.add_parser("status", help="which schema the database has, and which this version needs")
    add_json(status)
    status.set_defaults(run=_status)


def config() -> Config:
    """Alembic's configuration: where the steps are; the database is the one of the settings."""
    made = Config()
    made.set_main_option("script_location", str(MIGRATIONS))
    return made


def upgrade() -> None:
    """Bring the schema of the database in the settings to this version, making the data folder if needed.

    Objects that the index for searching does not hold yet are brought into it.

    Raises:
        CannotCheck: the role may not change the schema.
    """
    settings().home.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        command.upgrade(config(), "head")
    except ProgrammingError as refused:
        message = "the schema cannot be changed; QMS_DATABASE_OWNER_URL names the owner of the tables"
        raise CannotCheck(f"{message}: {refused.orig}") from refused
    search.fill()


def _upgrade(_arguments: argparse.Namespace) -> int:
    upgrade()
    return 0


def _downgrade(arguments: argparse.Namespace) -> int:
    command.downgrade(config(), arguments.revision)
    return 0


def _revision(arguments: argparse.Namespace) -> int:
    settings().home.mkdir(parents=True, exist_ok=True, mode=0o700)
    steps = list(ScriptDirectory.from_config(config()).walk_revisions())
    command.revision(config(), arguments.message, autogenerate=True, rev_id=f"{len(steps) + 1:04d}")
    return 0


def _status(arguments: argparse.Namespace) -> int:
    needed, found = newest_step(), step_of_database()
    document = {"ok": found == needed, "database": found, "needed": needed}
    emit(document, [f"database: {found or 'empty'}", f"needed:   {needed}"], as_json=arguments.json)
    return 0 if found == needed else 1
