"""What cases have asked for by messages that no case has taken up yet; seen from the case and from the thing.

A message that nobody waits for is kept (``workflows.messages``): it waits, and both ends say so.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.cases import queries
from app.controlled_documents import steps as documents
from app.controlled_documents.models import ControlledDocument
from app.objects.panels import add_panel
from app.training import steps as training
from app.web import current_person, reachable_sites
from core.types import Bilingual
from workflows import messages
from workflows.compiled import CompiledProcess
from workflows.message_models import CaseMessage, MessageState
from workflows.models import ProcessCase

WORDS: dict[str, Bilingual] = {
    documents.WANTED: {"en": "Revision of a document", "zh": "文件修订"},
    training.WANTED: {"en": "Training", "zh": "培训"},
}
"""What messages of room operations ask for; any other is called after the step that sent it."""


@dataclass(frozen=True)
class Asked:
    """Something that a case has asked for and that waits: what, and the documents it is about with pages."""

    what: Bilingual
    about: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Asking:
    """A case that has asked for something about a document; ``waits`` while no case has taken it up."""

    case: ProcessCase
    what: Bilingual
    waits: bool


def waiting_of(session: Session, case: ProcessCase, process: CompiledProcess) -> list[Asked]:
    """What a case has asked for and nobody has taken up yet, oldest first."""
    kept = [one for one in messages.of_case(session, case.id) if one.state is MessageState.KEPT]
    own = [one for one in kept if one.from_case_id == case.id]
    pages = _pages(session, {number for one in own for number in _numbers(one)})
    return [
        Asked(_what(one, process), tuple((number, pages.get(number, "")) for number in _numbers(one)))
        for one in own
    ]


def _panel(session: Session, document: ControlledDocument) -> dict[str, list[Asking]]:
    """The cases that ask for a revision of a document or for training in it, newest first."""
    if not current_person().may("cases.read"):
        return {"asking": []}
    found = messages.asked_for(session, [documents.WANTED], "document", document.number)
    found += messages.asked_for(session, [training.WANTED], "documents", document.number)
    ids = {one.from_case_id for one in found if one.from_case_id is not None}
    cases = {one.id: one for one in queries.cases_among(session, ids, reachable_sites("cases.read"))}
    return {
        "asking": [
            Asking(cases[one.from_case_id], WORDS[one.name], one.state is MessageState.KEPT)
            for one in found
            if one.from_case_id in cases
        ]
    }


def _what(one: CaseMessage, process: CompiledProcess) -> Bilingual:
    element = process.elements.get(one.from_element or "")
    named = element.name if element is not None and any(element.name.values()) else None
    return WORDS.get(one.name) or named or dict.fromkeys(("en", "zh"), one.name)


def _numbers(one: CaseMessage) -> Sequence[str]:
    document = one.payload.get("document")
    return [str(document)] if document else [str(each) for each in one.payload.get("documents") or ()]


def _pages(session: Session, numbers: set[str]) -> dict[str, str]:
    """The pages of documents, for who may read them."""
    if not numbers or not current_person().may("documents.read"):
        return {}
    wanted = select(ControlledDocument.number, ControlledDocument.id)
    rows = session.execute(wanted.where(ControlledDocument.number.in_(numbers)))
    at = "controlled_documents.documents_show"
    return {number: url_for(at, object_id=document_id) for number, document_id in rows}


add_panel("controlled_documents.document", "cases/_asking.html", _panel)
