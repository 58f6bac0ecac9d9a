"""What a forger with parts of true signatures, or with another key of the same plant, cannot do."""

import hashlib
from datetime import timedelta

import pytest

from core.errors import Invalid
from signatures import ceremony, chain, cms, der, evidence, one_time, policy, timestamps
from signatures.chain import Anchor
from signatures.errors import Unprovable
from signatures.keys import Credential, KeyRing
from tests.factories import sealing

RECORD = sealing.record_bytes()
DIGEST = hashlib.sha256(RECORD).digest()


def _one_signature_key(ring: KeyRing, login: str = "qa", name: str = "Anna Keller") -> Credential:
    return one_time.make(ring, one_time.Holder(name, login, "Demo Medical Ltd"), DIGEST, now=sealing.NOW)


def _built(ring: KeyRing, credential: Credential, **changes: object) -> bytes:
    """A signature as the ceremony makes it, but for the changes."""
    signature = sealing.sign(RECORD, sealing.PEOPLE[:1])[0].signature
    for name, value in changes.items():
        if hasattr(signature, name):
            setattr(signature, name, value)
    stamped_at = changes.get("stamped_at", sealing.NOW)
    declared = ceremony.declaration(signature, [])
    attributes = cms.attributes(
        cms.DATA,
        DIGEST,
        credential.der,
        signing_time=sealing.NOW,
        declaration=changes.get("declared", declared),
    )
    value = cms.sign(credential, attributes)
    token = changes.get("token", timestamps.stamp(ring, value, now=stamped_at))
    certificates = (credential.der, ring.issuing.der, ring.root_der, *changes.get("spare", ()))
    return cms.assemble(cms.DATA, None, attributes, value, certificates, token)


def _refusal(ring: KeyRing, message: bytes) -> str:
    with pytest.raises(Unprovable) as refused:
        evidence.check(message, DIGEST, Anchor.of(ring.root), [])
    return refused.value.code


def test_the_way_a_true_signature_is_built_holds(ring: KeyRing) -> None:
    assert evidence.check(_built(ring, _one_signature_key(ring)), DIGEST, Anchor.of(ring.root), [])


def test_a_signature_without_a_time_token_is_refused(ring: KeyRing) -> None:
    assert _refusal(ring, _built(ring, _one_signature_key(ring), token=None)) == "timestamp.missing"


def test_the_time_token_of_another_signature_is_refused(ring: KeyRing) -> None:
    foreign = timestamps.stamp(ring, b"another signature", now=sealing.NOW)
    assert _refusal(ring, _built(ring, _one_signature_key(ring), token=foreign)) == "timestamp.other_content"


def test_a_spare_certificate_is_refused(ring: KeyRing) -> None:
    message = _built(ring, _one_signature_key(ring), spare=(ring.seal.der,))
    assert _refusal(ring, message) == "certificate.untrusted"


def test_the_plants_seal_cannot_sign_for_a_person(ring: KeyRing) -> None:
    assert _refusal(ring, _built(ring, ring.seal)) == "signature.other_record"


def test_the_time_stampers_key_cannot_sign_a_record(ring: KeyRing) -> None:
    assert _refusal(ring, _built(ring, ring.tsa)) == "certificate.untrusted"


def test_a_certificate_in_another_persons_name_is_refused(ring: KeyRing) -> None:
    for other in (_one_signature_key(ring, login="boss"), _one_signature_key(ring, name="Someone Else")):
        assert _refusal(ring, _built(ring, other)) == "signature.other_person"


def test_a_declaration_about_another_record_is_refused(ring: KeyRing) -> None:
    message = _built(ring, _one_signature_key(ring), record_sha256="0" * 64)
    assert _refusal(ring, message) == "signature.other_record"


def test_a_declared_time_other_than_the_stamped_one_is_refused(ring: KeyRing) -> None:
    message = _built(ring, _one_signature_key(ring), signed_at=sealing.NOW - timedelta(minutes=1))
    assert _refusal(ring, message) == "signature.other_time"


def test_a_declaration_that_is_not_canonical_is_refused(ring: KeyRing) -> None:
    message = _built(ring, _one_signature_key(ring), declared='{ "format": "qms.signature/1" }')
    assert _refusal(ring, message) == "signature.no_declaration"


def test_a_key_used_after_its_few_days_is_refused(ring: KeyRing) -> None:
    late = sealing.NOW + policy.ONE_SIGNATURE_LIFE + timedelta(minutes=1)
    assert (
        _refusal(ring, _built(ring, _one_signature_key(ring), stamped_at=late))
        == "certificate.not_valid_then"
    )


def test_bytes_that_the_signers_did_not_write_are_refused(ring: KeyRing) -> None:
    message = _built(ring, _one_signature_key(ring))
    longer = der.sequence(message[4:], b"\x05\x00")
    other_form = b"\x30\x83\x00" + message[2:]
    for changed in (longer, other_form, message + b"\0", message[:-1], b"", b"\x30\x00"):
        assert _refusal(ring, changed) in {"cms.unreadable", "cms.not_canonical"}


def test_a_changed_issuing_certificate_is_refused(ring: KeyRing) -> None:
    message = bytearray(_built(ring, _one_signature_key(ring)))
    place = message.index(ring.issuing.der)
    for offset in (60, 300, len(ring.issuing.der) - 1):
        changed = bytearray(message)
        changed[place + offset] ^= 1
        with pytest.raises(Exception, match=r"certificate|cms|extension|Invalid|key"):
            evidence.check(bytes(changed), DIGEST, Anchor.of(ring.root), [])


def test_an_anchor_is_read_as_people_write_it(ring: KeyRing) -> None:
    assert Anchor.parse(f" {ring.root_sha256.upper()} ") == Anchor.of(ring.root)
    with pytest.raises(Invalid):
        Anchor.parse("abc")


def test_the_issuing_authority_is_no_anchor(ring: KeyRing) -> None:
    message = cms.read(_built(ring, _one_signature_key(ring)))
    with pytest.raises(Unprovable):
        chain.demand(
            message.signer,
            message.others,
            Anchor.of(ring.issuing.certificate),
            purpose=chain.SIGNING,
            at=sealing.NOW,
        )


def test_numbers_and_lengths_are_written_as_der_demands() -> None:
    assert der.integer(0).hex() == "020100"
    assert der.integer(128).hex() == "02020080"
    assert der.octets(b"x" * 128)[:3].hex() == "048180"
    assert der.octets(b"x" * 300)[:4].hex() == "0482012c"
    assert der.generalized_time(sealing.NOW).endswith(b"20261122081005Z")
    assert der.generalized_time(sealing.NOW.replace(microsecond=120000)).endswith(b"081005.12Z")
    assert der.set_of([b"\x02\x01\x02", b"\x02\x01\x01"]) == b"\x31\x06\x02\x01\x01\x02\x01\x02"
