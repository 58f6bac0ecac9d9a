"""A mail leaves encrypted and signed in when it is configured so: never in clear, never to a stranger."""

import smtplib
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app.notifications import mail
from core.config import settings

pytestmark = pytest.mark.urs("URS-133")
PASSWORD = "a password in a file"


class Post:
    """A mail server that takes letters only over an encrypted connection, from who has signed in."""

    def __init__(self, certificate: Path, key: Path) -> None:
        self.taken: list[tuple[bool, str]] = []
        self.certificate = certificate
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.server = Controller(
            self, hostname="127.0.0.1", port=self.port, tls_context=context, require_starttls=True,
            auth_required=True, authenticator=self.sign_in,
        )  # fmt: skip

    def sign_in(self, _server: Any, session: Any, _envelope: Any, _how: str, said: Any) -> AuthResult:
        known = isinstance(said, LoginPassword) and (said.login, said.password) == (b"qms", PASSWORD.encode())
        session.login = "qms" if known else ""
        return AuthResult(success=known, handled=False)

    async def handle_DATA(self, server: Any, session: Any, _envelope: Any) -> str:
        self.taken.append((server.transport.get_extra_info("cipher") is not None, session.login))
        return "250 kept"


@pytest.fixture
def post(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Post]:
    certificate, key = made_certificate(tmp_path)
    (tmp_path / "password").write_text(f"{PASSWORD}\n", encoding="utf-8")
    box = Post(certificate, key)
    box.server.start()
    monkeypatch.setenv("QMS_MAIL", f"smtp+starttls://127.0.0.1:{box.port}")
    monkeypatch.setenv("QMS_MAIL_FROM", "qms@plant.example")
    monkeypatch.setenv("QMS_MAIL_USER", "qms")
    monkeypatch.setenv("QMS_MAIL_PASSWORD_FILE", str(tmp_path / "password"))
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    settings.cache_clear()
    yield box
    box.server.stop()
    settings.cache_clear()


def made_certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate of this machine, made by itself, and its key."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    address = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(address, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, secret = folder / "mail.pem", folder / "mail.key"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    form = serialization.PrivateFormat.PKCS8
    secret.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, plain))
    return certificate, secret


def letter() -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "qms@plant.example", "li@plant.example", "Task"
    message.set_content("A task waits.")
    return message


def test_a_mail_leaves_encrypted_and_signed_in(post: Post) -> None:
    mail.send(letter())
    assert post.taken == [(True, "qms")]


def test_without_encryption_this_server_takes_nothing(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtplib.SMTP, "starttls", lambda *_args, **_others: None)
    with pytest.raises(smtplib.SMTPException):
        mail.send(letter())
    assert post.taken == []


def test_a_server_that_cannot_prove_its_name_gets_nothing(
    post: Post, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    monkeypatch.setenv("SSL_CERT_FILE", str(made_certificate(other)[0]))
    with pytest.raises(ssl.SSLCertVerificationError):
        mail.send(letter())
    assert post.taken == []


def test_a_wrong_password_is_an_error_that_is_told(post: Post, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("wrong", encoding="utf-8")
    with pytest.raises(smtplib.SMTPAuthenticationError):
        mail.send(letter())
    assert post.taken == []
