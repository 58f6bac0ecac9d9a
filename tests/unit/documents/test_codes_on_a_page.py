"""Numbers and codes on a printed page: never broken at their hyphens, the text stays what it is."""

import pypdfium2
import pytest

from documents import sample
from documents.render import render_record
from documents.wording import unbroken

pytestmark = pytest.mark.urs("URS-040")
CODES = ("CAPA-2026-0001", "P-MECO-18-B-001", "2026-11-24", "L26-0001")
LONG = "A-1-" * 30 + "Z"


def lines_of(cells: list[str]) -> str:
    record = sample.record("both", results=1)
    columns = [{"en": f"Column {place}", "zh": f"列 {place}"} for place, _cell in enumerate(cells)]
    table = {"columns": columns, "rows": [cells]}
    record["content"]["shown"] = [{"title": {"en": "Links", "zh": "关联"}, "rows": [], "table": table}]
    page = render_record(record, evidence=[], diagram=(), attachments=(), house=sample.house("both"))
    return pypdfium2.PdfDocument(page)[0].get_textpage().get_text_range()


def test_a_code_in_a_narrow_column_stands_on_one_line() -> None:
    words = [" ".join(["of"] * place) for place in range(4, 12)]
    cells = [f"{one} {CODES[place % 4]} and {one} {CODES[place % 4]}" for place, one in enumerate(words[:6])]
    text = lines_of(cells)
    for place, code in enumerate(CODES):
        assert text.count(code) >= 2 * len(cells[place::4]), code


def test_a_code_longer_than_its_column_breaks_and_does_not_run_over() -> None:
    text = lines_of([LONG, "second cell of the row", "third cell of the row"])
    assert LONG not in text
    assert "second" in text


def test_only_the_page_is_told_and_what_people_wrote_stays_text() -> None:
    shown = unbroken("<b>CAPA-2026-0001</b> well-known")
    assert str(shown) == '&lt;b&gt;<span class="unbroken">CAPA-2026-0001</span>&lt;/b&gt; well-known'
