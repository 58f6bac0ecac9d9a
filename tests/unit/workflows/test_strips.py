"""Diagrams on paper: cut into parts that can be read, nothing lost, lines that go on elsewhere say where."""

import re
from collections import Counter
from pathlib import Path

import pytest
from lxml import etree

from documents.drawing import UPRIGHT
from workflows.diagram import Part, to_parts
from workflows.drawing.folding import fold
from workflows.drawing.labels import settled
from workflows.drawing.picture import CONTAINERS, Picture, read_picture
from workflows.drawing.shrinking import is_backdrop
from workflows.drawing.strips import cut

MODELS = sorted((Path(__file__).parents[3] / "bpmn").glob("*/*.bpmn"))
LONG = next(path for path in MODELS if path.stem == "change_control").read_bytes()
CUT = next(path for path in MODELS if path.stem == "data_correction").read_bytes()
SVG = "{http://www.w3.org/2000/svg}"
POINTS_A_UNIT = 178 / UPRIGHT[0] * 72 / 25.4
SIGN = re.compile(r"([A-Z]\d*) → (\d+)|(\d+) → ([A-Z]\d*)")

pytestmark = pytest.mark.urs("URS-008")


def parts_of(model: bytes, **options: object) -> list[Part]:
    return to_parts(model, width=UPRIGHT[0], height=UPRIGHT[1], **{"lang": "both", **options})


def steps(part: Part) -> list[str]:
    root = etree.fromstring(part.svg)
    return [str(group.get("data-element")) for group in root.iter(f"{SVG}g") if group.get("data-element")]


def view(part: Part) -> tuple[float, float]:
    _x, _y, width, height = etree.fromstring(part.svg).get("viewBox").split()
    return float(width), float(height)


@pytest.mark.parametrize("model", MODELS, ids=lambda path: path.stem)
def test_every_step_stands_in_one_part_and_every_part_on_a_page_in_letters_that_can_be_read(
    model: Path,
) -> None:
    shapes = read_picture(model.read_bytes()).shapes
    nodes = {shape.id for shape in shapes if shape.kind not in CONTAINERS and not is_backdrop(shape)}
    parts = parts_of(model.read_bytes())
    drawn = Counter(one for part in parts for one in steps(part) if one in nodes)
    assert {one: drawn[one] for one in nodes if drawn[one] != 1} == {}, "steps lost or drawn twice"
    assert [part.number for part in parts] == list(range(1, len(parts) + 1))
    for part in parts:
        width, height = view(part)
        assert width <= UPRIGHT[0], (part.number, width)
        assert height <= UPRIGHT[1], (part.number, height)
        sizes = {one.get("font-size") for one in etree.fromstring(part.svg).iter() if one.get("font-size")}
        assert min(map(float, sizes)) * POINTS_A_UNIT >= 6.5


@pytest.mark.parametrize("model", MODELS, ids=lambda path: path.stem)
def test_no_part_holds_lettering_without_the_step_it_belongs_to(model: Path) -> None:
    shapes = read_picture(model.read_bytes()).shapes
    nodes = [shape for shape in shapes if shape.kind not in CONTAINERS and not is_backdrop(shape)]
    for now in (shape for shape in nodes if shape.kind == "userTask"):
        done = [shape.id for shape in nodes if shape.box.x < now.box.x]
        for lang in ("both", "zh"):
            for part in parts_of(model.read_bytes(), done=done, current=[now.id], lang=lang):
                assert set(steps(part)) & {shape.id for shape in nodes}, (now.id, lang, part.number)


def test_a_line_that_leaves_a_part_comes_in_again_where_its_sign_says() -> None:
    leaving, coming = Counter(), Counter()
    for part in parts_of(CUT):
        texts = [str(text.text) for text in etree.fromstring(part.svg).iter(f"{SVG}text")]
        for text in texts:
            if found := SIGN.fullmatch(text):
                if found[1]:
                    leaving[part.number, found[1], int(found[2])] += 1
                else:
                    coming[int(found[3]), found[4], part.number] += 1
    assert leaving
    assert set(leaving) == set(coming)


def test_a_folded_diagram_tells_every_way_by_the_numbers_of_its_steps() -> None:
    edges = read_picture(LONG).edges
    done, passed = {shape.id for shape in read_picture(LONG).shapes}, {edges[0].id}
    parts = parts_of(LONG, done=done, flows=passed, lang="en")
    assert all(part.folded for part in parts)
    notes = [
        block
        for part in parts
        for block in etree.fromstring(part.svg).iter(f"{SVG}g")
        if block.get("font-size")
    ]
    texts = [" ".join(str(line.text) for line in block) for block in notes]
    heads = [found for text in texts if (found := re.match(r"(\d+)(?: ← ([\d, ]+))? · ", text))]
    assert [int(head[1]) for head in heads] == list(range(1, len(heads) + 1))
    coming = [int(head[1]) for head in heads for _one in (head[2] or "").split()]
    told = [
        int(one) for text in texts for found in re.findall(r"→ ([\d, ]+)$", text) for one in found.split(",")
    ]
    assert coming
    assert set(coming) <= set(told), "a step says that one comes from a step that does not say so"


