"""A signer's evidence: the detached CMS over the canonical record, and what it declares."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import rfc8785
from asn1crypto import core
from cryptography import x509
from cryptography.x509.oid import NameOID

from signatures import certificates, chain, cms, policy, timestamps
from signatures.chain import Anchor
from signatures.errors import Unprovable

TIME_TOLERANCE = timedelta(seconds=policy.TIMESTAMP_ACCURACY_SECONDS)


@dataclass(frozen=True)
class Evidence:
    """A signature over a record that holds. ``said`` is its declaration, ``moment`` the time in its token."""

    sha256: str
    said: Mapping[str, Any]
    certificate: bytes
    moment: datetime


def check(message: bytes, record_sha256: bytes, anchor: Anchor, earlier: Sequence[Evidence]) -> Evidence:
    """Demand that a detached CMS (DER) is a timestamped signature on this record, given after ``earlier``.

    Raises:
        Unprovable: anything about it does not hold.
    """
    parts = cms.read(message)
    cms.check(parts, record_sha256)
    moment = stamped(parts, anchor)
    if certificates.record_hash_in(parts.signer_certificate) != record_sha256:
        raise Unprovable("signature.other_record", "A signer's certificate was issued for another record.")
    said = _declaration(parts)
    _demand_agreement(said, parts.signer_certificate, record_sha256, moment)
    if said["position"] != len(earlier) + 1 or said["earlier"] != [one.sha256 for one in earlier]:
        raise Unprovable("signature.order", "The signatures do not follow each other as they were given.")
    return Evidence(hashlib.sha256(message).hexdigest(), said, parts.signer, moment)


def stamped(parts: cms.Message, anchor: Anchor) -> datetime:
    """Demand a time token on a signature and certificates that were valid at its time; gives that time.

    Raises:
        Unprovable: there is no token, or token or certificates do not hold.
    """
    if parts.token is None:
        raise Unprovable("timestamp.missing", "A signature carries no timestamp.")
    stamp = timestamps.read(parts.token, parts.signature)
    issuing = chain.demand(parts.signer, parts.others, anchor, purpose=chain.SIGNING, at=stamp.moment)
    if stamp.message.others != (issuing,):
        raise Unprovable(
            "timestamp.untrusted", "A timestamp does not come from the plant's own time stamper."
        )
    chain.demand(stamp.message.signer, parts.others, anchor, purpose=chain.STAMPING, at=stamp.moment)
    return stamp.moment


def _declaration(parts: cms.Message) -> Mapping[str, Any]:
    value = parts.attribute(policy.DECLARATION_OID)
    if value is None:
        raise Unprovable("signature.no_declaration", "A signature does not say what it means.")
    text = core.UTF8String.load(value, strict=True).native
    said = json.loads(text)
    if rfc8785.dumps(said).decode() != text or said["format"] != policy.DECLARATION_FORMAT:
        raise Unprovable("signature.no_declaration", "A signature does not say what it means.")
    return dict(said)


def _demand_agreement(
    said: Mapping[str, Any], certificate: x509.Certificate, record_sha256: bytes, moment: datetime
) -> None:
    if said["record_sha256"] != record_sha256.hex():
        raise Unprovable("signature.other_record", "A signer's certificate was issued for another record.")
    named = (certificates.name_in(certificate), certificates.name_in(certificate, NameOID.SERIAL_NUMBER))
    if named != (said["name"][:64], said["login"][:64]):
        raise Unprovable("signature.other_person", "A signature names another person than its certificate.")
    if abs(datetime.fromisoformat(said["signed_at"]) - moment) > TIME_TOLERANCE:
        raise Unprovable("signature.other_time", "A signature states another time than its timestamp.")
