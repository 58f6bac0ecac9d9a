"""What every page knows: navigation by role, the site, the reader, and pieces that rooms register.

Rooms stand above the toolkit, so they hand it functions: :func:`navigation` for menu entries, :func:`piece`
for values such as the number of open tasks or the current site.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Flask, request, url_for
from werkzeug.routing import BuildError

from app.web.first_steps import FirstStep, steps_of
from app.web.languages import HTML_CODES, NAMES, language, zone
from app.web.sessions import IDLE, TOUCH
from app.web.visitor import visitor
from core.config import settings
from core.languages import LANGUAGES


@dataclass(frozen=True)
class Entry:
    """One line of the menu; ``label`` is a lazy translation, ``count`` names a piece shown as a badge."""

    endpoint: str
    label: Any
    icon: str
    right: str
    order: int
    group: str = ""
    count: str = ""

    @property
    def url(self) -> str:
        """Address of the page."""
        return url_for(self.endpoint)

    @property
    def active(self) -> bool:
        """Whether the page shown belongs to this entry: the same room, or the very page in shared rooms."""
        here = request.path.rstrip("/")
        own = self.url.rstrip("/")
        return here == own or here.startswith(own + "/")


_entries: dict[str, Entry] = {}
_pieces: dict[str, Callable[[], Any]] = {}


def navigation(
    endpoint: str, label: Any, *, icon: str, right: str, order: int, group: str = "", count: str = ""
) -> None:
    """Put a page into the menu of everybody who holds ``right``.

    ``label`` is a ``lazy_gettext``; ``icon`` a Tabler icon; ``order`` 10 inbox, 20 cases, 30 receipts,
    40 stock, 50 catalogue, 60 records, 70 audit, 80 models, 90 administration; ``group`` is ``""``,
    ``"master"`` (master data) or ``"admin"``; ``count`` names a piece shown as a badge.
    """
    _entries[endpoint] = Entry(endpoint, label, icon, right, order, group, count)


def piece(name: str) -> Callable[[Callable[[], Any]], Callable[[], Any]]:
    """Register a function whose value every page can show as ``page.<name>``; it is called only when used."""

    def register(function: Callable[[], Any]) -> Callable[[], Any]:
        _pieces[name] = function
        return function

    return register


class PageContext:
    """The pieces of one page, computed when a template asks and kept for the rest of it."""

    def __init__(self) -> None:
        self._known: dict[str, Any] = {}

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if name not in self._known:
            function = _pieces.get(name)
            self._known[name] = function() if function and visitor() else None
        return self._known[name]

    def value(self, name: str) -> Any:
        """Give a piece by a name that is itself data."""
        return getattr(self, name) if name else None

    @property
    def zone(self) -> str:
        """The IANA zone in which this reader's times are shown."""
        return zone()

    @property
    def first_steps(self) -> list[FirstStep]:
        """What the person does first, on the page the menu begins with."""
        person, entries = visitor(), self.entries
        return steps_of(person) if person and entries and request.path == entries[0].url else []

    @property
    def entries(self) -> list[Entry]:
        """Menu entries this person may open, in order."""
        person = visitor()
        if person is None:
            return []
        mine = [entry for entry in _entries.values() if person.may(entry.right) and _exists(entry)]
        return sorted(mine, key=lambda entry: (entry.order, entry.endpoint))


def init_app(app: Flask) -> None:
    """Give every template ``page``, ``visitor``, ``lang`` and the languages to switch to."""
    app.context_processor(_context)


def _context() -> dict[str, Any]:
    return {
        "page": PageContext(),
        "visitor": visitor(),
        "lang": language(),
        "html_lang": HTML_CODES[language()],
        "languages": [(code, NAMES[code], HTML_CODES[code]) for code in LANGUAGES],
        "demo": settings().demo,
        "session_idle": int((IDLE - TOUCH).total_seconds()),
    }


def _exists(entry: Entry) -> bool:
    try:
        return bool(entry.url)
    except BuildError:
        return False
