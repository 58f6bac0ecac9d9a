"""Makes SVG elements, with presentation attributes only: a strict content security policy blocks nothing."""

from typing import Any

from lxml import etree

from workflows.drawing.lettering import LINE_HEIGHT, width_of
from workflows.drawing.picture import Box

NAMESPACE = "http://www.w3.org/2000/svg"
_PREFIXES: Any = {None: NAMESPACE}


def node(tag: str, /, **attributes: object) -> etree._Element:
    """Make an element; ``_`` in names stands for ``-``, floats are written to a tenth, None is left out."""
    made = etree.Element(f"{{{NAMESPACE}}}{tag}", nsmap=_PREFIXES)
    for name, value in attributes.items():
        if value is not None:
            made.set(name.replace("_", "-"), number(value) if isinstance(value, float) else str(value))
    return made


def number(value: float) -> str:
    """Write a coordinate without needless places."""
    return f"{round(value, 1):g}"


def group(*children: etree._Element, **attributes: object) -> etree._Element:
    """Put elements into a group."""
    made = node("g", **attributes)
    made.extend(children)
    return made


def titled(made: etree._Element, title: str) -> etree._Element:
    """Give an element the name a screen reader says and a pointer shows."""
    name = node("title")
    name.text = title
    made.insert(0, name)
    return made


def lettering(
    lines: list[str],
    x: float,
    y: float,
    *,
    size: float,
    ink: str,
    anchor: str = "middle",
    turned: bool = False,
) -> etree._Element:
    """Set lines of text around a centre; ``turned`` runs them upwards."""
    turn = f"rotate(-90 {number(x)} {number(y)})" if turned else None
    block = node("g", fill=ink, font_size=size, text_anchor=anchor, transform=turn)
    first = y - (len(lines) - 1) * size * LINE_HEIGHT / 2 + size * 0.35
    for place, line in enumerate(lines):
        text = node("text", x=x, y=first + place * size * LINE_HEIGHT)
        text.text = line
        block.append(text)
    return block


def backing(lines: list[str], x: float, y: float, *, size: float, opacity: float = 0.88) -> etree._Element:
    """Make the pale plate behind lines of text that may lie on other things."""
    box = plate_of(lines, x, y, size=size)
    return node(
        "rect", x=box.x, y=box.y, width=box.width, height=box.height, rx=3, fill="#ffffff",
        fill_opacity=opacity,
    )  # fmt: skip


def plate_of(lines: list[str], x: float, y: float, *, size: float) -> Box:
    """Give the rectangle around lines of text set around a centre."""
    width = max(width_of(line, size) for line in lines) + 6
    height = len(lines) * size * LINE_HEIGHT + 3
    return Box(x - width / 2, y - height / 2, width, height)
