"""The server-side picture of a process: readable, bilingual, and harmless to a strict page."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import etree

from workflows.diagram import difference_svg, to_svg
from workflows.drawing.folding import STEP_HEIGHT, STEP_WIDTH
from workflows.drawing.icons import TASK_ICONS
from workflows.drawing.labels import settled
from workflows.drawing.lettering import fit, width_of, wrap
from workflows.drawing.lines import label_plate, path_of
from workflows.drawing.nodes import draw_shape, foot_of, label_box
from workflows.drawing.picture import CONTAINERS, SUBPROCESSES, Box, read_picture
from workflows.drawing.tones import Tone
from workflows.xmlfile import UnreadableFile

MODELS = Path(__file__).parents[3] / "bpmn"
SVG = "{http://www.w3.org/2000/svg}"

MODEL = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:qms="urn:qms:bpmn:1"
  xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC"
  xmlns:di="http://www.omg.org/spec/DD/20100524/DI">
 <bpmn:collaboration id="c"><bpmn:participant id="pool" name="Plant" processRef="p"/></bpmn:collaboration>
 <bpmn:process id="p" name="Lot release" qms:nameZh="批放行" isExecutable="true">
  <bpmn:laneSet id="ls"><bpmn:lane id="lane" name="Inspector" qms:nameZh="检验员"/></bpmn:laneSet>
  <bpmn:startEvent id="started" name="Received"/>
  <bpmn:userTask id="inspect" name="Inspect &lt;the&gt; lot" qms:nameZh="检验批次"/>
  <bpmn:exclusiveGateway id="choice" name="Passed?" default="f3"/>
  <bpmn:endEvent id="ended" name="Released"/>
  <bpmn:sequenceFlow id="f1" sourceRef="started" targetRef="inspect"/>
  <bpmn:sequenceFlow id="f2" sourceRef="inspect" targetRef="choice"/>
  <bpmn:sequenceFlow id="f3" name="yes" sourceRef="choice" targetRef="ended"/>
 </bpmn:process>
 <bpmndi:BPMNDiagram id="d"><bpmndi:BPMNPlane id="pl" bpmnElement="c">
  <bpmndi:BPMNShape id="s0" bpmnElement="pool" isHorizontal="true">
   <dc:Bounds x="0" y="0" width="600" height="200"/></bpmndi:BPMNShape>
  <bpmndi:BPMNShape id="s1" bpmnElement="lane" isHorizontal="true">
   <dc:Bounds x="30" y="0" width="570" height="200"/></bpmndi:BPMNShape>
  <bpmndi:BPMNShape id="s2" bpmnElement="started"><dc:Bounds x="80" y="80" width="36" height="36"/>
  </bpmndi:BPMNShape>
  <bpmndi:BPMNShape id="s3" bpmnElement="inspect"><dc:Bounds x="160" y="60" width="100" height="80"/>
  </bpmndi:BPMNShape>
  <bpmndi:BPMNShape id="s4" bpmnElement="choice"><dc:Bounds x="320" y="75" width="50" height="50"/>
  </bpmndi:BPMNShape>
  <bpmndi:BPMNShape id="s5" bpmnElement="ended"><dc:Bounds x="460" y="80" width="36" height="36"/>
  </bpmndi:BPMNShape>
  <bpmndi:BPMNEdge id="e1" bpmnElement="f1"><di:waypoint x="116" y="98"/><di:waypoint x="160" y="98"/>
  </bpmndi:BPMNEdge>
  <bpmndi:BPMNEdge id="e2" bpmnElement="f2"><di:waypoint x="260" y="100"/><di:waypoint x="320" y="100"/>
  </bpmndi:BPMNEdge>
  <bpmndi:BPMNEdge id="e3" bpmnElement="f3"><di:waypoint x="370" y="100"/><di:waypoint x="460" y="98"/>
  </bpmndi:BPMNEdge>
 </bpmndi:BPMNPlane></bpmndi:BPMNDiagram>
</bpmn:definitions>"""

CAPITAL, TOUCHING = 0.72, 1.0
"""Height of a capital letter in shares of the font size; units by which lettering may touch."""
GREEN, AMBER, GREY, RED = "#2b8a3e", "#b35c00", "#94a3b8", "#c92a2a"


def drawn(**options: object) -> etree._Element:
    return etree.fromstring(to_svg(MODEL, **options))


def step(root: etree._Element, element: str) -> etree._Element:
    return root.find(f".//{SVG}g[@data-element='{element}']")


def words(root: etree._Element) -> list[str]:
    return [node.text for node in root.iter(f"{SVG}text")]


@pytest.mark.urs("URS-008")
def test_done_current_and_coming_steps_differ_in_colour_and_in_sign() -> None:
    root = drawn(done={"started"}, current={"inspect"}, flows={"f1"})
    assert step(root, "started").find(f"{SVG}circle").get("stroke") == GREEN
    assert step(root, "inspect").find(f"{SVG}rect").get("stroke") == AMBER
    assert step(root, "ended").find(f"{SVG}circle").get("stroke") == GREY
    assert len(step(root, "inspect").findall(f"{SVG}circle")) == 1
    taken = [node for node in root.iter(f"{SVG}path") if node.get("stroke") == GREEN]
    assert taken


@pytest.mark.urs("URS-122")
def test_names_are_those_of_the_readers_language() -> None:
    assert {"检验批次", "检验员"} <= set(words(drawn(lang="zh")))
    assert "Inspector" in words(drawn(lang="en"))
    assert {"Inspector", "检验员"} <= set(words(drawn(lang="both")))


def test_the_picture_is_described_in_words() -> None:
    root = drawn(done={"started"}, current={"inspect"})
    assert root.get("role") == "img"
    assert root.get("aria-label") == "Lot release"
    assert root.findtext(f"{SVG}title") == "Lot release"
    assert root.findtext(f"{SVG}desc") == "Done: Received. Now: Inspect <the> lot."


