"""Documents, trainings and region packs of the demo plant: its people can work, one inspector cannot yet."""

import io
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.cli.demo_objects import store_list
from app.configuration.services import register_all
from app.controlled_documents.imports import revisions_by_key
from app.controlled_documents.services import NewText, set_file
from app.regions.packs import store_delivered
from app.sites.queries import earliest_day
from core.actor import Actor
from core.effectivity import RevisionState


@dataclass(frozen=True)
class Text:
    """A revision of a document of the demo: in force for ``age`` days, None for a draft."""

    number: str
    code: str
    age: int | None
    changes: str


DOCUMENTS = (
    {"number": "WI-QA-012", "title_en": "Incoming inspection", "title_zh": "进货检验作业指导书",
     "kind": "instruction", "department": "D-QA", "site": "SZ"},
    {"number": "SOP-QA-003", "title_en": "Release of lots", "title_zh": "产品放行控制程序",
     "kind": "procedure", "department": "D-QA"},
    {"number": "WI-WH-004", "title_en": "Receiving and labelling", "title_zh": "收货与标识作业指导书",
     "kind": "instruction", "department": "D-WH", "site": "SZ"},
)  # fmt: skip
TEXTS = (
    Text("WI-QA-012", "A2", 400, "First issue 首次发布"),
    Text("WI-QA-012", "A3", 60, "Limits of the hub 修订座体尺寸限度"),
    Text("WI-QA-012", "B1", None, "Optical measuring 增加光学测量"),
    Text("SOP-QA-003", "C1", 200, "Two releases 区分生产放行与上市放行"),
    Text("WI-WH-004", "A1", 300, "First issue 首次发布"),
)
NEEDED = (
    ("SZ", "inspector", "WI-QA-012"),
    ("SZ", "qa", "SOP-QA-003"),
    ("SZ", "releaser", "SOP-QA-003"),
    ("SH", "registrant_releaser", "SOP-QA-003"),
    ("SZ", "auditor", "SOP-QA-003"),
    ("SZ", "keeper", "WI-WH-004"),
)
TRAINED = (
    ("inspector", "inspector", "WI-QA-012", "A3", "assessed"),
    ("inspector2", "inspector", "WI-QA-012", "A3", "read"),
    ("qa", "qa", "SOP-QA-003", "C1", "assessed"),
    ("qa2", "qa", "SOP-QA-003", "C1", "assessed"),
    ("releaser", "releaser", "SOP-QA-003", "C1", "assessed"),
    ("registrant", "registrant_releaser", "SOP-QA-003", "C1", "read"),
    ("keeper", "keeper", "WI-WH-004", "A1", "on_the_job"),
)
LAPSES = ("auditor", "auditor", "SOP-QA-003", "C1", "read")
"""A training that lapses within thirty days."""


def load_training(session: Session, *, actor: Actor, now: datetime) -> None:
    """Store documents with their files, what roles need, who is trained, and the delivered region packs.

    Raises:
        ValueError: a row does not fit; the demo is wrong.
    """
    today = earliest_day(session, now)
    store_list(session, "controlled_documents.documents", DOCUMENTS, actor=actor, now=now)
    for one in TEXTS:
        _store_text(session, one, actor=actor, now=now)
    since = (today - timedelta(days=50)).isoformat()
    needed = [
        {"site": site, "role": role, "document": number, "since": since, "grace_days": "14"}
        for site, role, number in NEEDED
    ]
    store_list(session, "training.requirements", needed, actor=actor, now=now)
    trained = [_training(*one, since) for one in TRAINED]
    lapsing = {**_training(*LAPSES, since), "qualified_until": (today + timedelta(days=20)).isoformat()}
    store_list(session, "training.qualifications", [*trained, lapsing], actor=actor, now=now)
    store_delivered(session, actor=actor, now=now)
    register_all(session)


def _training(login: str, role: str, number: str, code: str, how: str, first: str) -> dict[str, str]:
    return {
        "person": login,
        "role": role,
        "document": number,
        "code": code,
        "how": how,
        "qualified_from": first,
    }


def _store_text(session: Session, one: Text, *, actor: Actor, now: datetime) -> None:
    """A draft with its file; what the plant worked by before the demo began is approved already."""
    row = {"document": one.number, "code": one.code, "changes": one.changes}
    store_list(session, "controlled_documents.document_revisions", [row], actor=actor, now=now)
    revision = revisions_by_key(session, [(one.number, one.code)])[(one.number, one.code)]
    words = f"{one.number}/{one.code}\n{one.changes}\nDemo, no GMP document. 演示文件，非受控文件。\n"
    brought = NewText(io.BytesIO(words.encode()), f"{one.number}-{one.code}.txt")
    set_file(session, revision, brought, actor=actor, now=now)
    if one.age is not None:
        first = earliest_day(session, now) - timedelta(days=one.age)
        revision.state, revision.effective_from = RevisionState.APPROVED, first
    session.flush()  # the next row may name it
