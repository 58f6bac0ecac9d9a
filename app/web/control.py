"""Settings under control: what an administrator changes is a proposal that a second person signs (URS-148).

The rooms whose pages change a setting stand below the one that knows how to propose; it hands its function
in here. The set-up of an empty plant writes settings itself: it is their baseline.
"""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from core.actor import Actor


@dataclass(frozen=True)
class WantedSetting:
    """A setting by its code, what its fields shall hold, why, and whose site it is of (None: the company)."""

    code: str
    values: Mapping[str, str]
    reason: str
    site_id: uuid.UUID | None = None


Propose = Callable[[Session, WantedSetting, Actor, datetime], None]

_proposers: list[Propose] = []


def proposes_settings(propose: Propose) -> Propose:
    """Register the function that proposes a change of a setting."""
    _proposers.append(propose)
    return propose


def propose_setting(session: Session, wanted: WantedSetting, *, actor: Actor, now: datetime) -> None:
    """Propose another value of a setting; it holds when a second person has signed.

    Raises:
        FieldErrors: what is wrong, by field; nothing is kept.
        Conflict: nothing would be different, or another change of it waits.
    """
    _proposers[-1](session, wanted, actor, now)
