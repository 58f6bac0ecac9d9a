"""A signed PDF taken apart: its revisions, the fields signed in them, and the bytes each signature covers."""

import hashlib
import logging
import re
from dataclasses import dataclass

from asn1crypto import parser
from pyhanko.sign.fields import MDPPerm, enumerate_sig_fields
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import SignatureCoverageLevel

from signatures import attachments
from signatures.errors import Unprovable, proving
from signatures.reader import RecordReader

HOLE = re.compile(rb"<([0-9A-F]*)>")
END = b"%%EOF\n"

# A changed file is a finding; the library would log each as an error.
logging.getLogger("pyhanko.sign.diff_analysis").setLevel(logging.CRITICAL)


@dataclass(frozen=True)
class SignedField:
    """A signed field: its CMS, and the SHA-256 of every byte of its revision but the CMS itself."""

    name: str
    cms: bytes
    digest: bytes


@dataclass(frozen=True)
class Paper:
    """What a file holds, oldest signature first; ``faults`` are things wrong with the file as a whole."""

    files: dict[str, bytes]
    signed: tuple[SignedField, ...]
    empty: tuple[str, ...]
    faults: tuple[Unprovable, ...]


def read(data: bytes, *, compare: bool = True) -> Paper:
    """Take a file apart; ``compare`` also compares its revisions object by object, which takes a while.

    Raises:
        Unprovable: it cannot be read as a PDF.
    """
    with proving("pdf.unreadable", "The file cannot be read as a PDF record."):
        reader = RecordReader(data)
        files = attachments.read_all(reader)
        empty = tuple(_text(name) for name, _, _ in enumerate_sig_fields(reader, filled_status=False))
        embedded = reader.embedded_signatures
        faults = _faults(data, reader, embedded, compare=compare)
        signed = tuple(_signed(data, one) for one in embedded)
        return Paper(files, signed, empty, tuple(faults))


def _signed(data: bytes, embedded: EmbeddedPdfSignature) -> SignedField:
    zero, start, resume, rest = (int(number) for number in embedded.byte_range)
    hole = HOLE.fullmatch(data[start:resume])
    if zero != 0 or hole is None or len(data) < resume + rest:
        raise Unprovable("pdf.not_canonical", "The place of a signature holds bytes that were not put there.")
    padded = bytes.fromhex(hole[1].decode())
    message = padded[: parser.peek(padded)]
    if any(padded[len(message) :]) or embedded.pkcs7_content.rstrip(b"\0") != padded.rstrip(b"\0"):
        raise Unprovable("pdf.not_canonical", "The place of a signature holds bytes that were not put there.")
    digest = hashlib.sha256(data[:start] + data[resume : resume + rest]).digest()
    return SignedField(_text(embedded.field_name), message, digest)


def _text(name: object) -> str:
    """Take the name of a field; one outside PDF's own alphabet comes as bytes and is none of ours."""
    if not isinstance(name, str):
        raise Unprovable("pdf.unreadable", "The file cannot be read as a PDF record.")
    return str(name)  # a plain one: pyHanko's own holds on to the whole file it was read from


def _faults(
    data: bytes, reader: RecordReader, embedded: list[EmbeddedPdfSignature], *, compare: bool
) -> list[Unprovable]:
    faults: list[Unprovable] = []
    if not data.endswith(END):
        faults.append(Unprovable("pdf.trailing_bytes", "Something was put behind the end of the file."))
    if not embedded:
        return faults
    if reader.xrefs.total_revisions != len(embedded) + 1:
        faults.append(Unprovable("pdf.extra_revision", "The file was changed after it was signed or sealed."))
    if embedded[0].docmdp_level is not MDPPerm.FILL_FORMS:
        faults.append(Unprovable("pdf.not_certified", "The first signature does not certify the page."))
    for one in embedded:
        faults.extend(_coverage(one, newest=one is embedded[-1], compare=compare and one is embedded[0]))
    return faults


def _coverage(one: EmbeddedPdfSignature, *, newest: bool, compare: bool) -> list[Unprovable]:
    """Whether a signature covers its whole revision and, for the first, whether only signatures followed."""
    one.compute_integrity_info(skip_diff=not compare)  # type: ignore[no-untyped-call]
    summary = one.summarise_integrity_info()
    enough = SignatureCoverageLevel.ENTIRE_FILE if newest else SignatureCoverageLevel.ENTIRE_REVISION
    faults: list[Unprovable] = []
    if summary["coverage"].value < enough.value:
        faults.append(
            Unprovable(
                "pdf.not_covered", "Signature %(field)s does not cover the whole file.", field=one.field_name
            )
        )
    if compare and not newest and not summary["docmdp_ok"]:
        faults.append(
            Unprovable(
                "pdf.changed_after", "The page was changed after signature %(field)s.", field=one.field_name
            )
        )
    return faults
