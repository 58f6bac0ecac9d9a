"""`qms records`: check PDF records as an auditor would, from the files and a trusted root alone."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cryptography import x509

from app.cli.output import CannotCheck, Subparsers, add_json, emit
from core.errors import QmsError
from signatures import keys
from signatures.chain import Anchor
from signatures.errors import KeysMissing
from signatures.findings import CheckedSignature, Verification
from signatures.verify import verify_pdf

HOLDS, FAILS = 0, 1
NO_ANCHOR = (
    "no_trust_anchor: give the plant's root with --root, as a PEM file or its SHA-256 printed on every record"
)
REACH = {
    "internal": "proven by the plant's own keys and clock; no anchor outside the plant",
    "anchored": "proven by an anchor outside the plant as well",
}


def register(subparsers: Subparsers) -> None:
    """Add the group and its verb."""
    group = subparsers.add_parser("records", help="check PDF records offline")
    verbs = group.add_subparsers(metavar="VERB", required=True)
    verb = verbs.add_parser("verify", help="check PDF records against a trusted root certificate")
    verb.add_argument("files", nargs="+", type=Path, metavar="FILE")
    verb.add_argument("--root", metavar="PEM|SHA256", help="the trusted root; inside an installation its own")
    verb.add_argument("--expect", metavar="RECORD-NO", help="the number the record must have")
    add_json(verb)
    verb.set_defaults(run=verify)


def verify(arguments: argparse.Namespace) -> int:
    """Check each file; 0 when all hold, 1 when one does not.

    Raises:
        CannotCheck: there is no trust anchor, or a file or the anchor cannot be read.
    """
    root = _anchor(arguments.root)
    answers = [
        (file, verify_pdf(_read(file), root=root, expect=arguments.expect)) for file in arguments.files
    ]
    document = [_document(file, answer) for file, answer in answers]
    lines = [line for file, answer in answers for line in _lines(file, answer)]
    emit(document, lines, as_json=arguments.json)
    return HOLDS if all(answer.ok for _, answer in answers) else FAILS


def _anchor(given: str | None) -> x509.Certificate | str:
    with _readable("the root certificate"):
        if given is None:
            return keys.root_certificate()
        if Path(given).is_file():
            return x509.load_pem_x509_certificate(Path(given).read_bytes())
        return Anchor.parse(given).sha256


@contextmanager
def _readable(subject: object) -> Iterator[None]:
    try:
        yield
    except KeysMissing as error:
        raise CannotCheck(NO_ANCHOR) from error
    except QmsError as error:
        raise CannotCheck(error.text("en")) from error
    except (OSError, ValueError) as error:
        raise CannotCheck(f"{subject} cannot be read: {error}") from error


def _read(file: Path) -> bytes:
    with _readable(file):
        return file.read_bytes()


def _document(file: Path, answer: Verification) -> dict[str, Any]:
    return {
        "file": str(file),
        "ok": answer.ok,
        "record": answer.record,
        "assurance": answer.assurance.value,
        "findings": [{"code": finding.code, "message": finding.text("en")} for finding in answer.findings],
        "signatures": [_signature(signature) for signature in answer.signatures],
        "sha256": answer.sha256,
        "record_sha256": answer.record_sha256,
        "root_sha256": answer.root_sha256,
    }


def _signature(signature: CheckedSignature) -> dict[str, Any]:
    return {
        "signer": signature.signer,
        "meaning": signature.meaning_code or signature.meaning.get("en", ""),
        "time": signature.time,
        "level": signature.level,
        "ok": signature.ok,
        "role": signature.role,
        "field": signature.place,
    }


def _lines(file: Path, answer: Verification) -> Iterator[str]:
    yield f"{file}: {'holds' if answer.ok else 'DOES NOT HOLD'}  record {answer.record or '?'}"
    for signature in answer.signatures:
        time = signature.time.isoformat(timespec="milliseconds") if signature.time else "?"
        mark = "ok " if signature.ok else "BAD"
        who = signature.signer or signature.place
        yield f"  {mark} {who}  {signature.meaning.get('en', '')}  {time}  {signature.level}"
    for finding in answer.findings:
        yield f"  {finding.code}: {finding.text('en')}"
    yield f"  {REACH[answer.assurance]}; root {answer.root_sha256}"
