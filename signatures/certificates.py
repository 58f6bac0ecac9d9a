"""Certificates of the plant's own authority: five profiles, each the least that its use needs (RFC 5280)."""

from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from signatures import policy

Extensions = list[tuple[x509.ExtensionType, bool]]


def subject(company: str, common_name: str, *, serial: str | None = None) -> x509.Name:
    """Name the holder of a certificate within the company; ``serial`` is a person's login."""
    parts = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, company[:64])]
    if serial is not None:
        parts.append(x509.NameAttribute(NameOID.SERIAL_NUMBER, serial[:64]))
    return x509.Name([*parts, x509.NameAttribute(NameOID.COMMON_NAME, common_name[:64])])


def issue(
    name: x509.Name,
    key: ec.EllipticCurvePublicKey,
    issuer: tuple[x509.Certificate | x509.Name, ec.EllipticCurvePrivateKey],
    extensions: Extensions,
    *,
    now: datetime,
    life: timedelta,
) -> x509.Certificate:
    """Certify ``key`` for ``name`` from a little before ``now``; the digest follows the issuer's curve."""
    above, signing_key = issuer
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(above.subject if isinstance(above, x509.Certificate) else above)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - policy.CLOCK_LEEWAY)
        .not_valid_after(now + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )
    if isinstance(above, x509.Certificate):
        identifier = above.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
        authority = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)
        builder = builder.add_extension(authority, critical=False)
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(signing_key, hashes.SHA384() if signing_key.key_size == 384 else hashes.SHA256())


def authority_profile(path_length: int) -> Extensions:
    """Extensions of the root (path length 1) and of the issuing authority (0)."""
    return [
        (x509.BasicConstraints(ca=True, path_length=path_length), True),
        (_usage(key_cert_sign=True, crl_sign=True), True),
    ]


def signing_profile() -> Extensions:
    """Extensions of the seal. E-mail protection stands beside document signing: NSS trusts only that."""
    purposes = [ObjectIdentifier(policy.DOCUMENT_SIGNING_OID), ExtendedKeyUsageOID.EMAIL_PROTECTION]
    return [
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (_usage(digital_signature=True, content_commitment=True), True),
        (x509.ExtendedKeyUsage(purposes), False),
    ]


def one_signature_profile(record_sha256: bytes) -> Extensions:
    """Extensions of a signer's key: the hash of the one record it may sign; no revocation in its few days."""
    octets = b"\x04\x20" + record_sha256
    return [
        *signing_profile(),
        (x509.UnrecognizedExtension(ObjectIdentifier(policy.RECORD_HASH_OID), octets), False),
        (x509.UnrecognizedExtension(ObjectIdentifier(policy.NO_REVOCATION_OID), b"\x05\x00"), False),
    ]


def timestamp_profile() -> Extensions:
    """Extensions of the time-stamping authority: time stamping alone, and critical (RFC 3161, 2.3)."""
    return [
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (_usage(digital_signature=True, content_commitment=True), True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), True),
    ]


def record_hash_in(certificate: x509.Certificate) -> bytes | None:
    """Read the SHA-256 of the record that a one-signature certificate is bound to; None if it has none."""
    for extension in certificate.extensions:
        if extension.oid.dotted_string == policy.RECORD_HASH_OID:
            raw = extension.value.public_bytes()
            return raw[2:] if len(raw) == 34 and raw[:2] == b"\x04\x20" else None
    return None


def name_in(certificate: x509.Certificate, oid: ObjectIdentifier = NameOID.COMMON_NAME) -> str:
    """Read one part of the holder's name; empty if it is not there."""
    found = certificate.subject.get_attributes_for_oid(oid)
    return str(found[0].value) if found else ""


def _usage(
    *,
    digital_signature: bool = False,
    content_commitment: bool = False,
    key_cert_sign: bool = False,
    crl_sign: bool = False,
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=content_commitment,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        encipher_only=False,
        decipher_only=False,
    )
