"""The edit of the newcomer's tutorial: a second QA reviewer before incoming goods are released."""

import shutil
from pathlib import Path
from typing import Any

from lxml import etree

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
DIAGRAM = "http://www.omg.org/spec/BPMN/20100524/DI"
BOUNDS = "http://www.omg.org/spec/DD/20100524/DC"
POINT = "http://www.omg.org/spec/DD/20100524/DI"
QMS = "urn:qms:bpmn:1"
STEP = "second_review"


def add_second_reviewer(source: Path, target: Path) -> None:
    """Copy a folder with the model of lot release and draw the second reviewer into the copy."""
    shutil.copytree(source, target)
    file = target / "lot_release.bpmn"
    tree = etree.parse(str(file))
    _add_step(tree)
    _add_drawing(tree)
    tree.write(str(file), encoding="UTF-8", xml_declaration=True)


def _add_step(tree: Any) -> None:
    process = tree.find(f"{{{BPMN}}}process")
    released = tree.find(f".//{{{BPMN}}}sequenceFlow[@id='incoming_released']")
    released.set("targetRef", STEP)
    release = tree.find(f".//{{{BPMN}}}serviceTask[@id='release_lot']")
    for incoming in release.findall(f"{{{BPMN}}}incoming"):
        if incoming.text == "incoming_released":
            incoming.text = "reviewed_again"
    task = etree.SubElement(process, f"{{{BPMN}}}userTask", id=STEP, name="Second review")
    policy = {
        "nameZh": "二次复核",
        "step": STEP,
        "form": "lot_release_decision",
        "meaning": "reviewed",
        "notBy": "start inspection incoming_release",
        "shows": "inventory.lot quality.inspection",
    }
    for name, value in policy.items():
        task.set(f"{{{QMS}}}{name}", value)
    etree.SubElement(task, f"{{{BPMN}}}incoming").text = "incoming_released"
    etree.SubElement(task, f"{{{BPMN}}}outgoing").text = "reviewed_again"
    flow = {"id": "reviewed_again", "sourceRef": STEP, "targetRef": "release_lot"}
    etree.SubElement(process, f"{{{BPMN}}}sequenceFlow", flow)
    lane = tree.find(f".//{{{BPMN}}}lane[@id='lane_qa']")
    etree.SubElement(lane, f"{{{BPMN}}}flowNodeRef").text = STEP


def _add_drawing(tree: Any) -> None:
    """Put the new step half way along the arrow that led to the release, and bend the arrows."""
    plane = tree.find(f".//{{{DIAGRAM}}}BPMNPlane")
    edge = plane.find(f"{{{DIAGRAM}}}BPMNEdge[@bpmnElement='incoming_released']")
    points = [(float(one.get("x")), float(one.get("y"))) for one in edge.findall(f"{{{POINT}}}waypoint")]
    (left, top), (right, bottom) = points[0], points[-1]
    x, y = left + 90, top - 40
    shape = etree.SubElement(plane, f"{{{DIAGRAM}}}BPMNShape", id=f"{STEP}_di", bpmnElement=STEP)
    etree.SubElement(shape, f"{{{BOUNDS}}}Bounds", x=f"{x:g}", y=f"{y:g}", width="100", height="80")
    for point in list(edge):
        edge.remove(point)
    _points(edge, [(left, top), (x, top)])
    named = {"id": "reviewed_again_di", "bpmnElement": "reviewed_again"}
    again = etree.SubElement(plane, f"{{{DIAGRAM}}}BPMNEdge", named)
    _points(again, [(x + 100, top), (right, top), (right, bottom)])


def _points(edge: Any, points: list[tuple[float, float]]) -> None:
    for x, y in points:
        etree.SubElement(edge, f"{{{POINT}}}waypoint", x=f"{x:g}", y=f"{y:g}")
