"""Two acts at once: the second begins when the first has written and not yet committed."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from core.actor import Actor
from core.db import unit_of_work
from core.errors import QmsError
from documents.sheets.examining import Examined, Read, examine_rows, read_row, store_rows
from documents.sheets.importers import importer_of

Act = Callable[[Session], object]
HELD = 1.0
"""So many seconds the first act stays open when the second one waits for it, as it should."""


def at_once(first: Act, second: Act, *, actor: Actor, now: datetime) -> list[str]:
    """Do two acts at once; gives the codes of what was refused, in the order in which they ended.

    Raises:
        Exception: whatever else ended one of the acts.
    """
    written, through = threading.Event(), threading.Event()

    def begin() -> None:
        with unit_of_work(actor, now=now) as session:
            first(session)
            session.flush()
            written.set()
            through.wait(HELD)

    def follow() -> None:
        written.wait(30)
        with unit_of_work(actor, now=now) as session:
            second(session)
            session.flush()
            through.set()

    def done() -> None:
        written.set()
        through.set()

    return together(begin, follow, done=done)


def together(*acts: Callable[[], object], done: Callable[[], None] = lambda: None) -> list[str]:
    """Do some acts in threads of their own; gives the codes of what was refused, in the order they ended.

    ``done`` is called when one of them has ended.

    Raises:
        Exception: whatever else ended one of the acts.
    """
    ended = _Ended()
    threads = [threading.Thread(target=ended.run, args=(act, done)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if ended.failed:
        raise ended.failed[0]
    return ended.refused


@dataclass
class _Ended:
    refused: list[str] = field(default_factory=list)
    failed: list[Exception] = field(default_factory=list)

    def run(self, act: Callable[[], object], done: Callable[[], None]) -> None:
        try:
            act()
        except QmsError as refusal:
            self.refused.append(refusal.code)
        except Exception as error:
            self.failed.append(error)
        finally:
            done()


def bring_in(name: str, *rows: dict[str, str], actor: Actor, now: datetime) -> Act:
    """An act that stores rows of a list, after the same checks as everywhere."""

    def act(session: Session) -> None:
        listed, told = importer_of(name), Examined(rows=len(rows))
        read = []
        for number, cells in enumerate(rows, start=1):
            row, findings = read_row(listed.columns, number, cells)
            read.append(row)
            for finding in findings:
                told.note(finding)
        for finding in examine_rows(session, listed, Read(read, told), None).findings:
            raise finding.error
        store_rows(session, listed, read, actor=actor, now=now)

    return act
