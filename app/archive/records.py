"""The page of a record, from what was kept when it was signed: record, evidence, model, files."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives import hashes
from cryptography.x509 import load_der_x509_certificate
from sqlalchemy.orm import Session

from app.sites.models import Site
from app.sites.queries import root_fingerprint, style_of
from app.web.rights import ROLES
from core.canonical import canonical_json
from core.types import Bilingual
from documents import store
from documents.drawing import TURNED, UPRIGHT, DrawnPart
from documents.evidence import Attached, SignatureEvidence
from documents.models import Record
from documents.records import SiteStyle
from documents.render import render_record
from signatures.models import Signature
from workflows.diagram import Part, names_in, to_parts
from workflows.models import ProcessRelease

METHODS: dict[str, Bilingual] = {
    "password": {
        "en": "User name and password, asked for again at signing",
        "zh": "签署时再次验证用户名和密码",
    },
}
MODEL_SUFFIXES = (".bpmn", ".dmn")
CAUSE_FILE, CAUSE_SCHEMA = "correlation.json", "qms.correlation/1"


def base_page(session: Session, record: Record, signatures: Sequence[Signature]) -> bytes:
    """Print the page of a record, ready for its signatures; the same record always gives the same bytes.

    Raises:
        NotFound: an attachment is not in the store, or the record font was not built.
        Invalid: the record font lacks a character.
    """
    said: dict[str, Any] = json.loads(record.canonical)
    house = _house(session, record, said["site"])
    release = _release(session, said["content"]["case"])
    return render_record(
        said,
        evidence=[_evidence(one, house.zone, said["created_by"]) for one in signatures],
        diagram=_diagram(release, said),
        attachments=[*_model(release), *_files(said["content"]["attachments"]), *_cause(record)],
        house=house,
    )


def _house(session: Session, record: Record, site: Mapping[str, Any]) -> SiteStyle:
    """The look of the site; what the record itself says of the site stands as it was on its day."""
    known = session.get(Site, record.site_id) if record.site_id else None
    return SiteStyle(
        code=site["code"],
        name=site["name"],
        company=site["company"],
        address=site.get("address", ""),
        region=site.get("region", ""),
        zone=site["zone"],
        layout=record.language,  # type: ignore[arg-type] # checked by the record's schema
        logo=style_of(known).logo if known else "",
        demo=site["demo"] == "yes",
        root_sha256=root_fingerprint(),
        site_id=record.site_id,
    )


def _evidence(signature: Signature, zone: str, author: Mapping[str, str]) -> SignatureEvidence:
    """What the page shows of a signature; a deputy signs alone, in the name that the record itself gives."""
    acted_for = author.get("on_behalf_of", signature.on_behalf_of) if signature.on_behalf_of else None
    certificate = load_der_x509_certificate(signature.certificate)
    return SignatureEvidence(
        name=signature.signer_name,
        role=ROLES.get(signature.role, signature.role),
        meaning=dict(signature.meaning),
        at=signature.signed_at,
        zone=zone,
        method=METHODS.get(signature.method, signature.method),
        statement=signature.statement,
        on_behalf_of=acted_for,
        cms=signature.cms,
        fingerprint=certificate.fingerprint(hashes.SHA256()).hex(),
        login=signature.login,
        reference=str(signature.id),
    )


def _release(session: Session, case: Mapping[str, Any] | None) -> ProcessRelease | None:
    return session.get_one(ProcessRelease, UUID(case["release"])) if case and case.get("release") else None


def _diagram(release: ProcessRelease | None, said: Mapping[str, Any]) -> list[DrawnPart]:
    path = said["content"]["path"]
    if release is None or path is None:
        return []
    model = next(text for name, text in sorted(release.files.items()) if name.endswith(".bpmn"))
    return drawn_parts(model, path, said["language"])


def drawn_parts(model: str | bytes, path: Mapping[str, Any], lang: str) -> list[DrawnPart]:
    """Draw the path of a case on one page, upright or turned, if it can be read there, else cut into parts.

    Raises:
        UnreadableFile: the model is not acceptable XML.
    """
    parts: list[Part] = []
    for width, height in (UPRIGHT, TURNED, UPRIGHT):
        parts = to_parts(
            model,
            width=width,
            height=height,
            done=path.get("done") or (),
            current=path.get("current") or (),
            flows=path.get("flows") or (),
            marks=path.get("marks") or {},
            lang=lang,
        )
        if len(parts) == 1:
            break
    names = names_in(model)
    return [
        DrawnPart(one.svg, one.number, one.of, one.words, one.whole, names, one.folded, one.left_out)
        for one in parts
    ]


def _model(release: ProcessRelease | None) -> list[Attached]:
    if release is None:
        return []
    return [
        Attached(name, text.encode(), f"Process model, version {release.version}", "Source")
        for name, text in sorted(release.files.items())
        if name.endswith(MODEL_SUFFIXES)
    ]


def _cause(record: Record) -> list[Attached]:
    """The id under which log and trail tell of the click that made the record; it is none of its content."""
    if record.correlation_id is None:
        return []
    said = {"schema": CAUSE_SCHEMA, "record": record.number, "correlation_id": record.correlation_id}
    return [Attached(CAUSE_FILE, canonical_json(said), "Correlation id of logs and audit trail")]


def _files(attachments: Sequence[Mapping[str, str]]) -> list[Attached]:
    return [Attached(file["name"], store.read(file["sha256"])) for file in attachments]
