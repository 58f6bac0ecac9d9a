"""Takes empty room out of a diagram: what is drawn keeps its size, what is empty shrinks."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from workflows.drawing.lines import LABEL_WIDTH
from workflows.drawing.picture import CONTAINERS, SUBPROCESSES, Box, Edge, Picture, Shape

ROW_GAP = 9.0
NAME_ROOM = 10.0
"""Room above the rows of a lane in which no step stands: its name lies there."""

HARDLY = 8.0
"""What reaches so little into a lane belongs to its neighbour."""
BORDER = 0.5
"""What keeps a row that begins at the border of a lane apart from it, so that the lane above stays empty."""
NAMED_LANE = 110.0
"""Height of a lane of steps at least, so that its name fits upright."""

Span = tuple[float, float]
Move = Callable[[float], float]


class Scale:
    """Moves coordinates: what is occupied keeps its size, what is empty shrinks."""

    def __init__(self, pairs: Sequence[tuple[float, float]]) -> None:
        self.before = [before for before, _after in pairs]
        self.after = [after for _before, after in pairs]

    def __call__(self, value: float) -> float:
        """Give the place of a coordinate; outside of what is known it keeps its distance."""
        at = bisect_right(self.before, value) - 1
        if at < 0:
            return self.after[0] + value - self.before[0]
        if at == len(self.before) - 1:
            return self.after[-1] + value - self.before[-1]
        (low, high), (new_low, new_high) = self.before[at : at + 2], self.after[at : at + 2]
        return new_low + (value - low) * (new_high - new_low) / (high - low)


def is_backdrop(shape: Shape) -> bool:
    """Say whether other shapes stand on this one: a subprocess drawn open, a group."""
    return shape.kind == "group" or (shape.kind in SUBPROCESSES and shape.expanded)


def moved(
    picture: Picture,
    labels: Mapping[str, Box],
    across: Move,
    down: Move,
) -> Picture:
    """Move everything: steps and lettering keep their size, what surrounds them is stretched."""
    return replace(
        picture,
        shapes=tuple(_moved_shape(shape, across, down) for shape in picture.shapes),
        edges=tuple(
            replace(
                edge,
                points=tuple((across(x), down(y)) for x, y in edge.points),
                label=_moved_label(edge, labels.get(edge.id), across, down),
            )
            for edge in picture.edges
        ),
    )


def _moved_shape(
    shape: Shape, across: Move, down: Move
) -> Shape:
    box, label = shape.box, shape.label
    left, top = across(box.x), down(box.y)
    if shape.kind in CONTAINERS or is_backdrop(shape):
        right, bottom = across(box.x + box.width), down(box.y + box.height)
        return replace(shape, box=Box(left, top, right - left, bottom - top))
    if label is not None:
        x, y = label.middle
        label = replace(label, x=label.x + across(x) - x, y=label.y + down(y) - y)
    return replace(shape, box=replace(box, x=left, y=top), label=label)


def _moved_label(
    edge: Edge, plate: Box | None, across: Move, down: Move
) -> Box | None:
    if plate is None:
        return None
    width = max(edge.label.width if edge.label else 0.0, LABEL_WIDTH)
    x, y = plate.middle
    return Box(across(x) - width / 2, down(y) - plate.height / 2, width, plate.height)


def same(value: float) -> float:
    """Leave a coordinate where it is."""
    return value


def merged(spans: Iterable[Span]) -> Iterator[Span]:
    """Join spans that touch, from the lowest."""
    low: float | None = None
    high = 0.0
    for start, end in sorted(spans):
        if low is None:
            low, high = start, end
        elif start <= high:
            high = max(high, end)
        else:
            yield low, high
            low, high = start, end
    if low is not None:
        yield low, high


def shrunk(spans: Iterable[Span], gap: float) -> Scale:
    """Shrink what is empty between spans to ``gap`` at most."""
    pairs: list[tuple[float, float]] = []
    for start, end in merged(spans):
        new = pairs[-1][1] + min(start - pairs[-1][0], gap) if pairs else start
        pairs += [(start, new), (end, new + end - start)]
    return Scale(pairs or [(0.0, 0.0)])


def shrunk_rows(
    rows: Iterable[Span], lanes: Sequence[Shape], nodes: Sequence[Shape], extent: Span
) -> Scale:
    """Shrink what is empty within every lane, and above and below them."""
    borders = {y for lane in lanes for y in (lane.box.y, lane.box.y + lane.box.height)}
    outside = {y for y in extent if not borders or not min(borders) < y < max(borders)}
    levels = borders | outside
    taken = list(merged(rows))
    pairs = [(min(levels), 0.0)]
    for low, high in pairwise(sorted(levels)):
        reaching = ((max(start, low), min(end, high)) for start, end in taken if start < high and end > low)
        inner = [(start, end) for start, end in reaching if end - start > HARDLY]
        named = any(lane.box.y <= low < lane.box.y + lane.box.height for lane in lanes)
        held = any(low <= node.box.middle[1] < high for node in nodes)
        start = pairs[-1][1]
        pairs += _band(low, high, inner, start, name_room=named and not held)
        if held:
            pairs[-1] = high, max(pairs[-1][1], start + min(high - low, NAMED_LANE))
    return Scale(pairs)


def _band(
    low: float, high: float, rows: Sequence[Span], start: float, *, name_room: bool
) -> Iterator[tuple[float, float]]:
    """Place the rows of one lane under ``start``; ``name_room`` keeps them below a name that lies."""
    if not rows:
        yield high, start
        return
    before, new = low, start + (NAME_ROOM if name_room else 0)
    for top, bottom in rows:
        new += min(top - before, ROW_GAP)
        yield max(top, low + BORDER), new
        new += bottom - top
        yield bottom, new
        before = bottom
    yield high, new + min(high - before, ROW_GAP)
