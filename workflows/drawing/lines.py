"""Draws the connections of a diagram: rounded bends, and arrowheads as paths, which every renderer shows."""

from itertools import pairwise
from math import hypot

from lxml import etree

from workflows.drawing.lettering import wrap
from workflows.drawing.picture import Box, Edge
from workflows.drawing.svg import backing, group, lettering, node, number, plate_of
from workflows.drawing.tones import PAINTS, Paint, Tone

Point = tuple[float, float]
BEND = 7.0
HEAD = 9.0
LABEL_SIZE, LABEL_WIDTH = 10.5, 84.0


def draw_edge(edge: Edge, tone: Tone, *, from_gateway: bool) -> etree._Element:
    """Draw one connection without its label."""
    paint = PAINTS[tone]
    if edge.kind != "sequenceFlow":
        return _side_line(edge)
    line = _line(_shortened(edge.points, HEAD - 1), paint.line, paint.width)
    made = group(line, _arrow(edge.points, paint.line, fill=paint.line))
    if edge.default:
        made.append(_default_sign(edge.points, paint))
    elif edge.conditional and not from_gateway:
        made.append(_condition_sign(edge.points[0], edge.points[1], paint))
    return made


def draw_label(edge: Edge, tone: Tone, lang: str) -> etree._Element:
    """Write the name of a connection beside it."""
    lines = _label_lines(edge, lang)
    x, y = _label_place(edge)
    plate = backing(lines, x, y, size=LABEL_SIZE, opacity=0.94)
    return group(plate, lettering(lines, x, y, size=LABEL_SIZE, ink=PAINTS[tone].text))


def label_plate(edge: Edge, lang: str) -> Box:
    """Give the place that the name of a connection takes."""
    return plate_of(_label_lines(edge, lang), *_label_place(edge), size=LABEL_SIZE)


def _label_lines(edge: Edge, lang: str) -> list[str]:
    return wrap(edge.name.text(lang), max(edge.label.width if edge.label else 0, LABEL_WIDTH), LABEL_SIZE)


def _label_place(edge: Edge) -> Point:
    return edge.label.middle if edge.label is not None else _beside(edge.points)


def path_of(points: tuple[Point, ...]) -> str:
    """Write the path through the bends, each rounded as far as its neighbours allow."""
    steps = [f"M{number(points[0][0])} {number(points[0][1])}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        reach = min(BEND, _distance(before, corner) / 2, _distance(corner, after) / 2)
        into, out = _towards(corner, before, reach), _towards(corner, after, reach)
        steps.append(f"L{number(into[0])} {number(into[1])}")
        steps.append(f"Q{number(corner[0])} {number(corner[1])} {number(out[0])} {number(out[1])}")
    steps.append(f"L{number(points[-1][0])} {number(points[-1][1])}")
    return "".join(steps)


def _line(points: tuple[Point, ...], ink: str, width: float, dashes: str | None = None) -> etree._Element:
    return node(
        "path", d=path_of(points), fill="none", stroke=ink, stroke_width=width, stroke_linejoin="round",
        stroke_dasharray=dashes,
    )  # fmt: skip


def _side_line(edge: Edge) -> etree._Element:
    """Draw messages, associations and data flows, which are not the path of a case."""
    ink = "#64748b"
    message = edge.kind == "messageFlow"
    made = group(_line(edge.points, ink, 1.2, "7 4" if message else "2 3"))
    if message:
        x, y = edge.points[0]
        made.append(node("circle", cx=x, cy=y, r=3.5, fill="#ffffff", stroke=ink, stroke_width=1.2))
    if edge.kind != "association":
        made.append(_arrow(edge.points, ink, fill="#ffffff" if message else None))
    return made


def _arrow(points: tuple[Point, ...], ink: str, *, fill: str | None) -> etree._Element:
    """Draw an arrowhead at the end; without a filling it is open."""
    (from_x, from_y), (x, y) = points[-2], points[-1]
    length = hypot(x - from_x, y - from_y) or 1
    along_x, along_y = (x - from_x) / length, (y - from_y) / length
    back_x, back_y = x - HEAD * along_x, y - HEAD * along_y
    left = f"{number(back_x - 4 * along_y)} {number(back_y + 4 * along_x)}"
    right = f"{number(back_x + 4 * along_y)} {number(back_y - 4 * along_x)}"
    tip = f"{number(x)} {number(y)}"
    close = "z" if fill else ""
    return node("path", d=f"M{left}L{tip}L{right}{close}", fill=fill or "none", stroke=ink, stroke_width=1)


def _default_sign(points: tuple[Point, ...], paint: Paint) -> etree._Element:
    x, y = _towards(points[0], points[1], 11)
    along_x, along_y = _direction(points[0], points[1])
    turn_x, turn_y = along_x * 0.5 - along_y * 0.87, along_y * 0.5 + along_x * 0.87
    ends = f"M{number(x - 6 * turn_x)} {number(y - 6 * turn_y)}l{number(12 * turn_x)} {number(12 * turn_y)}"
    return node("path", d=ends, fill="none", stroke=paint.line, stroke_width=paint.width)


def _condition_sign(start: Point, after: Point, paint: Paint) -> etree._Element:
    along_x, along_y = _direction(start, after)
    corners = [
        start,
        (start[0] + 7 * along_x - 4 * along_y, start[1] + 7 * along_y + 4 * along_x),
        (start[0] + 14 * along_x, start[1] + 14 * along_y),
        (start[0] + 7 * along_x + 4 * along_y, start[1] + 7 * along_y - 4 * along_x),
    ]
    points = " ".join(f"{number(x)},{number(y)}" for x, y in corners)
    return node("polygon", points=points, fill="#ffffff", stroke=paint.line, stroke_width=1.3)


def _shortened(points: tuple[Point, ...], by: float) -> tuple[Point, ...]:
    if _distance(points[-2], points[-1]) <= by:
        return points
    return (*points[:-1], _towards(points[-1], points[-2], by))


def _beside(points: tuple[Point, ...]) -> Point:
    """Find a place for a label without one: at the middle of the first long stretch."""
    stretches = list(pairwise(points))
    start, end = next((pair for pair in stretches if _distance(*pair) > 36), stretches[0])
    upright = abs(end[0] - start[0]) < abs(end[1] - start[1])
    x, y = (start[0] + end[0]) / 2, (start[1] + end[1]) / 2
    return (x + 4, y) if upright else (x, y - 9)


def _direction(start: Point, end: Point) -> Point:
    length = _distance(start, end) or 1
    return (end[0] - start[0]) / length, (end[1] - start[1]) / length


def _towards(start: Point, end: Point, distance: float) -> Point:
    along = _direction(start, end)
    return start[0] + along[0] * distance, start[1] + along[1] * distance


def _distance(start: Point, end: Point) -> float:
    return hypot(end[0] - start[0], end[1] - start[1])
