"""The doors of lists: choose one, template, dry run with its findings, proposal; people's are stored here."""

import io
import uuid
from dataclasses import replace
from typing import Any, BinaryIO, cast

from flask import (
    Blueprint,
    Response,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as AnyResponse

from app.access.queries import names_of
from app.imports import pages, queries, services
from app.imports import progress as stages
from app.imports.models import DataImport, ImportState
from app.sites.queries import sites
from app.web import (
    access,
    allow,
    current_actor,
    current_person,
    db,
    language,
    listing,
    navigation,
    paginate,
    reachable_sites,
    request_time,
    writing,
)
from core.db import read_session
from core.errors import Invalid, NotAllowed, QmsError
from documents import store
from documents.sheets import importers
from documents.sheets import writing as sheets
from documents.sheets.examining import Examined
from documents.sheets.importers import Importer

Answer = str | AnyResponse | tuple[str, int]

bp = Blueprint("imports", __name__, url_prefix="/imports")

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

navigation(
    "imports.index", _l("Imports"), icon="table-import", right="imports.read", order=12, group="master"
)
listing("imports.index", columns={"file": DataImport.file_name, "brought": DataImport.uploaded_at})


def _site_of(import_id: uuid.UUID, **_others: str) -> uuid.UUID | None:
    return queries.import_of(db.session(), import_id).site_id


@bp.get("")
@access("imports.read")
def index() -> str:
    """Offer the lists that can be brought in, and show those that were."""
    person = current_person()
    seen = pages.readable(person)
    page = paginate(queries.imports([one.name for one in seen], person.sites("imports.read")))
    return render_template(
        "imports/index.html",
        lists=[one for one in importers.importers() if person.may(one.right)],
        titles={one.name: one.title for one in seen},
        page_of=page,
        people=names_of(db.session(), [one.uploaded_by for one in page.items]),
    )


@bp.get("/<list_name>/template.<any(xlsx, csv):kind>")
@access("imports.read")
def template(list_name: str, kind: str) -> Response:
    """Give the file to fill in, in the reader's language."""
    importer = importers.importer_of(list_name)
    if kind == "csv":
        return _file(sheets.csv_template(importer, language()), f"{list_name}.csv", "text/csv")
    return _file(sheets.template(importer, language()), f"{list_name}.xlsx", XLSX)


@bp.get("/<list_name>/new")
@access("imports.bring")
def new(list_name: str) -> str:
    """Show how a list looks and ask for the file."""
    return _new_page(_allowed(list_name), {})


@bp.post("/<list_name>/new")
@access("imports.bring")
def check(list_name: str) -> Answer:
    """Take a file in and check every cell of it; nothing of the list is stored."""
    importer = _allowed(list_name)
    brought = request.files.get("file")
    if brought is None or not brought.filename:
        missing = Invalid("import.no_file", "Choose a list as CSV or XLSX.", field="file")
        return _new_page(importer, {"file": missing}), 422
    actor, now, stream = current_actor(), request_time(), cast(BinaryIO, brought.stream)
    try:
        with writing() as session:
            file, name = services.keep_file(session, stream, brought.filename, actor=actor, now=now)
            sha256, size = file.sha256, file.size
        site_id, reach = _deciding_site() if importer.proposal else None, _reach(importer)
        kept = services.Brought(importer, name, sha256, size, Examined(), site_id)
        if services.is_long(importer, sha256, name):
            with writing() as session:
                noted = services.note_long(session, kept, reach, actor=actor, now=now)
        else:
            with read_session() as session:
                found = services.examine(session, importer, sha256, name, reach)
            with writing() as session:
                noted = services.note_import(session, replace(kept, examined=found), actor=actor, now=now)
    except Invalid as refused:
        return _new_page(importer, {"file": refused}), refused.status
    return redirect(url_for("imports.show", import_id=noted.id), code=303)


@bp.get("/<uuid:import_id>")
@access("imports.read", site=_site_of)
def show(import_id: uuid.UUID) -> str:
    """Show what a dry run found, cell by cell, and what comes next."""
    return _page(import_id, {})


@bp.get("/<uuid:import_id>/progress")
@access("imports.read", site=_site_of)
def progress(import_id: uuid.UUID) -> Answer:
    """Tell how far a long list has come; when it is done, the page is loaded anew."""
    found = queries.import_of(db.session(), import_id)
    pages.must_read(current_person(), found)
    answer = make_response(render_template("imports/_progress.html", found=found, stage=stages.of(found.id)))
    if found.state not in pages.UNDER_WAY:
        answer.headers["HX-Refresh"] = "true"
    return answer


@bp.get("/<uuid:import_id>/findings.<any(xlsx, csv):kind>")
@access("imports.read", site=_site_of)
def findings(import_id: uuid.UUID, kind: str) -> Response:
    """Give the findings as a file; nothing in it acts when a spreadsheet opens it."""
    found = queries.import_of(db.session(), import_id)
    importer = pages.must_read(current_person(), found)
    heads, rows = pages.findings_table(found, importer, language())
    name = f"{found.file_name.rpartition('.')[0]}-findings.{kind}"
    if kind == "csv":
        return _file(sheets.csv_file(heads, rows), name, "text/csv")
    return _file(sheets.xlsx_file(_("Findings"), heads, rows), name, XLSX)


@bp.get("/<uuid:import_id>/file")
@access("imports.read", site=_site_of)
def original(import_id: uuid.UUID) -> Response:
    """Give the file as it was brought."""
    found = queries.import_of(db.session(), import_id)
    pages.must_read(current_person(), found)
    allow("sandbox", "")
    return _file(store.read(found.sha256), found.file_name, "application/octet-stream")


@bp.post("/<uuid:import_id>/propose")
@access("imports.bring", site=_site_of)
def propose(import_id: uuid.UUID) -> Answer:
    """Propose a list without findings; a second person accepts it in the inbox."""
    _allowed(queries.import_of(db.session(), import_id).list_name)
    reason = request.form.get("reason", "").strip()[:500]
    try:
        with writing(reason=reason or None) as session:
            noted = queries.import_of(session, import_id)
            services.propose(session, noted, reason=reason, actor=current_actor(), now=request_time())
    except Invalid as refused:
        return _page(import_id, {refused.field or "": refused}), refused.status
    flash(_("Proposed. A second person accepts the list in the inbox, with a signature."), "success")
    return redirect(url_for("imports.show", import_id=import_id), code=303)


@bp.post("/<uuid:import_id>/apply")
@access("people.manage", site=_site_of)
def store_now(import_id: uuid.UUID) -> Answer:
    """Store a list that is the administrator's own act, and tell the first passwords once."""
    with writing() as session:
        noted = queries.import_of(session, import_id)
        importer = importers.importer_of(noted.list_name)
        told = services.apply_own(
            session, noted, reach=_reach(importer), actor=current_actor(), now=request_time()
        )
    return render_template("imports/passwords.html", found=noted, importer=importer, told=told)


def _allowed(list_name: str) -> Importer:
    """Give a list that the person may bring in.

    Raises:
        NotAllowed: the person may not.
        NotFound: there is no such list.
    """
    importer = importers.importer_of(list_name)
    if not current_person().may(importer.right):
        raise NotAllowed("access.right", "You do not have the right to do this.", right=importer.right)
    return importer


def _reach(importer: Importer) -> frozenset[uuid.UUID] | None:
    return reachable_sites(importer.right)


def _deciding_site() -> uuid.UUID:
    """Name the site whose quality assurance decides: the person's own."""
    home = current_person().home_site_id
    return home if home is not None else sites(db.session())[0].id


def _new_page(importer: Importer, errors: dict[str, QmsError]) -> str:
    return render_template("imports/new.html", importer=importer, errors=errors)


def _page(import_id: uuid.UUID, errors: dict[str, QmsError]) -> str:
    found = queries.import_of(db.session(), import_id)
    importer = pages.must_read(current_person(), found)
    own = found.uploaded_by == str(current_person().id) and current_person().may(importer.right)
    page: dict[str, Any] = pages.import_page(db.session(), found, importer)
    page["may_go_on"] = own and found.state is ImportState.CHECKED
    return render_template("imports/show.html", errors=errors, stage=stages.of(found.id), **page)


def _file(data: bytes, name: str, kind: str) -> Response:
    return send_file(io.BytesIO(data), mimetype=kind, as_attachment=True, download_name=name)
