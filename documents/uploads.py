"""Files that people bring: taken only when they are what they claim to be and harmless to open.

The first bytes decide what a file is, its name has to agree, and each kind is looked into. What is refused is
said in one sentence at the field (URS-020; Annex 11 clause 5).
"""

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import BinaryIO

from sqlalchemy.orm import Session

from core.actor import Actor
from core.errors import Invalid
from core.languages import LANGUAGES, translate
from documents import store
from documents.glyphs import missing
from documents.models import StoredFile
from documents.records import sha256_hex
from documents.sniffing import KINDS, kind_of

LIMIT = 20 * 1024 * 1024
"""Largest file taken, in octets."""

LONGEST_NAME = 150
_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff<>:\"|?*\\/]")


@dataclass(frozen=True)
class Looked:
    """A file that is what it claims to be and harmless: its clean name, bytes, media type."""

    name: str
    data: bytes
    media_type: str


def accept(session: Session, stream: BinaryIO, filename: str, *, actor: Actor, now: datetime) -> StoredFile:
    """Take a file in: look into it, store it by its hash; see :func:`look_into` and :func:`keep`.

    Raises:
        Invalid: as :func:`look_into` says.
    """
    return keep(session, look_into(stream, filename), actor=actor, now=now)


def look_into(stream: BinaryIO, filename: str) -> Looked:
    """Read at most ``LIMIT`` octets and see what they are; nothing is stored yet.

    Raises:
        Invalid: ``upload.empty``, ``upload.too_large``, ``upload.name``, ``upload.kind`` (a kind that is not
            taken), ``upload.not_what_it_claims``, or ``upload.dangerous`` with the reason.
    """
    name = clean_name(filename)
    data = stream.read(LIMIT + 1)
    if not data:
        raise Invalid("upload.empty", "The file %(name)s is empty.", field="file", name=name)
    if len(data) > LIMIT:
        raise Invalid(
            "upload.too_large",
            "The file %(name)s is larger than %(limit)s MiB.",
            field="file",
            name=name,
            limit=LIMIT // 1024 // 1024,
        )
    return Looked(name, data, _checked(name, data))


def keep(session: Session, file: Looked, *, actor: Actor, now: datetime) -> StoredFile:
    """Store a file that was looked into; the same bytes brought again are the file as it was first named."""
    stored = session.get(StoredFile, sha256_hex(file.data))
    if stored is not None:
        return stored
    stored = StoredFile(
        sha256=store.bring(session, file.data),
        name=file.name,
        media_type=file.media_type,
        size=len(file.data),
        uploaded_by=actor.id,
        uploaded_at=now,
    )
    session.add(stored)
    session.flush()  # the form that names the file is checked against the table
    return stored


def clean_name(filename: str) -> str:
    """Keep the last part of a file's name without signs that mislead, break or cannot be printed.

    Raises:
        Invalid: ``upload.name``: nothing is left of it.
    """
    last = PurePosixPath(filename.replace("\\", "/")).name
    lost = missing(last)
    name = _UNFIT.sub("", "".join(sign for sign in last if sign not in lost)).strip(" .")
    stem, dot, ending = name.rpartition(".")
    if not dot or not stem:
        raise Invalid("upload.name", "The file needs a name with an ending, such as .pdf.", field="file")
    return f"{stem[:LONGEST_NAME]}.{ending[:10]}"


def _checked(name: str, data: bytes) -> str:
    ending = name.rpartition(".")[2].lower()
    kind = KINDS.get(ending)
    if kind is None:
        raise Invalid(
            "upload.kind",
            "Files of the kind .%(ending)s are not taken. Taken are PDF, PNG, JPEG, XLSX, DOCX, CSV and TXT.",
            field="file",
            ending=ending,
        )
    if kind_of(data) != kind.sniffed:
        raise Invalid(
            "upload.not_what_it_claims",
            "The file %(name)s is not what its name claims.",
            field="file",
            name=name,
        )
    fault = kind.fault(data)
    if fault:
        raise Invalid(
            "upload.dangerous",
            "The file %(name)s is not taken: %(fault)s",
            field="file",
            name=name,
            fault={language: translate(fault, language) for language in LANGUAGES},
        )
    return kind.media_type
