"""Settings changed at once in tests whose subject is the setting itself, not its two persons."""

from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from app.configuration import settings
from app.web import control
from app.web.control import WantedSetting
from core.actor import Actor
from core.errors import FieldErrors, Invalid


def _write(session: Session, wanted: WantedSetting, actor: Actor, now: datetime) -> None:
    if not wanted.reason:
        raise FieldErrors({"reason": Invalid("change.reason", "Say why this is changed.", field="reason")})
    values = {**settings.read(session, wanted.code), **wanted.values}
    settings.write(session, wanted.code, values, actor=actor, now=now)


def without_second_person(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have settings hold as soon as they are proposed."""
    monkeypatch.setattr(control, "_proposers", [_write])
