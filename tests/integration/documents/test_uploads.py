import io
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from core import db
from core.actor import Actor
from core.errors import Invalid
from documents import store, uploads
from documents.models import StoredFile


def bring(name: str, data: bytes, keeper: Actor, now: datetime) -> StoredFile:
    with db.unit_of_work(keeper, now=now) as session:
        return uploads.accept(session, io.BytesIO(data), name, actor=keeper, now=now)


def test_a_file_is_kept_under_its_hash_with_who_brought_it(
    database: Engine, keeper: Actor, now: datetime
) -> None:
    file = bring(r"C:\Users\wang\质保书 HY-1.TXT", b"fine", keeper, now)
    assert (file.name, file.media_type, file.size) == ("质保书 HY-1.TXT", "text/plain", 4)
    assert (file.uploaded_by, file.uploaded_at) == (keeper.id, now)
    assert store.read(file.sha256) == b"fine"
    assert bring("other.csv", b"fine", keeper, now).name == "质保书 HY-1.TXT"


def test_a_file_of_an_act_that_is_refused_is_not_stored(
    database: Engine, keeper: Actor, now: datetime, home: Path
) -> None:
    def refused() -> None:
        with db.unit_of_work(keeper, now=now) as session:
            file = uploads.accept(session, io.BytesIO(b"fine"), "a.txt", actor=keeper, now=now)
            assert store.read_in(session, file.sha256) == b"fine"
            raise LookupError

    with pytest.raises(LookupError):
        refused()
    assert [path for path in (home / "files").rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("a.txt", b"", "upload.empty"),
        ("a.txt", bytes(uploads.LIMIT + 1), "upload.too_large"),
        ("a.exe", b"MZ", "upload.kind"),
        ("a.svg", b"<svg/>", "upload.kind"),
        ("a.pdf", b"MZ", "upload.not_what_it_claims"),
        ("a.csv", b"<script>alert(1)</script>", "upload.not_what_it_claims"),
        ("a.png", b"\x89PNG\r\n\x1a\nxxxx", "upload.dangerous"),
        ("noending", b"x", "upload.name"),
        ("../..", b"x", "upload.name"),
    ],
)
def test_what_is_not_wanted_is_refused_at_the_field_in_both_languages(
    database: Engine, keeper: Actor, now: datetime, name: str, data: bytes, code: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        bring(name, data, keeper, now)
    assert refusal.value.code == code
    assert refusal.value.field == "file"
    assert refusal.value.text("en")
    assert refusal.value.text("zh")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/pass\x00wd.txt", "passwd.txt"),
        ("a\u202egnp.exe.pdf", "agnp.exe.pdf"),
        ("  report <1>.pdf ", "report 1.pdf"),
        ("合格 😀 证.pdf", "合格  证.pdf"),
        ("x" * 400 + ".pdf", "x" * 150 + ".pdf"),
    ],
)
def test_a_name_is_kept_without_signs_that_mislead(given: str, kept: str) -> None:
    assert uploads.clean_name(given) == kept
