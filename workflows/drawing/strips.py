"""Cuts a wide diagram into strips that can be read on paper, each with its own lanes.

Empty room shrinks first: across the whole diagram between its columns, then in every strip between its rows;
a lane that nothing passes there is left out. A line that leaves its strip ends at a sign that stands again
where the line goes on.
"""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from workflows.drawing.lines import Point, label_plate
from workflows.drawing.nodes import HEADER, label_box, mark_plate
from workflows.drawing.picture import CONTAINERS, Box, Edge, Picture, Shape
from workflows.drawing.shrinking import Scale, Span, is_backdrop, merged, moved, same, shrunk, shrunk_rows

COLUMN_GAP = 26.0
LINE_ROOM = 7.0
SIDE, SIGN_SIDE = 14.0, 58.0
"""Room beside the steps of a strip: without and with signs of lines that go on elsewhere."""
SIGN_HEIGHT = 16.0
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"


@dataclass(frozen=True)
class Sign:
    """The end of a line at the border of a strip: its letter and the part in which it goes on.

    ``x`` and ``y`` are where the line ends, ``shown_at`` is the height at which there was room for the sign.
    """

    letter: str
    part: int
    leaves: bool
    right: bool
    x: float
    y: float
    edge: str
    shown_at: float = 0.0


@dataclass(frozen=True)
class Note:
    """Lines of lettering around a place; ``taken`` says that they name a way that was taken."""

    x: float
    y: float
    lines: tuple[str, ...]
    taken: bool = False


@dataclass(frozen=True)
class Strip:
    """One part of a diagram in its own coordinates; ``number`` counts from 1 to ``of``."""

    number: int
    of: int
    picture: Picture
    frame: Box
    signs: tuple[Sign, ...]
    notes: tuple[Note, ...] = ()


def cut(
    picture: Picture, marks: Mapping[str, Sequence[str]], lang: str, *, width: float, height: float
) -> list[Strip]:
    """Cut a diagram into as few strips as fit ``width`` and ``height``, in the diagram's own unit.

    A single column of steps that is too large for them stays whole.
    """
    drawn = _Diagram(picture, marks, lang).narrowed()
    borders = _borders(drawn, width, height)
    return [drawn.strip(number, borders) for number in range(1, len(borders))]


def walked(picture: Picture, touched: Collection[str]) -> Picture:
    """Keep what a case has touched and every step that a line leads to from there."""
    beside = {edge.target for edge in picture.edges if edge.source in touched}
    kept = {*touched, *beside}
    boxes = [shape.box.middle for shape in picture.shapes if shape.id in kept]
    shapes = [
        shape
        for shape in picture.shapes
        if shape.id in kept or shape.kind in CONTAINERS or (is_backdrop(shape) and _around(shape.box, boxes))
    ]
    edges = [edge for edge in picture.edges if edge.source in kept and edge.target in kept]
    return replace(picture, shapes=tuple(shapes), edges=tuple(edges))


def _around(box: Box, places: Iterable[Point]) -> bool:
    return any(0 <= x - box.x <= box.width and 0 <= y - box.y <= box.height for x, y in places)


class _Diagram:
    """A diagram with the places of everything that is lettered, for one language."""

    def __init__(self, picture: Picture, marks: Mapping[str, Sequence[str]], lang: str) -> None:
        self.picture, self.marks, self.lang = picture, marks, lang
        self.lanes = _leaves([shape for shape in picture.shapes if shape.kind == "lane"])
        self.backdrops = [shape for shape in picture.shapes if is_backdrop(shape)]
        behind = CONTAINERS | {shape.id for shape in self.backdrops}
        self.nodes = [shape for shape in picture.shapes if not {shape.kind, shape.id} & behind]
        self.labels = {edge.id: label_plate(edge, lang) for edge in picture.edges if edge.name.en}

    def narrowed(self) -> "_Diagram":
        """Take the empty room between the columns away."""
        uprights = [
            (x - LINE_ROOM, x + LINE_ROOM)
            for edge in self.picture.edges
            for (x, y), (to_x, to_y) in pairwise(edge.points)
            if abs(to_x - x) < 1 < abs(to_y - y)
        ]
        scale = shrunk([*self.columns(), *uprights], COLUMN_GAP)
        return _Diagram(moved(self.picture, self.labels, scale, same), self.marks, self.lang)

    def columns(self) -> list[Span]:
        """Where steps and lettering stand, from left to right."""
        return [*self.steps(), *((box.x, box.x + box.width) for box in self.labels.values())]

    def steps(self) -> list[Span]:
        """How broad each step is with the lettering that belongs to it: nothing cuts between the two."""
        spans = []
        for node in self.nodes:
            boxes = list(self.footprint(node))
            spans.append((min(box.x for box in boxes), max(box.x + box.width for box in boxes)))
        return spans

    def footprint(self, node: Shape) -> Iterator[Box]:
        """All that is drawn of a step: itself, its name beside it, who and when under it."""
        yield node.box
        if beside := label_box(node, self.lang):
            yield beside
        if lines := self.marks.get(node.id):
            yield mark_plate(node, list(lines))

    def strip(self, number: int, borders: Sequence[float]) -> Strip:
        """Draw out one strip between its borders."""
        return _Cutting(self, number, borders).strip()


