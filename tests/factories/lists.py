"""Lists as people bring them, as CSV or XLSX, with whatever cells a test wants."""

import io
from collections.abc import Sequence
from typing import Any

from openpyxl import Workbook

ITEM_HEADS = [
    "Item code",
    "Name (English)",
    "Name (Chinese)",
    "Kind",
    "Stock unit",
    "GTIN",
    "Shelf life (days)",
]
GOOD_ITEM = ["RM-NEW", "PVC granulate", "PVC 粒料", "material", "kg", "06901234560015", 730]


def xlsx(heads: Sequence[Any], *rows: Sequence[Any]) -> bytes:
    """A workbook of one sheet."""
    book = Workbook()
    for row in (heads, *rows):
        book.active.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def csv(heads: Sequence[Any], *rows: Sequence[Any], sign: str = ",", encoding: str = "utf-8") -> bytes:
    """A text of separated cells; the test sees to quotes."""
    return "\r\n".join(sign.join(map(str, row)) for row in (heads, *rows)).encode(encoding)
