"""Mail as it leaves: composed in the reader's language as plain text and simple HTML, given to one server.

A mail says number, step and site, and links to the page; what records say stays in the product (URS-133).
"""

import smtplib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from urllib.parse import urlsplit

from markupsafe import Markup

from app.notifications.models import Notice
from app.notifications.wording import CLOSING, DIGEST_TITLE, GREETING, KINDS, OPEN
from core.config import settings
from core.languages import translate

WAIT_SECONDS = 20.0
PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


@dataclass(frozen=True)
class Server:
    """The mail server of the installation: how it is spoken to, where it is, on which port."""

    scheme: str
    host: str
    port: int


def is_on() -> bool:
    """Whether a mail server is configured; without one notices stay in the product."""
    return bool(settings().mail)


def server() -> Server:
    """Read ``QMS_MAIL``.

    Raises:
        ValueError: it is not ``smtp://``, ``smtp+starttls://`` or ``smtps://`` with a host, or nobody is
            named as the sender.
    """
    parts = urlsplit(settings().mail)
    if parts.scheme not in PORTS or not parts.hostname:
        raise ValueError("QMS_MAIL is not smtp://host:25, smtp+starttls://host:587 or smtps://host:465")
    if "@" not in settings().mail_from:
        raise ValueError("QMS_MAIL_FROM names no sender")
    return Server(parts.scheme, parts.hostname, parts.port or PORTS[parts.scheme])


def compose(
    notices: Sequence[Notice], *, to: str, language: str, reference: str, now: datetime
) -> EmailMessage:
    """Write one mail of one or several notices; ``reference`` makes its id, the same when sent again."""
    site_name = urlsplit(settings().url).hostname or "localhost"
    message = EmailMessage()
    message["Subject"] = _subject(notices, language)
    message["From"], message["To"] = settings().mail_from, to
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{reference}@{site_name}>"
    message["Auto-Submitted"] = "auto-generated"
    lines = [(_sentence(notice, language), settings().url.rstrip("/") + notice.link) for notice in notices]
    greeting, closing = translate(GREETING, language), translate(CLOSING, language, url=settings().url)
    body = "\n\n".join(f"{sentence}\n{link}" for sentence, link in lines)
    message.set_content(f"{greeting}\n\n{body}\n\n-- \n{closing}\n")
    item = Markup('<li><p>{}<br><a href="{}">{}</a></p></li>')
    items = Markup("").join(item.format(text, link, translate(OPEN, language)) for text, link in lines)
    page = Markup('<html lang="{}"><body><p>{}</p><ul>{}</ul><hr><p><small>{}</small></p></body></html>')
    message.add_alternative(str(page.format(language, greeting, items, closing)), subtype="html")
    return message


def send(message: EmailMessage) -> None:
    """Give a mail to the server.

    Raises:
        OSError: it does not answer or does not take the mail (``smtplib.SMTPException`` is one).
        ValueError: no usable server is configured.
    """
    with connection() as smtp:
        smtp.send_message(message)


def connection() -> smtplib.SMTP:
    """Open a connection to the server, encrypted and signed in as configured.

    Raises:
        OSError: as in :func:`send`.
        ValueError: as in :func:`send`.
    """
    where = server()
    if where.scheme == "smtps":
        context = ssl.create_default_context()
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(where.host, where.port, timeout=WAIT_SECONDS, context=context)
    else:
        smtp = smtplib.SMTP(where.host, where.port, timeout=WAIT_SECONDS)
    try:
        if where.scheme == "smtp+starttls":
            smtp.starttls(context=ssl.create_default_context())
        place = settings().mail_password_file
        if settings().mail_user and place is not None:
            smtp.login(settings().mail_user, place.read_text(encoding="utf-8").strip())
    except Exception:
        smtp.close()
        raise
    return smtp


def _subject(notices: Sequence[Notice], language: str) -> str:
    if len(notices) > 1:
        return translate(DIGEST_TITLE, language)
    title = translate(KINDS[notices[0].kind].title, language)
    number = notices[0].facts.get("number")
    return f"{title}: {number}" if number else title


def _sentence(notice: Notice, language: str) -> str:
    return translate(KINDS[notice.kind].sentence, language, **notice.facts)
