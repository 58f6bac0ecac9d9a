"""Draws the nodes of a diagram: pools and lanes, steps, events, gateways, notes."""

from lxml import etree

from workflows.drawing.icons import EVENT_ICONS, GATEWAY_ICONS, REPEAT_ICONS, TASK_ICONS
from workflows.drawing.lettering import LINE_HEIGHT, fit, wrap
from workflows.drawing.picture import CONTAINERS, SUBPROCESSES, TASKS, Box, Shape
from workflows.drawing.svg import backing, group, lettering, node, number, plate_of
from workflows.drawing.tones import BADGES, PAINTS, Paint, Tone

HEADER = 30.0
LABEL_SIZE, MARK_SIZE = 11.0, 9.0
THIN = 96.0
"""Height below which the name of a lane lies."""
ICON, SMALL_ICON = 20.0, 0.7
"""Where the icon of a step ends below its upper edge; its size where the name leaves no room for it."""
FOOT = 14.0
"""What the signs at the foot of a step take of its height."""
LANE_LINE = "#cbd5e1"
LANE_HEAD = "#eef2f7"
LANE_INK = "#334155"
FAINT = "#64748b"


def draw_shape(shape: Shape, tone: Tone, lang: str) -> etree._Element:
    """Draw one node in the colours of its tone."""
    paint = PAINTS[tone]
    if shape.kind in CONTAINERS:
        return _container(shape, lang)
    if shape.kind.endswith("Event"):
        return _with_label(shape, _event(shape, paint), paint, lang)
    if shape.kind.endswith("Gateway"):
        return _with_label(shape, _gateway(shape, paint), paint, lang)
    if shape.kind in TASKS or shape.kind in SUBPROCESSES:
        return group(*_step(shape, paint, lang), *_badge(shape.box, paint))
    return group(*_thing(shape, lang))


def draw_halo(shape: Shape) -> etree._Element:
    """Draw the glow around a current step; lines run over it."""
    box = Box(shape.box.x - 4, shape.box.y - 4, shape.box.width + 8, shape.box.height + 8)
    return _rounded(box, 12, fill="none", stroke="#ffd98a", stroke_width=5)


def draw_mark(shape: Shape, lines: list[str], tone: Tone) -> etree._Element:
    """Write who and when under a step."""
    broken, x, y = _mark_lines(shape, lines)
    return group(
        backing(broken, x, y, size=MARK_SIZE),
        lettering(broken, x, y, size=MARK_SIZE, ink=PAINTS[tone].text),
    )


def mark_plate(shape: Shape, lines: list[str]) -> Box:
    """Give the place that who and when take under a step."""
    broken, x, y = _mark_lines(shape, lines)
    return plate_of(broken, x, y, size=MARK_SIZE)


def _mark_lines(shape: Shape, lines: list[str]) -> tuple[list[str], float, float]:
    broken = [part for line in lines for part in wrap(line, shape.box.width + 42, MARK_SIZE)]
    below = shape.box.y + shape.box.height + 5
    return broken, shape.box.middle[0], below + len(broken) * MARK_SIZE * LINE_HEIGHT / 2


def label_box(shape: Shape, lang: str) -> Box | None:
    """Give the place that the name of an event or gateway takes outside of it."""
    outside = shape.kind.endswith(("Event", "Gateway")) and shape.name.text(lang)
    return plate_of(*_label_lines(shape, lang), size=LABEL_SIZE) if outside else None


def _container(shape: Shape, lang: str) -> etree._Element:
    box = shape.box
    head = (HEADER, box.height) if shape.across else (box.width, HEADER)
    name = shape.name.text(lang)
    room = (box.height if shape.across else box.width) - 12
    lines, size = fit(name, room, HEADER - 4, 12, 9)
    lies = shape.across and box.height < THIN
    looks = {"stroke": LANE_LINE, "stroke_width": 1.2}
    outline = node("rect", x=box.x, y=box.y, width=box.width, height=box.height, fill="#ffffff", **looks)
    band = node("rect", x=box.x, y=box.y, width=head[0], height=head[1], fill=LANE_HEAD, **looks)
    if lies:  # too low for a name that runs upwards
        plain, x, y = name.replace("\n", " · "), box.x + HEADER + 6, box.y + 9
        return group(outline, band, lettering([plain], x, y, size=9, ink=LANE_INK, anchor="start"))
    text = lettering(
        lines, box.x + head[0] / 2, box.y + head[1] / 2, size=size, ink=LANE_INK, turned=shape.across
    )
    return group(outline, band, text)


