"""Which certificates the risk classes demand, as a list with days (URS-041, URS-148)."""

import re
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from app.sites.queries import earliest_day
from app.suppliers.columns import FROM_COLUMN, Key
from app.suppliers.models import SupplierDemand
from app.suppliers.queries import CERTIFICATE_NAMES, CERTIFICATES_LISTED, DELIVERED, NO_CERTIFICATE
from app.suppliers.ratings import CLASSES
from core.actor import Actor
from core.errors import Invalid
from core.types import Bilingual
from documents.sheets.cells import Column, Kind, choice
from documents.sheets.importers import Importer, register
from documents.sheets.rows import Row

_KNOWN = {
    word.casefold(): code for code, name in CERTIFICATE_NAMES.items() for word in (code, *name.values())
}
_NONE = dict.fromkeys(("none", "no certificate", "无", "不要求证书"), NO_CERTIFICATE)
_BETWEEN = re.compile(r"[,;，；、/|]+")


def _read(value: Any) -> str:
    """Read kinds of certificate by their codes or names, separated by commas, or codes by blanks alone.

    Raises:
        Invalid: ``demand.certificate`` or ``demand.none``.
    """
    said: list[str] = []
    for part in _BETWEEN.split(str(value)):
        name = " ".join(part.split())
        said += [name] if name.casefold() in {*_KNOWN, *_NONE} or not name else name.split()
    words = [word.casefold() for word in said if word]
    kinds = {_KNOWN.get(word) or _NONE.get(word) or "" for word in words}
    if not kinds or "" in kinds:
        raise Invalid(
            "demand.certificate",
            "“%(text)s” names no kind of certificate. Known are: %(known)s; write none if none is demanded.",
            field="certificates",
            text=str(value)[:60],
            known=CERTIFICATES_LISTED,
        )
    if NO_CERTIFICATE in kinds and len(kinds) > 1:
        sentence = "Either none is demanded, or one of some certificates. Write one or the other."
        raise Invalid("demand.none", sentence, field="certificates")
    return " ".join(sorted(kinds))


def certificates_text(said: str) -> Bilingual:
    """What a line demands, as people read it."""
    if said == NO_CERTIFICATE:
        return {"en": "no certificate", "zh": "不要求证书"}
    kinds = [CERTIFICATE_NAMES.get(kind, {"en": kind, "zh": kind}) for kind in said.split()]
    return {lang: " / ".join(name[lang] for name in kinds) for lang in ("en", "zh")}


certificates = Kind(_read, {"type": "string", "maxLength": 120}, said=certificates_text)
"""The cell of a demand: kinds of certificate of which one is needed, or none."""


def demand_key(one: SupplierDemand) -> Key:
    """What names a line: the risk class and its first day."""
    return (one.risk_class, one.valid_from)


def demand_with(session: Session, key: Key) -> Any:
    """The line with a key, if there is one."""
    return _by_key(session, [key]).get(key)


def demands_there(session: Session, keys: Collection[Key]) -> dict[Key, dict[str, Any]]:
    """What some lines demand."""
    return {key: {"certificates": one.certificates} for key, one in _by_key(session, keys).items()}


def create_demands(session: Session, rows: Sequence[Row], actor: Actor, now: datetime) -> None:
    """Say what classes demand from a day on; earlier lines stay."""
    _add(session, ((row.get("risk_class"), row.get("valid_from"), row.get("certificates")) for row in rows))


def change_demands(session: Session, rows: Sequence[Row], actor: Actor, now: datetime) -> None:
    """Change what lines demand."""
    by_key = {key: row for row in rows if (key := row.key(("risk_class", "valid_from")))}
    for key, one in _by_key(session, by_key).items():
        one.certificates = by_key[key].get("certificates")


def store_delivered(session: Session, *, now: datetime) -> None:
    """Write the delivered table into an empty plant: the baseline from which proposals go on."""
    table = {rated: " ".join(sorted(kinds)) or NO_CERTIFICATE for rated, kinds in DELIVERED.items()}
    first = earliest_day(session, now)
    _add(session, ((rated, first, demanded) for rated, demanded in table.items()))


def _add(session: Session, lines: Iterable[tuple[str, date, str]]) -> None:
    for risk_class, first, demanded in lines:
        session.add(SupplierDemand(risk_class=risk_class, valid_from=first, certificates=demanded))
    session.flush()  # they are found by their keys


def _by_key(session: Session, keys: Collection[Key]) -> dict[Key, SupplierDemand]:
    named = tuple_(SupplierDemand.risk_class, SupplierDemand.valid_from)
    found = session.scalars(select(SupplierDemand).where(named.in_(list(keys))))
    return {demand_key(one): one for one in found}


DEMANDS = register(
    Importer(
        name="suppliers.demands",
        title={"en": "Certificates demanded", "zh": "证书要求"},
        about={
            "en": "Of which certificates a supplier of a risk class needs one that is valid, from which day "
            "on; nothing is ordered without.",
            "zh": "各风险等级的供应商自何日起须持有哪些有效证书之一；无有效证书不得采购。",
        },
        right="suppliers.manage",
        order=51,
        key=("risk_class", "valid_from"),
        existing=demands_there,
        create=create_demands,
        change=change_demands,
        columns=(
            Column("risk_class", {"en": "Risk class", "zh": "风险等级"}, choice(CLASSES), "B",
                   {"en": "A, B or C", "zh": "A、B 或 C"}),
            FROM_COLUMN,
            Column("certificates", {"en": "One of", "zh": "须持有其一"}, certificates, "ISO 13485, ISO 9001",
                   {"en": "Kinds of certificate separated by commas: " + CERTIFICATES_LISTED["en"]
                    + "; none if no certificate is demanded.",
                    "zh": "证书种类，以逗号分隔：" + CERTIFICATES_LISTED["zh"]
                    + "；不要求证书时填“无”。"}),
        ),
    )
)  # fmt: skip
