import hashlib
from pathlib import Path

import pytest

from core.errors import NotFound
from documents import store


def test_what_is_stored_is_found_by_its_hash_and_only_once(home: Path) -> None:
    sha256 = store.put(b"page")
    assert store.put(b"page") == sha256 == hashlib.sha256(b"page").hexdigest()
    with store.open_file(sha256) as file:
        assert file.read() == b"page"
    assert [path.name for path in (home / "files").rglob("*") if path.is_file()] == [sha256]


@pytest.mark.urs("URS-020")
def test_a_file_changed_on_the_disk_is_not_given_out_as_the_record(home: Path) -> None:
    sha256 = store.put(b"page")
    place = store.path_of(sha256)
    place.chmod(0o600)
    place.write_bytes(b"pagE")
    with pytest.raises(NotFound) as refusal:
        store.read(sha256)
    assert refusal.value.code == "file.damaged"


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "A" * 64, "0" * 63])
def test_an_address_that_is_no_hash_never_leaves_the_store(home: Path, name: str) -> None:
    with pytest.raises(ValueError, match="SHA-256"):
        store.path_of(name)
    with pytest.raises(NotFound):
        store.open_file(name)


def test_a_crash_while_writing_leaves_nothing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("documents.store.os.fsync", crash)
    with pytest.raises(OSError, match="disk full"):
        store.put(b"page")
    assert [path for path in (home / "files").rglob("*") if path.is_file()] == []
