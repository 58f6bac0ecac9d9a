"""PostgreSQL's connections: how they are opened, and how their transactions begin and end."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cached_property
from typing import Any, cast, overload

import psycopg
from psycopg.pq import TransactionStatus
from sqlalchemy import Connection, Engine, event


class Columns(Sequence[psycopg.Column]):
    """The columns of a result, made when somebody looks at them."""

    def __init__(self, cursor: "Cursor") -> None:
        self._cursor = cursor

    @cached_property
    def _made(self) -> list[psycopg.Column]:
        return [psycopg.Column(self._cursor, place) for place in range(len(self))]

    def __len__(self) -> int:
        result = self._cursor.pgresult
        return result.nfields if result is not None else 0

    @overload
    def __getitem__(self, place: int) -> psycopg.Column: ...
    @overload
    def __getitem__(self, place: slice) -> list[psycopg.Column]: ...
    def __getitem__(self, place: int | slice) -> psycopg.Column | list[psycopg.Column]:
        return self._made[place]


class Cursor(psycopg.Cursor[Any]):
    """Describes a result only to who looks: SQLAlchemy asks every time, and looks at the first of a kind."""

    @property
    def description(self) -> Any:
        """The columns of the result as PEP 249 has them, None where there are none."""
        return Columns(self) or None


OPTIONS: dict[str, Any] = {
    "connect_args": {"cursor_factory": Cursor},
    "pool_pre_ping": True,  # the server may have been started anew since the last click
    "pool_use_lifo": True,  # few connections serve quiet hours, and know the statements
}
"""What the engine is made with."""


def listen(engine: Engine, writes: Callable[[Connection], bool]) -> None:
    """Prepare the engine's connections; ``writes`` tells what a transaction on one of them is for."""

    def begin(connection: Connection) -> None:
        """Have the server refuse writes where nobody announced any."""
        _raw(connection).read_only = not writes(connection)

    def end(connection: Connection) -> None:
        """End a transaction that only read with COMMIT: at a ROLLBACK psycopg forgets the connection's
        statements.

        One that failed is left to the ROLLBACK that follows, and so is a connection that is broken.
        """
        raw = _raw(connection)
        if not writes(connection) and raw.info.transaction_status == TransactionStatus.INTRANS:
            with suppress(psycopg.Error):
                raw.commit()

    event.listen(engine, "connect", _open)
    event.listen(engine, "begin", begin)
    event.listen(engine, "rollback", end)


def _raw(connection: Connection) -> psycopg.Connection[Any]:
    return cast("psycopg.Connection[Any]", connection.connection.driver_connection)


def _open(connection: psycopg.Connection[Any], _record: object) -> None:
    """Keep all pages' statements prepared, one signature has fifty; compile none, that takes longer.

    Statements are planned anew for each question: lists are asked for rare words and for common ones, and a
    table may grow while it is filled. A brief act finds rows by their keys; there the server may keep a plan
    (``core.db.unit_of_work``).
    """
    connection.prepared_max = 1000
    connection.execute("SET jit = off")
    connection.execute("SET plan_cache_mode = force_custom_plan")
    connection.commit()
