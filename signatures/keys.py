"""The plant's keys: root and issuing authority, seal and time stamper, all below one key-encryption key.

Private keys lie as encrypted PKCS#8 in the installation's key folder; the key-encryption key (KEK) is a file
of its own there that backups and copies of the database never hold. A real plant's root key is
exported under two passphrases and never stays on the server; a demo keeps it.
"""

import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, cached_property, lru_cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from core.config import settings
from core.errors import Conflict, Invalid
from signatures import certificates, policy
from signatures.errors import KeysMissing, KeysUnreadable

MINIMUM_PASSPHRASE = 12
KEK_FILE = "kek"


@dataclass(frozen=True)
class Credential:
    """A certificate and the private key that belongs to it."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @cached_property
    def der(self) -> bytes:
        """The certificate as DER."""
        return self.certificate.public_bytes(serialization.Encoding.DER)


@dataclass(frozen=True)
class KeyRing:
    """The opened keys of one installation, held in memory by the process that signs."""

    root: x509.Certificate
    issuing: Credential
    seal: Credential
    tsa: Credential
    wrapping_key: bytes
    """AES-256 key that one-signature keys travel under."""

    @cached_property
    def root_der(self) -> bytes:
        """The root certificate as DER."""
        return self.root.public_bytes(serialization.Encoding.DER)

    @property
    def root_sha256(self) -> str:
        """Fingerprint of the root, lower-case hex: what an auditor compares with the printed one."""
        return self.root.fingerprint(hashes.SHA256()).hex()

    @property
    def root_pem(self) -> bytes:
        """The root certificate as PEM, to hand to an auditor."""
        return self.root.public_bytes(serialization.Encoding.PEM)


@dataclass(frozen=True)
class NewAuthority:
    """A freshly made authority; ``root_key_export`` is the only copy of a real plant's root key."""

    ring: KeyRing
    root_key_export: bytes | None


def create_authority(
    folder: Path, company: str, passphrases: tuple[str, str] | None, now: datetime
) -> NewAuthority:
    """Make root, issuing authority, seal and time stamper for a company, and empty revocation lists.

    With two passphrases the root key is returned, encrypted under both joined by one blank
    (``openssl pkey`` opens it), and never written to the server; without, as in a demo, it stays there.

    Raises:
        Conflict: the folder holds an authority already.
        Invalid: a passphrase is too short or both are the same.
    """
    if (folder / "root.pem").exists():
        raise Conflict("keys.exist", "This installation has its signing keys already.")
    joined = _joined(passphrases) if passphrases else None
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    kek = os.urandom(32)
    root = _new_root(company, now)
    made = _below(company, root, now)
    _write(folder / KEK_FILE, kek)
    for name, credential in made.items():
        _save(folder, name, credential, kek)
    if joined is None:
        _write(folder / "root.key", _encrypted(root.key, _pkcs8_secret(kek)))
    _write(folder / "root.crl", revocation_list(root, {}, number=1, now=now))
    _write(folder / "issuing.crl", revocation_list(made["issuing"], {}, number=1, now=now))
    _write(folder / "root.pem", _pem(root.certificate))
    ring = KeyRing(
        root.certificate, made["issuing"], made["seal"], made["tsa"], _derived(kek, b"one-signature keys")
    )
    return NewAuthority(ring, _encrypted(root.key, joined) if joined else None)


def load(folder: Path | None = None) -> KeyRing:
    """Open the keys of an installation, by default this one's, once a process.

    Raises:
        KeysMissing: there is no authority yet.
        KeysUnreadable: a file is missing, damaged or not encrypted under this KEK.
    """
    return _load((folder or settings().keys).resolve())


def root_certificate(folder: Path | None = None) -> x509.Certificate:
    """Read the installation's root certificate without opening any key: the verifier's default trust anchor.

    Raises:
        KeysMissing: there is no authority yet.
    """
    place = (folder or settings().keys).resolve() / "root.pem"
    if not place.is_file():
        raise KeysMissing(place.parent)
    return _certificate(place.read_bytes())


def root_pem(folder: Path | None = None) -> bytes:
    """Read the installation's root certificate as PEM, to hand to an auditor.

    Raises:
        KeysMissing: there is no authority yet.
    """
    return _pem(root_certificate(folder))


def root_sha256(folder: Path | None = None) -> str:
    """Say the fingerprint of the installation's root, lower-case hex.

    Raises:
        KeysMissing: there is no authority yet.
    """
    return _fingerprint(root_certificate(folder))


def export_root_key(folder: Path, passphrases: tuple[str, str]) -> bytes:
    """Give the root key of the server encrypted under two passphrases joined by one blank (PEM, PKCS#8).

    Raises:
        KeysMissing: the root key is not on the server (any more).
        Invalid: a passphrase is too short or both are the same.
    """
    if not (folder / "root.key").is_file():
        raise KeysMissing(folder)
    return _encrypted(_open_key(folder, "root", _kek(folder)), _joined(passphrases))


def erase_root_key(folder: Path) -> None:
    """Take the root key off the server after it was exported: overwritten, then removed.

    Raises:
        KeysMissing: it is not there.
    """
    place = folder / "root.key"
    if not place.is_file():
        raise KeysMissing(folder)
    with place.open("r+b") as file:
        file.write(os.urandom(place.stat().st_size))
        file.flush()
        os.fsync(file.fileno())
    place.unlink()


