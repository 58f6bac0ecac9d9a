"""The PDF signatures as other people's tools see them, and what the signer refuses to sign."""

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from signatures import pdf
from signatures.errors import KeyNotForRecord, NotBound
from signatures.keys import KeyRing
from signatures.verify import verify_pdf
from tests.factories import sealing


@pytest.mark.urs("URS-021")
def test_pdfsig_finds_every_signature_valid(sealed: bytes, tmp_path: Path) -> None:
    (tmp_path / "record.pdf").write_bytes(sealed)
    said = subprocess.run(
        ["pdfsig", "record.pdf"], cwd=tmp_path, capture_output=True, text=True, check=False
    ).stdout
    assert said.count("Signature is Valid.") == 3
    assert said.count("ETSI.CAdES.detached") == 3
    assert said.count("- Total document signed") == 1
    assert "Anna Keller" in said
    assert "张伟" in said


def test_pdfsig_trusts_the_certificates_once_it_knows_the_root(ring: KeyRing, tmp_path: Path) -> None:
    (tmp_path / "record.pdf").write_bytes(sealing.sealed(now=datetime.now(UTC)))
    (tmp_path / "root.pem").write_bytes(ring.root_pem)
    (tmp_path / "issuing.pem").write_bytes(ring.issuing.certificate.public_bytes(Encoding.PEM))
    for command in (
        "certutil -N -d sql:. --empty-password",
        "certutil -A -d sql:. -n root -t CT,CT,CT -i root.pem",
        "certutil -A -d sql:. -n issuing -t ,, -i issuing.pem",
    ):
        subprocess.run(command.split(), cwd=tmp_path, check=True, capture_output=True)
    run = subprocess.run(
        ["pdfsig", "-nssdir", "sql:.", "record.pdf"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.stdout.count("Certificate is Trusted.") == 3


@pytest.mark.urs("URS-022")
def test_a_key_does_not_sign_the_page_of_another_record(ring: KeyRing) -> None:
    signed = sealing.sign(sealing.record_bytes(), sealing.PEOPLE[:1])
    other = sealing.base_pdf(sealing.record_bytes("LR-2026-0002"), [one.signature for one in signed])
    with pytest.raises(NotBound):
        pdf.sign_pdf(other, [_of(signed[0])], now=sealing.NOW)


@pytest.mark.urs("URS-022")
def test_a_wrapped_key_does_not_serve_another_signature_on_the_same_record(ring: KeyRing) -> None:
    record = sealing.record_bytes()
    first, second = sealing.sign(record)
    base = sealing.base_pdf(record, [first.signature, second.signature])
    with pytest.raises(KeyNotForRecord):
        pdf.sign_pdf(base, [pdf.PdfSignature.of(second.signature, first.wrapped_key)], now=sealing.NOW)


def test_a_page_without_the_record_or_the_field_is_not_signed(ring: KeyRing) -> None:
    record = sealing.record_bytes()
    signed = sealing.sign(record, sealing.PEOPLE[:1])
    no_field = sealing.base_pdf(record, [signed[0].signature], fields=0)
    for base in (b"%PDF-1.7 nothing", no_field):
        with pytest.raises(NotBound):
            pdf.sign_pdf(base, [_of(signed[0])], now=sealing.NOW)


def test_after_a_keys_few_days_the_evidence_is_the_signature_and_the_seal_protects_it(ring: KeyRing) -> None:
    record = sealing.record_bytes()
    late = sealing.NOW + timedelta(days=8)
    first = sealing.sign(record, sealing.PEOPLE[:1])
    both = [*first, *sealing.sign(record, sealing.PEOPLE[1:], late, earlier=first)]
    base = sealing.base_pdf(record, [one.signature for one in both])
    page = pdf.sign_pdf(base, [_of(one) for one in both], now=late)
    answer = verify_pdf(page, root=ring.root)
    assert answer.findings == ()
    assert [(one.place, one.on_page) for one in answer.signatures] == [
        ("sig-1", False),
        ("sig-2", True),
        ("seal", True),
    ]


def _of(one: sealing.ceremony.SignedRecord) -> pdf.PdfSignature:
    return pdf.PdfSignature.of(one.signature, one.wrapped_key)