@pytest.mark.parametrize("height", [520, 640, 752, 842, 930])
def test_no_row_of_a_folded_diagram_stands_on_a_last_page_alone(height: int) -> None:
    for model in MODELS:
        picture = read_picture(model.read_bytes())
        strips = fold(picture, {}, "both", width=670, height=height, heading=90)
        rows = [
            len({round(one.box.middle[1]) for one in strip.picture.shapes if not is_backdrop(one)})
            for strip in strips
        ]
        assert len(rows) == 1 or rows[-1] > 1, (model.stem, rows)
        assert all(strip.frame.height <= height for strip in strips)
        drawn = Counter(one for strip in strips for one in steps_in(strip.picture))
        assert all(drawn[one] == 1 for one in steps_in(picture)), model.stem


def steps_in(picture: Picture) -> list[str]:
    return [one.id for one in picture.shapes if one.kind not in CONTAINERS and not is_backdrop(one)]


@pytest.mark.parametrize("folded", [True, False])
def test_the_name_of_a_repeated_step_stands_above_its_signs(folded: bool) -> None:
    shapes = read_picture(LONG).shapes
    done = {shape.id for shape in shapes} if folded else set()
    repeated = {shape.id for shape in shapes if shape.repeats}
    groups = [
        group
        for part in parts_of(LONG, done=done)
        for group in etree.fromstring(part.svg).iter(f"{SVG}g")
        if group.get("data-element") in repeated
    ]
    assert len(groups) == len(repeated)
    for group in groups:
        signs = [float(path.get("transform").split()[1].rstrip(")")) for path in group.iter(f"{SVG}path")]
        name = next(part for part in group if part.get("font-size"))
        lowest = max(float(line.get("y")) for line in name)
        assert lowest < max(signs) - 6, group.get("data-element")


def test_every_part_names_the_lanes_of_its_steps() -> None:
    picture = read_picture(CUT)
    lanes = [shape for shape in picture.shapes if shape.kind == "lane"]
    at = {shape.id: shape.box.middle[1] for shape in picture.shapes}
    for part in parts_of(CUT):
        here = {one for one in steps(part) if one not in {lane.id for lane in lanes}}
        needed = {
            lane.id for lane in lanes for one in here if lane.box.y <= at[one] < lane.box.y + lane.box.height
        }
        assert needed <= set(steps(part)), part.number


def test_no_lane_is_drawn_too_thin_for_its_name() -> None:
    for model in MODELS:
        picture = settled(read_picture(model.read_bytes()), "both")
        for strip in cut(picture, {}, "both", width=660, height=820):
            lanes = [shape.box.height for shape in strip.picture.shapes if shape.kind == "lane"]
            assert all(height > 18 for height in lanes), (model.stem, strip.number, lanes)


def test_of_a_long_diagram_only_the_path_taken_and_the_steps_next_to_it_are_drawn() -> None:
    edges = read_picture(LONG).edges
    first = next(shape.id for shape in read_picture(LONG).shapes if shape.kind == "startEvent")
    second = next(edge.target for edge in edges if edge.source == first)
    beside = {edge.target for edge in edges if edge.source == second}
    parts = parts_of(LONG, done={first}, current={second})
    nodes = {s.id for s in read_picture(LONG).shapes if s.kind not in CONTAINERS}
    assert {one for part in parts for one in steps(part)} & nodes == {first, second, *beside}
    assert not any(part.whole for part in parts)
    assert all(part.whole for part in parts_of(LONG))


def test_a_part_says_in_words_what_was_done_in_it() -> None:
    picture = read_picture(LONG)
    done = {shape.id for shape in picture.shapes if shape.kind not in CONTAINERS}
    parts = parts_of(LONG, done=done, lang="zh")
    names = {shape.id: shape.name.zh for shape in picture.shapes}
    for part in parts:
        named = [names[one] for one in steps(part) if one in done and names[one]]
        assert all(name in part.words for name in named), part.number


def test_the_same_path_gives_the_same_parts() -> None:
    done = {shape.id for shape in read_picture(LONG).shapes}
    assert parts_of(LONG, done=done) == parts_of(LONG, done=sorted(done))
