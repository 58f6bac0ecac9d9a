"""Hostile files at the door where files are brought: refused by name, in one's own language, nothing kept."""

import io
import zipfile
from pathlib import Path

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import Engine, func, select, update

from app.access.models import Person
from app.factory import create_app
from core import clock, db
from core.config import settings
from documents.models import StoredFile
from tests.factories.people import SETUP, make_company, sign_in, token

SVG = b"<svg xmlns='http://www.w3.org/2000/svg'>%s</svg>"
KIND = "multipart/form-data; boundary=b"
PROGRAM = b"/Names<</EmbeddedFiles 2 0 R>>>> endobj 2 0 obj <</Type/Filespec/F(tool.exe)/EF<</F 3 0 R>>"
XXE = b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>"


def pdf(inside: bytes) -> bytes:
    return b"%%PDF-1.7\n1 0 obj <<%s>> endobj\ntrailer <</Root 1 0 R>>\n%%%%EOF\n" % inside


def office(**parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
        for name, data in parts.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), data)
    return out.getvalue()


def picture(width: int, height: int) -> bytes:
    out = io.BytesIO()
    Image.new("1", (width, height)).save(out, "PNG")
    return out.getvalue()


HOSTILE: dict[str, tuple[str, bytes, str]] = {
    "nothing": ("a.pdf", b"", "upload.empty"),
    "a program": ("a.exe", b"MZ\x90", "upload.kind"),
    "a program in a picture's name": ("a.png", b"MZ\x90", "upload.not_what_it_claims"),
    "a page in a table's name": ("a.csv", b"<html><script>alert(1)</script>", "upload.not_what_it_claims"),
    "a drawing": ("a.svg", SVG % b"<script>alert(1)</script>", "upload.kind"),
    "a drawing as text": ("a.txt", SVG % b"<foreignObject/>", "upload.not_what_it_claims"),
    "entities": ("a.txt", XXE, "upload.not_what_it_claims"),
    "a picture and a program": ("a.png", b"\x89PNG\r\n\x1a\n" + b"MZ" * 99, "upload.dangerous"),
    "a picture without end": ("a.png", picture(30_000, 30_000), "upload.dangerous"),
    "a script": ("a.pdf", pdf(b"/OpenAction<</S/JavaScript/JS(1)>>"), "upload.dangerous"),
    "a hidden script": ("a.pdf", pdf(b"/S/J#61vaScript"), "upload.dangerous"),
    "a launch": ("a.pdf", pdf(b"/AA<</O<</S/Launch/F(calc.exe)>>>>"), "upload.dangerous"),
    "a packed program": ("a.pdf", pdf(PROGRAM), "upload.dangerous"),
    "a locked page": ("a.pdf", pdf(b"/Encrypt 2 0 R"), "upload.dangerous"),
    "a bomb": ("a.xlsx", office(xl__a_dot_xml=bytes(220 * 1024 * 1024)), "upload.dangerous"),
    "macros": ("a.xlsx", office(xl__vbaProject_dot_bin=b"x"), "upload.dangerous"),
    "entities in a book": ("a.xlsx", office(xl__a_dot_xml=XXE), "upload.dangerous"),
    "a formula": ("a.csv", b"a;b\n1;=cmd|' /C calc'!A0\n", "upload.dangerous"),
    "no ending": ("passwd", b"x", "upload.name"),
    "only a path": ("../../..", b"x", "upload.name"),
    "a name that turns": ("fdp.\u202etxt.exe", b"MZ", "upload.kind"),
    "too much": ("a.txt", b"x" * (20 * 1024 * 1024 + 1), "upload.too_large"),
}


@pytest.fixture
def app(database: Engine) -> Flask:
    company = make_company(("inspector", "inspector"))
    with db.unit_of_work(SETUP, now=clock.now()) as session:
        chinese = update(Person).where(Person.id == company.people["inspector"]).values(language="zh")
        session.execute(chinese)
    return create_app(testing=True)


def form(name: str, data: bytes) -> bytes:
    """A form with one file, as a browser sends it."""
    head = f'--b\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    return head.encode() + data + b"\r\n--b--\r\n"


def kept() -> tuple[int, list[Path]]:
    """How many files are listed, and which lie in the store."""
    with db.read_session() as session:
        listed = session.scalar(select(func.count()).select_from(StoredFile)) or 0
    return listed, [path for path in settings().files.rglob("*") if path.is_file()]


@pytest.mark.urs("URS-020")
def test_a_hostile_file_is_refused_at_its_field_and_leaves_nothing(app: Flask) -> None:
    client = sign_in(app, "inspector")
    headers = {"X-CSRFToken": token(client, "/me/password"), "Accept": "application/json"}
    for what, (name, data, code) in HOSTILE.items():
        answer = client.post("/attachments", data=form(name, data), content_type=KIND, headers=headers)
        assert (what, answer.status_code) == (what, 422)
        assert (what, answer.json["type"]) == (what, f"urn:qms:problem:{code}")
        sentence = answer.json["errors"]["file"]
        assert any("\u4e00" <= sign <= "\u9fff" for sign in sentence), what
        assert kept() == (0, []), what
