"""How far the check or the storing of a long list has come: told to whoever looks, kept nowhere for good.

It lies in a small file, for what a transaction writes is seen only when it ends.
"""

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from core.config import settings
from documents.sheets.examining import Progress


@dataclass(frozen=True)
class Stage:
    """Rows done of all in one stage of the work, and seconds left as far as can be told."""

    done: int
    total: int
    seconds_left: int | None

    @property
    def percent(self) -> int:
        """How much of the stage is done."""
        return min(100, 100 * self.done // self.total) if self.total else 0


class Telling:
    """Notes progress at most once a second; stages follow each other and count as parts of one whole."""

    def __init__(self, import_id: uuid.UUID, *, stages: int, moment: Callable[[], datetime]) -> None:
        self._path, self._stages, self._moment = _path(import_id), stages, moment
        self._begun, self._last = moment(), None
        self._path.parent.mkdir(parents=True, exist_ok=True)

    _last: datetime | None

    def stage(self, number: int) -> Progress:
        """Give the function that tells about one stage, counted from 0."""

        def tell(done: int, total: int) -> None:
            now = self._moment()
            if self._last is not None and (now - self._last).total_seconds() < 1:
                return
            self._last = now
            self._write((number * total + done) // self._stages, total, now)

        return tell

    def end(self) -> None:
        """Forget it: the work is done, or will begin anew."""
        self._path.unlink(missing_ok=True)

    def _write(self, done: int, total: int, now: datetime) -> None:
        spent = (now - self._begun).total_seconds()
        left = round(spent * (total - done) / done) if done else None
        fresh = self._path.with_suffix(".new")
        fresh.write_text(json.dumps({"done": done, "total": total, "seconds_left": left}), encoding="utf-8")
        fresh.replace(self._path)


def of(import_id: uuid.UUID) -> Stage | None:
    """How far the work on a list has come; None before it begins."""
    try:
        return Stage(**json.loads(_path(import_id).read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError):
        return None


def _path(import_id: uuid.UUID) -> Path:
    return settings().files / "progress" / f"{import_id}.json"
