import json
from pathlib import Path

import pytest

from app import cli
from core import config
from signatures.keys import KeyRing


def _run(*words: object, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    status = cli.main(["records", "verify", *map(str, words)])
    said = capsys.readouterr()
    return status, said.out, said.err


@pytest.fixture
def file(sealed: bytes, tmp_path: Path) -> Path:
    place = tmp_path / "record.pdf"
    place.write_bytes(sealed)
    return place


@pytest.mark.urs("URS-025")
def test_inside_an_installation_its_own_root_is_the_anchor(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, err = _run(file, "--json", capsys=capsys)
    (answer,) = json.loads(out)
    assert (status, err) == (0, "")
    assert (answer["ok"], answer["record"], answer["assurance"]) == (True, "LR-2026-0001", "internal")
    assert answer["findings"] == []
    assert [one["signer"] for one in answer["signatures"][:2]] == ["Anna Keller", "张伟"]
    assert {"signer", "meaning", "time", "level", "ok"} <= set(answer["signatures"][0])


@pytest.mark.urs("URS-025")
def test_without_a_trust_anchor_nothing_is_said_to_hold(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("QMS_HOME", str(tmp_path / "elsewhere"))
    config.settings.cache_clear()
    status, out, err = _run(file, "--json", capsys=capsys)
    assert (status, out) == (2, "")
    assert "no_trust_anchor" in err


def test_the_anchor_may_be_a_file_or_a_fingerprint(
    file: Path, ring: KeyRing, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "root.pem").write_bytes(ring.root_pem)
    assert _run(file, "--root", tmp_path / "root.pem", capsys=capsys)[0] == 0
    assert _run(file, "--root", ring.root_sha256, capsys=capsys)[0] == 0
    assert _run(file, "--root", "f" * 64, capsys=capsys)[0] == 1
    assert _run(file, "--root", "no such thing", capsys=capsys)[0] == 2


def test_a_changed_file_fails_and_the_finding_is_named(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_bytes(file.read_bytes() + b" ")
    status, out, _ = _run(file, capsys=capsys)
    assert status == 1
    assert "pdf.trailing_bytes" in out


def test_another_record_than_the_one_asked_for_fails(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(file, "--expect", "LR-2026-0001", capsys=capsys)[0] == 0
    assert _run(file, "--expect", "LR-2026-0009", capsys=capsys)[0] == 1


def test_a_file_that_is_not_there_could_not_be_checked(
    ring: KeyRing, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run("/nowhere.pdf", capsys=capsys)[0] == 2