class _Cutting:
    """One strip of a diagram: what lies in it, and where its lines leave it."""

    def __init__(self, drawn: _Diagram, number: int, borders: Sequence[float]) -> None:
        self.drawn, self.number, self.borders = drawn, number, borders
        self.left, self.right = borders[number - 1], borders[number]
        self.nodes = [node for node in drawn.nodes if self._holds(node.box.middle[0])]
        self.signs: list[Sign] = []
        self.edges = list(self._edges())

    def strip(self) -> Strip:
        """Put steps, lines and lanes together, without the rows nobody needs."""
        scale = shrunk_rows(self._rows(), self.drawn.lanes, self.nodes, self._extent())
        labels = {edge.id: self.drawn.labels[edge.id] for edge in self.edges if edge.name.en}
        within = Picture(self.drawn.picture.name, (*self._backdrops(), *self.nodes), tuple(self.edges))
        lying = moved(within, labels, same, scale)
        signs = _spread([replace(sign, y=scale(sign.y)) for sign in self.signs])
        frame = self._frame(signs, scale)
        return Strip(
            self.number,
            len(self.borders) - 1,
            replace(lying, shapes=(*self._lanes(frame, scale), *lying.shapes)),
            frame,
            tuple(signs),
        )

    def _holds(self, x: float) -> bool:
        return self.left <= x < self.right

    def _part(self, x: float) -> int:
        return min(max(bisect_right(self.borders, x), 1), len(self.borders) - 1)

    def _edges(self) -> Iterator[Edge]:
        for edge in self.drawn.picture.edges:
            starts, ends = self._part(edge.points[0][0]), self._part(edge.points[-1][0])
            if starts == ends == self.number:
                yield self._lettered(replace(edge, points=tuple(self._clamped(edge.points))))
            elif starts == self.number:
                points, right = self._until(edge.points)
                self._sign(edge, ends, leaves=True, right=right, end=points[-1])
                yield self._lettered(replace(edge, points=points))
            elif ends == self.number:
                points, right = self._until(edge.points[::-1])
                self._sign(edge, starts, leaves=False, right=right, end=points[-1])
                yield self._lettered(replace(edge, points=points[::-1], default=False, conditional=False))

    def _sign(self, edge: Edge, part: int, *, leaves: bool, right: bool, end: Point) -> None:
        letter = _letter(self.drawn.picture, edge)
        self.signs.append(Sign(letter, part, leaves, right, end[0], end[1], edge.id))

    def _lettered(self, edge: Edge) -> Edge:
        """The name of a line stands in the strip in which its middle lies, and only there."""
        plate = self.drawn.labels.get(edge.id)
        here = plate is not None and self._part(plate.middle[0]) == self.number
        return edge if here else replace(edge, name=replace(edge.name, en="", zh=""), label=None)

    def _clamped(self, points: Sequence[Point]) -> Iterator[Point]:
        for x, y in points:
            yield min(max(x, self.left), self.right), y

    def _until(self, points: Sequence[Point]) -> tuple[tuple[Point, ...], bool]:
        """Follow a line from its end in this strip to the border it crosses first."""
        kept = [points[0]]
        for (x, y), (to_x, to_y) in pairwise(points):
            if self.left <= to_x <= self.right:
                kept.append((to_x, to_y))
                continue
            right = to_x > self.right
            border = self.right if right else self.left
            share = (border - x) / (to_x - x)
            crossing = y + share * (to_y - y)
            return (*kept, (border + (SIDE if right else -SIDE), crossing)), right
        return tuple(kept), kept[-1][0] > (self.left + self.right) / 2

    def _extent(self) -> Span:
        lows = [box.y for box in self._drawn_boxes()]
        highs = [box.y + box.height for box in self._drawn_boxes()]
        levels = [y for edge in self.edges for _x, y in edge.points]
        return min([*lows, *levels], default=0.0), max([*highs, *levels], default=0.0)

    def _drawn_boxes(self) -> list[Box]:
        named = [self.drawn.labels[edge.id] for edge in self.edges if edge.name.en]
        return [box for node in self.nodes for box in self.drawn.footprint(node)] + named

    def _rows(self) -> list[Span]:
        rows = [(box.y, box.y + box.height) for box in self._drawn_boxes()]
        for edge in self.edges:
            for (x, y), (to_x, to_y) in pairwise(edge.points):
                if abs(to_y - y) < 1 < abs(to_x - x):
                    rows.append((y - LINE_ROOM, y + LINE_ROOM))
        rows += [(sign.y - SIGN_HEIGHT / 2, sign.y + SIGN_HEIGHT / 2) for sign in self.signs]
        for box in (shape.box for shape in self._backdrops()):
            rows += [(box.y - 4, box.y + 28), (box.y + box.height - 8, box.y + box.height + 4)]
        return rows

    def _backdrops(self) -> Iterator[Shape]:
        for shape in self.drawn.backdrops:
            left = max(shape.box.x, self.left)
            right = min(shape.box.x + shape.box.width, self.right)
            if right > left:
                yield replace(shape, box=replace(shape.box, x=left, width=right - left))

    def _frame(self, signs: Sequence[Sign], scale: Scale) -> Box:
        low, high = self._extent()
        lanes = self.drawn.lanes
        top = min([scale(low), *(scale(lane.box.y) for lane in lanes)])
        bottom = max([scale(high), *(scale(lane.box.y + lane.box.height) for lane in lanes)])
        bottom = max([bottom, *(sign.shown_at + SIGN_HEIGHT for sign in signs)])
        sides = [SIGN_SIDE if any(sign.right is right for sign in signs) else SIDE for right in (False, True)]
        left = self.left - sides[0] - (HEADER if lanes else 0)
        return Box(left, top, self.right + sides[1] - left, bottom - top)

    def _lanes(self, frame: Box, scale: Scale) -> Iterator[Shape]:
        for lane in self.drawn.lanes:
            top, bottom = scale(lane.box.y), scale(lane.box.y + lane.box.height)
            if bottom - top > 1:  # none of its rows is in this strip
                yield replace(lane, box=Box(frame.x, top, frame.width, bottom - top))


