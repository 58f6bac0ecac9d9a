"""Failed attempts by address, counted while this process lives: who guesses too often has to wait.

An account locks itself after a few failures; this holds up who tries one name after the other, and keeps him
from filling the audit trail: what comes while an address waits is logged and not looked at.
"""

import threading
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from flask import Flask, current_app

MOST = 30
"""Failures one address may have within :data:`SPAN`, for every process that serves pages."""
SPAN = timedelta(minutes=5)
_MOST_ADDRESSES = 10_000


@dataclass
class Attempts:
    """The failures of each address that are not older than :data:`SPAN`."""

    by_address: dict[str, deque[datetime]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def too_many(self, address: str, now: datetime) -> bool:
        """Whether an address has to wait."""
        with self.lock:
            return len(self._recent(address, now)) >= MOST

    def failed(self, address: str, now: datetime) -> bool:
        """Count a failure; says whether it is the one that makes the address wait."""
        with self.lock:
            recent = self._recent(address, now)
            recent.append(now)
            self.by_address[address] = recent
            if len(self.by_address) > _MOST_ADDRESSES:
                self.by_address.pop(next(iter(self.by_address)))
            return len(recent) == MOST

    def _recent(self, address: str, now: datetime) -> deque[datetime]:
        recent = self.by_address.get(address, deque(maxlen=MOST))
        while recent and now - recent[0] > SPAN:
            recent.popleft()
        return recent


def init_app(app: Flask) -> None:
    """Begin to count."""
    app.extensions["qms_attempts"] = Attempts()


def attempts() -> Attempts:
    """Give the count of this application."""
    counted: Attempts = current_app.extensions["qms_attempts"]
    return counted
