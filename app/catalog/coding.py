"""Coding schemes (编码体系): whether a new code fits one, and the next code of one (URS-030)."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from app.catalog.models import CodingScheme
from app.catalog.queries import schemes_of
from core import numbers
from core.errors import Conflict, Invalid, NotFound
from core.number_rules import next_number
from core.types import Bilingual
from documents.sheets.rows import Finding, Row

SUBJECTS: dict[str, Bilingual] = {
    "material": {"en": "Item: material", "zh": "物料：原料"},
    "component": {"en": "Item: component", "zh": "物料：组件"},
    "packaging": {"en": "Item: packaging", "zh": "物料：包材"},
    "finished": {"en": "Item: finished device", "zh": "物料：成品"},
    "supplier": {"en": "Supplier", "zh": "供应商"},
    "party": {"en": "Manufacturer or customer", "zh": "制造商或客户"},
}
"""What a scheme can be for."""

_SIGNS = {"#": "[0-9]", "@": "[A-Z]", "*": "[A-Za-z0-9._/-]+"}
_MASK = re.compile(r"[A-Za-z0-9._/#@*-]{1,40}")


def read_pattern(value: object) -> str:
    """A mask: ``#`` a digit, ``@`` a capital letter, at most one ``*`` for the rest.

    Raises:
        Invalid: ``code.pattern``.
    """
    mask = str(value).strip()
    if not _MASK.fullmatch(mask) or mask.count("*") > 1:
        raise Invalid(
            "code.pattern",
            "A pattern has up to 40 letters, digits, dots, dashes and slashes, # for a digit, @ for a capital"
            " letter, and at most one * for the rest.",
        )
    return mask


def fits(code: str, pattern: str) -> bool:
    """Whether a code is written as a mask says."""
    return re.fullmatch("".join(_SIGNS.get(sign, re.escape(sign)) for sign in pattern), code) is not None


def scheme_findings(session: Session, rows: Sequence[tuple[Row, str]]) -> Iterator[Finding]:
    """Find new codes that fit no scheme of their subject; a subject without schemes takes every code."""
    fresh = [(row, subject) for row, subject in rows if row.before is None and row.get("code")]
    schemes: dict[str, list[str]] = {}
    for scheme in schemes_of(session, {subject for _, subject in fresh}):
        schemes.setdefault(scheme.subject, []).append(scheme.pattern)
    for row, subject in fresh:
        patterns = schemes.get(subject, [])
        if patterns and not any(fits(row.get("code"), pattern) for pattern in patterns):
            yield row.wrong(
                "code",
                Invalid(
                    "code.scheme",
                    "%(text)s fits no coding scheme of its kind: %(patterns)s (# a digit, @ a letter).",
                    text=row.get("code"),
                    patterns=", ".join(sorted(patterns)),
                ),
            )


def sample_code(prefix: str, digits: int, site_code: str) -> str:
    """A code as a scheme would number it."""
    return "-".join(part for part in (site_code, prefix, "0" * digits) if part)


def next_code(session: Session, scheme: CodingScheme, *, now: datetime) -> str:
    """Say which code would be taken next; empty for a scheme that does not number."""
    if not scheme.prefix:
        return ""
    try:
        return next_number(session, _series(scheme), site_code=_site(scheme), now=now)
    except NotFound:
        return sample_code(scheme.prefix, scheme.digits - 1, _site(scheme)) + "1"


def take_code(session: Session, scheme: CodingScheme, *, now: datetime) -> str:
    """Take the next code of a scheme; it is never given twice.

    Raises:
        Conflict: ``code.unnumbered``: people choose the codes of this scheme.
    """
    if not scheme.prefix:
        raise Conflict("code.unnumbered", "This scheme does not number. Choose a code that fits its pattern.")
    numbers.define(session, _series(scheme), prefix=scheme.prefix, digits=scheme.digits, yearly=False)
    return numbers.take(session, _series(scheme), site_code=_site(scheme), now=now)


def _series(scheme: CodingScheme) -> str:
    return f"code.{scheme.code}"


def _site(scheme: CodingScheme) -> str:
    return scheme.site.code if scheme.site is not None else ""
