"""How values look on a page: bilingual text, moments with their zone, days, quantities, sizes."""

import re
from datetime import date, datetime, timedelta
from decimal import Decimal

from flask import Flask
from markupsafe import Markup

from app.web.languages import language, zone
from core.clock import to_zone
from core.languages import pick

RECORDED_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)")
"""A moment as records write it: ISO 8601 in UTC."""


def init_app(app: Flask) -> None:
    """Offer the filters ``t``, ``entry``, ``when``, ``day``, ``qty`` and ``size`` to every template."""
    filters = {"when": moment, "day": calendar_day, "qty": quantity, "size": file_size}
    app.jinja_env.filters.update(filters, t=in_language, entry=entry)
    app.jinja_env.globals["current_language"] = language


def in_language(text: object) -> str:
    """Show the reader's side of ``{"en": …, "zh": …}``; anything else as it is, nothing for ``None``."""
    return "" if text is None else pick(text, language())


def entry(value: object) -> str:
    """Show a value of a record: a moment on the reader's clock, anything else in the reader's language."""
    if isinstance(value, str) and RECORDED_MOMENT.fullmatch(value):
        return moment(value, "seconds")
    return in_language(value)


def moment(value: datetime | str | None, precision: str = "minutes") -> Markup:
    """Show an aware moment on the reader's wall clock with its offset, as an HTML ``time`` element.

    ``precision`` is ``minutes`` or ``seconds``; a text is read as ISO 8601. Nothing is shown for ``None``.
    """
    if value is None:
        return Markup("")
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    local = to_zone(at, zone())
    shown = local.strftime("%Y-%m-%d %H:%M:%S" if precision == "seconds" else "%Y-%m-%d %H:%M")
    return Markup('<time datetime="{}" class="text-nowrap">{} <span class="zone">{}</span></time>').format(
        at.isoformat(), shown, offset_name(local.utcoffset() or timedelta())
    )


def offset_name(offset: timedelta) -> str:
    """Name a distance from UTC, such as ``UTC+8`` or ``UTC-3:30``."""
    minutes = int(offset.total_seconds() // 60)
    if not minutes:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'+' if minutes > 0 else '-'}{hours}" + (f":{rest:02d}" if rest else "")


def calendar_day(value: date | str | None) -> str:
    """Show a calendar day as 2026-11-22, which reads the same in both languages."""
    if value is None or value == "":
        return ""
    if isinstance(value, datetime):
        return to_zone(value, zone()).date().isoformat()
    return value if isinstance(value, str) else value.isoformat()


def quantity(value: Decimal | int | str | None, unit: str = "") -> str:
    """Show an exact amount with thousands separators, without trailing zeros, and its UCUM unit."""
    if value is None or value == "":
        return ""
    plain = format(Decimal(value).normalize(), ",f")
    return f"{plain}\N{NO-BREAK SPACE}{unit}" if unit else plain


def file_size(count: int | None) -> str:
    """Show a number of bytes in B, KiB, MiB or GiB."""
    if count is None:
        return ""
    size = float(count)
    for unit in ("B", "KiB", "MiB"):
        if size < 1024:
            return f"{size:.0f} {unit}" if unit == "B" or size >= 100 else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} GiB"
