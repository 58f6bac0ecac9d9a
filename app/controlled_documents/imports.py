"""Documents and their drafts as lists: columns, checks and storing."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from app.controlled_documents.models import ControlledDocument, DocumentKind, DocumentRevision
from app.organisation.references import DEPARTMENT, SITE
from app.sites.imports import sites_by_code
from core import effectivity
from core.actor import Actor
from core.effectivity import RevisionState
from core.errors import Invalid, NotFound, QmsError
from core.types import Bilingual
from documents.labels import N_
from documents.sheets.cells import Column, choice, code, name_columns, text
from documents.sheets.importers import Importer, register
from documents.sheets.rows import Finding, Reach, Reference, Row, both_cells

KINDS: dict[str, Bilingual] = {
    "policy": {"en": "Manual or policy", "zh": "手册与方针"},
    "procedure": {"en": "Procedure", "zh": "程序文件"},
    "instruction": {"en": "Work instruction", "zh": "作业指导书"},
    "specification": {"en": "Specification", "zh": "技术标准"},
    "form": {"en": "Form", "zh": "记录表单"},
    "external": {"en": "External document", "zh": "外来文件"},
}


def documents_by_number(
    session: Session, numbers: Collection[Any], _reach: Reach = None
) -> Mapping[Any, ControlledDocument]:
    """The documents of some numbers."""
    found = session.scalars(select(ControlledDocument).where(ControlledDocument.number.in_(numbers)))
    return {one.number: one for one in found}


def _no_document(value: Any) -> QmsError:
    return NotFound("document.unknown", N_("There is no document %(document)s."), document=value)


DOCUMENT = Reference(documents_by_number, _no_document, "controlled_documents.document")


def there(session: Session, keys: Collection[tuple[Any, ...]]) -> dict[tuple[Any, ...], dict[str, Any]]:
    """What documents with some numbers hold."""
    return {
        (number,): {
            **both_cells("title", one.title),
            "kind": one.kind.value,
            "department": one.department.code if one.department else None,
            "site": one.site.code if one.site else None,
        }
        for number, one in documents_by_number(session, {key for (key,) in keys}).items()
    }


def open_documents(session: Session, rows: Sequence[Row], actor: Actor, now: datetime) -> None:
    """Open documents."""
    for row in rows:
        document = ControlledDocument(number=row.get("number"))
        _fill(document, row)
        session.add(document)
    session.flush()  # drafts may name them


def change_documents(session: Session, rows: Sequence[Row], actor: Actor, now: datetime) -> None:
    """Change what documents are called and where they belong."""
    found = documents_by_number(session, {row.get("number") for row in rows})
    for row in rows:
        _fill(found[row.get("number")], row)


def _fill(document: ControlledDocument, row: Row) -> None:
    document.title = row.both("title")
    if row.get("kind"):
        document.kind = DocumentKind(row.get("kind"))
    department, site = row.found.get("department"), row.found.get("site")
    if "department" in row.values:
        document.department_id = department.id if department is not None else None
    if "site" in row.values:
        document.site_id = site.id if site is not None else None


def revisions_by_key(
    session: Session, keys: Collection[tuple[Any, ...]]
) -> dict[tuple[Any, ...], DocumentRevision]:
    """The revisions of some pairs of document number and letter."""
    pair = tuple_(ControlledDocument.number, DocumentRevision.code)
    query = select(DocumentRevision).join(DocumentRevision.document).where(pair.in_(list(keys)))
    return {(one.document.number, one.code): one for one in session.scalars(query)}


def revisions_there(
    session: Session, keys: Collection[tuple[Any, ...]]
) -> dict[tuple[Any, ...], dict[str, Any]]:
    """What some revisions hold."""
    return {
        key: {"changes": one.changes, "places": one.places, "sha256": one.sha256}
        for key, one in revisions_by_key(session, keys).items()
    }


def draft_revisions(session: Session, rows: Sequence[Row], actor: Actor, now: datetime) -> None:
    """Draft revisions; they come into force by a signed change."""
    for row in rows:
        draft = DocumentRevision(
            document_id=row.found["document"].id,
            code=row.get("code"),
            state=RevisionState.DRAFT,
            changes=row.get("changes") or "",
            places=_places(row.get("places")),
        )
        session.add(draft)
    session.flush()  # the page that follows names them


def change_revisions(session: Session, rows: Sequence[Row], actor: Actor, now: datetime) -> None:
    """Change drafts."""
    found = revisions_by_key(session, {(row.get("document"), row.get("code")) for row in rows})
    for row in rows:
        draft = found[(row.get("document"), row.get("code"))]
        effectivity.must_be_draft(draft)
        if "changes" in row.values:
            draft.changes = row.get("changes") or ""
        if "places" in row.values:
            draft.places = _places(row.get("places"))


def check_revisions(session: Session, rows: Iterable[Row], reach: Reach) -> Iterator[Finding]:
    """Find drafts for sites that are not there, and approved revisions that somebody would change."""
    listed = list(rows)
    codes = {one for row in listed for one in _places(row.get("places")).split()}
    known = sites_by_code(session, codes, reach) if codes else {}
    keys = {(row.get("document"), row.get("code")) for row in listed if row.changes()}
    held = revisions_by_key(session, keys) if keys else {}
    for row in listed:
        strange = [one for one in _places(row.get("places")).split() if one not in known]
        if strange:
            sentence = N_("There is no site %(site)s, or not for you.")
            yield row.wrong("places", NotFound("site.unknown_code", sentence, site=strange[0]))
        if row.get("sha256") != (row.before or {}).get("sha256") and row.get("sha256") is not None:
            sentence = N_("This follows from the file that is added to the draft. Leave it empty.")
            yield row.wrong("sha256", Invalid("document.hash_typed", sentence))
        revision = held.get((row.get("document"), row.get("code")))
        try:
            effectivity.must_be_draft(revision) if revision is not None else None
        except QmsError as frozen:
            yield row.wrong("code", frozen)


def _places(written: Any) -> str:
    return " ".join(sorted(set(str(written or "").replace(",", " ").replace("，", " ").split())))


_TITLE: Bilingual = {"en": "Incoming inspection", "zh": "进货检验作业指导书"}
DOCUMENTS = register(
    Importer(
        name="controlled_documents.documents",
        title={"en": "Documents", "zh": "受控文件"},
        about={
            "en": "The documents under control: number, title, kind, and whose they are.",
            "zh": "受控文件清单：编号、名称、类别和归口部门。",
        },
        right="documents.manage",
        order=40,
        key=("number",),
        existing=there,
        create=open_documents,
        change=change_documents,
        columns=(
            Column("number", {"en": "Number", "zh": "文件编号"}, code(), "WI-QA-012",
                   {"en": "Never used twice.", "zh": "不得重复。"}),
            *name_columns("title", "Title", "文件名称", _TITLE, needed=True),
            Column("kind", {"en": "Kind", "zh": "类别"}, choice(KINDS), "instruction",
                   {"en": "policy, procedure, instruction, specification, form or external",
                    "zh": "手册、程序、作业指导书、标准、表单或外来文件"}),
            Column("department", {"en": "Department", "zh": "归口部门"}, code(), "D-QA",
                   {"en": "Code of the department that keeps it.", "zh": "负责该文件的部门编码。"},
                   required=False, refers=DEPARTMENT),
            Column("site", {"en": "Site", "zh": "场所"}, code(20), "SZ",
                   {"en": "Empty for a document of the whole company.", "zh": "全公司文件留空。"},
                   required=False, refers=SITE),
        ),
    )
)  # fmt: skip

REVISIONS = register(
    Importer(
        name="controlled_documents.document_revisions",
        title={"en": "Revisions of documents", "zh": "文件版本"},
        about={
            "en": "Drafts of documents. A draft comes into force by a signed change, with its file.",
            "zh": "文件草稿。草稿连同其文件经签名变更后生效。",
        },
        right="documents.manage",
        order=41,
        key=("document", "code"),
        existing=revisions_there,
        create=draft_revisions,
        change=change_revisions,
        check=check_revisions,
        proposal=False,
        columns=(
            Column("document", {"en": "Document", "zh": "文件"}, code(), "WI-QA-012",
                   {"en": "Number of the document.", "zh": "文件编号。"}, refers=DOCUMENT),
            Column("code", {"en": "Revision", "zh": "版本"}, code(8), "A3",
                   {"en": "Letter or number of the revision.", "zh": "版本号。"}),
            Column("changes", {"en": "What changes", "zh": "修订内容"}, text(400), "Limits of the hub",
                   {"en": "What differs from the revision before.", "zh": "与上一版本的差异。"},
                   required=False),
            Column("places", {"en": "In force at", "zh": "适用场所"}, text(200), "SZ",
                   {"en": "Codes of sites, with blanks between; empty for every site of the document.",
                    "zh": "场所编码，以空格分隔；留空表示文件所属的全部场所。"}, required=False),
            Column("sha256", {"en": "SHA-256 of the file", "zh": "文件 SHA-256"}, code(64), "",
                   {"en": "Follows from the file that is added to the draft; leave it empty.",
                    "zh": "添加文件后自动填写，可留空。"},
                   required=False, worked_out=True),
        ),
    )
)  # fmt: skip
