"""The one transaction of a click, in the name of the person who clicked."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from flask import g
from sqlalchemy.orm import Session

from app.web.database import db
from app.web.visitor import current_actor
from core import clock
from core.db import unit_of_work


def request_time() -> datetime:
    """Give the moment of this request, asked of the clock once: aware, UTC."""
    if "request_time" not in g:
        g.request_time = clock.now()
    moment: datetime = g.request_time
    return moment


@contextmanager
def writing(*, reason: str | None = None) -> Iterator[Session]:
    """Open the unit of work of this request; leaving commits, raising leaves nothing.

    What the page read before is forgotten, so that it shows the new state afterwards.
    """
    db.session.rollback()
    with unit_of_work(current_actor(), reason=reason, now=request_time(), brief=True) as session:
        yield session
