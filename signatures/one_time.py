"""Keys that sign once: a fresh P-256 pair for one person, one meaning, one record.

The pair is made in the request in which the person proved himself; its certificate names him and carries the
SHA-256 of the canonical record. The private key leaves the request only wrapped (AES-256-GCM, bound to
signature, record and certificate), for the worker to put the same signature on the one PDF of that record.
"""

import hashlib
import os
import uuid
from dataclasses import dataclass
from datetime import datetime

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from signatures import certificates, policy
from signatures.errors import KeyNotForRecord
from signatures.keys import Credential, KeyRing

NONCE_BYTES = 12
SCALAR_BYTES = 32
WRAPPED_BYTES = 16 + NONCE_BYTES + SCALAR_BYTES + 16
"""Length of one wrapped key: signature id, nonce, private value, tag. Several are simply joined."""


@dataclass(frozen=True)
class Holder:
    """Whose key it is: printed name, login, and the company that issues the certificate."""

    name: str
    login: str
    company: str


def make(ring: KeyRing, holder: Holder, record_sha256: bytes, *, now: datetime) -> Credential:
    """Make the pair and its certificate, valid for a few days from ``now``."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = certificates.subject(holder.company, holder.name, serial=holder.login)
    profile = certificates.one_signature_profile(record_sha256)
    issuer = (ring.issuing.certificate, ring.issuing.key)
    life = policy.ONE_SIGNATURE_LIFE
    return Credential(certificates.issue(name, key.public_key(), issuer, profile, now=now, life=life), key)


def wrap(ring: KeyRing, signature_id: uuid.UUID, credential: Credential, record_sha256: bytes) -> bytes:
    """Encrypt the private key for its one way to the worker."""
    nonce = os.urandom(NONCE_BYTES)
    scalar = credential.key.private_numbers().private_value.to_bytes(SCALAR_BYTES, "big")
    bound_to = _binding(signature_id, record_sha256, credential.der)
    return signature_id.bytes + nonce + AESGCM(ring.wrapping_key).encrypt(nonce, scalar, bound_to)


def unwrap(
    ring: KeyRing, wrapped: bytes, signature_id: uuid.UUID, certificate: bytes, record_sha256: bytes
) -> ec.EllipticCurvePrivateKey:
    """Open a wrapped key for the signature, record and certificate (DER) it was made for.

    Raises:
        KeyNotForRecord: any of the three is another one, or the bytes were changed.
    """
    if len(wrapped) != WRAPPED_BYTES or wrapped[:16] != signature_id.bytes:
        raise KeyNotForRecord()
    nonce, sealed = wrapped[16 : 16 + NONCE_BYTES], wrapped[16 + NONCE_BYTES :]
    try:
        scalar = AESGCM(ring.wrapping_key).decrypt(
            nonce, sealed, _binding(signature_id, record_sha256, certificate)
        )
    except InvalidTag as error:
        raise KeyNotForRecord() from error
    return ec.derive_private_key(int.from_bytes(scalar, "big"), ec.SECP256R1())


def split(secret: bytes) -> dict[uuid.UUID, bytes]:
    """Take joined wrapped keys apart, by the signature each belongs to.

    Raises:
        KeyNotForRecord: the bytes are not a whole number of wrapped keys.
    """
    if len(secret) % WRAPPED_BYTES:
        raise KeyNotForRecord()
    parts = [secret[start : start + WRAPPED_BYTES] for start in range(0, len(secret), WRAPPED_BYTES)]
    return {uuid.UUID(bytes=part[:16]): part for part in parts}


def _binding(signature_id: uuid.UUID, record_sha256: bytes, certificate: bytes) -> bytes:
    return signature_id.bytes + record_sha256 + hashlib.sha256(certificate).digest()
