"""The pages' session: Flask-SQLAlchemy over the one engine of the process, for reading only.

Writes go through :func:`app.web.transactions.writing`, so that each has an actor, a reason and a moment.
"""

from collections.abc import Mapping
from typing import Any

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session as FlaskSession
from sqlalchemy import Engine
from sqlalchemy.exc import InvalidRequestError

from core import db as core_db


class ReadSession(FlaskSession):
    """A session that refuses to write: nobody would answer for the change."""

    def flush(self, objects: Any = None) -> None:
        """Refuse when there is something to write.

        Raises:
            InvalidRequestError: an object was added, changed or deleted here.
        """
        if self.new or self.deleted or any(self.is_modified(row) for row in self.dirty):
            raise InvalidRequestError("pages read through db.session; write inside web.writing()")
        super().flush(objects)


class _OneEngine(SQLAlchemy):
    def _make_engine(self, bind_key: str | None, options: dict[str, Any], app: Flask) -> Engine:
        return core_db.engine()

    @property
    def engines(self) -> Mapping[str | None, Engine]:
        return {None: core_db.engine()}


db = _OneEngine(session_options={"class_": ReadSession})
