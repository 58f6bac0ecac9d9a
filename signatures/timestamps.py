"""The plant's own time-stamping authority, in the process (RFC 3161): ECDSA, own policy, accuracy, ESS v2.

Its tokens prove the order of things to people inside; a stamp by somebody outside proves the time to all.
"""

import hashlib
import uuid
from dataclasses import dataclass
from datetime import datetime

from asn1crypto import tsp

from signatures import cms, der, policy
from signatures.errors import Unprovable
from signatures.keys import KeyRing


@dataclass(frozen=True)
class Stamp:
    """A token taken apart: when it was made; trusted only once its certificate has been checked."""

    message: cms.Message
    moment: datetime


def stamp(ring: KeyRing, data: bytes, *, now: datetime) -> bytes:
    """Make a token (DER) that says ``data`` existed at ``now``, the plant's clock, to the millisecond."""
    info = der.sequence(
        der.integer(1),
        der.oid(policy.TSA_POLICY_OID),
        der.sequence(cms.SHA256_ALGORITHM, der.octets(hashlib.sha256(data).digest())),
        der.integer(uuid.uuid4().int),
        der.generalized_time(now),
        der.sequence(der.integer(policy.TIMESTAMP_ACCURACY_SECONDS)),
    )
    digest = hashlib.sha256(info).digest()
    attributes = cms.attributes(cms.TIMESTAMP_INFO, digest, ring.tsa.der)
    signature = cms.sign(ring.tsa, attributes)
    return cms.assemble(
        cms.TIMESTAMP_INFO, info, attributes, signature, (ring.tsa.der, ring.issuing.der), None
    )


def read(token: bytes, data: bytes) -> Stamp:
    """Take a token apart and demand that it stamps ``data`` and was signed by the key in its certificate.

    Raises:
        Unprovable: it does not, or it is not of this product's shape and policy.
    """
    message = cms.read(token)
    if message.content_type != cms.TIMESTAMP_INFO or message.content is None:
        raise Unprovable("timestamp.unreadable", "A timestamp cannot be read.")
    cms.check(message, hashlib.sha256(message.content).digest())
    info = tsp.TSTInfo.load(message.content, strict=True)
    imprint = info["message_imprint"]
    if info["policy"].native != policy.TSA_POLICY_OID:
        raise Unprovable("timestamp.policy", "A timestamp was made under another policy.")
    if imprint.dump() != der.sequence(cms.SHA256_ALGORITHM, der.octets(hashlib.sha256(data).digest())):
        raise Unprovable("timestamp.other_content", "A timestamp belongs to something else.")
    return Stamp(message, info["gen_time"].native)
