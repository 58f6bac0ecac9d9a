"""The canonical record: what a signer saw and entered, as bytes that never change (URS-020, URS-022).

The bytes are RFC 8785 JSON of schema ``qms.record/1`` with text values only, so that two implementations
cannot write one number in two ways. They are signed at once; the page is printed from them later.
"""

import hashlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal

from jsonschema_rs import Draft202012Validator
from sqlalchemy.orm import Session

from core import numbers
from core.actor import Actor
from core.canonical import canonical_json
from core.clock import to_zone
from core.db import new_id
from core.errors import Invalid
from core.languages import in_layout
from core.log import caused_by
from core.types import Bilingual
from documents.glyphs import refuse_unprintable
from documents.models import Record

SCHEMA = "qms.record/1"
SERIES = "record"
"""Name of the gap-free series in ``core.numbers``."""

Layout = Literal["en", "zh", "both"]


@dataclass(frozen=True)
class SiteStyle:
    """How a site's documents look (URS-144): whose they are, in which languages, with which logo.

    ``zone`` is an IANA name; ``logo`` is an SVG drawing or empty; ``root_sha256`` is the fingerprint of the
    plant's root certificate in hexadecimal digits, printed on every record. ``forms`` gives forms the site's
    own number and revision: number of the product's form → (its revision, the site's number and revision).
    """

    code: str
    name: Bilingual
    company: Bilingual
    address: str | Bilingual
    region: str
    zone: str
    layout: Layout
    logo: str = ""
    demo: bool = False
    root_sha256: str = ""
    site_id: uuid.UUID | None = None
    forms: Mapping[str, tuple[str, str, str]] = field(default_factory=dict)

    def form(self, code: str, revision: str) -> tuple[str, str]:
        """Give number and revision under which the site prints a form.

        A revision that the site gave to another revision of the form is not printed: it would be wrong.
        """
        of_revision, own_code, own_revision = self.forms.get(code, (revision, code, revision))
        return own_code, own_revision if of_revision == revision else revision


@dataclass(frozen=True)
class RecordDraft:
    """Everything a record will say but its number; ``content`` has the blocks of ``qms.record/1``.

    ``subject`` is (type, id, label), e.g. a lot and what people call it. ``search`` holds words an auditor
    looks for: ``lot_number``, ``supplier_label`` and ``signers_text``; they stand beside the bytes.
    """

    kind: str
    title: Bilingual
    form_code: str
    form_revision: str
    site: SiteStyle
    language: Layout
    content: Mapping[str, Any]
    case_id: uuid.UUID | None = None
    element_id: str | None = None
    subject: tuple[str, uuid.UUID | None, str] | None = None
    search: Mapping[str, str] = field(default_factory=dict)


def empty_content() -> dict[str, Any]:
    """Give a content with every block there and nothing in it."""
    return {
        "case": None,
        "shown": [],
        "entered": [],
        "decisions": [],
        "attachments": [],
        "path": None,
        "signing": None,
        "prior": [],
    }


def canonical_bytes(mapping: Mapping[str, Any]) -> bytes:
    """Write a mapping of texts in RFC 8785 canonical form (UTF-8, sorted keys, no white space).

    Raises:
        Invalid: ``record.not_text``: a value is a number, a moment or an object instead of its text.
    """
    _refuse_other_than_text(mapping, "record")
    return canonical_json(mapping)


