"""Long lists are checked and stored by a worker; run twice, or cut off anywhere, they give one result."""

import uuid
from dataclasses import replace
from typing import Any

from app.imports import services
from app.imports.models import DataImport, ImportState
from app.imports.progress import Telling
from core import clock, outbox
from core.actor import Actor, system_actor
from core.db import read_session, unit_of_work
from core.errors import Invalid, QmsError
from documents.sheets import importers
from documents.sheets.examining import Examined
from documents.sheets.importers import Importer

IMPORTER = system_actor("imports")
FINAL = ("import.overtaken", "import.differs")
"""Refusals that another attempt would meet again."""


@outbox.job("imports.check")
def check_list(entry_id: uuid.UUID, payload: dict[str, Any], _secret: bytes | None) -> None:
    """Check every cell of the list ``payload["import_id"]`` for somebody who reaches ``payload["sites"]``."""
    noted, importer = _noted(payload)
    found: Examined | QmsError | None = None
    if noted.state is ImportState.CHECKING:
        reach = payload["sites"] and frozenset(map(uuid.UUID, payload["sites"]))
        telling = Telling(noted.id, stages=2, moment=clock.now)
        try:
            with read_session() as session:
                found = services.examine_long(session, importer, noted, reach, telling)
        except Invalid as refused:  # the file as a whole, further down than its first rows
            found = refused
        telling.end()
    with unit_of_work(IMPORTER, now=clock.now()) as session:
        locked = session.get_one(DataImport, noted.id, with_for_update=True)
        if locked.state is ImportState.CHECKING and found is not None:
            services.note_checked(session, locked, found)
        outbox.done(session, entry_id)


@outbox.job("imports.store")
def store_list(entry_id: uuid.UUID, payload: dict[str, Any], _secret: bytes | None) -> None:
    """Store the accepted list ``payload["import_id"]``, all rows or none, on behalf of who has signed.

    Raises:
        QmsError: storing was cut off by others; the entry stays for the next attempt.
    """
    noted, importer = _noted(payload)
    actor, now = replace(IMPORTER, on_behalf_of=noted.decided_by), clock.now()
    if noted.state is not ImportState.STORING:
        with unit_of_work(actor, now=now) as session:
            outbox.done(session, entry_id)
        return
    telling = Telling(noted.id, stages=3, moment=clock.now)
    try:
        read = services.read_accepted(importer, noted, telling)
        with unit_of_work(actor, reason=noted.note, now=now) as session:
            locked = session.get_one(DataImport, noted.id, with_for_update=True)
            if locked.state is ImportState.STORING:
                services.store_accepted(session, locked, read, telling, actor=actor, now=now)
            outbox.done(session, entry_id)
    except QmsError as refused:
        if refused.code not in FINAL:
            raise
        _fail(entry_id, noted.id, refused, actor)
    finally:
        telling.end()


def _fail(entry_id: uuid.UUID, import_id: uuid.UUID, why: QmsError, actor: Actor) -> None:
    now = clock.now()
    with unit_of_work(actor, now=now) as session:
        locked = session.get_one(DataImport, import_id, with_for_update=True)
        if locked.state is ImportState.STORING:
            services.note_failed(session, locked, why, actor=actor, now=now)
        outbox.done(session, entry_id)


def _noted(payload: dict[str, Any]) -> tuple[DataImport, Importer]:
    with read_session() as session:
        noted = session.get_one(DataImport, uuid.UUID(payload["import_id"]))
        return noted, importers.importer_of(noted.list_name)
