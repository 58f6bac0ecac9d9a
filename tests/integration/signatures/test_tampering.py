"""Whatever is done to a sealed record, the verifier reports it (URS-025)."""

import gc
import io
import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader

from core import config
from signatures import keys, pdf
from signatures.keys import KeyRing
from signatures.verify import verify_pdf
from tests.factories import sealing

FLIPS = 300


@pytest.mark.urs("URS-021", "URS-025")
def test_a_sealed_record_holds_and_names_its_signers(sealed: bytes, ring: KeyRing) -> None:
    started = time.perf_counter()
    result = verify_pdf(sealed, root=ring.root, expect="LR-2026-0001")
    print(f"verified in {(time.perf_counter() - started) * 1000:.0f} ms")
    assert (result.ok, result.findings) == (True, ())
    assert [one.signer for one in result.signatures[:2]] == ["Anna Keller", "张伟"]
    assert {one.level for one in result.signatures} == {"B-T"}
    assert {one.time for one in result.signatures} == {sealing.NOW}
    assert result.assurance == "internal"


def test_the_fingerprint_of_the_root_is_anchor_enough(sealed: bytes, ring: KeyRing) -> None:
    printed = ":".join(ring.root_sha256.upper()[n : n + 2] for n in range(0, 64, 2))
    assert verify_pdf(sealed, root=printed).ok
    assert not verify_pdf(sealed, root="0" * 64).ok


def test_an_answer_holds_on_to_no_part_of_the_file(sealed: bytes, ring: KeyRing) -> None:
    answer = verify_pdf(sealed, root=ring.root)
    gc.collect()
    assert [one for one in gc.get_objects() if isinstance(one, PdfFileReader)] == []
    assert answer.ok


def test_a_record_without_signers_is_certified_by_the_seal(ring: KeyRing) -> None:
    record = sealing.record_bytes(signing=None)
    result = verify_pdf(sealing.sealed(record, people=()), root=ring.root)
    assert result.ok
    assert [one.place for one in result.signatures] == ["seal"]


@pytest.mark.urs("URS-025")
def test_every_single_changed_byte_is_reported(sealed: bytes, ring: KeyRing) -> None:
    chance = random.Random(20261122)
    last = sealed.rindex(b"/Contents <") + 10
    hole = range(last, sealed.index(b">", last) + 1)
    for turn in range(FLIPS):
        place = chance.choice(hole) if turn % 3 == 0 else chance.randrange(len(sealed))
        changed = bytearray(sealed)
        changed[place] = chance.choice([byte for byte in range(256) if byte != sealed[place]])
        assert not verify_pdf(bytes(changed), root=ring.root).ok, (place, changed[place])


@pytest.mark.urs("URS-025")
def test_the_case_of_a_hex_letter_and_the_padding_are_demanded(sealed: bytes, ring: KeyRing) -> None:
    start = sealed.rindex(b"/Contents <") + 11
    end = sealed.index(b">", start)
    letter = next(n for n in range(start, end) if sealed[n : n + 1].isalpha())
    lower = sealed[:letter] + sealed[letter : letter + 1].lower() + sealed[letter + 1 :]
    padded = sealed[: end - 1] + b"1" + sealed[end:]
    for changed in (lower, padded):
        codes = [finding.code for finding in verify_pdf(changed, root=ring.root).findings]
        assert codes == ["pdf.not_canonical"]


def _redrawn(data: bytes) -> bytes:
    writer = IncrementalPdfFileWriter(io.BytesIO(data))
    page = writer.root["/Pages"]["/Kids"][0]
    forged = writer.add_object(generic.StreamObject(stream_data=b"BT /F1 30 Tf 100 400 Td (FAKE) Tj ET"))
    page["/Contents"] = generic.ArrayObject([page.raw_get("/Contents"), forged])
    writer.update_container(page)
    return _written(writer)


def _swapped_record(data: bytes) -> bytes:
    writer = IncrementalPdfFileWriter(io.BytesIO(data))
    names = writer.root["/Names"]["/EmbeddedFiles"]["/Names"]
    file = next(names[n] for n in range(1, len(names), 2) if names[n]["/F"] == "record.json")
    forged = generic.StreamObject(stream_data=sealing.record_bytes(decided="otherwise"))
    forged["/Type"] = generic.pdf_name("/EmbeddedFile")
    file["/EF"]["/F"] = writer.add_object(forged)
    writer.update_container(file["/EF"])
    return _written(writer)