def _rounded(box: Box, radius: float, **looks: object) -> etree._Element:
    return node("rect", x=box.x, y=box.y, width=box.width, height=box.height, rx=radius, **looks)


def _step(shape: Shape, paint: Paint, lang: str) -> list[etree._Element]:
    box = shape.box
    dashes = "3 3" if shape.kind in SUBPROCESSES and "event" in shape.kind.lower() else None
    width = paint.width + 1.6 if shape.kind == "callActivity" else paint.width
    opened = shape.expanded and shape.kind in SUBPROCESSES
    looks = {"fill": paint.fill, "stroke": paint.line, "stroke_width": width, "stroke_dasharray": dashes}
    parts = [_rounded(box, 9, **looks, fill_opacity=0.45 if opened else None)]
    icon, foot = TASK_ICONS.get(shape.kind), foot_of(shape)
    room = 16 if opened else box.height - 12 - (14 if icon else 0) - foot
    lines, size = fit(shape.name.text(lang), box.width - 12, room, 12, 9)
    head, share = _beside_icon(box.height - foot, len(lines) * size * LINE_HEIGHT) if icon else (0.0, 1.0)
    middle = box.y + (14 if opened else (head + box.height - foot) / 2)
    if icon is not None:
        filled = shape.kind == "sendTask"
        parts.append(_icon(icon, box.x + 5, box.y + 4, paint.line, share=share, filled=filled))
    parts += _foot_signs(shape, paint, opened=opened)
    parts.append(lettering(lines, box.x + box.width / 2, middle, size=size, ink=paint.text))
    return parts


def _beside_icon(height: float, name: float) -> tuple[float, float]:
    """Where the room for a name begins, below the icon if there is none beside it; the size of the icon."""
    if (8 + height - name) / 2 >= ICON:
        return 8.0, 1.0
    if ICON + name + 4 <= height:
        return ICON, 1.0
    return min(ICON * SMALL_ICON, height - name - 6), SMALL_ICON


def foot_of(shape: Shape) -> float:
    """Height of the signs at the foot of a step under its name: that it is repeated, that it is folded."""
    folded = shape.kind in SUBPROCESSES and not shape.expanded
    return FOOT if shape.repeats or folded else 0.0


def _foot_signs(shape: Shape, paint: Paint, *, opened: bool) -> list[etree._Element]:
    signs = [REPEAT_ICONS[shape.repeats]] if shape.repeats else []
    if shape.kind in SUBPROCESSES and not opened:
        signs.append("M-6-6H6V6H-6zM-3.5 0H3.5M0-3.5V3.5")
    x, y = shape.box.middle[0] - 8 * (len(signs) - 1), shape.box.y + shape.box.height - 10
    return [_icon(sign, x + 16 * place, y, paint.line) for place, sign in enumerate(signs)]


def _icon(
    path: str, x: float, y: float, ink: str, *, share: float = 1.0, filled: bool = False, width: float = 1.2
) -> etree._Element:
    return node(
        "path",
        d=path,
        transform=f"translate({number(x)} {number(y)})" + (f" scale({number(share)})" if share != 1 else ""),
        fill=ink if filled else "none",
        stroke="#ffffff" if filled else ink,
        stroke_width=width,
        stroke_linejoin="round",
        stroke_linecap="round",
    )


def _badge(box: Box, paint: Paint) -> list[etree._Element]:
    if not paint.badge:
        return []
    x, y = box.x + box.width - 3, box.y + 3
    here = paint.badge == "here"
    sign = _icon(BADGES[paint.badge], x, y, "#ffffff", filled=here, width=0.6 if here else 1.8)
    return [node("circle", cx=x, cy=y, r=7.5, fill=paint.line, stroke="#ffffff", stroke_width=1.5), sign]


def _event(shape: Shape, paint: Paint) -> list[etree._Element]:
    x, y = shape.box.middle
    radius = shape.box.width / 2
    dashes = None if shape.interrupting else "4 3"
    ends = shape.kind == "endEvent"
    looks = {"fill": paint.fill, "stroke": paint.line, "stroke_dasharray": dashes}
    parts = [node("circle", cx=x, cy=y, r=radius, stroke_width=paint.width + (2 if ends else 0), **looks)]
    if shape.kind not in {"startEvent", "endEvent"}:
        parts.append(node("circle", cx=x, cy=y, r=radius - 3.5, stroke_width=1.2, **looks))
    throws = ends or shape.kind == "intermediateThrowEvent"
    for event in shape.events[:1]:
        path = EVENT_ICONS.get(event)
        if path is not None:
            parts.append(_icon(path, x, y, paint.line, filled=throws))
    return parts


