"""Settings of one installation, read once from the environment."""

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    """Where this installation keeps its things. Paths are absolute.

    ``database_url`` is whom the product connects as; ``owner_url`` is the owner of the tables, known only
    where the schema is changed. They differ on a well-kept PostgreSQL and are the same on SQLite.

    ``metrics_token_file`` holds what a reader of ``/metrics`` has to show; without it only this machine
    reads. ``mail`` is the mail server, ``smtp://host:25``, ``smtp+starttls://host:587`` or
    ``smtps://host:465``; empty: no mail is sent.
    ``most_instances`` is how many members a multi-instance of a process model may have.
    """

    home: Path
    database_url: str
    owner_url: str
    redis_url: str
    port: int
    demo: bool
    url: str
    metrics_token_file: Path | None = None
    mail: str = ""
    mail_from: str = ""
    mail_user: str = ""
    mail_password_file: Path | None = None
    most_instances: int = 500

    @property
    def files(self) -> Path:
        """Content-addressed files: sealed records and attachments."""
        return self.home / "files"

    @property
    def keys(self) -> Path:
        """Encrypted keys and certificates of the plant's authority."""
        return self.home / "keys"

    @property
    def secret_key_file(self) -> Path:
        """The random key that protects form tokens; made at set-up, mode 0600."""
        return self.home / "keys" / "web.secret"


@cache
def settings() -> Settings:
    """Read ``QMS_HOME``, ``QMS_DATABASE_URL``, ``QMS_DATABASE_OWNER_URL``, ``QMS_REDIS_URL``, ``PORT``,
    ``QMS_DEMO``, ``QMS_URL``, ``QMS_METRICS_TOKEN_FILE``, ``QMS_MAIL``, ``QMS_MAIL_FROM``, ``QMS_MAIL_USER``,
    ``QMS_MAIL_PASSWORD_FILE`` and ``QMS_MOST_INSTANCES``.
    """
    home = Path(os.environ.get("QMS_HOME", "var")).resolve()
    port = int(os.environ.get("PORT", "8000"))
    database_url = os.environ.get("QMS_DATABASE_URL", f"sqlite:///{home / 'qms.sqlite3'}")
    return Settings(
        home=home,
        database_url=database_url,
        owner_url=os.environ.get("QMS_DATABASE_OWNER_URL", database_url),
        redis_url=os.environ.get("QMS_REDIS_URL", f"unix://{home / 'valkey.sock'}"),
        port=port,
        demo=os.environ.get("QMS_DEMO", "0") == "1",
        url=os.environ.get("QMS_URL", f"http://127.0.0.1:{port}"),
        metrics_token_file=_file("QMS_METRICS_TOKEN_FILE"),
        mail=os.environ.get("QMS_MAIL", ""),
        mail_from=os.environ.get("QMS_MAIL_FROM", ""),
        mail_user=os.environ.get("QMS_MAIL_USER", ""),
        mail_password_file=_file("QMS_MAIL_PASSWORD_FILE"),
        most_instances=int(os.environ.get("QMS_MOST_INSTANCES", "500")),
    )


def _file(variable: str) -> Path | None:
    given = os.environ.get(variable)
    return Path(given).resolve() if given else None
