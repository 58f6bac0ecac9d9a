"""Draws the signs at the borders of a strip: which line goes on there, and in which part."""

from lxml import etree

from workflows.drawing.lettering import width_of
from workflows.drawing.strips import SIDE, SIGN_HEIGHT, SIGN_SIDE, Note, Sign
from workflows.drawing.svg import group, lettering, node, number
from workflows.drawing.tones import PAINTS, Tone

_SIZE, _NOTE_SIZE = 9.5, 9.0
_INK, _FILL, _LINE = "#334155", "#eef2f7", "#94a3b8"


def draw_sign(sign: Sign) -> etree._Element:
    """Draw ``A → 3`` where a line leaves for part 3, and ``1 → A`` where it comes from part 1."""
    words = f"{sign.letter} → {sign.part}" if sign.leaves else f"{sign.part} → {sign.letter}"
    width = min(width_of(words, _SIZE) + 10, SIGN_SIDE - SIDE)
    x = sign.x if sign.right else sign.x - width
    plate = node(
        "rect", x=x, y=sign.shown_at - SIGN_HEIGHT / 2, width=width, height=SIGN_HEIGHT, rx=SIGN_HEIGHT / 2,
        fill=_FILL, stroke=_LINE,
    )  # fmt: skip
    drawn = group(plate, lettering([words], x + width / 2, sign.shown_at, size=_SIZE, ink=_INK))
    if sign.shown_at != sign.y:  # pushed down by another sign: a short line leads to it
        step = f"M{number(sign.x)} {number(sign.y)}V{number(sign.shown_at)}"
        drawn.insert(0, node("path", d=step, fill="none", stroke=_LINE, stroke_width=1.3))
    return drawn


def draw_note(note: Note) -> etree._Element:
    """Write number, lane and ways at a step of a folded diagram."""
    ink = PAINTS[Tone.DONE].line if note.taken else _INK
    return lettering(list(note.lines), note.x, note.y, size=_NOTE_SIZE, ink=ink)