def sha256_hex(data: bytes) -> str:
    """Give the SHA-256 of bytes in lower-case hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def content_hash(content: Mapping[str, Any]) -> str:
    """Hash what a signer sees; the same content must come out when he has signed it (21 CFR 11.70).

    Raises:
        Invalid: ``record.not_text``.
    """
    return sha256_hex(canonical_bytes(content))


def moment_text(moment: datetime) -> str:
    """Write an aware moment as a record does: ISO 8601, UTC, ``Z``, to the microsecond if it has any.

    Raises:
        ValueError: the moment carries no zone.
    """
    if moment.tzinfo is None:
        raise ValueError("a moment needs its zone")
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def create_record(session: Session, draft: RecordDraft, *, actor: Actor, now: datetime) -> Record:
    """Write a record with the next number of its site; its canonical bytes are final from here on.

    The number comes from the gap-free series ``record``, taken last, when nothing can be refused any more.

    Raises:
        Invalid: ``record.not_text`` or ``record.schema``: the content is not what ``qms.record/1`` allows;
            ``record.glyph``: the record font lacks a character, so the page could never be printed.
        NotFound: ``number.series_unknown`` or ``fonts.not_built``.
    """
    said = _compose(draft, "0", actor=actor, now=now)
    check_record(said)
    refuse_unprintable(canonical_json(said).decode())
    site_now = to_zone(now, draft.site.zone)
    number = numbers.take(session, SERIES, site_code=draft.site.code, now=site_now)
    canonical = canonical_json({**said, "number": number})
    subject_type, subject_id, subject_label = draft.subject or (None, None, "")
    form_code, form_revision = draft.site.form(draft.form_code, draft.form_revision)
    record = Record(
        id=new_id(),  # named at once: its signature and its outbox row refer to it
        number=number,
        kind=draft.kind,
        form_code=form_code,
        form_revision=form_revision,
        title=dict(draft.title),
        site_id=draft.site.site_id,
        case_id=draft.case_id,
        element_id=draft.element_id,
        subject_type=subject_type,
        subject_id=subject_id,
        subject_label=subject_label,
        supplier_label=draft.search.get("supplier_label", ""),
        lot_number=draft.search.get("lot_number", ""),
        signers_text=draft.search.get("signers_text", ""),
        language=draft.language,
        canonical=canonical,
        sha256=sha256_hex(canonical),
        created_at=now,
        created_by=actor.id,
        created_by_name=in_layout(actor.names, draft.language),
        correlation_id=caused_by(),
    )
    session.add(record)
    return record


def check_record(record: Mapping[str, Any]) -> None:
    """Check a whole record against its JSON Schema.

    Raises:
        Invalid: ``record.not_text`` or ``record.schema``, with the place and the reason.
    """
    _refuse_other_than_text(record, "record")
    for fault in _validator().iter_errors(record):
        raise Invalid(
            "record.schema",
            "The record does not follow its schema at %(place)s: %(reason)s",
            place=".".join(["$", *map(str, fault.instance_path)]),
            reason=fault.message[:300],
        )


def _compose(draft: RecordDraft, number: str, *, actor: Actor, now: datetime) -> dict[str, Any]:
    site = draft.site
    code, revision = site.form(draft.form_code, draft.form_revision)
    author = {"id": actor.id, "name": in_layout(actor.names, draft.language)}
    if actor.on_behalf_of:
        author["on_behalf_of"] = in_layout(actor.for_names, draft.language)
    return {
        "schema": SCHEMA,
        "number": number,
        "kind": draft.kind,
        "title": dict(draft.title),
        "form": {"code": code, "revision": revision},
        "site": {
            "code": site.code,
            "name": dict(site.name),
            "company": dict(site.company),
            "address": site.address,
            "region": site.region,
            "zone": site.zone,
            "demo": "yes" if site.demo else "no",
        },
        "language": draft.language,
        "created_at": moment_text(now),
        "created_by": author,
        "subject": _subject(draft),
        "content": {**empty_content(), **draft.content},
    }


def _subject(draft: RecordDraft) -> dict[str, str] | None:
    if draft.subject is None:
        return None
    subject_type, subject_id, label = draft.subject
    return {"type": subject_type, "id": str(subject_id or ""), "label": label}


@cache
def _validator() -> Draft202012Validator:
    path = Path(__file__).with_name("schemas") / "qms.record.1.json"
    return Draft202012Validator(json.loads(path.read_text(encoding="utf-8")))


def _refuse_other_than_text(value: object, place: str) -> None:
    if value is None or isinstance(value, str):
        return
    if isinstance(value, Mapping):
        for key, inner in value.items():
            _refuse_other_than_text(inner, f"{place}.{key}")
    elif isinstance(value, (list, tuple)):
        for position, inner in enumerate(value):
            _refuse_other_than_text(inner, f"{place}[{position}]")
    else:
        raise Invalid(
            "record.not_text",
            "A record holds texts only; %(place)s is of type %(kind)s.",
            place=place,
            kind=type(value).__name__,
        )
