"""Labels with a GS1 DataMatrix, as SVG for one and as PDF for many, one label a page (URS-032).

The symbol keeps a quiet zone of two modules on every side; one is asked for. The printed PDF is no record:
what was printed is noted by the room that prints it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from core.errors import Invalid
from documents.codes import Symbol, data_matrix
from documents.glyphs import missing
from documents.render import print_sheet

WIDTH_MM, HEIGHT_MM = 70, 36
"""Size of a label in millimetres."""

_CODE_MM, _QUIET = 27, 2
_HEADING, _LINE, _ROWS = 22, 27, 7


@dataclass(frozen=True)
class Label:
    """One label: ``content`` is the bracketed line of the code; people read ``heading`` and ``lines``."""

    content: str
    heading: str
    lines: Sequence[str]


def draw_label(label: Label) -> str:
    """Draw a label as a picture of its own, in millimetres.

    Raises:
        Invalid: ``label.content``, or ``label.glyph``.
    """
    _check(label)
    return str(_picture(label, data_matrix(label.content)))


def print_labels(labels: Sequence[Label]) -> bytes:
    """Print labels as a PDF, one a page in their order.

    Raises:
        Invalid: ``label.content``, or ``label.glyph``.
        NotFound: ``fonts.not_built``.
    """
    for label in labels:
        _check(label)
    pages = [
        Markup("<section>{}</section>").format(_picture(one, data_matrix(one.content))) for one in labels
    ]
    css = (
        f"@page {{ size: {WIDTH_MM}mm {HEIGHT_MM}mm; margin: 0 }}"
        " section { break-after: page } section:last-child { break-after: auto }"
        " body { margin: 0 } svg { display: block }"
    )
    title = escape(labels[0].heading)
    head = Markup('<!doctype html><html lang="en"><head><title>{}</title><style>{}</style></head><body>')
    return print_sheet(head.format(title, css) + Markup("").join(pages) + Markup("</body></html>"))


def _check(label: Label) -> None:
    lost = missing("".join([label.heading, *label.lines]))
    if lost:
        signs = " ".join(sorted(lost))
        raise Invalid("label.glyph", "The label cannot print %(signs)s.", signs=signs)


def _picture(label: Label, symbol: Symbol) -> Markup:
    module = _CODE_MM / (symbol.width + 2 * _QUIET)
    top = (HEIGHT_MM - module * symbol.height) / 2
    left, text = 2 + _QUIET * module, 2 + _CODE_MM + 1
    readable = _elements(label.content)
    told = _rows(label.lines, _ROWS - len(readable))
    lines = [*((line, 2.6) for line in told), *((line, 2.4) for line in readable)]
    rows = Markup("").join(
        Markup('<text x="{}" y="{}" font-size="{}">{}</text>').format(
            f"{text:.2f}", f"{11.2 + 3.5 * place:.2f}", size, line
        )
        for place, (line, size) in enumerate(lines)
    )
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" width="{w}mm" height="{h}mm" viewBox="0 0 {w} {h}"'
        ' role="img"'
        ' font-family="QMS Record, Noto Sans CJK SC, Noto Sans, sans-serif"><title>{content}</title>'
        '<rect width="{w}" height="{h}" fill="#fff"/>'
        '<g transform="translate({x} {y}) scale({module})"><path d="{path}" fill="#000"/></g>'
        '<text x="{text}" y="6.6" font-size="3.4" font-weight="bold">{heading}</text>{rows}</svg>'
    ).format(
        w=WIDTH_MM,
        h=HEIGHT_MM,
        content=label.content,
        x=f"{left:.3f}",
        y=f"{top:.3f}",
        module=f"{module:.4f}",
        path=symbol.path,
        text=f"{text:.2f}",
        heading=_short(label.heading, _HEADING),
        rows=rows,
    )


def _elements(content: str) -> list[str]:
    """The human readable elements, one a line."""
    return [f"({part}" for part in content.split("(") if part]


def _rows(lines: Sequence[str], most: int) -> list[str]:
    """Lines in the rows there is room for, broken between words; what does not fit is cut at the last."""
    rows: list[str] = []
    for place, line in enumerate(lines):
        spare = most - len(rows) - (len(lines) - place - 1)
        while spare > 1 and (kept := _fitting(line, _LINE)) != line:
            kept = kept.rpartition(" ")[0] or kept
            rows.append(kept)
            line, spare = line[len(kept) :].strip(), spare - 1
        rows.append(_short(line, _LINE))
    return rows


def _short(line: str, most: int) -> str:
    kept = _fitting(line, most)
    return line if kept == line else kept + "…"


def _fitting(line: str, most: int) -> str:
    """As much of a line as fits; a hanzi takes the room of two letters."""
    used = 0
    for place, sign in enumerate(line):
        used += 2 if ord(sign) > 0x2E7F else 1
        if used > most:
            return line[:place]
    return line
