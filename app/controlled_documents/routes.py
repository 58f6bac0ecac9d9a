"""Pages of documents: what is in force where, one document, one revision with its file (URS-074)."""

import io
import uuid
from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from app.controlled_documents import queries, services
from app.controlled_documents.imports import DOCUMENTS, KINDS, REVISIONS, revisions_by_key
from app.controlled_documents.models import ControlledDocument, DocumentRevision
from app.controlled_documents.services import NewText
from app.objects.kinds import Key, ObjectKind
from app.objects.pages import furnish
from app.sites.queries import site_by_code, sites
from app.web import (
    access,
    allow,
    current_actor,
    current_person,
    db,
    listing,
    must_reach,
    navigation,
    paginate,
    request_time,
    writing,
)
from core.clock import site_day
from core.effectivity import RevisionState, Standing, last_day_of, standing
from core.errors import Conflict, Invalid, NotFound
from documents import store

bp = Blueprint("controlled_documents", __name__)
navigation(
    "controlled_documents.in_force",
    _l("Documents in force"),
    icon="file-certificate",
    right="documents.read",
    order=40,
    group="master",
)
listing("controlled_documents.in_force", "q", "kind", "site")


def _document(session: Session, key: Key) -> Any:
    return session.scalar(select(ControlledDocument).where(ControlledDocument.number == key[0]))


def _revision(session: Session, key: Key) -> Any:
    return revisions_by_key(session, [key]).get(key)


def _revisions_shown(_session: Session, document: Any) -> Mapping[str, Any]:
    today = site_day(request_time(), current_person().zone)
    every = document.revisions
    listed = queries.approved(document)
    drafts = [one for one in every if one.state is RevisionState.DRAFT]
    return {
        "approved": [(one, standing(one, every, today), last_day_of(one, every)) for one in listed],
        "drafts": drafts if current_person().may("documents.manage", document.site_id) else [],
    }


_TITLES = tuple(
    select(ControlledDocument.title[lang].as_string())
    .where(ControlledDocument.id == DocumentRevision.document_id)
    .correlate(DocumentRevision)
    .scalar_subquery()
    for lang in ("en", "zh")
)
"""What the document of a revision is called, to find the revision by it."""


def _label(row: Any) -> dict[str, str]:
    return {lang: f"{row.number} · {row.title[lang]}" for lang in ("en", "zh")}


DOCUMENT = furnish(
    bp,
    ObjectKind(
        name="controlled_documents.document",
        title={"en": "Document", "zh": "受控文件"},
        listed=DOCUMENTS,
        model=ControlledDocument,
        plural="documents",
        icon="file-text",
        read="documents.read",
        find=_document,
        key_of=lambda row: (row.number,),
        label=_label,
        shown={
            "number": ControlledDocument.number,
            "title_en": ControlledDocument.title["en"].as_string(),
            "title_zh": ControlledDocument.title["zh"].as_string(),
            "kind": ControlledDocument.kind,
        },
        words=(
            ControlledDocument.number,
            ControlledDocument.title["en"].as_string(),
            ControlledDocument.title["zh"].as_string(),
        ),
        site_of=lambda row: row.site_id,
        panel="controlled_documents/_document.html",
        panel_data=_revisions_shown,
    ),
)

REVISION = furnish(
    bp,
    ObjectKind(
        name="controlled_documents.revision",
        title={"en": "Revision of a document", "zh": "文件版本"},
        listed=REVISIONS,
        model=DocumentRevision,
        plural="document-revisions",
        icon="files",
        read="documents.manage",
        find=_revision,
        key_of=lambda row: (row.document.number, row.code),
        label=lambda row: {
            lang: f"{row.document.number}/{row.code} · {row.document.title[lang]}" for lang in ("en", "zh")
        },
        shown={
            "document": DocumentRevision.number,
            "code": DocumentRevision.code,
            "state": DocumentRevision.state,
        },
        words=(DocumentRevision.number, DocumentRevision.code, DocumentRevision.changes, *_TITLES),
        site_of=lambda row: row.site_id,
        panel="controlled_documents/_revision.html",
        ready=services.must_have_file,
    ),
)


@bp.get("/documents/in-force")
@access("documents.read")
def in_force() -> str:
    """Show what is in force where, today or on another day; drafts are not among it."""
    asked, today = request.args, site_day(request_time(), current_person().zone)
    on = _day(asked.get("on", "")) or today
    site = site_by_code(db.session(), asked.get("site", "")) if asked.get("site") else None
    kind = asked.get("kind", "") if asked.get("kind") in KINDS else ""
    page = paginate(queries.documents(asked.get("q", "").strip(), kind=kind, site=site))
    lines = queries.what_holds(
        page.items, on=on, today=today, site_code=site.code if site is not None else ""
    )
    return render_template(
        "controlled_documents/in_force.html",
        page_of=page,
        lines=lines,
        on=on,
        today=today,
        kinds=KINDS,
        kind=kind,
        places=sites(db.session()),
        place=site,
        q=asked.get("q", "").strip(),
    )


@bp.get("/document-revisions/<uuid:revision_id>/text")
@access("documents.read")
def text(revision_id: uuid.UUID) -> Response:
    """Give the file of a revision; that of a draft only to whoever manages documents.

    Raises:
        NotFound: there is none, or not for this person.
    """
    revision = queries.revision_of(db.session(), revision_id)
    may = current_person().may("documents.manage", revision.site_id)
    if revision.sha256 is None or (revision.state is not RevisionState.APPROVED and not may):
        raise NotFound("document.no_revision", "There is no such revision.")
    must_reach(revision.site_id, "documents.read")
    today = site_day(request_time(), current_person().zone)
    worth = standing(revision, revision.document.revisions, today)
    mark = "" if worth is Standing.EFFECTIVE else f"{worth.value.upper()} "
    name = f"{mark}{revision.document.number} {revision.code} {revision.file_name}"
    allow("sandbox", "")
    data = io.BytesIO(store.read(revision.sha256))
    return send_file(data, mimetype="application/octet-stream", as_attachment=True, download_name=name)


@bp.post("/document-revisions/<uuid:revision_id>/text")
@access("documents.manage")
def set_text(revision_id: uuid.UUID) -> AnyResponse:
    """Give a draft its file."""
    revision = queries.revision_of(db.session(), revision_id)
    must_reach(revision.site_id, "documents.manage")
    brought = request.files.get("text")
    try:
        if brought is None or not brought.filename:
            raise Invalid("object.no_file_chosen", "Choose a file.", field="text")
        new = NewText(brought.stream, brought.filename)  # type: ignore[arg-type]
        with writing() as session:
            found = queries.revision_of(session, revision_id)
            services.set_file(session, found, new, actor=current_actor(), now=request_time())
        flash(_("The draft has its file now."), "success")
    except (Invalid, Conflict) as refused:
        flash(refused.text(current_person().language), "danger")
    at = url_for("controlled_documents.document-revisions_show", object_id=revision_id)
    return redirect(at, code=303)


def _day(written: str) -> date | None:
    try:
        return date.fromisoformat(written) if written else None
    except ValueError:
        return None
