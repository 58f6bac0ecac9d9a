"""When the database or the disk is away: a page that needs neither, in both languages, and says what to do.

A click whose COMMIT got no answer may have been kept or not; the page never claims to know.
"""

import errno
import json
import logging
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from flask import Flask, Response
from sqlalchemy.exc import DBAPIError

from app.web.assets import asset_path
from app.web.languages import HTML_CODES
from core.errors import QmsError
from core.languages import LANGUAGES
from core.log import correlation_id

log = logging.getLogger(__name__)

RETRY_SECONDS = 5
FULL = ("storage.full", "The server's disk is full. Nothing was saved. Ask an administrator.")
BUSY = ("database.busy", "The database is busy. Nothing was saved; please try again.")
AWAY = (
    "database.away",
    "The database does not answer. Your last click may have been kept: look before you repeat it.",
)
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_GONE = ("08", "57P")
"""PostgreSQL's classes for it: connection lost, server shutting down or starting."""

StartResponse = Callable[..., Any]


class Outage(QmsError):
    """Something the product stands on is away; nobody's fault, and it may be back in a moment."""

    status = 503


def init_app(app: Flask) -> None:
    """Answer also what fails outside any view: the session is read before one is found."""
    inner = app.wsgi_app

    def guarded(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        try:
            return inner(environ, start_response)
        except Exception as error:
            outage = outage_of(error)
            if outage is None:
                raise
            log.exception("request failed", extra={"path": environ.get("PATH_INFO"), "code": outage.code})
            page = answer(outage, data="json" in environ.get("HTTP_ACCEPT", ""))
            start_response(page.status, list(page.headers))
            return [page.get_data()]

    app.wsgi_app = guarded  # type: ignore[method-assign]


def outage_of(error: BaseException) -> Outage | None:
    """Say what was away, from an error and what caused it; None when it is another kind of failure."""
    for one in _chain(error):
        if _is_full(one):
            return Outage(*FULL)
        if _is_busy(one):
            return Outage(*BUSY)
        if _is_away(one):
            return Outage(*AWAY)
    return None


def answer(outage: Outage, *, data: bool) -> Response:
    """Give the page, or problem details for programs; both work without the database."""
    headers = {"Retry-After": str(RETRY_SECONDS), "Cache-Control": "no-store"}
    if data:
        body = json.dumps(
            {
                "type": f"urn:qms:problem:{outage.code}",
                "title": outage.text("en"),
                "status": outage.status,
                "correlation_id": correlation_id.get(),
            }
        )
        return Response(body, outage.status, headers, mimetype="application/problem+json")
    headers["Content-Security-Policy"] = "default-src 'none'; style-src 'self'; img-src 'self'"
    texts = "".join(_TEXT.format(code=HTML_CODES[one], text=outage.text(one)) for one in LANGUAGES)
    body = _PAGE.format(css=asset_path("app.css"), texts=texts, status=outage.status, code=outage.code)
    return Response(body, outage.status, headers, mimetype="text/html")


_TEXT = '<p class="refusal-text" lang="{code}">{text}</p>'
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{status}</title><link rel="stylesheet" href="{css}"></head>
<body><main class="refusal"><p class="refusal-status">{status}</p>{texts}
<p class="refusal-code"><code>{code}</code></p></main></body></html>
"""


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: list[BaseException] = []
    while error not in seen:
        seen.append(error)
        yield error
        inner = getattr(error, "orig", None) or error.__cause__ or error.__context__
        error = inner if isinstance(inner, BaseException) else error


def _is_full(error: BaseException) -> bool:
    if isinstance(error, sqlite3.OperationalError):
        return getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL
    return getattr(error, "sqlstate", None) == "53100" or (
        isinstance(error, OSError) and error.errno in _NO_ROOM
    )


def _is_busy(error: BaseException) -> bool:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    busy = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    return isinstance(error, sqlite3.OperationalError) and code in busy


def _is_away(error: BaseException) -> bool:
    if isinstance(error, sqlite3.OperationalError):
        return getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN)
    if not isinstance(error, DBAPIError):
        return False
    state = getattr(error.orig, "sqlstate", None) or ""
    return error.connection_invalidated or state.startswith(_GONE) or (not state and _no_connection(error))


def _no_connection(error: DBAPIError) -> bool:
    """Whether psycopg could not even connect: it then knows no code of the server's."""
    return type(error.orig).__name__ == "OperationalError" and not isinstance(error.orig, sqlite3.Error)