def test_who_and_when_stand_under_the_step() -> None:
    root = drawn(done={"inspect"}, marks={"inspect": "Li Wei 李伟\n2026-11-20 17:12 UTC+8"})
    assert {"Li Wei 李伟", "2026-11-20 17:12 UTC+8"} <= set(words(root))


def test_a_plain_model_has_no_legend() -> None:
    assert "Ahead or not taken" not in words(drawn())
    assert "Ahead or not taken" in words(drawn(current={"inspect"}))


def test_nothing_in_the_picture_needs_a_style_or_a_script() -> None:
    text = to_svg(MODEL, done={"started"}, current={"inspect"}, marks={"inspect": "x"})
    assert not re.search(r"<style|\sstyle=|\sclass=|<script|\son\w+=|url\(|marker", text)


def test_names_cannot_break_out_of_the_picture() -> None:
    assert "Inspect &lt;the&gt;" in to_svg(MODEL)


@pytest.mark.urs("URS-007")
def test_a_comparison_shows_added_removed_and_changed_elements() -> None:
    root = etree.fromstring(difference_svg(MODEL, added={"inspect"}, removed={"ended"}, changed={"started"}))
    assert step(root, "inspect").find(f"{SVG}rect").get("stroke") == GREEN
    assert step(root, "ended").find(f"{SVG}circle").get("stroke") == RED
    assert step(root, "started").find(f"{SVG}circle").get("stroke") == AMBER
    assert {"Added", "Removed", "Changed"} <= set(words(root))


def test_a_model_without_a_layout_says_so() -> None:
    bare = MODEL[: MODEL.index(" <bpmndi:BPMNDiagram")] + "</bpmn:definitions>"
    assert "The model holds no drawing." in to_svg(bare)


def test_a_file_that_is_no_xml_is_refused() -> None:
    with pytest.raises(UnreadableFile):
        to_svg("<bpmn:definitions")


def test_chinese_breaks_between_characters_and_english_between_words() -> None:
    assert wrap("技术评审与风险评估", 60, 12) == ["技术评审与", "风险评估"]
    assert wrap("Technical review of risk", 90, 12) == ["Technical", "review of risk"]
    assert wrap("两行\n标签", 90, 12) == ["两行", "标签"]


def test_a_full_stop_never_begins_a_line() -> None:
    assert all(not line.startswith("。") for line in wrap("一二三四五。六七", 60, 12))


def test_long_names_get_smaller_rather_than_leave_their_box() -> None:
    lines, size = fit("A very long name of a step that nobody wanted to shorten", 88, 40, 12, 8.5)
    assert size < 12
    assert all(lines)


def test_bends_are_rounded_no_further_than_their_neighbours_allow() -> None:
    assert path_of(((0, 0), (10, 0), (10, 4))) == "M0 0L8 0Q10 0 10 2L10 4"


@pytest.mark.parametrize("model", sorted(MODELS.glob("*/*.bpmn")), ids=lambda path: path.stem)
@pytest.mark.parametrize("lang", ["en", "zh", "both"])
def test_every_model_of_the_product_can_be_drawn(model: Path, lang: str) -> None:
    root = etree.fromstring(to_svg(model.read_bytes(), lang=lang))
    assert len(root.findall(f".//{SVG}g[@data-element]")) > 3


@pytest.mark.parametrize("lang", ["en", "zh", "both"])
def test_no_name_of_a_line_lies_on_another_name_or_on_a_step(lang: str) -> None:
    for model in sorted(MODELS.glob("*/*.bpmn")):
        picture = settled(read_picture(model.read_bytes()), lang)
        names = [(edge.id, label_plate(edge, lang)) for edge in picture.edges if edge.name.en]
        others = [(shape.id, label_box(shape, lang)) for shape in picture.shapes if label_box(shape, lang)]
        others += [(s.id, s.box) for s in picture.shapes if s.kind not in CONTAINERS | SUBPROCESSES]
        hit = [
            (a, b)
            for at, (a, one) in enumerate(names)
            for b, two in names[at + 1 :] + others
            if lie(one, two)
        ]
        assert hit == [], model.stem


@pytest.mark.parametrize("lang", ["en", "zh", "both"])
def test_no_name_of_a_step_runs_under_its_icon_however_small_the_step(lang: str) -> None:
    for model in sorted(MODELS.glob("*/*.bpmn")):
        steps = (one for one in read_picture(model.read_bytes()).shapes if one.kind in TASK_ICONS)
        for shape in (replace(one, box=Box(0, 0, STEP_WIDTH, STEP_HEIGHT)) for one in steps):
            drawing = draw_shape(shape, Tone.PLAIN, lang)
            icon = drawing.find(f"{SVG}path").get("transform")
            scale = float(re.search(r"scale\(([\d.]+)\)", icon)[1]) if "scale" in icon else 1.0
            lines = drawing.findall(f".//{SVG}text")
            size = float(lines[0].getparent().get("font-size"))
            below_icon = float(lines[0].get("y")) - CAPITAL * size >= 4 + 15.2 * scale - TOUCHING
            beside = all(width_of(one.text, size) / 2 <= STEP_WIDTH / 2 - 21 for one in lines)
            assert below_icon or beside, (model.stem, shape.id, [one.text for one in lines])
            assert float(lines[-1].get("y")) <= STEP_HEIGHT - foot_of(shape) - 2


def lie(one: Box, two: Box) -> bool:
    across = min(one.x + one.width, two.x + two.width) - max(one.x, two.x)
    return across > 3 < min(one.y + one.height, two.y + two.height) - max(one.y, two.y)
