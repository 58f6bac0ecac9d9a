"""The one shape of CMS this product writes and accepts (RFC 5652, CAdES and PAdES baseline).

Everything in a signature that its own cryptography does not cover (order, versions, algorithm names, spare
certificates) is fixed here, so that the verifier can rebuild a message byte by byte and refuse any other.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asn1crypto import cms, core
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import Certificate, load_der_x509_certificate

from signatures import der, policy
from signatures.errors import Unprovable
from signatures.keys import Credential

DATA = "1.2.840.113549.1.7.1"
TIMESTAMP_INFO = "1.2.840.113549.1.9.16.1.4"
CONTENT_TYPE = "1.2.840.113549.1.9.3"
MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
SIGNING_TIME = "1.2.840.113549.1.9.5"
SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47"
TIMESTAMP_TOKEN = "1.2.840.113549.1.9.16.2.14"  # noqa: S105 - an object identifier, no secret

SHA256_ALGORITHM = der.sequence(der.oid("2.16.840.1.101.3.4.2.1"))
ECDSA_SHA256_ALGORITHM = der.sequence(der.oid("1.2.840.10045.4.3.2"))
SIGNED_DATA = der.oid("1.2.840.113549.1.7.2")
VERSION_OF = {DATA: 1, TIMESTAMP_INFO: 3}


@dataclass(frozen=True)
class Message:
    """A CMS message taken apart; nothing in it is trusted until ``check`` has passed.

    ``signed_attributes`` are the signed bytes (a SET OF); ``signer`` and ``others`` are certificates (DER).
    """

    content_type: str
    content: bytes | None
    signed_attributes: bytes
    signature: bytes
    signer: bytes
    others: tuple[bytes, ...]
    token: bytes | None

    @property
    def signer_certificate(self) -> Certificate:
        """The certificate of the one signer."""
        return load_der_x509_certificate(self.signer)

    def attribute(self, dotted: str) -> bytes | None:
        """Read the single value (DER) of a signed attribute; None if it is not there exactly once."""
        found = [
            attribute["values"]
            for attribute in cms.CMSAttributes.load(self.signed_attributes, strict=True)
            if attribute["type"].dotted == dotted
        ]
        return bytes(found[0][0].dump()) if len(found) == 1 and len(found[0]) == 1 else None


def attributes(
    content_type: str,
    digest: bytes,
    certificate: bytes,
    *,
    signing_time: datetime | None = None,
    declaration: str | None = None,
) -> bytes:
    """Write the signed attributes: what was signed, with which certificate (ESS v2), what was declared."""
    parts = [
        _attribute(CONTENT_TYPE, der.oid(content_type)),
        _attribute(MESSAGE_DIGEST, der.octets(digest)),
        _attribute(SIGNING_CERTIFICATE_V2, _signing_certificate(certificate)),
    ]
    if signing_time is not None:
        parts.append(_attribute(SIGNING_TIME, der.utc_time(signing_time)))
    if declaration is not None:
        parts.append(_attribute(policy.DECLARATION_OID, der.utf8(declaration)))
    return der.set_of(parts)


def sign(credential: Credential, signed_attributes: bytes) -> bytes:
    """Sign the attributes: ECDSA over P-256 with SHA-256, DER."""
    return credential.key.sign(signed_attributes, ec.ECDSA(hashes.SHA256()))


def assemble(
    content_type: str,
    content: bytes | None,
    signed_attributes: bytes,
    signature: bytes,
    certificates: Sequence[bytes],
    token: bytes | None,
) -> bytes:
    """Put a message together, the signer's certificate first; always the same bytes for the same parts."""
    signer = load_der_x509_certificate(certificates[0])
    unsigned = () if token is None else (der.set_of([_attribute(TIMESTAMP_TOKEN, token)], der.CONTEXT_1),)
    info = der.sequence(
        der.integer(1),
        der.sequence(signer.issuer.public_bytes(), der.integer(signer.serial_number)),
        SHA256_ALGORITHM,
        bytes([der.CONTEXT_0]) + signed_attributes[1:],
        ECDSA_SHA256_ALGORITHM,
        der.octets(signature),
        *unsigned,
    )
    encapsulated = () if content is None else (der.value(der.CONTEXT_0, der.octets(content)),)
    data = der.sequence(
        der.integer(VERSION_OF[content_type]),
        der.set_of([SHA256_ALGORITHM]),
        der.sequence(der.oid(content_type), *encapsulated),
        der.set_of(certificates, der.CONTEXT_0),
        der.set_of([info]),
    )
    return der.sequence(SIGNED_DATA, der.value(der.CONTEXT_0, data))


def read(message: bytes) -> Message:
    """Take a message apart and demand that it is, byte by byte, what ``assemble`` would have written.

    Raises:
        Unprovable: it is not.
    """
    try:
        parts = _taken_apart(message)
        rebuilt = assemble(
            parts.content_type,
            parts.content,
            parts.signed_attributes,
            parts.signature,
            (parts.signer, *parts.others),
            parts.token,
        )
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError) as error:
        raise Unprovable("cms.unreadable", "A signature cannot be read.") from error
    if rebuilt != message:
        raise Unprovable("cms.not_canonical", "A signature holds bytes that its signer did not write.")
    return parts


def check(message: Message, digest: bytes) -> None:
    """Demand that the signer's key signed exactly this digest (SHA-256 of the content).

    Raises:
        Unprovable: content, certificate or signature do not belong together.
    """
    key = message.signer_certificate.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name != "secp256r1":
        raise Unprovable("cms.algorithm", "A signature was made with a key of another kind.")
    try:
        key.verify(message.signature, message.signed_attributes, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature as error:
        raise Unprovable("cms.signature_wrong", "A signature does not match its certificate.") from error
    if message.attribute(MESSAGE_DIGEST) != der.octets(digest):
        raise Unprovable("cms.digest_wrong", "The signed content was changed after it was signed.")
    if message.attribute(CONTENT_TYPE) != der.oid(message.content_type):
        raise Unprovable("cms.content_type", "A signature was made for content of another kind.")
    if message.attribute(SIGNING_CERTIFICATE_V2) != _signing_certificate(message.signer):
        raise Unprovable(
            "cms.certificate_wrong", "A signature names another certificate than the one it carries."
        )


def _taken_apart(message: bytes) -> Message:
    data = cms.ContentInfo.load(message, strict=True)["content"]
    (info,) = data["signer_infos"]
    serial = info["sid"].chosen["serial_number"].native
    certificates = [bytes(choice.chosen.dump()) for choice in data["certificates"]]
    (signer,) = [one for one in certificates if load_der_x509_certificate(one).serial_number == serial]
    encapsulated = data["encap_content_info"]
    content: Any = encapsulated["content"]
    stamps = info["unsigned_attrs"]
    return Message(
        content_type=encapsulated["content_type"].dotted,
        content=None if isinstance(content, core.Void) else bytes(content),
        signed_attributes=bytes(info["signed_attrs"].untag().dump()),
        signature=info["signature"].native,
        signer=signer,
        others=tuple(one for one in certificates if one != signer),
        token=bytes(stamps[0]["values"][0].dump()) if stamps else None,
    )


def _attribute(dotted: str, value: bytes) -> bytes:
    return der.sequence(der.oid(dotted), der.set_of([value]))


def _signing_certificate(certificate: bytes) -> bytes:
    hashed = der.sequence(der.octets(hashlib.sha256(certificate).digest()))
    return der.sequence(der.sequence(hashed))
