"""The steps of a diagram one after the other, numbered: the order in which a folded diagram shows them.

A step is followed by one it leads to wherever that is possible; what lies in a subprocess comes as a block of
its own behind the steps around it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from workflows.drawing.picture import CONTAINERS, SUBPROCESSES, Box, Edge, Name, Picture, Shape
from workflows.drawing.shrinking import is_backdrop

NOBODY = Name("", "")


@dataclass(frozen=True)
class Numbered:
    """One step of a folded diagram: its number and the lane in which it lies."""

    shape: Shape
    number: int
    lane: Name


@dataclass(frozen=True)
class Block:
    """Steps that are shown together: those of the process, or those of one subprocess, the ``frame``."""

    frame: Shape | None
    steps: tuple[Numbered, ...]


def blocks_of(picture: Picture) -> list[Block]:
    """Number the steps of a diagram, block by block; a subprocess is one step of the block around it."""
    frames = [shape for shape in picture.shapes if shape.kind in SUBPROCESSES and is_backdrop(shape)]
    steps = [shape for shape in picture.shapes if shape.kind not in {*CONTAINERS, "group"}]
    lanes = [shape for shape in picture.shapes if shape.kind == "lane"]
    scope = {one.id: _around(one, frames) for one in steps}
    blocks: list[Block] = []
    numbered = 0
    for frame in _in_order(frames, scope):
        inside = [one for one in steps if scope[one.id] == (frame.id if frame else "")]
        if not inside:
            continue
        ordered = list(_chained(inside, _ways(picture.edges, inside, scope)))
        rows = (Numbered(one, numbered + place, _lane(one, lanes)) for place, one in enumerate(ordered, 1))
        blocks.append(Block(frame, tuple(rows)))
        numbered += len(ordered)
    return blocks


def _in_order(frames: Sequence[Shape], scope: Mapping[str, str]) -> Iterator[Shape | None]:
    """The process first, then its subprocesses from the left, each before what lies in it."""
    yield None
    depth = {"": 0}
    for one in sorted(frames, key=lambda shape: -shape.box.width * shape.box.height):
        depth[one.id] = depth.get(scope[one.id], 0) + 1
    yield from sorted(frames, key=lambda shape: (depth[shape.id], *_place(shape)))


def _around(shape: Shape, frames: Iterable[Shape]) -> str:
    """The innermost subprocess in which a step lies; empty for the process itself."""
    holding = [one for one in frames if one.id != shape.id and _holds(one.box, shape)]
    return min(holding, key=lambda one: one.box.width * one.box.height).id if holding else ""


def _holds(box: Box, shape: Shape) -> bool:
    """Whether a step lies in a box; an event on its border belongs to what is around it."""
    (x, y), room = shape.box.middle, 1 if shape.kind == "boundaryEvent" else 0
    across = box.x + room < x < box.x + box.width - room
    down = box.y + room < y < box.y + box.height - room
    smaller = shape.box.width * shape.box.height < box.width * box.height
    return across and down and smaller


def _ways(
    edges: Iterable[Edge], inside: Sequence[Shape], scope: Mapping[str, str]
) -> dict[str, list[Shape]]:
    """Which steps of a block each of them leads to from left to right; an event follows what it hangs on."""
    by_id = {one.id: one for one in inside}
    ways: dict[str, list[Shape]] = {one.id: [] for one in inside}
    for edge in edges:
        source, target = by_id.get(edge.source), by_id.get(edge.target)
        if source is not None and target is not None and _place(source) < _place(target):
            ways[source.id].append(target)
    for event in (one for one in inside if one.kind == "boundaryEvent"):
        if host := host_of(event, inside):
            ways[host.id].append(event)
    return ways


def host_of(event: Shape, steps: Iterable[Shape]) -> Shape | None:
    """The step on whose border an event lies."""
    x, y = event.box.middle
    for one in steps:
        if one.id != event.id and not one.kind.endswith(("Event", "Gateway")):
            box = one.box
            if box.x - 2 <= x <= box.x + box.width + 2 and box.y - 2 <= y <= box.y + box.height + 2:
                return one
    return None


def _chained(inside: Sequence[Shape], ways: Mapping[str, Sequence[Shape]]) -> Iterator[Shape]:
    """Follow the lines as far as they go, then begin again with what is left furthest to the left."""
    waiting = {one.id: one for one in sorted(inside, key=_place)}
    current: Shape | None = None
    while waiting:
        behind = {target.id for source in waiting for target in ways[source]}
        following = ways[current.id] if current is not None else ()
        free = [one for one in following if one.id in waiting and one.id not in behind]
        free.sort(key=lambda one: (one.kind == "boundaryEvent", *_place(one)))
        ready = free or [one for one in waiting.values() if one.id not in behind] or list(waiting.values())
        current = ready[0]
        del waiting[current.id]
        yield current


def _place(shape: Shape) -> tuple[float, float, str]:
    return *shape.box.middle, shape.id


def _lane(shape: Shape, lanes: Iterable[Shape]) -> Name:
    """The name of the innermost lane in which a step lies."""
    x, y = shape.box.middle
    holding = [
        one
        for one in lanes
        if one.box.x <= x <= one.box.x + one.box.width and one.box.y <= y < one.box.y + one.box.height
    ]
    return min(holding, key=lambda one: one.box.width * one.box.height).name if holding else NOBODY
