"""Blocks of a printed record as its template shows them: rows, tables, and mappings nobody knew beforehand.

Known blocks get their own look; anything else a record holds is printed too, as label and value, for a
page that leaves something out would not be the record (21 CFR 11.10(b), 11.50(b)).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from html import unescape
from typing import Any

from markupsafe import Markup, escape

from documents.columns import breadth, is_tight, widths
from documents.labels import LABELS, MARKS
from documents.wording import Wording, is_bilingual

Pair = dict[str, Any]
"""One label with its value: ``label``, ``value``, ``unit``, ``mark``, ``tone``, ``wide``."""

_SHORT = 34
"""Longest value, in widths of a Latin letter, that shares its line with another pair."""

_NUMBER = re.compile(r"[<>≤≥±+-]?\s?\d[\d .,]*\d?%?")
_TAG = re.compile(r"<[^>]+>")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)")
_HASH = re.compile(r"[0-9a-f]{64}")


def section(words: Wording, block: Mapping[str, Any]) -> dict[str, Any]:
    """Prepare a block of facts or entries: rows, two to a line where they are short, then the table."""
    rows = [row(words, entry) for entry in block.get("rows") or []]
    below = table(words, block.get("table"))
    return {"title": words.text(block["title"]), "lines": lines(rows), "table": below}


def row(words: Wording, entry: Mapping[str, Any]) -> Pair:
    """Prepare one label with its value, unit and mark."""
    made = pair(words.text(entry["label"]), _value(words, entry["value"]))
    made["unit"] = entry.get("unit") or ""
    made["mark"], made["tone"] = _mark(words, entry.get("mark"))
    if made["mark"] and made["mark"] == made["value"]:
        made["value"] = ""  # the mark says the same in colour
    beside = bool(made["mark"] and made["value"])
    made["wide"] = made["wide"] or (beside and _breadth(made["value"]) > _SHORT // 2)
    return made


def pair(label: Markup, value: Markup | str) -> Pair:
    """Make a label and value without unit or mark."""
    shown = escape(value)
    wide = _breadth(shown) > _SHORT
    return {"label": label, "value": shown, "unit": "", "mark": "", "tone": "", "wide": wide}


def lines(pairs: Sequence[Pair]) -> list[list[Pair]]:
    """Put short pairs two to a line, in order; a wide one stands alone."""
    laid: list[list[Pair]] = []
    for entry in pairs:
        if laid and len(laid[-1]) == 1 and not entry["wide"] and not laid[-1][0]["wide"]:
            laid[-1].append(entry)
        else:
            laid.append([entry])
    return laid


def table(words: Wording, block: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Prepare a table; a column whose cells are all numbers is set flush right."""
    if not block:
        return None
    rows, headings = block["rows"], block["columns"]
    columns = [[line[place] for line in rows] for place in range(len(headings))]
    shares = widths(
        [words.plain(heading) for heading in headings],
        [[words.plain(cell) for cell in cells] for cells in columns],
    )
    return {
        "columns": [
            {"title": words.text(heading), "look": _look(words, cells), "width": share}
            for heading, cells, share in zip(headings, columns, shares, strict=True)
        ],
        "rows": [[_cell(words, cell) for cell in line] for line in rows],
    }


def pairs_of(words: Wording, block: Mapping[str, Any], above: Markup | None = None) -> Iterator[Pair]:
    """Print a mapping whose keys this page does not know beforehand: every value under its label."""
    for key, value in block.items():
        label = label_of(words, key)
        name = above + " · " + label if above else label
        if isinstance(value, Mapping) and not is_bilingual(value):
            yield from pairs_of(words, value, name)
        elif value not in (None, "", [], {}) and not (isinstance(value, str) and _UUID.fullmatch(value)):
            yield pair(name, listed(words, value))


def label_of(words: Wording, key: str) -> Markup:
    """Name a key of a record for people."""
    known = LABELS.get(key)
    return words.gettext(known) if known else escape(key.replace("_", " ").capitalize())


def size(octets: str) -> str:
    """Write a size in octets for people, e.g. ``1.4 MiB``."""
    count = int(octets)
    if count < 1024:
        return f"{count} B"
    return f"{count / 1024:.0f} KiB" if count < 1024 * 1024 else f"{count / 1024 / 1024:.1f} MiB"


def grouped(digest: str, step: int = 8) -> str:
    """Write a hexadecimal digest in groups, so that a person can compare it."""
    return " ".join(digest[place : place + step] for place in range(0, len(digest), step))


def listed(words: Wording, value: object) -> Markup:
    """Print any value of a record on one line: lists and small mappings with their labels."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        sentences = bool(value) and all(is_bilingual(inner) for inner in value)
        between = Markup(" ") if sentences else Markup("; ")
        return between.join(listed(words, inner) for inner in value)
    if isinstance(value, Mapping) and not is_bilingual(value):
        named = Markup("{}: {}")
        parts = [named.format(label_of(words, key), listed(words, inner)) for key, inner in value.items()]
        return Markup(", ").join(parts)
    return _value(words, value)


def _value(words: Wording, value: object) -> Markup:
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        return escape(words.when(value))
    if isinstance(value, str) and _HASH.fullmatch(value):
        return Markup('<span class="hash">{}</span>').format(grouped(value))
    return words.text("" if value is None else value) or Markup("–")


def _cell(words: Wording, cell: object) -> dict[str, Any]:
    if isinstance(cell, str) and cell in MARKS:
        text, tone = _mark(words, cell)
        return {"text": text, "tone": tone}
    tone = MARKS.get(cell["en"].lower(), ("", ""))[1] if isinstance(cell, Mapping) else ""
    return {"text": _value(words, cell), "tone": tone}


def _look(words: Wording, cells: Sequence[object]) -> str:
    tight = is_tight([words.plain(cell) for cell in cells])
    numeric = bool(cells) and all(_is_number(cell) for cell in cells)
    return " ".join(name for name, holds in (("number", numeric), ("tight", tight)) if holds)


def _mark(words: Wording, mark: object) -> tuple[Markup | str, str]:
    if not mark:
        return "", ""
    if isinstance(mark, str) and mark in MARKS:
        msgid, tone = MARKS[mark]
        return words.gettext(msgid), tone
    return words.text(mark), "note"


def _is_number(cell: object) -> bool:
    return isinstance(cell, str) and (cell in {"", "–"} or _NUMBER.fullmatch(cell) is not None)


def _breadth(shown: Markup) -> int:
    """How wide a value stands: two languages stand one below the other."""
    apart = str(shown).replace("</span> <span", "</span>\n<span").replace("<br>", "\n")
    return max((breadth(unescape(line)) for line in _TAG.sub("", apart).splitlines()), default=0)
