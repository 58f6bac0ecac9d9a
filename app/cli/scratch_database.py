"""A database of one's own beside the plant's, for checks and measurements that must never touch that."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import NullPool, create_engine, make_url
from sqlalchemy.exc import DBAPIError

from app.cli import scratch_server
from app.cli.output import CannotCheck
from core.config import settings

Environment = dict[str, str]
"""Settings of a product, as environment variables."""


@contextmanager
def like_the_plants() -> Iterator[Environment]:
    """Give a scratch database of the kind this installation has, on the same server if it has one.

    Raises:
        CannotCheck: the owner's role may not create a database there.
    """
    if settings().database_url.startswith("sqlite"):
        yield {}
        return
    name = f"qms_scratch_{secrets.token_hex(4)}"
    _on_server(f"CREATE DATABASE {name} TEMPLATE template0")
    try:
        yield {
            "QMS_DATABASE_URL": _elsewhere(settings().database_url, name),
            "QMS_DATABASE_OWNER_URL": _elsewhere(settings().owner_url, name),
        }
    finally:
        _on_server(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def on_a_server_of_its_own() -> Iterator[Environment]:
    """Give an empty database on a private PostgreSQL server, which ends with the block.

    Raises:
        CannotCheck: PostgreSQL's server programs are not installed.
    """
    try:
        scratch_server.programs()
    except LookupError as missing:
        raise CannotCheck(str(missing)) from missing
    with scratch_server.server() as server, server.database() as name:
        yield {
            "QMS_DATABASE_URL": server.url(name, scratch_server.APPLICATION),
            "QMS_DATABASE_OWNER_URL": server.url(name, scratch_server.OWNER),
        }


def _elsewhere(url: str, database: str) -> str:
    return make_url(url).set(database=database).render_as_string(hide_password=False)


def _on_server(statement: str) -> None:
    owner = create_engine(settings().owner_url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    try:
        with owner.connect() as connection:
            connection.exec_driver_sql(statement)
    except DBAPIError as refused:
        message = "no scratch database can be made beside the plant's (ALTER ROLE … CREATEDB for its owner)"
        raise CannotCheck(f"{message}: {refused.orig}") from refused
