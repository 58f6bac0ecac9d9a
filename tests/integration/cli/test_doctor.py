"""What `qms doctor` says of mail, disk and the files that settings name."""

import shutil
import socket
from collections import namedtuple
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink

from app.cli import doctor
from core.config import settings

Usage = namedtuple("Usage", "total used free")


def codes(*examinations: object) -> set[str]:
    settings.cache_clear()
    return {finding.code for examine in examinations for finding in examine()}  # type: ignore[operator]


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.urs("URS-133")
@pytest.mark.usefixtures("home")
def test_doctor_says_whether_mail_goes_out(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("QMS_MAIL", raising=False)
    assert codes(doctor._mail) == {"mail.off"}
    monkeypatch.setenv("QMS_MAIL", f"smtp://127.0.0.1:{port}")
    assert codes(doctor._mail) == {"mail.settings"}, "nobody is named as the sender"
    monkeypatch.setenv("QMS_MAIL_FROM", "qms@plant.example")
    assert codes(doctor._mail) == {"mail.away"}
    server = Controller(Sink(), hostname="127.0.0.1", port=port)
    server.start()
    try:
        assert codes(doctor._mail) == set()
    finally:
        server.stop()
    monkeypatch.setenv("QMS_MAIL", "http://127.0.0.1")
    assert codes(doctor._mail) == {"mail.settings"}


@pytest.mark.urs("URS-134")
@pytest.mark.parametrize(
    ("mib", "expected"), [(50_000, set()), (3000, {"disk.scarce"}), (300, {"disk.full"})]
)
def test_doctor_says_when_the_disk_is_nearly_full(
    home: Path, mib: int, expected: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    home.chmod(0o700)
    monkeypatch.setattr(shutil, "disk_usage", lambda _place: Usage(10**12, 0, mib * 2**20))
    assert codes(doctor._data_folder) == expected


@pytest.mark.urs("URS-134")
def test_doctor_looks_at_the_files_that_settings_name(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = home / "token"
    monkeypatch.setenv("QMS_METRICS_TOKEN_FILE", str(place))
    assert codes(doctor._secret_files) == {"settings.file"}
    place.write_text("secret")
    place.chmod(0o644)
    assert codes(doctor._secret_files) == {"settings.open"}
    place.chmod(0o600)
    assert codes(doctor._secret_files) == set()