def _gateway(shape: Shape, paint: Paint) -> list[etree._Element]:
    x, y = shape.box.middle
    half, high = shape.box.width / 2, shape.box.height / 2
    corner = number(half), number(high)
    outline = node(
        "path", d=f"M{number(x)} {number(y - high)}l{corner[0]} {corner[1]}l-{corner[0]} {corner[1]}"
        f"l-{corner[0]}-{corner[1]}z", fill=paint.fill, stroke=paint.line, stroke_width=paint.width,
        stroke_linejoin="round",
    )  # fmt: skip
    sign = GATEWAY_ICONS.get(shape.kind)
    thick = 2.6 if shape.kind in {"exclusiveGateway", "parallelGateway"} else 1.6
    return [outline, *([_icon(sign, x, y, paint.line, width=thick)] if sign else [])]


def _with_label(shape: Shape, outline: list[etree._Element], paint: Paint, lang: str) -> etree._Element:
    """Put the name outside of an outline; its plate lies behind the outline, which it may touch."""
    if not shape.name.text(lang):
        return group(*outline)
    lines, x, y = _label_lines(shape, lang)
    words = lettering(lines, x, y, size=LABEL_SIZE, ink=paint.text)
    return group(backing(lines, x, y, size=LABEL_SIZE), *outline, words)


def _label_lines(shape: Shape, lang: str) -> tuple[list[str], float, float]:
    lines = wrap(shape.name.text(lang), max(shape.label.width if shape.label else 0, 96), LABEL_SIZE)
    height = len(lines) * LABEL_SIZE * LINE_HEIGHT
    label = shape.label
    if label is not None and label.y + label.height <= shape.box.middle[1]:  # above: it grows upwards
        return lines, label.middle[0], label.y + label.height - max(height, label.height) / 2
    if label is not None:
        return lines, label.middle[0], label.y + max(height, label.height) / 2
    return lines, shape.box.middle[0], shape.box.y + shape.box.height + 5 + height / 2


def _thing(shape: Shape, lang: str) -> list[etree._Element]:
    """Draw what is neither step nor event nor gateway: notes, data, groups."""
    box = shape.box
    looks = {"fill": "none", "stroke": FAINT, "stroke_width": 1.2, "stroke_linejoin": "round"}
    if shape.kind == "group":
        return [_rounded(box, 10, stroke_dasharray="8 4 2 4", **looks), *_caption(shape, box.y - 8, lang)]
    if shape.kind == "textAnnotation":
        lines = wrap(shape.name.text(lang), box.width - 10, 11)
        note = lettering(lines, box.x + 7, box.middle[1], size=11, ink=LANE_INK, anchor="start")
        return [node("path", d=_bracket(box), **looks), note]
    outline = _drum(box) if shape.kind == "dataStoreReference" else _sheet(box)
    caption = _caption(shape, box.y + box.height + 9, lang)
    return [node("path", d=outline, **{**looks, "fill": "#ffffff"}), *caption]


def _bracket(box: Box) -> str:
    return f"M{number(box.x + 10)} {number(box.y)}h-10v{number(box.height)}h10"


def _drum(box: Box) -> str:
    x, y, width, side = (number(size) for size in (box.x, box.y + 6, box.width, box.height - 12))
    lid = f"c0 8 {width} 8 {width} 0"
    return f"M{x} {y}c0-8 {width}-8 {width} 0v{side}c0 8-{width} 8-{width} 0zM{x} {y}{lid}"


def _sheet(box: Box) -> str:
    x, y, width, height = (number(size) for size in (box.x, box.y, box.width - 10, box.height))
    rest = number(box.height - 10)
    return f"M{x} {y}h{width}l10 10v{rest}h-{number(box.width)}v-{height}m{width} 0v10h10"


def _caption(shape: Shape, y: float, lang: str) -> list[etree._Element]:
    lines = wrap(shape.name.text(lang), max(shape.box.width, 96), 11)
    return [lettering(lines, shape.box.middle[0], y, size=11, ink=LANE_INK)] if lines else []
