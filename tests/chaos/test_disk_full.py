"""No room on the disk: a signature is refused with a sentence, nothing of it stays; a page is made later."""

import errno
import itertools
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import event, func, select, text

from app.cli.visit import UnexpectedPage
from core import clock, db
from core.db import read_session
from core.outbox import OutboxEntry
from documents.models import Record
from signatures.models import Signature
from tests.chaos.conftest import Works

RELEASE = {"decision": "release"}
COUNTED = (Record, Signature, OutboxEntry)
_numbers = itertools.count(1)


@pytest.fixture
def case(works: Works) -> str:
    """A received and inspected lot that waits for its release."""
    return works.lot(f"FULL-{next(_numbers)}")


@contextmanager
def full_disk() -> Iterator[None]:
    """The database cannot grow any more: SQLite by its own limit, PostgreSQL by the code it then gives."""
    with pytest.MonkeyPatch.context() as patch:
        if db.engine().dialect.name == "sqlite":
            db.engine().dispose()

            def no_more_pages(connection: sqlite3.Connection, _record: object) -> None:
                [pages] = connection.execute("PRAGMA page_count").fetchone()
                connection.execute(f"PRAGMA max_page_count = {pages}")

            event.listen(db.engine(), "connect", no_more_pages)
            try:
                yield
            finally:
                event.remove(db.engine(), "connect", no_more_pages)
                db.engine().dispose()
        else:
            refusal = text("DO $$ BEGIN RAISE EXCEPTION 'No space left' USING ERRCODE = '53100'; END $$")
            hooks = [*db._every_commit, lambda session: session.execute(refusal)]
            patch.setattr(db, "_every_commit", hooks)
            yield


def counts() -> list[int]:
    with read_session() as session:
        return [int(session.scalar(select(func.count()).select_from(table)) or 0) for table in COUNTED]


@pytest.mark.urs("URS-130")
def test_a_signature_is_refused_with_a_sentence_and_nothing_of_it_stays(works: Works, case: str) -> None:
    form = works.plant.review("qa", case, RELEASE)
    before = counts()
    with full_disk(), pytest.raises(UnexpectedPage, match="disk is full"):
        works.plant.sign("qa", form)
    assert counts() == before
    works.plant.sign_step("qa", case, RELEASE)
    works.work_off()
    assert counts() == [before[0] + 1, before[1] + 1, 0]


@pytest.mark.urs("URS-130")
def test_a_page_that_cannot_be_stored_is_made_again_when_there_is_room(
    works: Works, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    works.plant.sign_step("qa", case, RELEASE)
    with monkeypatch.context() as full:

        def no_room(_handle: int) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        full.setattr(os, "fsync", no_room)
        works.work_off()
    with read_session() as session:
        left = session.scalars(select(OutboxEntry)).one()
    assert "No space left on device" in str(left.last_error)
    assert timedelta(0) < left.due_at - clock.now() < timedelta(seconds=5)
    assert not list((works.home / "files").rglob(".draft-*"))
    works.hand_out(left.due_at)
    works.work()
    assert counts()[-1] == 0
