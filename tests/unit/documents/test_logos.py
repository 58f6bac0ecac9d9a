"""A logo is taken only when it is a plain drawing or picture; a hostile one is refused with its reason."""

import io

import pytest
from PIL import Image

from core.errors import Invalid
from documents.logos import LARGEST_PNG, LARGEST_SVG, PNG, accept_logo, printed_logo

HEAD = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 40 10">'
)


def svg(inside: str) -> bytes:
    return f"{HEAD}{inside}</svg>".encode()


def png(width: int = 40, height: int = 10, mode: str = "RGBA") -> bytes:
    written = io.BytesIO()
    Image.new(mode, (width, height)).save(written, "PNG", pnginfo=None)
    return written.getvalue()


def test_a_plain_drawing_is_kept_without_what_its_program_noted() -> None:
    drawn = svg(
        '<metadata><x xmlns="urn:x"/></metadata><!-- by me --><rect width="40" height="10" fill="#123"/>'
    )
    logo = accept_logo(drawn)
    assert "<rect" in logo
    assert "metadata" not in logo
    assert "by me" not in logo
    assert "<title>Firm</title>" in printed_logo(logo, "Firm", "serif")


@pytest.mark.urs("URS-144")
@pytest.mark.parametrize(
    "hostile",
    [
        b'<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + svg("<text>&x;</text>"),
        svg("<script>alert(1)</script>"),
        svg('<rect onclick="alert(1)"/>'),
        svg('<rect fill="url(https://example.com/x)"/>'),
        svg('<rect style="fill:url( //example.com/x )"/>'),
        svg('<rect style="background:\\75rl(x)"/>'),
        svg('<image xlink:href="file:///etc/passwd"/>'),
        svg('<use xlink:href="#a"/>'),
        svg('<a xlink:href="javascript:alert(1)"><rect/></a>'),
        svg("<style>@import url(https://example.com)</style>"),
        svg("<foreignObject/>"),
        svg('<animate attributeName="href"/>'),
        svg('<filter id="f"/>'),
        svg('<iframe xmlns="http://www.w3.org/1999/xhtml" src="x"/>'),
        svg("<g>" * 60 + "</g>" * 60),
        svg("<rect/>" * 3000),
        svg("x" * LARGEST_SVG),
        b'<svg xmlns="http://www.w3.org/2000/svg"><rect/></svg>',
        b"<svg",
        b"<html/>",
        b"%PDF-1.7",
        b"\xff\xd8\xff\xe0 jpeg",
        b"",
        b"\x89PNG\r\n\x1a\n" + b"not a picture",
        png() + b"\0" * LARGEST_PNG,
    ],
)
def test_a_hostile_or_unfit_logo_is_refused_with_its_reason(hostile: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        accept_logo(hostile)
    assert refused.value.field == "logo" or refused.value.code == "drawing.unreadable"
    assert refused.value.text("zh") != refused.value.text("en")


@pytest.mark.parametrize("mode", ["RGBA", "RGB", "L", "P", "1"])
def test_a_picture_is_written_anew(mode: str) -> None:
    logo = accept_logo(png(mode=mode))
    assert logo.startswith(PNG)
    assert 'alt="A &amp; B"' in printed_logo(logo, "A & B", "serif")


def test_a_large_picture_shrinks_to_what_a_head_of_a_page_can_show() -> None:
    assert len(accept_logo(png(4000, 3000))) < 100_000
