"""The diagram of a long case on paper: three pages at most, and it says what it leaves out."""

from pathlib import Path

import pypdfium2
import pytest

from app.archive.records import drawn_parts
from documents import sample
from documents.render import render_record
from workflows.drawing.picture import CONTAINERS, read_picture

MODELS = Path(__file__).parents[3] / "bpmn"
MOST = 3

pytestmark = pytest.mark.urs("URS-008", "URS-040")


def path_of(model: bytes, *, besides: str = "") -> dict[str, object]:
    """A case that has passed every step, besides those within one subprocess."""
    picture = read_picture(model)
    frame = next((one.box for one in picture.shapes if one.id == besides), None)
    done = [
        one
        for one in picture.shapes
        if one.kind not in CONTAINERS
        and not (frame and frame.x <= one.box.middle[0] <= frame.x + frame.width
                 and frame.y <= one.box.middle[1] <= frame.y + frame.height)
    ]  # fmt: skip
    marks = {one.id: ["Wang Xiaoming 王小明", "2026-11-23 16:10"] for one in done if one.kind == "userTask"}
    return {"done": [one.id for one in done], "flows": [one.id for one in picture.edges], "marks": marks}


def pages(parts: object) -> list[str]:
    page = render_record(
        sample.record("both", results=3),
        evidence=sample.evidence(1),
        diagram=parts,
        attachments=(),
        house=sample.house("both"),
    )
    return [one.get_textpage().get_text_range() for one in pypdfium2.PdfDocument(page)]


@pytest.mark.parametrize("name", ["capa", "change_control", "deviation"])
def test_the_diagram_of_a_case_that_has_passed_everything_fills_three_pages_at_most(name: str) -> None:
    model = (MODELS / name / f"{name}.bpmn").read_bytes()
    parts = drawn_parts(model, path_of(model), "both")
    printed = pages(parts)
    without = len(pages(()))
    assert without < len(printed) <= without + MOST
    assert all(
        f"Part {number} of {len(parts)}" in printed[without + number - 1]
        for number in range(1, len(parts) + 1)
    )


def test_a_subprocess_that_was_never_entered_is_named_not_drawn() -> None:
    model = (MODELS / "capa" / "capa.bpmn").read_bytes()
    parts = drawn_parts(model, path_of(model, besides="implementation"), "both")
    assert not any('data-element="implement"' in part.svg for part in parts)
    said = " ".join(" ".join(pages(parts)).split())
    assert "Not drawn, because the case had not entered it: Every action" in said