def revocation_list(
    authority: Credential,
    revoked: dict[int, tuple[datetime, x509.ReasonFlags]],
    *,
    number: int,
    now: datetime,
) -> bytes:
    """Sign an authority's list of revoked certificates (DER, RFC 5280, 5): serial → since when, why."""
    identifier = authority.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    this_update = now.replace(microsecond=0)
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(authority.certificate.subject)
        .last_update(this_update)
        .next_update(this_update + policy.CRL_LIFE)
        .add_extension(x509.CRLNumber(number), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False
        )
    )
    for serial, (since, reason) in sorted(revoked.items()):
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(since)
        builder = builder.add_revoked_certificate(
            entry.add_extension(x509.CRLReason(reason), critical=False).build()
        )
    return builder.sign(authority.key, hashes.SHA384()).public_bytes(serialization.Encoding.DER)


@cache
def _load(folder: Path) -> KeyRing:
    root = root_certificate(folder)
    kek = _kek(folder)
    issuing, seal, tsa = (_open(folder, name, kek) for name in ("issuing", "seal", "tsa"))
    return KeyRing(root, issuing, seal, tsa, _derived(kek, b"one-signature keys"))


def _new_root(company: str, now: datetime) -> Credential:
    key = ec.generate_private_key(ec.SECP384R1())
    name = certificates.subject(company, f"{company} QMS Root CA")
    profile = certificates.authority_profile(1)
    certificate = certificates.issue(
        name, key.public_key(), (name, key), profile, now=now, life=policy.ROOT_LIFE
    )
    return Credential(certificate, key)


def _below(company: str, root: Credential, now: datetime) -> dict[str, Credential]:
    authority = certificates.authority_profile(0)
    issuing = _made(root, company, "QMS Issuing CA", ec.SECP384R1(), authority, now, policy.ISSUING_LIFE)
    signing = certificates.signing_profile()
    seal = _made(issuing, company, "QMS Record Seal", ec.SECP256R1(), signing, now, policy.SEAL_LIFE)
    stamping = certificates.timestamp_profile()
    tsa = _made(issuing, company, "QMS Time Stamping", ec.SECP256R1(), stamping, now, policy.TSA_LIFE)
    return {"issuing": issuing, "seal": seal, "tsa": tsa}


def _made(
    above: Credential,
    company: str,
    title: str,
    curve: ec.EllipticCurve,
    profile: certificates.Extensions,
    now: datetime,
    life: timedelta,
) -> Credential:
    key = ec.generate_private_key(curve)
    name = certificates.subject(company, f"{company} {title}")
    issuer = (above.certificate, above.key)
    return Credential(certificates.issue(name, key.public_key(), issuer, profile, now=now, life=life), key)


def _kek(folder: Path) -> bytes:
    place = folder / KEK_FILE
    if not place.is_file():
        raise KeysUnreadable(KEK_FILE)
    return place.read_bytes()


def _derived(kek: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"open-qms " + purpose).derive(kek)


def _pkcs8_secret(kek: bytes) -> bytes:
    return _derived(kek, b"pkcs8").hex().encode()


@lru_cache(maxsize=8)
def _certificate(pem: bytes) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pem)


@lru_cache(maxsize=8)
def _fingerprint(certificate: x509.Certificate) -> str:
    return certificate.fingerprint(hashes.SHA256()).hex()


def _joined(passphrases: tuple[str, str]) -> bytes:
    first, second = passphrases
    if min(len(first), len(second)) < MINIMUM_PASSPHRASE or first == second:
        raise Invalid(
            "keys.weak_passphrase",
            "Two different passphrases of at least %(length)s characters are needed.",
            length=MINIMUM_PASSPHRASE,
        )
    return f"{first} {second}".encode()


def _encrypted(key: ec.EllipticCurvePrivateKey, secret: bytes) -> bytes:
    protection = serialization.BestAvailableEncryption(secret)
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, protection)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _save(folder: Path, name: str, credential: Credential, kek: bytes) -> None:
    _write(folder / f"{name}.key", _encrypted(credential.key, _pkcs8_secret(kek)))
    _write(folder / f"{name}.pem", _pem(credential.certificate))


def _write(place: Path, data: bytes) -> None:
    descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _open(folder: Path, name: str, kek: bytes) -> Credential:
    key = _open_key(folder, name, kek)
    try:
        certificate = x509.load_pem_x509_certificate((folder / f"{name}.pem").read_bytes())
    except (OSError, ValueError) as error:
        raise KeysUnreadable(name) from error
    if certificate.public_key() != key.public_key():
        raise KeysUnreadable(name)
    return Credential(certificate, key)


def _open_key(folder: Path, name: str, kek: bytes) -> ec.EllipticCurvePrivateKey:
    try:
        key = serialization.load_pem_private_key((folder / f"{name}.key").read_bytes(), _pkcs8_secret(kek))
    except (OSError, ValueError, TypeError) as error:
        raise KeysUnreadable(name) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise KeysUnreadable(name)
    return key
