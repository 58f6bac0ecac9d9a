"""Certificates of suppliers as a list (URS-040, ISO 13485:2016 7.4.1).

A certificate is signed: whether goods may be ordered rests on it. Its file is laid beside it; the hash of
the file stands in the certificate itself, so that the second person signs for exactly that file.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.catalog.models import Supplier
from app.objects.models import ObjectFile
from app.suppliers.columns import (
    FROM_COLUMN,
    SUPPLIER_COLUMN,
    UNTIL_COLUMN,
    Key,
    check_days,
    hexadecimal,
    rows_of,
)
from app.suppliers.models import CertificateKind, SupplierCertificate
from app.suppliers.queries import CERTIFICATE_NAMES, CERTIFICATES_LISTED
from core.actor import Actor
from core.errors import Invalid
from documents.labels import N_
from documents.sheets.cells import Column, choice, text
from documents.sheets.importers import Importer, register
from documents.sheets.rows import Finding, Reach, Row

KEY = ("supplier", "kind", "number")


def certificate_key(one: SupplierCertificate) -> Key:
    """What names a certificate: supplier, kind and its number."""
    return (one.supplier.code, one.kind.value, one.number)


def certificates_there(session: Session, keys: Collection[Key]) -> dict[Key, dict[str, Any]]:
    """What certificates with some keys hold."""
    return {
        key: {
            "issuer": one.issuer,
            "valid_from": one.valid_from,
            "valid_until": one.valid_until,
            "sha256": one.sha256,
        }
        for key, one in rows_of(session, _certificates(), keys, certificate_key).items()
    }


def certificate_with(session: Session, key: Key) -> Any:
    """The certificate with a key, if there is one."""
    supplier, kind, number = key
    wanted = _certificates().where(Supplier.code == supplier, SupplierCertificate.number == number)
    return session.scalar(wanted.where(SupplierCertificate.kind == CertificateKind(kind)))


def create_certificates(session: Session, rows: Sequence[Row], actor: Actor, now: datetime) -> None:
    """Enter certificates."""
    for row in rows:
        one = SupplierCertificate(
            supplier_id=row.found["supplier"].id,
            kind=CertificateKind(row.get("kind")),
            number=row.get("number"),
        )
        _fill(one, row)
        session.add(one)
    session.flush()  # they are found by their keys


def change_certificates(session: Session, rows: Sequence[Row], actor: Actor, now: datetime) -> None:
    """Correct what certificates say."""
    by_key = {key: row for row in rows if (key := row.key(KEY))}
    for key, one in rows_of(session, _certificates(), by_key, certificate_key).items():
        _fill(one, by_key[key])


def check_certificates(session: Session, rows: Iterable[Row], _reach: Reach) -> Iterator[Finding]:
    """Find certificates that end before they begin, or have expired already."""
    sentence = N_("This certificate expired on %(last)s. Ask the supplier for the one that is valid today.")
    listed = list(rows)
    yield from check_days(session, listed, over=sentence)
    yield from _check_files(session, [row for row in listed if row.get("sha256") is not None])


def _check_files(session: Session, rows: Sequence[Row]) -> Iterator[Finding]:
    """Find hashes of files that do not lie beside their certificate: nobody could read what was signed."""
    named = [row for row in rows if row.get("sha256") != (row.before or {}).get("sha256")]
    there = rows_of(session, _certificates(), {row.key(KEY) or () for row in named}, certificate_key)
    laid = select(ObjectFile.object_id, ObjectFile.sha256).where(
        ObjectFile.object_id.in_([one.id for one in there.values()]), ObjectFile.removed_at.is_(None)
    )
    beside = {(of, sha256) for of, sha256 in session.execute(laid)} if there else set()
    for row in named:
        one = there.get(row.key(KEY) or ())
        if one is None or (one.id, row.get("sha256")) not in beside:
            sentence = N_(
                "No such file lies beside the certificate. Leave this empty, lay the file beside it, then "
                "propose the file on its page."
            )
            yield row.wrong("sha256", Invalid("certificate.no_file", sentence))


def _certificates() -> Any:
    query = select(SupplierCertificate).join(SupplierCertificate.supplier)
    return query.options(joinedload(SupplierCertificate.supplier))


def _fill(one: SupplierCertificate, row: Row) -> None:
    for key in ("issuer", "valid_from", "valid_until", "sha256"):
        if key in row.values:
            setattr(one, key, row.get(key))


CERTIFICATES = register(
    Importer(
        name="suppliers.certificates",
        title={"en": "Certificates of suppliers", "zh": "供应商证书"},
        about={
            "en": "Certificates with issuer and last day. Class A needs a valid ISO 13485, class B ISO 13485 "
            "or ISO 9001; without one nothing is ordered.",
            "zh": "证书的签发机构与有效期。A 类须有有效的 ISO 13485，B 类须有 ISO 13485 或 ISO 9001；"
            "否则不得采购。",
        },
        right="suppliers.manage",
        order=54,
        key=KEY,
        existing=certificates_there,
        create=create_certificates,
        change=change_certificates,
        check=check_certificates,
        columns=(
            SUPPLIER_COLUMN,
            Column("kind", {"en": "Kind", "zh": "类型"}, choice(CERTIFICATE_NAMES), "iso_13485",
                   CERTIFICATES_LISTED),
            Column("number", {"en": "Number", "zh": "证书编号"}, text(60), "MD 71001",
                   {"en": "As printed on the certificate.", "zh": "证书上的编号。"}),
            Column("issuer", {"en": "Issued by", "zh": "签发机构"}, text(), "Example Notified Body",
                   {"en": "The body that issued it.", "zh": "签发该证书的机构。"}),
            FROM_COLUMN,
            UNTIL_COLUMN,
            Column("sha256", {"en": "SHA-256 of the file", "zh": "文件的 SHA-256"}, hexadecimal(), "",
                   {"en": "Comes from the file laid beside the certificate; may stay empty at first.",
                    "zh": "由证书旁存放的文件得出；首次录入可留空。"}, required=False, worked_out=True),
        ),
    )
)  # fmt: skip
