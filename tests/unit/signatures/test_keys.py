from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from core.errors import Conflict, Invalid
from signatures import keys
from signatures.errors import KeysMissing, KeysUnreadable
from tests.factories.sealing import NOW

PASSPHRASES = ("correct horse battery", "staple of the quality head")


def test_a_real_plants_root_key_never_touches_the_server(tmp_path: Path) -> None:
    made = keys.create_authority(tmp_path / "keys", "Plant", PASSPHRASES, NOW)
    assert not (tmp_path / "keys" / "root.key").exists()
    assert made.root_key_export is not None
    opened = serialization.load_pem_private_key(made.root_key_export, " ".join(PASSPHRASES).encode())
    assert opened.public_key() == made.ring.root.public_key()


def test_one_passphrase_alone_does_not_open_the_exported_root_key(tmp_path: Path) -> None:
    made = keys.create_authority(tmp_path / "keys", "Plant", PASSPHRASES, NOW)
    assert made.root_key_export is not None
    for one in PASSPHRASES:
        with pytest.raises(ValueError):
            serialization.load_pem_private_key(made.root_key_export, one.encode())


@pytest.mark.parametrize(
    "weak", [("short", "long enough by far"), ("the same one twice", "the same one twice")]
)
def test_weak_passphrases_are_refused_before_anything_is_written(
    tmp_path: Path, weak: tuple[str, str]
) -> None:
    with pytest.raises(Invalid):
        keys.create_authority(tmp_path / "keys", "Plant", weak, NOW)
    assert not (tmp_path / "keys").exists()


def test_a_demo_plants_root_key_can_be_exported_and_erased_later(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    keys.create_authority(folder, "Plant", None, NOW)
    assert keys.export_root_key(folder, PASSPHRASES).startswith(b"-----BEGIN ENCRYPTED")
    keys.erase_root_key(folder)
    with pytest.raises(KeysMissing):
        keys.export_root_key(folder, PASSPHRASES)
    assert keys.load(folder).seal.certificate


def test_an_authority_is_never_replaced(tmp_path: Path) -> None:
    keys.create_authority(tmp_path, "Plant", None, NOW)
    with pytest.raises(Conflict):
        keys.create_authority(tmp_path, "Plant", None, NOW)


def test_keys_lie_encrypted_and_open_only_under_their_own_kek(tmp_path: Path) -> None:
    keys.create_authority(tmp_path / "a", "Plant", None, NOW)
    for key in (tmp_path / "a").glob("*.key"):
        assert key.read_bytes().startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY")
        assert key.stat().st_mode & 0o077 == 0
    (tmp_path / "a" / "kek").write_bytes(b"x" * 32)
    with pytest.raises(KeysUnreadable):
        keys.load(tmp_path / "a")


def test_without_an_authority_the_answer_says_so(tmp_path: Path) -> None:
    with pytest.raises(KeysMissing):
        keys.load(tmp_path)


def test_the_issuing_authority_cannot_make_further_authorities(tmp_path: Path) -> None:
    ring = keys.create_authority(tmp_path, "Plant", None, NOW).ring
    ring.issuing.certificate.verify_directly_issued_by(ring.root)
    assert ring.root.public_key().curve.name == "secp384r1"
    assert ring.seal.certificate.public_key().curve.name == "secp256r1"
