"""The moment of an act, for checks that look at rows and have no argument for the time (URS-147)."""

from datetime import datetime

from sqlalchemy.orm import Session

from core import clock


def moment_of(session: Session) -> datetime:
    """When the act of a session happens (aware, UTC); for a session that only reads this is now."""
    context = session.info.get("write")
    moment: datetime = context.now if context is not None else clock.now()
    return moment
