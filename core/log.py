"""Structured logs: one JSON object a line, one correlation id from the click to the PDF (URS-134).

A line never holds personal data (URS-146): who somebody is stands in the audit trail, which is found by the
same id. Names, logins, addresses and what people typed are left out of a line even where a caller gave them.
"""

import json
import logging
import os
import re
import sys
import traceback
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

from core.errors import QmsError

NONE = "-"
"""The correlation id of whatever was not caused by a click or a command."""

correlation_id: ContextVar[str] = ContextVar("correlation_id", default=NONE)

OWN_LOGGERS = ("__main__", "app", "core", "documents", "forms", "signatures", "workflows")
PERSONAL = frozenset({"login", "name", "person", "email", "to", "phone", "address", "typed", "text"})
"""Facts of a log line that could say who somebody is; their values are left out."""

_CHATTY = ("alembic", "spiff", "weasyprint", "fontTools", "pyhanko", "pyhanko_certvalidator")
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}
_OURS = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+")
_SPOKEN = re.compile(r"\n?(\[(SQL|parameters):|DETAIL: ).*", re.DOTALL)


class JsonFormatter(logging.Formatter):
    """Write a log record as one JSON line; extra facts become keys. Personal data never belongs in a log."""

    def format(self, record: logging.LogRecord) -> str:
        """Give the line without its newline; times in UTC, ISO 8601."""
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": withheld(record.getMessage()),
            "correlation_id": correlation_id.get(),
        }
        facts = {key: value for key, value in vars(record).items() if key not in _STANDARD}
        line.update({key: "withheld" if key in PERSONAL else value for key, value in facts.items()})
        if record.exc_info:
            line["error"] = _told(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False, default=str)


def withheld(text: str) -> str:
    """Take out of a message what libraries put there: statements with their values, mail addresses."""
    return _MAIL.sub("withheld", _SPOKEN.sub(" [statement withheld]", text))


def _told(error: BaseException | None) -> str:
    """Where it went wrong and what it was; a refusal only by its code, for its sentence may name people."""
    parts: list[str] = []
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        words = error.code if isinstance(error, QmsError) else withheld(str(error))
        frames = "".join(traceback.format_tb(error.__traceback__))
        parts.insert(0, f"{frames}{type(error).__qualname__}: {words}")
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\n\n".join(parts)


def new_correlation_id() -> str:
    """Make an id for a click or a command: 32 hexadecimal digits that say nothing."""
    return uuid.uuid4().hex


def read_correlation_id(given: str) -> str | None:
    """Take an id from outside only in the form of a UUID: no other text may travel to logs and trail."""
    return given.replace("-", "") if _OURS.fullmatch(given) else None


def caused_by() -> str | None:
    """Name the click or command at work, for rows that keep it; None when nothing of the kind is."""
    given = correlation_id.get()
    return None if given == NONE else given


@contextmanager
def correlated(given: str | None) -> Iterator[None]:
    """Do something under the id of what caused it, so that every line and entry of it can be found."""
    token = correlation_id.set(given or NONE)
    try:
        yield
    finally:
        correlation_id.reset(token)


def configure(level: int = logging.INFO) -> None:
    """Send all logs of this process to standard error as JSON lines; ``level`` is for the libraries.

    The product's own lines begin at ``QMS_LOG`` (debug, info, warning, error): by default info, or warning
    where somebody watches a terminal.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for chatty in _CHATTY:
        logging.getLogger(chatty).setLevel(logging.WARNING)
    for own in OWN_LOGGERS:
        logging.getLogger(own).setLevel(_own_level())


def _own_level() -> int:
    asked = logging.getLevelNamesMapping().get(os.environ.get("QMS_LOG", "").upper())
    if asked is not None:
        return asked
    return logging.WARNING if sys.stderr.isatty() else logging.INFO
