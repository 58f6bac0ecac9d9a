"""Flask's session kept in the table ``web_session``: idle time-out, new id at sign-in, gone at sign-out.

A cookie alone would go on opening pages after sign-out, because nothing could call it back. Only what the
next page says once ("Done.") travels in a signed cookie of a few minutes, for the person it is meant for: a
click then writes the database once, for its own sake.
"""

import copy
import hashlib
import secrets
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from flask import Flask, Request, Response
from flask.sessions import SessionInterface, SessionMixin
from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy import Connection, delete, insert, update
from sqlalchemy.orm import Session

from app.web.database import db
from app.web.models import WebSession
from core import clock
from core.db import write_connection

IDLE = timedelta(minutes=30)
"""A signed-in session without a request for this long is over."""
LONGEST = timedelta(hours=12)
"""No session outlives a shift, however busy."""
IDLE_BEFORE_SIGN_IN = timedelta(hours=2)
TOUCH = timedelta(minutes=1)
"""How stale ``seen_at`` may get before a request writes it again."""
SAID = "qms_said"
SAID_SECONDS = 300
"""The cookie of what the next page says, and how long it waits for that page."""
_FLASHES = "_flashes"
"""Where Flask keeps what is to be said."""

Find = Callable[[Session, str], tuple[Any, Any]]


class ServerSession(dict[str, Any], SessionMixin):
    """The session of one request; ``stored`` says whether the table holds it already.

    ``account`` is that of who was signed in when the request came.
    """

    def __init__(self, data: dict[str, Any], token: str, stored: bool, seen_at: datetime | None) -> None:
        super().__init__(data)
        self.token = token
        self.stored = stored
        self.seen_at = seen_at
        self.dropped: set[str] = set()
        self.said_before: list[Any] | None = None
        self.account: Any = None
        self._read = copy.deepcopy(data)

    @property
    def kept(self) -> dict[str, Any]:
        """What belongs into the table."""
        return {key: value for key, value in self.items() if key != _FLASHES}

    @property
    def modified(self) -> bool:  # type: ignore[override]
        """Whether what belongs into the table has changed."""
        return self.kept != self._read

    @property
    def person_id(self) -> uuid.UUID | None:
        """Who is signed in, as Flask-Login keeps it."""
        held = self.get("_user_id")
        return uuid.UUID(held) if held else None

    def renew(self) -> None:
        """Take a new id and forget the old one; done at sign-in, so that a planted cookie gains nothing."""
        if self.stored:
            self.dropped.add(_digest(self.token))
        self.token, self.stored = secrets.token_urlsafe(32), False

    def end(self) -> None:
        """Forget everything; the cookie in any copy opens nothing from now on."""
        self.clear()
        self.renew()


class ServerSessions(SessionInterface):
    """Reads and writes :class:`ServerSession` through the table.

    ``find`` gives the row of a cookie's digest, and with it the account of who is signed in: the rooms above
    know accounts.
    """

    def __init__(self, find: Find) -> None:
        self._find = find

    def open_session(self, app: Flask, request: Request) -> ServerSession:
        """Find the session of the cookie; an unknown, ended or idle one gives a fresh empty session."""
        token = request.cookies.get(self.get_cookie_name(app), "")
        row, account = self._find(db.session(), _digest(token)) if token else (None, None)
        if row is None or _is_over(row, clock.now()):
            fresh = ServerSession({}, secrets.token_urlsafe(32), stored=False, seen_at=None)
            if row is not None:
                fresh.dropped.add(row.token_sha256)
                fresh["_timed_out"] = row.person_id is not None
            return _with_said(app, request, fresh)
        found = ServerSession(dict(row.data), token, stored=True, seen_at=row.seen_at)
        found.account = account
        return _with_said(app, request, found)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Write what changed, touch what was used, and set the cookie when its value is new."""
        if not isinstance(session, ServerSession):
            raise TypeError("this application keeps its sessions on the server")
        response.vary.add("Cookie")
        now = clock.now()
        self._say(app, session, response)
        if not session.dropped and not _needs_writing(session, now):
            return
        with write_connection() as connection:
            for digest in session.dropped:
                connection.execute(delete(WebSession).where(WebSession.token_sha256 == digest))
            if session.kept or session.stored:
                _write(connection, session, now)
        if session.kept and (session.modified or not session.stored):
            self._set_cookie(app, response, self.get_cookie_name(app), session.token)
        elif not session.kept:
            response.delete_cookie(self.get_cookie_name(app), path=self.get_cookie_path(app))

    def _say(self, app: Flask, session: ServerSession, response: Response) -> None:
        """Give the next page what it is to say, or take back what this page has said."""
        said = session.get(_FLASHES)
        if said and said != session.said_before:
            words = _signer(app, session).dumps(said)
            self._set_cookie(app, response, SAID, words, SAID_SECONDS)
        elif not said and session.said_before:
            response.delete_cookie(SAID, path=self.get_cookie_path(app))

    def _set_cookie(
        self, app: Flask, response: Response, name: str, value: str, seconds: int | None = None
    ) -> None:
        response.set_cookie(
            name,
            value,
            max_age=seconds,
            httponly=True,
            secure=self.get_cookie_secure(app),
            samesite="Lax",
            path=self.get_cookie_path(app),
        )


def _signer(app: Flask, session: ServerSession) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(app.secret_key), salt=f"said-{session.person_id}")


def _with_said(app: Flask, request: Request, session: ServerSession) -> ServerSession:
    """Put into a session what the page before left to be said; a cookie of anybody else says nothing."""
    try:
        said = _signer(app, session).loads(request.cookies.get(SAID, ""), max_age=SAID_SECONDS)
    except BadSignature:
        return session
    session.said_before = said
    session[_FLASHES] = [tuple(one) for one in said]
    return session


def end_sessions_of(connection: Connection, person_id: uuid.UUID) -> None:
    """End every session of a person at once: locked, left, or password changed."""
    connection.execute(delete(WebSession).where(WebSession.person_id == person_id))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _is_over(row: Any, now: datetime) -> bool:
    idle = IDLE if row.person_id is not None else IDLE_BEFORE_SIGN_IN
    return bool(now - row.seen_at > idle or now - row.created_at > LONGEST)


def _needs_writing(session: ServerSession, now: datetime) -> bool:
    if not session.stored:
        return bool(session.kept)
    return session.modified or session.seen_at is None or now - session.seen_at > TOUCH


def _write(connection: Connection, session: ServerSession, now: datetime) -> None:
    digest = _digest(session.token)
    values = {"person_id": session.person_id, "data": session.kept, "seen_at": now}
    if session.stored:
        connection.execute(update(WebSession).where(WebSession.token_sha256 == digest).values(values))
        return
    connection.execute(delete(WebSession).where(WebSession.seen_at < now - LONGEST))
    connection.execute(insert(WebSession).values(token_sha256=digest, created_at=now, **values))
