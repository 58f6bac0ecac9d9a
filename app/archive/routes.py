"""The auditor's room: find a record, read it beside its verification, take it along."""

import io
import json
import uuid

from flask import Blueprint, Response, render_template, request, send_file
from flask_babel import lazy_gettext as _l

from app.archive import packages, queries
from app.archive.inputs import FIELDS, read_search
from app.archive.verification import check_record, stored_page
from app.web import (
    SIGNED_IN,
    access,
    allow,
    db,
    in_order,
    language,
    listing,
    navigation,
    paginate,
    reachable_sites,
    request_time,
)
from app.web.languages import zone
from app.web.rights import ROLES
from documents import store
from documents.models import Record, RecordState
from signatures import keys
from signatures.findings import Verification
from signatures.register import signatures_of, signatures_on

bp = Blueprint("archive", __name__)

navigation("archive.index", _l("Records"), icon="certificate", right="records.read", order=60)
listing(
    "archive.index",
    *FIELDS,
    columns={
        "number": Record.number,
        "lot": Record.lot_number,
        "supplier": Record.supplier_label,
        "made": Record.created_at,
        "state": Record.state,
    },
)


@bp.get("/records")
@access("records.read")
def index() -> str:
    """List the records that fit the search, newest first."""
    wanted, kept, errors = read_search(request.args, zone=zone())
    found = paginate(in_order(queries.search(wanted, reachable_sites("records.read"))))
    signed = signatures_on(db.session(), [record.id for record in found.items])
    return render_template("archive/index.html", page_of=found, kept=kept, errors=errors, signed=signed)


@bp.get("/records/<uuid:record_id>")
@access("records.read")
def show(record_id: uuid.UUID) -> str:
    """Show one record: the PDF beside its verification and its signatures."""
    session = db.session()
    record = _record(record_id)
    allow("frame-src", "'self'")
    allow("object-src", "'self'")
    siblings = queries.records_of_case(session, record.case_id) if record.case_id else []
    return render_template(
        "archive/record.html",
        record=record,
        said=json.loads(record.canonical),
        siblings=siblings,
        registered=signatures_of(session, record.id),
        answer=check_record(session, record) if record.state is RecordState.SEALED else None,
        checked_at=request_time(),
        role_names=ROLES,
    )


@bp.get("/records/<uuid:record_id>/verification")
@access("records.read")
def verification(record_id: uuid.UUID) -> Response:
    """Verify the stored PDF now and answer as JSON; the page of a record waits here until it is sealed."""
    record = _record(record_id)
    if record.state is not RecordState.SEALED:
        return Response(render_template("archive/_waiting.html", record=record), status=202)
    if "HX-Request" in request.headers:
        return Response(status=204, headers={"HX-Refresh": "true"})
    return _json(_as_document(check_record(db.session(), record)))


@bp.get("/records/<uuid:record_id>.pdf")
@access("records.read")
def download_pdf(record_id: uuid.UUID) -> Response:
    """Hand out the sealed PDF; ``?download=1`` saves it instead of showing it."""
    record = _record(record_id)
    allow("frame-ancestors", "'self'")
    allow("object-src", "'self'")
    return _file(
        stored_page(record), f"{record.number}.pdf", "application/pdf", save="download" in request.args
    )


@bp.get("/records/<uuid:record_id>.json")
@access("records.read")
def download_json(record_id: uuid.UUID) -> Response:
    """Hand out the canonical record, byte for byte as it was signed."""
    record = _record(record_id)
    return _file(record.canonical, f"{record.number}.json", "application/json", save=True)


@bp.get("/records/<uuid:record_id>/files/<sha256>")
@access("records.read")
def download_file(record_id: uuid.UUID, sha256: str) -> Response:
    """Hand out an attachment that the record names; it is saved, never opened in the product's own origin."""
    file = queries.attachment(_record(record_id), sha256)
    allow("sandbox", "")
    return _file(store.read(sha256), file["name"], file["media_type"], save=True)


@bp.get("/records/case/<uuid:case_id>.zip")
@access("records.read")
def download_case(case_id: uuid.UUID) -> Response:
    """Hand out every sealed record of a case with index, manifest and root certificate."""
    case = queries.case_of(db.session(), case_id, reachable_sites("records.read"))
    records = queries.records_of_case(db.session(), case.id)
    package = packages.case_package(case, records, language=language())
    return _file(package, f"{case.number}.zip", "application/zip", save=True)


@bp.get("/records/root.pem")
@access(SIGNED_IN)
def root() -> Response:
    """Hand out the root certificate that every record of the plant is checked against."""
    return _file(keys.root_pem(), "root.pem", "application/x-pem-file", save=True)


def _record(record_id: uuid.UUID) -> Record:
    return queries.record_of(db.session(), record_id, reachable_sites("records.read"))


def _file(data: bytes, name: str, kind: str, *, save: bool) -> Response:
    return send_file(io.BytesIO(data), mimetype=kind, as_attachment=save, download_name=name)


def _json(document: dict[str, object]) -> Response:
    return Response(json.dumps(document, ensure_ascii=False), mimetype="application/json")


def _as_document(answer: Verification) -> dict[str, object]:
    return {
        "ok": answer.ok,
        "record": answer.record,
        "assurance": answer.assurance.value,
        "sha256": answer.sha256,
        "root_sha256": answer.root_sha256,
        "findings": [{"code": one.code, "message": one.text(language())} for one in answer.findings],
        "signatures": [
            {
                "signer": one.signer,
                "meaning": one.meaning_code,
                "time": one.time.isoformat() if one.time else None,
                "level": one.level,
                "ok": one.ok,
            }
            for one in answer.signatures
        ],
    }
