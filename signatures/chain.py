"""Whether a certificate comes from the plant's root, for its purpose, at a moment: from the file alone."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import ExtendedKeyUsageOID, ObjectIdentifier, SignatureAlgorithmOID

from core.errors import Invalid
from signatures import der, policy
from signatures.errors import Unprovable

SIGNING = ObjectIdentifier(policy.DOCUMENT_SIGNING_OID)
STAMPING = ExtendedKeyUsageOID.TIME_STAMPING
FINGERPRINT = re.compile(r"[0-9a-f]{64}")
ALGORITHMS = (SignatureAlgorithmOID.ECDSA_WITH_SHA256, SignatureAlgorithmOID.ECDSA_WITH_SHA384)


@dataclass(frozen=True)
class Anchor:
    """The root the reader trusts, by the SHA-256 of its certificate, which is printed on every record."""

    sha256: str

    @classmethod
    def of(cls, root: x509.Certificate) -> "Anchor":
        """Trust this root certificate."""
        return cls(root.fingerprint(hashes.SHA256()).hex())

    @classmethod
    def parse(cls, text: str) -> "Anchor":
        """Read a fingerprint as people write it: hexadecimal, colons and blanks allowed.

        Raises:
            Invalid: it is no SHA-256 fingerprint.
        """
        plain = re.sub(r"[\s:]", "", text).lower()
        if not FINGERPRINT.fullmatch(plain):
            raise Invalid("root.not_a_fingerprint", "This is not a SHA-256 fingerprint: %(text)s", text=text)
        return cls(plain)


def demand(
    leaf: bytes, others: Sequence[bytes], anchor: Anchor, *, purpose: ObjectIdentifier, at: datetime
) -> bytes:
    """Demand that ``leaf`` (DER) leads to the anchor through one issuing authority; gives that one's DER.

    ``at`` is the moment of the timestamp; ``others`` must be the issuing authority and the root, no more.

    Raises:
        Unprovable: it does not, or a certificate was changed, has expired by then or is for another purpose.
    """
    try:
        certificate = x509.load_der_x509_certificate(leaf)
        issuing, root = _above(others, anchor)
        for below, above in ((certificate, issuing), (issuing, root)):
            below.verify_directly_issued_by(above)
            _demand_authority(above)
        _demand_use(certificate, purpose)
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound) as error:
        raise Unprovable(
            "certificate.untrusted", "A certificate does not come from the trusted root certificate."
        ) from error
    for one in (certificate, issuing, root):
        _demand_plain(one)
        if not one.not_valid_before_utc <= at <= one.not_valid_after_utc:
            raise Unprovable(
                "certificate.not_valid_then", "A certificate was not valid at the time of signing."
            )
    return issuing.public_bytes(serialization.Encoding.DER)


def _above(others: Sequence[bytes], anchor: Anchor) -> tuple[x509.Certificate, x509.Certificate]:
    roots = [one for one in others if hashlib.sha256(one).hexdigest() == anchor.sha256]
    rest = [one for one in others if one not in roots]
    if len(roots) != 1 or len(rest) != 1:
        raise ValueError("the trusted root and one issuing authority are expected")
    return x509.load_der_x509_certificate(rest[0]), x509.load_der_x509_certificate(roots[0])


def _demand_authority(certificate: x509.Certificate) -> None:
    constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    if not (constraints.ca and usage.key_cert_sign):
        raise ValueError("not an authority")


def _demand_use(certificate: x509.Certificate, purpose: ObjectIdentifier) -> None:
    constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    purposes = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    if constraints.ca or not usage.digital_signature or purpose not in list(purposes):
        raise ValueError("not for this purpose")


def _demand_plain(certificate: x509.Certificate) -> None:
    algorithm = certificate.signature_algorithm_oid
    rebuilt = der.sequence(
        certificate.tbs_certificate_bytes,
        der.sequence(der.oid(algorithm.dotted_string)),
        der.value(der.BIT_STRING, b"\0" + certificate.signature),
    )
    if algorithm not in ALGORITHMS or rebuilt != certificate.public_bytes(serialization.Encoding.DER):
        raise Unprovable(
            "certificate.not_canonical", "A certificate holds bytes that its issuer did not write."
        )
