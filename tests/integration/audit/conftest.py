"""A plant with one running case, beside the bare databases of the trail's own tests."""

from datetime import datetime

import pytest
from sqlalchemy import Engine

from core import clock
from tests.factories.inbox import Plant, make_plant


@pytest.fixture
def plant(database: Engine, now: datetime, monkeypatch: pytest.MonkeyPatch) -> Plant:
    """One case waits for its inspection."""
    monkeypatch.setattr(clock, "now", lambda: now)
    return make_plant(now)
