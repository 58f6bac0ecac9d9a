import pytest

from core.errors import Invalid
from documents.drawing import prepare
from tests.factories.documents import DIAGRAM

WILD = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    ' width="20" height="10" onload="alert(1)"><title>old</title>'
    "<script>alert(1)</script><foreignObject/>"
    '<image xlink:href="file:///etc/passwd"/>'
    '<use xlink:href="http://example.com/x#a"/><use xlink:href="#mine"/>'
    "<style>@import url(http://example.com/x.css)</style>"
    '<rect fill="url(http://example.com/a)" stroke="url(#mine)" style="font-family:Arial;fill:red"/>'
    '<text font-family="Arial" font-weight="bold" onclick="x()">a</text></svg>'
)


def test_only_shapes_and_text_of_a_drawing_stay() -> None:
    markup = prepare(WILD, "The path", "'QMS Record'").markup
    for unwanted in (
        "script",
        "alert",
        "foreignObject",
        "image",
        "example.com",
        "passwd",
        "Arial",
        "bold",
        "old",
    ):
        assert unwanted not in markup
    assert 'href="#mine"' in markup
    assert 'stroke="url(#mine)"' in markup
    assert "<title>The path</title>" in markup


def test_entities_of_a_drawing_are_never_read() -> None:
    declared = '<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/hostname">]>'
    drawing = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><text>&x;</text></svg>'
    assert "<text/>" in prepare(declared + drawing, "t", "f").markup


@pytest.mark.parametrize("svg", ["", "<html/>", "<svg", '<svg xmlns="http://www.w3.org/2000/svg"/>'])
def test_what_is_no_drawing_with_a_size_is_refused(svg: str) -> None:
    with pytest.raises(Invalid):
        prepare(svg, "t", "f")


def test_a_wide_drawing_gets_a_page_turned() -> None:
    assert not prepare(DIAGRAM, "t", "f").landscape
    assert prepare(DIAGRAM.replace("0 0 760 220", "0 0 1400 700"), "t", "f").landscape