def _written(writer: IncrementalPdfFileWriter) -> bytes:
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _revision(number: int) -> Callable[[bytes], bytes]:
    def cut(data: bytes) -> bytes:
        end = -1
        for _ in range(number):
            end = data.index(b"%%EOF", end + 1)
        return data[: end + 6]

    return cut


ATTACKS: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "page redrawn by an update": (_redrawn, "pdf.extra_revision"),
    "record.json swapped by an update": (_swapped_record, "pdf.extra_revision"),
    "garbage behind the end": (lambda data: data + b"\n%garbage\n", "pdf.trailing_bytes"),
    "cut back to the unsigned page": (_revision(1), "seal.missing"),
    "cut back to the first signer": (_revision(2), "seal.missing"),
    "cut back to before the seal": (_revision(3), "seal.missing"),
    "a field whose name is no text": (
        lambda data: data.replace(b"(sig\\0551)", b"(sig\\1771)"),
        "pdf.unreadable",
    ),
    "half a file": (lambda data: data[: len(data) // 2], "pdf.unreadable"),
    "no PDF at all": (lambda data: b"hello", "pdf.unreadable"),
    "an empty file": (lambda data: b"", "pdf.unreadable"),
}


@pytest.mark.urs("URS-025")
@pytest.mark.parametrize("attack", ATTACKS)
def test_tampering_is_found_and_named(attack: str, sealed: bytes, ring: KeyRing) -> None:
    forge, code = ATTACKS[attack]
    result = verify_pdf(forge(sealed), root=ring.root)
    assert not result.ok
    assert code in [finding.code for finding in result.findings]
    assert all(finding.text("en") for finding in result.findings)


@pytest.mark.urs("URS-025")
def test_another_valid_record_in_its_place_is_found_by_the_number_asked_for(ring: KeyRing) -> None:
    other = sealing.sealed(sealing.record_bytes("LR-2026-0002"))
    assert verify_pdf(other, root=ring.root).ok
    result = verify_pdf(other, root=ring.root, expect="LR-2026-0001")
    assert [finding.code for finding in result.findings] == ["record.other"]


def test_a_record_signed_below_a_foreign_root_of_the_same_names_is_refused(
    ring: KeyRing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QMS_HOME", str(tmp_path / "foreign"))
    config.settings.cache_clear()
    keys.create_authority(config.settings().keys, "Demo Medical Ltd", None, sealing.NOW)
    result = verify_pdf(sealing.sealed(), root=ring.root)
    assert "certificate.untrusted" in [finding.code for finding in result.findings]


def test_the_evidence_of_another_record_does_not_help(ring: KeyRing) -> None:
    record = sealing.record_bytes()
    signed = sealing.sign(record)
    foreign = sealing.sign(sealing.record_bytes("LR-2026-0002"))
    base = sealing.base_pdf(record, [one.signature for one in foreign])
    result = verify_pdf(_signed(base, signed), root=ring.root)
    assert not result.ok
    assert "signature.no_evidence" in [finding.code for finding in result.findings]


def test_a_page_without_a_signers_evidence_is_refused(ring: KeyRing) -> None:
    record = sealing.record_bytes()
    signed = sealing.sign(record)
    base = sealing.base_pdf(record, [signed[0].signature], fields=2)
    codes = [finding.code for finding in verify_pdf(_signed(base, signed), root=ring.root).findings]
    assert "evidence.missing" in codes


def test_a_signer_the_record_asks_for_may_not_be_left_out(ring: KeyRing) -> None:
    record = sealing.record_bytes(signing={"meaning": "released", "signers": "2"})
    result = verify_pdf(sealing.sealed(record, sealing.PEOPLE[:1]), root=ring.root)
    assert [finding.code for finding in result.findings] == ["signature.missing"]


def test_one_person_cannot_be_two_signers(ring: KeyRing) -> None:
    twice = (sealing.PEOPLE[0], sealing.PEOPLE[0])
    result = verify_pdf(sealing.sealed(people=twice), root=ring.root)
    assert "signature.same_person" in [finding.code for finding in result.findings]


def test_a_signature_in_another_meaning_than_the_record_asks_for_is_refused(ring: KeyRing) -> None:
    record = sealing.record_bytes(signing={"meaning": "inspected"})
    result = verify_pdf(sealing.sealed(record, sealing.PEOPLE[:1]), root=ring.root)
    assert "signature.other_meaning" in [finding.code for finding in result.findings]


def _signed(base: bytes, signed: list[sealing.ceremony.SignedRecord]) -> bytes:
    return pdf.sign_pdf(
        base, [pdf.PdfSignature.of(one.signature, one.wrapped_key) for one in signed], now=sealing.NOW
    )
