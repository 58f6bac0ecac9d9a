"""The act of signing: a record's bytes, a person, a meaning, a moment (URS-022; 21 CFR 11.50 and 11.70).

Four phases, in the request in which the person proved himself, without network: declare, key, sign, stamp.
"""

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.x509.oid import NameOID
from sqlalchemy.orm import Session

from core.canonical import canonical_json
from core.db import new_id
from core.types import Bilingual
from signatures import certificates, cms, keys, one_time, policy, timestamps
from signatures.models import Signature


@dataclass(frozen=True)
class Signer:
    """Who signs, as of this day: printed name, role and site in which he signs."""

    person_id: uuid.UUID
    login: str
    name: str
    role: str
    site: str


@dataclass(frozen=True)
class Meaning:
    """What the signature says, e.g. ``released``, with its words in both languages."""

    code: str
    text: Bilingual


@dataclass(frozen=True)
class SignedRecord:
    """The registered signature, and its key wrapped for the one PDF of the same record."""

    signature: Signature
    wrapped_key: bytes


def sign_record(
    session: Session,
    *,
    record_id: uuid.UUID,
    record_bytes: bytes,
    signer: Signer,
    meaning: Meaning,
    statement: str,
    method: str,
    language: str,
    now: datetime,
    on_behalf_of: str | None = None,
    earlier: Sequence[Signature] = (),
) -> SignedRecord:
    """Sign the canonical record for a person who has just proved himself, and register the signature.

    ``statement`` is the sentence the signer was shown, ``method`` how he proved himself, ``earlier`` the
    signatures already on the record, whose hashes this one takes in. ``now`` is the plant's clock.

    Raises:
        KeysMissing: the installation has no signing keys.
        KeysUnreadable: they cannot be opened.
        ValueError: an earlier signature belongs to another record.
    """
    digest = hashlib.sha256(record_bytes).digest()
    if any(one.record_sha256 != digest.hex() for one in earlier):
        raise ValueError("an earlier signature belongs to another record")
    signature = Signature(
        id=new_id(),
        record_id=record_id,
        position=len(earlier) + 1,
        record_sha256=digest.hex(),
        person_id=signer.person_id,
        login=signer.login,
        signer_name=signer.name,
        role=signer.role,
        site=signer.site,
        meaning_code=meaning.code,
        meaning=dict(meaning.text),
        statement=statement,
        method=method,
        on_behalf_of=on_behalf_of,
        language=language,
        signed_at=now,
        level=policy.LEVEL,
    )
    ring = keys.load()
    credential = one_time.make(ring, _holder(ring, signer), digest, now=now)
    signature.certificate = credential.der
    signature.cms = _evidence(ring, credential, digest, declaration(signature, earlier), now)
    session.add(signature)
    return SignedRecord(signature, one_time.wrap(ring, signature.id, credential, digest))


def declaration(signature: Signature, earlier: Sequence[Signature]) -> str:
    """Write down, as RFC 8785 JSON, everything the signature says; it is inside the signed bytes."""
    said: dict[str, Any] = {
        "format": policy.DECLARATION_FORMAT,
        "signature": str(signature.id),
        "record": str(signature.record_id),
        "record_sha256": signature.record_sha256,
        "position": signature.position,
        "person": str(signature.person_id),
        "login": signature.login,
        "name": signature.signer_name,
        "role": signature.role,
        "site": signature.site,
        "meaning": {"code": signature.meaning_code, "text": dict(signature.meaning)},
        "statement": signature.statement,
        "method": signature.method,
        "on_behalf_of": signature.on_behalf_of,
        "language": signature.language,
        "signed_at": signature.signed_at.isoformat(timespec="milliseconds"),
        "earlier": [hashlib.sha256(one.cms).hexdigest() for one in earlier],
    }
    return canonical_json(said).decode()


def _holder(ring: keys.KeyRing, signer: Signer) -> one_time.Holder:
    company = certificates.name_in(ring.issuing.certificate, NameOID.ORGANIZATION_NAME)
    return one_time.Holder(name=signer.name, login=signer.login, company=company)


def _evidence(
    ring: keys.KeyRing, credential: keys.Credential, digest: bytes, declared: str, now: datetime
) -> bytes:
    attributes = cms.attributes(cms.DATA, digest, credential.der, signing_time=now, declaration=declared)
    value = cms.sign(credential, attributes)
    token = timestamps.stamp(ring, value, now=now)
    return cms.assemble(
        cms.DATA, None, attributes, value, (credential.der, ring.issuing.der, ring.root_der), token
    )
