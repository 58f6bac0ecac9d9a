"""Signatures on the page: PAdES B-T of every signer, then the plant's seal (ETSI EN 319 142-1).

Signers' fields are pre-placed by the renderer and stay without a stamp, because the page itself prints who
signed, what and when; a stamp with a font that is not embedded would break PDF/A and PDF/UA.
"""

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography.x509 import load_der_x509_certificate
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.sign.fields import InvisSigSettings, MDPPerm, SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigMDPSetup, SigObjSetup
from pyhanko.sign.signers.pdf_byterange import SignatureObject

from signatures import attachments, certificates, cms, keys, one_time, policy, timestamps
from signatures.errors import NotBound
from signatures.keys import Credential, KeyRing
from signatures.models import Signature
from signatures.reader import RecordReader

MESSAGE_ROOM = 1200
"""Bytes for everything in a CMS but its certificates and token; what is left over is zero padding."""
TOKEN_ROOM = 1000


@dataclass(frozen=True)
class PdfSignature:
    """One signer's part of the page: certificate (DER), wrapped key, and what the signature panel shows."""

    signature_id: uuid.UUID
    position: int
    certificate: bytes
    wrapped_key: bytes
    name: str
    reason: str

    @classmethod
    def of(cls, signature: Signature, wrapped_key: bytes) -> "PdfSignature":
        """Take it from the register; the reason is the meaning in the language the signer read."""
        reason = signature.meaning.get(signature.language) or signature.meaning.get(
            "en", signature.meaning_code
        )
        return cls(
            signature_id=signature.id,
            position=signature.position,
            certificate=signature.certificate,
            wrapped_key=wrapped_key,
            name=signature.signer_name,
            reason=reason,
        )


@dataclass(frozen=True)
class _Panel:
    field: str
    name: str
    reason: str | None
    certify: bool


def sign_pdf(base: bytes, signers: Sequence[PdfSignature], *, seal: bool = True, now: datetime) -> bytes:
    """Put each signer's signature and the seal on a rendered record that embeds its ``record.json``.

    The first signature certifies the page: only signatures may follow. ``now`` is the moment of sealing; the
    moment each person signed stands in the embedded evidence and on the page. A signer whose one-signature
    certificate has run out by then leaves his field empty: his signature is the evidence, below the seal.

    Raises:
        KeyNotForRecord: a key was made for another record.
        NotBound: the page embeds no record, another record, or lacks a signer's field.
    """
    ring = keys.load()
    digest = _record_hash(base)
    signed = base
    certify = True
    for signer in sorted(signers, key=lambda one: one.position):
        credential = _opened(ring, signer, digest)
        if now <= credential.certificate.not_valid_after_utc:
            field = policy.SIGNER_FIELD.format(position=signer.position)
            signed = _put(ring, credential, signed, _Panel(field, signer.name, signer.reason, certify), now)
            certify = False
    if seal:
        name = certificates.name_in(ring.seal.certificate)
        signed = _put(ring, ring.seal, signed, _Panel(policy.SEAL_FIELD, name, None, certify), now)
    return signed


def _record_hash(base: bytes) -> bytes:
    try:
        record = attachments.read_all(RecordReader(base)).get(policy.RECORD_FILE)
    except (PdfError, ValueError, KeyError, TypeError) as error:
        raise NotBound("unreadable") from error
    if record is None:
        raise NotBound(policy.RECORD_FILE)
    return hashlib.sha256(record).digest()


def _opened(ring: KeyRing, signer: PdfSignature, digest: bytes) -> Credential:
    certificate = load_der_x509_certificate(signer.certificate)
    if certificates.record_hash_in(certificate) != digest:
        raise NotBound(signer.name)
    key = one_time.unwrap(ring, signer.wrapped_key, signer.signature_id, signer.certificate, digest)
    return Credential(certificate, key)


def _put(ring: KeyRing, credential: Credential, pdf: bytes, panel: _Panel, now: datetime) -> bytes:
    chain = (credential.der, ring.issuing.der, ring.root_der)
    room = sum(map(len, chain)) + len(ring.tsa.der) + len(ring.issuing.der) + MESSAGE_ROOM + TOKEN_ROOM
    placeholder = SignatureObject(
        timestamp=now,
        subfilter=SigSeedSubFilter.PADES,
        name=panel.name,
        reason=panel.reason,
        bytes_reserved=2 * room,
    )
    own_field = panel.field == policy.SEAL_FIELD
    embedding = PdfCMSEmbedder(_seal_field() if own_field else None).write_cms(
        panel.field,
        IncrementalPdfFileWriter.from_reader(RecordReader(pdf)),
        existing_fields_only=not own_field,
    )
    try:
        next(embedding)
    except SigningError as error:
        raise NotBound(panel.field) from error
    permissions = MDPPerm.FILL_FORMS if panel.certify else None
    rules = SigMDPSetup(policy.DIGEST, certify=panel.certify, docmdp_perms=permissions)
    embedding.send(SigObjSetup(placeholder, rules))
    prepared, output = embedding.send(SigIOSetup(policy.DIGEST))
    attributes = cms.attributes(cms.DATA, prepared.document_digest, credential.der)
    value = cms.sign(credential, attributes)
    token = timestamps.stamp(ring, value, now=now)
    embedding.send(cms.assemble(cms.DATA, None, attributes, value, chain, token))
    return bytes(output.getvalue())


def _seal_field() -> SigFieldSpec:
    return SigFieldSpec(
        policy.SEAL_FIELD,
        invis_sig_settings=InvisSigSettings(box_out_of_bounds=True),
        readable_field_name="Record seal",
    )
