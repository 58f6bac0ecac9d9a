"""What a BPMN file says about its own picture (BPMN DI), read into plain shapes and edges."""

from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from workflows.xmlfile import BPMN, QMS, local, parse, text_of

DI = "http://www.omg.org/spec/BPMN/20100524/DI"
DC = "http://www.omg.org/spec/DD/20100524/DC"
DD = "http://www.omg.org/spec/DD/20100524/DI"

CONTAINERS = frozenset({"participant", "lane"})
SUBPROCESSES = frozenset({"subProcess", "adHocSubProcess", "transaction"})
TASKS = frozenset(
    {"task", "userTask", "serviceTask", "businessRuleTask", "scriptTask", "sendTask", "receiveTask"}
    | {"manualTask", "callActivity"}
)


@dataclass(frozen=True)
class Box:
    """A rectangle in the diagram's own unit (a pixel of the editor)."""

    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> tuple[float, float]:
        """The centre."""
        return self.x + self.width / 2, self.y + self.height / 2


@dataclass(frozen=True)
class Name:
    """The name of an element in both languages; Chinese falls back to the other."""

    en: str
    zh: str

    def text(self, lang: str) -> str:
        """Give the name in ``en`` or ``zh``, or, for ``both``, in two lines."""
        if lang == "both" and self.zh != self.en:
            return f"{self.en}\n{self.zh}"
        return self.zh if lang == "zh" else self.en


@dataclass(frozen=True)
class Shape:
    """One node: its BPMN kind, where it is, and what its outline depends on.

    ``events`` are the kinds of its event definitions; ``repeats`` is ``loop``, ``parallel``, ``sequential``
    or empty; ``across`` says that a pool or lane lies rather than stands.
    """

    id: str
    kind: str
    name: Name
    box: Box
    label: Box | None
    events: tuple[str, ...]
    repeats: str
    interrupting: bool
    expanded: bool
    across: bool


@dataclass(frozen=True)
class Edge:
    """One connection: its bends in order, and the nodes it joins."""

    id: str
    kind: str
    name: Name
    points: tuple[tuple[float, float], ...]
    label: Box | None
    source: str
    target: str
    default: bool
    conditional: bool


@dataclass(frozen=True)
class Picture:
    """A whole diagram; ``name`` is that of the process."""

    name: Name
    shapes: tuple[Shape, ...]
    edges: tuple[Edge, ...]

    def extent(self) -> Box:
        """Find the rectangle everything lies in, labels included."""
        boxes = [shape.box for shape in self.shapes]
        labels = [shape.label for shape in self.shapes] + [edge.label for edge in self.edges]
        boxes += [label for label in labels if label is not None]
        boxes += [Box(x, y, 0, 0) for edge in self.edges for x, y in edge.points]
        left, top = min(box.x for box in boxes), min(box.y for box in boxes)
        right, bottom = max(box.x + box.width for box in boxes), max(box.y + box.height for box in boxes)
        return Box(left, top, right - left, bottom - top)


def read_picture(bpmn_xml: str | bytes) -> Picture:
    """Read the first diagram of a BPMN file.

    Raises:
        UnreadableFile: the file is not acceptable XML.
    """
    root = parse(bpmn_xml.encode() if isinstance(bpmn_xml, str) else bpmn_xml)
    elements = {str(node.get("id")): node for node in root.iter() if local(node) and node.get("id")}
    diagram = root.find(f"{{{DI}}}BPMNDiagram")
    nodes = [] if diagram is None else list(diagram.iter())
    defaults = {str(node.get("default")) for node in elements.values() if node.get("default")}
    return Picture(
        name=_process_name(root),
        shapes=tuple(_shapes(nodes, elements)),
        edges=tuple(_edges(nodes, elements, defaults)),
    )


def name_of(node: etree._Element) -> Name:
    """Read the name of an element, with the Chinese one the product adds."""
    english = (node.get("name") or "").strip()
    return Name(english, (node.get(f"{{{QMS}}}nameZh") or "").strip() or english)


def _process_name(root: etree._Element) -> Name:
    processes = root.findall(f"{{{BPMN}}}process")
    runnable = [node for node in processes if node.get("isExecutable") == "true"]
    return name_of((runnable or processes or [root])[0])


def _shapes(nodes: list[etree._Element], elements: dict[str, etree._Element]) -> Iterator[Shape]:
    for node in nodes:
        bounds = _bounds(node) if local(node) == "BPMNShape" else None
        element = elements.get(node.get("bpmnElement") or "")
        if bounds is not None and element is not None:
            yield _shape(node, element, bounds)


def _shape(node: etree._Element, element: etree._Element, box: Box) -> Shape:
    name = name_of(element)
    kind = local(element)
    if kind == "textAnnotation":
        note = text_of(element.find(f"{{{BPMN}}}text"))
        name = Name(note, name.zh or note)
    return Shape(
        id=str(element.get("id")),
        kind=kind,
        name=name,
        box=box,
        label=_label(node),
        events=tuple(
            local(child).removesuffix("EventDefinition")
            for child in element
            if local(child).endswith("EventDefinition")
        ),
        repeats=_repeats(element),
        interrupting=element.get("cancelActivity", element.get("isInterrupting", "true")) != "false",
        expanded=node.get("isExpanded", "true" if kind in SUBPROCESSES else "false") != "false",
        across=node.get("isHorizontal", "true") != "false",
    )


def _repeats(element: etree._Element) -> str:
    for child in element:
        if local(child) == "standardLoopCharacteristics":
            return "loop"
        if local(child) == "multiInstanceLoopCharacteristics":
            return "sequential" if child.get("isSequential") == "true" else "parallel"
    return ""


def _edges(
    nodes: list[etree._Element], elements: dict[str, etree._Element], defaults: set[str]
) -> Iterator[Edge]:
    for node in nodes:
        element = elements.get(node.get("bpmnElement") or "") if local(node) == "BPMNEdge" else None
        if element is None:
            continue
        points = tuple(
            (float(point.get("x", "0")), float(point.get("y", "0")))
            for point in node.findall(f"{{{DD}}}waypoint")
        )
        if len(points) >= 2:
            yield Edge(
                id=str(element.get("id")),
                kind=local(element),
                name=name_of(element),
                points=points,
                label=_label(node),
                source=element.get("sourceRef") or "",
                target=element.get("targetRef") or "",
                default=element.get("id") in defaults,
                conditional=element.find(f"{{{BPMN}}}conditionExpression") is not None,
            )


def _bounds(node: etree._Element) -> Box | None:
    bounds = node.find(f"{{{DC}}}Bounds")
    if bounds is None:
        return None
    x, y, width, height = (float(bounds.get(key, "0")) for key in ("x", "y", "width", "height"))
    return Box(x, y, width, height)


def _label(node: etree._Element) -> Box | None:
    label = node.find(f"{{{DI}}}BPMNLabel")
    return None if label is None else _bounds(label)