def _borders(drawn: _Diagram, width: float, height: float) -> list[float]:
    """Choose where to cut: between columns, each strip as broad as fits."""
    columns = list(merged(drawn.columns()))
    bends = [x for edge in drawn.picture.edges for x, _y in edge.points]
    begin, end = min([columns[0][0], *bends]) - 2, max([columns[-1][1], *bends]) + 2
    begins = [left for left, _right in drawn.steps()]
    places = [low - 2 for low, high in columns[1:] if any(low <= left <= high for left in begins)] + [end]
    borders = [begin]
    while borders[-1] < end:
        ahead = [place for place in places if place > borders[-1]]
        near_enough = [place for place in reversed(ahead) if place - borders[-1] <= width]
        fitting = (place for place in near_enough if _fits(drawn, borders, place, end, width, height))
        borders.append(next(fitting, ahead[0]))
    return borders


def _fits(
    drawn: _Diagram, borders: Sequence[float], place: float, end: float, width: float, height: float
) -> bool:
    tried = [*borders, place] if place == end else [*borders, place, end]
    frame = drawn.strip(len(borders), tried).frame
    return frame.width <= width and frame.height <= height


def _letter(picture: Picture, edge: Edge) -> str:
    """The letter of a line that goes on in another strip: one for all that lead to the same step."""
    targets = sorted({one.target for one in picture.edges})
    order = {target: place for place, target in enumerate(_from_left(picture, targets))}
    place = order[edge.target]
    return LETTERS[place % len(LETTERS)] + (str(place // len(LETTERS) + 1) if place >= len(LETTERS) else "")


def _from_left(picture: Picture, wanted: Collection[str]) -> list[str]:
    places = {shape.id: (shape.box.x, shape.box.y) for shape in picture.shapes}
    return sorted(wanted, key=lambda one: (places.get(one, (0.0, 0.0)), one))


def _spread(signs: Sequence[Sign]) -> list[Sign]:
    """Put the signs of one side below each other where they would lie on one another."""
    placed: list[Sign] = []
    for sign in sorted(signs, key=lambda one: (one.right, one.y, one.letter, one.part, one.edge)):
        same = [one for one in placed if one.right is sign.right]
        if any((one.letter, one.part, one.leaves, one.y) == _said(sign) for one in same):
            continue
        lowest = max((one.shown_at + SIGN_HEIGHT + 1 for one in same), default=sign.y)
        placed.append(replace(sign, shown_at=max(sign.y, lowest)))
    return placed


def _said(sign: Sign) -> tuple[str, int, bool, float]:
    return sign.letter, sign.part, sign.leaves, sign.y


def _leaves(lanes: Sequence[Shape]) -> list[Shape]:
    """The lanes that hold steps, from the top; those that only hold other lanes fall away."""
    inner = [lane for lane in lanes if not any(_inside(other.box, lane.box) for other in lanes)]
    return sorted(inner, key=lambda lane: lane.box.y)


def _inside(box: Box, outer: Box) -> bool:
    fits = box.y >= outer.y and box.y + box.height <= outer.y + outer.height
    return fits and (box.height, box.width) != (outer.height, outer.width)
