import hashlib
import subprocess
import time
import uuid
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from core.errors import QmsError
from signatures import certificates, evidence, one_time, timestamps
from signatures.chain import Anchor
from signatures.errors import KeyNotForRecord, Unprovable
from signatures.keys import KeyRing
from tests.factories import sealing


@pytest.mark.urs("URS-022")
def test_a_signature_says_who_signed_what_in_which_meaning_when_and_how(ring: KeyRing) -> None:
    record = sealing.record_bytes()
    signed = sealing.sign(record)[0].signature
    proof = evidence.check(signed.cms, hashlib.sha256(record).digest(), Anchor.of(ring.root), [])
    said = proof.said
    assert (said["name"], said["login"], said["role"], said["site"]) == ("Anna Keller", "qa", "qa", "SH")
    assert said["meaning"] == {"code": "released", "text": {"en": "Released", "zh": "放行"}}
    assert (said["statement"], said["method"], said["language"]) == ("I release this lot.", "password", "en")
    assert proof.moment == sealing.NOW


@pytest.mark.urs("URS-022")
def test_a_signature_does_not_hold_for_another_record(ring: KeyRing) -> None:
    signed = sealing.sign(sealing.record_bytes())[0].signature
    other = hashlib.sha256(sealing.record_bytes("LR-2026-0002")).digest()
    with pytest.raises(Unprovable, match="digest_wrong"):
        evidence.check(signed.cms, other, Anchor.of(ring.root), [])


def test_a_later_signer_signs_the_earlier_signatures_too(ring: KeyRing) -> None:
    record = sealing.record_bytes()
    digest = hashlib.sha256(record).digest()
    anchor = Anchor.of(ring.root)
    first, second = (one.signature for one in sealing.sign(record))
    proof = evidence.check(first.cms, digest, anchor, [])
    evidence.check(second.cms, digest, anchor, [proof])
    with pytest.raises(Unprovable, match="order"):
        evidence.check(second.cms, digest, anchor, [])


def test_the_certificate_carries_the_hash_of_the_one_record(ring: KeyRing) -> None:
    record = sealing.record_bytes()
    credential = one_time.make(
        ring, one_time.Holder("A", "a", "P"), hashlib.sha256(record).digest(), now=sealing.NOW
    )
    assert certificates.record_hash_in(credential.certificate) == hashlib.sha256(record).digest()
    assert certificates.record_hash_in(ring.seal.certificate) is None


@pytest.mark.urs("URS-022")
def test_a_wrapped_key_opens_only_for_its_signature_record_and_certificate(ring: KeyRing) -> None:
    record, other = hashlib.sha256(b"one").digest(), hashlib.sha256(b"other").digest()
    holder = one_time.Holder("A", "a", "P")
    mine, foreign = (one_time.make(ring, holder, record, now=sealing.NOW) for _ in range(2))
    signature = uuid.uuid4()
    wrapped = one_time.wrap(ring, signature, mine, record)
    opened = one_time.unwrap(ring, wrapped, signature, mine.der, record)
    assert opened.public_key() == mine.key.public_key()
    for wrong in (
        (wrapped, uuid.uuid4(), mine.der, record),
        (wrapped, signature, mine.der, other),
        (wrapped, signature, foreign.der, record),
        (wrapped[:-1] + bytes([wrapped[-1] ^ 1]), signature, mine.der, record),
        (wrapped[:-1], signature, mine.der, record),
    ):
        with pytest.raises(KeyNotForRecord):
            one_time.unwrap(ring, *wrong)


def test_joined_wrapped_keys_come_apart_by_signature(ring: KeyRing) -> None:
    signed = sealing.sign(sealing.record_bytes())
    parts = one_time.split(b"".join(one.wrapped_key for one in signed))
    assert parts == {one.signature.id: one.wrapped_key for one in signed}
    with pytest.raises(KeyNotForRecord):
        one_time.split(b"half a key")


def test_no_private_key_stands_in_the_register_or_readable_in_the_wrapped_key(ring: KeyRing) -> None:
    credential = one_time.make(ring, one_time.Holder("A", "a", "P"), b"0" * 32, now=sealing.NOW)
    scalar = credential.key.private_numbers().private_value.to_bytes(32, "big")
    assert scalar not in one_time.wrap(ring, uuid.uuid4(), credential, b"0" * 32)


def test_openssl_accepts_the_evidence_and_the_time_token(ring: KeyRing, tmp_path: Path) -> None:
    record = sealing.record_bytes()
    (tmp_path / "root.pem").write_bytes(ring.root_pem)
    (tmp_path / "issuing.pem").write_bytes(ring.issuing.certificate.public_bytes(Encoding.PEM))
    (tmp_path / "record.json").write_bytes(record)
    (tmp_path / "one.p7s").write_bytes(sealing.sign(record)[0].signature.cms)
    (tmp_path / "token").write_bytes(timestamps.stamp(ring, record, now=sealing.NOW))
    at = ["-attime", str(int(sealing.NOW.timestamp()))]
    cms = "cms -verify -out out -binary -inform DER -in one.p7s -content record.json"
    cms += " -CAfile root.pem -purpose any"
    stamp = "ts -verify -data record.json -in token -token_in -CAfile root.pem -untrusted issuing.pem"
    for command in (cms, stamp):
        subprocess.run(["openssl", *command.split(), *at], cwd=tmp_path, check=True, capture_output=True)


def test_an_earlier_signature_on_another_record_is_refused(ring: KeyRing) -> None:
    with pytest.raises((ValueError, QmsError)):
        sealing.ceremony.sign_record(
            sealing.Session(),
            record_id=uuid.uuid4(),
            record_bytes=b"{}",
            signer=sealing.PEOPLE[0],
            meaning=sealing.MEANING,
            statement="",
            method="password",
            language="en",
            now=sealing.NOW,
            earlier=[sealing.sign(sealing.record_bytes())[0].signature],
        )


def test_signing_a_record_is_fast(ring: KeyRing) -> None:
    record = sealing.record_bytes()
    sealing.sign(record)
    started = time.perf_counter()
    for _ in range(10):
        sealing.sign(record)
    print(f"one signature: {(time.perf_counter() - started) / 20 * 1000:.2f} ms")
