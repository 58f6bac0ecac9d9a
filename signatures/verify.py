"""What an auditor runs: whether a PDF record holds, from the file and a trusted root alone (URS-025).

No database, no server, no network. Every demand that fails is a finding with a stable code; a record holds
only when there is none. The proof reaches as far as the plant's own keys and clock, and the answer says so.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import rfc8785
from cryptography import x509

from signatures import certificates, cms, evidence, paper, policy
from signatures.chain import Anchor
from signatures.errors import Unprovable, proving
from signatures.evidence import Evidence
from signatures.findings import CheckedSignature, Finding, Verification

SCHEMA = "qms.record/1"
SEALED = {"en": "Sealed by the plant", "zh": "系统封印"}


@dataclass(frozen=True)
class _Record:
    """The canonical record inside the file: how many must have signed it, in which meaning if it says so."""

    number: str
    sha256: bytes
    signers: int
    meaning: str | None


def verify_pdf(
    data: bytes, *, root: x509.Certificate | str, expect: str | None = None, compare: bool = True
) -> Verification:
    """Check a PDF record against a trusted root: its certificate, or the SHA-256 of that in hexadecimal.

    ``expect`` is the number of the record asked for: another valid record in its place is a finding.
    Without ``compare`` the revisions of the page are not compared object by object: only for a page that this
    process has just written itself.

    Raises:
        Invalid: ``root`` is no fingerprint.
    """
    anchor = Anchor.parse(root) if isinstance(root, str) else Anchor.of(root)
    findings: list[Finding] = []
    signatures: list[CheckedSignature] = []
    record: _Record | None = None
    try:
        sheet = paper.read(data, compare=compare)
        findings.extend(Finding.of(fault) for fault in sheet.faults)
        record = _record(sheet)
        with proving("pdf.unreadable", "The file cannot be read as a PDF record."):
            signatures = _check_all(sheet, record, anchor, findings)
        if expect is not None and record.number != expect:
            raise Unprovable(
                "record.other", "This is record %(number)s, not the one asked for.", number=record.number
            )
    except Unprovable as error:
        findings.append(Finding.of(error))
    return Verification(
        record=record.number if record else None,
        record_sha256=record.sha256.hex() if record else None,
        sha256=hashlib.sha256(data).hexdigest(),
        root_sha256=anchor.sha256,
        findings=tuple(findings),
        signatures=tuple(signatures),
    )


def _record(sheet: paper.Paper) -> _Record:
    data = sheet.files.get(policy.RECORD_FILE)
    if data is None:
        raise Unprovable("record.missing", "The file holds no machine-readable record.")
    with proving("record.unreadable", "The machine-readable record cannot be read."):
        said = json.loads(data)
        signing = said["content"]["signing"]
        asked = signing.get("meaning") if signing else None
        record = _Record(
            number=str(said["number"]),
            sha256=hashlib.sha256(data).digest(),
            signers=max(1, int(signing.get("signers") or 1)) if signing else 0,
            meaning=asked.get("code") or asked.get("en") if isinstance(asked, Mapping) else asked,
        )
        canonical = rfc8785.dumps(said)
    if canonical != data or said["schema"] != SCHEMA:
        raise Unprovable("record.not_canonical", "The machine-readable record is not in its canonical form.")
    return record


def _check_all(
    sheet: paper.Paper, record: _Record, anchor: Anchor, findings: list[Finding]
) -> list[CheckedSignature]:
    findings.extend(_completeness(sheet, record))
    proofs = _proofs(sheet, record, anchor, findings)
    checked: list[CheckedSignature] = []
    for place in sheet.signed:
        try:
            with proving("signature.unreadable", "Signature %(field)s cannot be read.", field=place.name):
                checked.append(_check_field(place, anchor, proofs))
        except Unprovable as error:
            findings.append(Finding.of(error))
            checked.append(CheckedSignature(place.name))
    checked += [_described(proof, on_page=False) for proof in proofs if _field_of(proof) in sheet.empty]
    return sorted(checked, key=lambda one: (one.place == policy.SEAL_FIELD, len(one.place), one.place))


def _completeness(sheet: paper.Paper, record: _Record) -> list[Finding]:
    """What must be there: seal, as many signers as asked for, and for each a field on the page."""
    names = [place.name for place in sheet.signed]
    signers = [name for name in names if name != policy.SEAL_FIELD]
    count = len(_evidence_names(sheet))
    wanted = [policy.SIGNER_FIELD.format(position=position) for position in range(1, count + 1)]
    missing: list[Finding] = []
    if not names or names[-1] != policy.SEAL_FIELD:
        missing.append(Finding("seal.missing", "The plant's seal is missing."))
    if count < record.signers:
        missing.append(Finding("signature.missing", "A signature that this record needs is missing."))
    if sorted([*signers, *sheet.empty]) != sorted(wanted) or signers != [
        one for one in wanted if one in signers
    ]:
        missing.append(
            Finding("evidence.missing", "The signatures on the page and the evidence in the file differ.")
        )
    return missing


def _evidence_names(sheet: paper.Paper) -> list[str]:
    found = [name for name in sheet.files if policy.EVIDENCE_NAME.fullmatch(name)]
    return sorted(found, key=lambda name: (len(name), name))


def _proofs(sheet: paper.Paper, record: _Record, anchor: Anchor, findings: list[Finding]) -> list[Evidence]:
    proofs: list[Evidence] = []
    for name in _evidence_names(sheet):
        try:
            with proving("evidence.unreadable", "Evidence %(name)s cannot be read.", name=name):
                proof = evidence.check(sheet.files[name], record.sha256, anchor, proofs)
                _demand_what_was_asked(proof, proofs, record)
                proofs.append(proof)
        except Unprovable as error:
            findings.append(Finding.of(error))
    return proofs


def _demand_what_was_asked(proof: Evidence, earlier: list[Evidence], record: _Record) -> None:
    meaning = proof.said["meaning"]
    if record.meaning is not None and record.meaning not in (meaning["code"], *meaning["text"].values()):
        raise Unprovable(
            "signature.other_meaning", "A signature means something else than its record asks for."
        )
    if proof.said["person"] in [one.said["person"] for one in earlier]:
        raise Unprovable("signature.same_person", "One person signed the record twice.")


def _field_of(proof: Evidence) -> str:
    return policy.SIGNER_FIELD.format(position=proof.said["position"])


def _check_field(place: paper.SignedField, anchor: Anchor, proofs: list[Evidence]) -> CheckedSignature:
    parts = cms.read(place.cms)
    cms.check(parts, place.digest)
    moment = evidence.stamped(parts, anchor)
    if place.name == policy.SEAL_FIELD:
        return _seal(place, parts.signer, moment)
    return _signer(place, parts.signer, moment, proofs)


def _seal(place: paper.SignedField, certificate: bytes, moment: datetime) -> CheckedSignature:
    holder = x509.load_der_x509_certificate(certificate)
    if certificates.record_hash_in(holder) is not None:
        raise Unprovable("seal.not_the_seal", "The seal was made with a person's key.")
    return CheckedSignature(
        place.name,
        signer=certificates.name_in(holder),
        meaning=SEALED,
        time=moment,
        level=policy.LEVEL,
        ok=True,
    )


def _signer(
    place: paper.SignedField, certificate: bytes, moment: datetime, proofs: list[Evidence]
) -> CheckedSignature:
    matching = [one for one in proofs if one.certificate == certificate and _field_of(one) == place.name]
    if len(matching) != 1:
        raise Unprovable(
            "signature.no_evidence",
            "Signature %(field)s has no matching evidence on the record.",
            field=place.name,
        )
    if moment + evidence.TIME_TOLERANCE < matching[0].moment:
        raise Unprovable("signature.order", "The signatures do not follow each other as they were given.")
    return _described(matching[0], on_page=True)


def _described(proof: Evidence, *, on_page: bool) -> CheckedSignature:
    return CheckedSignature(
        _field_of(proof),
        signer=proof.said["name"],
        role=proof.said["role"],
        meaning_code=proof.said["meaning"]["code"],
        meaning=proof.said["meaning"]["text"],
        time=proof.moment,
        level=policy.LEVEL,
        ok=True,
        on_page=on_page,
        evidence_sha256=proof.sha256,
        on_behalf_of=proof.said["on_behalf_of"],
    )
