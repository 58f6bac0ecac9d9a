"""What roles need and who is trained, as lists: columns, checks and storing."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from app.access.models import Person
from app.controlled_documents.imports import DOCUMENT, revisions_by_key
from app.controlled_documents.models import ControlledDocument, DocumentRevision
from app.organisation.references import PERSON
from app.sites.imports import SITE
from app.sites.models import Site
from app.training.models import How, Qualification, TrainingRequirement
from app.training.services import (
    RecordQualification,
    ends_before,
    must_be_approved,
    record_qualification,
)
from app.web.rights import ROLES, WORK_ROLES
from core.actor import Actor
from core.errors import NotFound, QmsError
from core.types import Bilingual
from documents.labels import N_
from documents.sheets.cells import Column, choice, code, day, whole
from documents.sheets.importers import Importer, register
from documents.sheets.rows import Finding, Reach, Row

WORK: dict[str, Bilingual] = {code: name for code, name in ROLES.items() if code in WORK_ROLES}
HOWS: dict[str, Bilingual] = {
    "read": {"en": "Read and understood", "zh": "阅读确认"},
    "assessed": {"en": "Assessed", "zh": "考核合格"},
    "on_the_job": {"en": "On the job", "zh": "在岗实操"},
}
Key = tuple[Any, ...]


def requirements_by_key(session: Session, keys: Collection[Key]) -> dict[Key, TrainingRequirement]:
    """The requirements of some triples of site, role and document."""
    named = tuple_(Site.code, TrainingRequirement.role, ControlledDocument.number)
    query = (
        select(TrainingRequirement)
        .join(TrainingRequirement.site)
        .join(TrainingRequirement.document)
        .where(named.in_(list(keys)))
    )
    return {(one.site.code, one.role, one.document.number): one for one in session.scalars(query)}


def needed(session: Session, keys: Collection[Key]) -> dict[Key, dict[str, Any]]:
    """What some requirements hold."""
    return {
        key: {
            "since": one.since,
            "until": one.until,
            "grace_days": one.grace_days,
            "valid_days": one.valid_days,
        }
        for key, one in requirements_by_key(session, keys).items()
    }


def open_requirements(session: Session, rows: Sequence[Row], actor: Actor, now: datetime) -> None:
    """Have roles need documents."""
    for row in rows:
        site, document = row.found["site"], row.found["document"]
        asked = TrainingRequirement(site_id=site.id, role=row.get("role"), document_id=document.id)
        _fill(asked, row)
        session.add(asked)
    session.flush()  # the page that follows names them


def change_requirements(session: Session, rows: Sequence[Row], actor: Actor, now: datetime) -> None:
    """Change how long roles need documents, and with how much grace."""
    found = requirements_by_key(session, {_requirement_key(row) for row in rows})
    for row in rows:
        _fill(found[_requirement_key(row)], row)


def check_requirements(session: Session, rows: Iterable[Row], _reach: Reach) -> Iterator[Finding]:
    """Find requirements that would end before they begin."""
    for row in rows:
        if row.get("until") and row.get("since") and row.get("until") < row.get("since"):
            yield row.wrong("until", ends_before("until", row.get("since"), row.get("until")))


def _requirement_key(row: Row) -> Key:
    return (row.get("site"), row.get("role"), row.get("document"))


def _fill(asked: TrainingRequirement, row: Row) -> None:
    asked.since = row.get("since")
    if "until" in row.values:
        asked.until = row.get("until")
    for column in ("grace_days", "valid_days"):
        if column in row.values or getattr(asked, column) is None:
            setattr(asked, column, row.get(column) or 0)


def qualifications_by_key(session: Session, keys: Collection[Key]) -> dict[Key, Qualification]:
    """The trainings of some persons: login, role, document, revision, first day."""
    named = tuple_(Person.login, Qualification.role, ControlledDocument.number, DocumentRevision.code)
    query = (
        select(Qualification)
        .join(Qualification.person)
        .join(Qualification.document_revision)
        .join(DocumentRevision.document)
        .where(named.in_([key[:4] for key in keys]))
    )
    found = {qualification_key(one): one for one in session.scalars(query)}
    return {key: one for key, one in found.items() if key in keys}


def qualification_key(one: Qualification) -> Key:
    """What names a training."""
    revision = one.document_revision
    return (one.person.login, one.role, revision.number, revision.code, one.qualified_from)


def trained(session: Session, keys: Collection[Key]) -> dict[Key, dict[str, Any]]:
    """What some trainings hold."""
    return {
        key: {"how": one.how.value, "qualified_until": one.qualified_until}
        for key, one in qualifications_by_key(session, keys).items()
    }


def record_trainings(session: Session, rows: Sequence[Row], actor: Actor, now: datetime) -> None:
    """Write down that people are trained."""
    revisions = revisions_by_key(session, {(row.get("document"), row.get("code")) for row in rows})
    for row in rows:
        command = RecordQualification(
            person=row.found["person"],
            role=row.get("role"),
            revision=revisions[(row.get("document"), row.get("code"))],
            how=How(row.get("how")),
            qualified_from=row.get("qualified_from"),
            qualified_until=row.get("qualified_until"),
        )
        record_qualification(session, command, actor=actor, now=now)


def change_trainings(session: Session, rows: Sequence[Row], actor: Actor, now: datetime) -> None:
    """Change how, or until when, people are trained."""
    keys = {row.key(QUALIFICATION_KEY) or () for row in rows}
    found = qualifications_by_key(session, keys)
    for row in rows:
        one = found[row.key(QUALIFICATION_KEY) or ()]
        one.how = How(row.get("how"))
        if "qualified_until" in row.values:
            one.qualified_until = row.get("qualified_until")


def check_trainings(session: Session, rows: Iterable[Row], _reach: Reach) -> Iterator[Finding]:
    """Find trainings on revisions that are not there or are drafts, and such that end before they begin."""
    listed = list(rows)
    wanted = {(row.get("document"), row.get("code")) for row in listed}
    revisions = revisions_by_key(session, wanted) if wanted else {}
    for row in listed:
        revision = revisions.get((row.get("document"), row.get("code")))
        wrong = _wrong_revision(row, revision)
        if wrong is not None:
            yield row.wrong("code", wrong)
        first, last = row.get("qualified_from"), row.get("qualified_until")
        if first and last and last < first:
            yield row.wrong("qualified_until", ends_before("qualified_until", first, last))


def _wrong_revision(row: Row, revision: DocumentRevision | None) -> QmsError | None:
    if row.get("document") is None or row.get("code") is None or "document" not in row.found:
        return None
    if revision is None:
        sentence = N_("%(document)s has no revision %(revision)s.")
        facts: Mapping[str, Any] = {"document": row.get("document"), "revision": row.get("code")}
        return NotFound("training.no_revision", sentence, **facts)
    try:
        must_be_approved(revision)
    except QmsError as draft:
        return draft
    return None


_ROLE = Column("role", {"en": "Role", "zh": "角色"}, choice(WORK), "inspector",
               {"en": "Code of a role of the business.", "zh": "业务角色编码。"})  # fmt: skip
_DOCUMENT = Column("document", {"en": "Document", "zh": "文件"}, code(), "WI-QA-012",
                   {"en": "Number of the document.", "zh": "文件编号。"}, refers=DOCUMENT)  # fmt: skip
REQUIREMENTS = register(
    Importer(
        name="training.requirements",
        title={"en": "Training needed", "zh": "培训要求"},
        about={
            "en": "Which role needs which document, site by site. Where a role has no row, nothing is asked.",
            "zh": "各场所各角色须培训的文件。角色没有要求行时不作要求。",
        },
        right="training.manage",
        order=45,
        key=("site", "role", "document"),
        existing=needed,
        create=open_requirements,
        change=change_requirements,
        check=check_requirements,
        columns=(
            SITE,
            _ROLE,
            _DOCUMENT,
            Column("since", {"en": "From", "zh": "起始日"}, day, "2026-01-01",
                   {"en": "First day on which it counts.", "zh": "要求开始的日期。"}),
            Column("until", {"en": "Until", "zh": "截止日"}, day, "",
                   {"en": "Last day; empty as long as nobody ends it.", "zh": "最后一日，未终止时留空。"},
                   required=False),
            Column("grace_days", {"en": "Days of grace", "zh": "宽限天数"}, whole(0, 365), "14",
                   {"en": "After a new revision, people trained on the one before may go on for so long.",
                    "zh": "新版本生效后，已按旧版本培训者可继续作业的天数。"}, required=False),
            Column("valid_days", {"en": "Good for (days)", "zh": "有效天数"}, whole(0, 3650), "365",
                   {"en": "0 or empty: as long as the revision is in force.",
                    "zh": "0 或留空：版本有效期内一直有效。"}, required=False),
        ),
    )
)  # fmt: skip

QUALIFICATION_KEY = ("person", "role", "document", "code", "qualified_from")
QUALIFICATIONS = register(
    Importer(
        name="training.qualifications",
        title={"en": "Qualifications", "zh": "上岗资格"},
        about={
            "en": "Who is trained in which role on which revision of a document, and until when.",
            "zh": "人员按角色、文件版本取得的资格及有效期。",
        },
        right="training.manage",
        order=46,
        key=QUALIFICATION_KEY,
        existing=trained,
        create=record_trainings,
        change=change_trainings,
        check=check_trainings,
        columns=(
            Column("person", {"en": "Person", "zh": "人员"}, code(), "inspector1",
                   {"en": "User name.", "zh": "登录名。"}, refers=PERSON),
            _ROLE,
            _DOCUMENT,
            Column("code", {"en": "Revision", "zh": "版本"}, code(8), "A3",
                   {"en": "An approved revision of the document.", "zh": "已批准的文件版本。"}),
            Column("qualified_from", {"en": "Qualified from", "zh": "合格起始日"}, day, "2026-01-05",
                   {"en": "First day of the qualification.", "zh": "资格起始日期。"}),
            Column("qualified_until", {"en": "Qualified until", "zh": "合格截止日"}, day, "",
                   {"en": "Last day; empty for as long as the requirement says.",
                    "zh": "最后一日；留空时按培训要求计算。"}, required=False),
            Column("how", {"en": "How", "zh": "培训方式"}, choice(HOWS), "assessed",
                   {"en": "read, assessed or on_the_job", "zh": "阅读、考核或在岗实操"}),
        ),
    )
)  # fmt: skip
