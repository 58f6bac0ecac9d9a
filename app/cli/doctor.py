"""`qms doctor`: what is missing or wrong on this machine, each with the command that mends it."""

import argparse
import ctypes
import os
import re
import shutil
import stat
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from importlib import metadata
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.cli import search
from app.cli.output import Subparsers, add_json, emit
from app.notifications import mail
from core import clock, schema
from core.config import settings
from core.db import engine
from core.errors import NotFound
from core.languages import CATALOGUE
from documents import fonts
from signatures.audit import is_too_mighty

ROOT = Path(__file__).resolve().parents[2]
LIBRARIES = ("libpango-1.0.so.0", "libpangoft2-1.0.so.0", "libharfbuzz-subset.so.0")
LONGEST_SOCKET_NAME = 107
LEAST_FREE_MIB = 1024
SCARCE_MIB = 5120
SILENT = timedelta(seconds=10)
"""Relay and workers give a sign of life every second or two."""


@dataclass(frozen=True)
class Finding:
    """Something to mend: a stable code, what is wrong, what to type. Notes do not make a plant unsound."""

    code: str
    message: str
    mend: str
    severity: str = "error"


def register(subparsers: Subparsers) -> None:
    """Add `qms doctor`."""
    parser = subparsers.add_parser("doctor", help="what is missing or misconfigured, and what mends it")
    add_json(parser)
    parser.set_defaults(run=_run)


def findings() -> list[Finding]:
    """Examine packages, libraries, built parts, data folder, database, keys, queue, mail, in this order."""
    return [finding for examine in EXAMINATIONS for finding in examine()]


def _run(arguments: argparse.Namespace) -> int:
    found = findings()
    sound = not any(finding.severity == "error" for finding in found)
    lines = [f"{finding.severity}: {finding.message}\n    mend: {finding.mend}" for finding in found]
    document = {"ok": sound, "home": str(settings().home), "findings": [asdict(finding) for finding in found]}
    emit(document, lines or ["Nothing is missing."], as_json=arguments.json)
    return 0 if sound else 1


def _packages() -> Iterator[Finding]:
    for line in (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines():
        found = re.match(r"([A-Za-z0-9_.-]+)(?:\[\w+\])?(?:==(\S+))?", line)
        if found is None or line.startswith(("#", "-")):
            continue
        name, wanted = found.groups()
        try:
            present = metadata.version(name)
        except metadata.PackageNotFoundError:
            yield Finding("package.missing", f"The package {name} is not installed.", "make setup")
            continue
        if wanted and present != wanted:
            yield Finding("package.version", f"{name} is {present}; {wanted} is needed.", "make setup")


def _libraries() -> Iterator[Finding]:
    for library in LIBRARIES:
        try:
            ctypes.CDLL(library)
        except OSError:
            yield Finding("library.missing", f"The system library {library} is missing.", "make setup")


def _built_parts() -> Iterator[Finding]:
    try:
        fonts.configuration()
    except NotFound as missing:
        yield Finding(missing.code, missing.text("en"), "make setup")
    if not (ROOT / "app" / "static" / "build").is_dir():
        yield Finding("pages.not_built", "Style sheets and scripts have not been built.", "make setup")
    for catalogue in CATALOGUE.glob("*/LC_MESSAGES/messages.po"):
        if not catalogue.with_suffix(".mo").is_file():
            language = catalogue.parts[-3]
            yield Finding("translations.not_compiled", f"{language} is not compiled.", "make setup")


def _data_folder() -> Iterator[Finding]:
    home = settings().home
    if not home.is_dir():
        yield Finding("home.missing", f"There is no data folder {home} yet.", "make run  (or: qms init)")
        return
    if not os.access(home, os.W_OK):
        yield Finding("home.read_only", f"{home} cannot be written.", f"chown -R $(id -un) {home}")
    if stat.S_IMODE(home.stat().st_mode) & 0o007:
        yield Finding("home.open", f"Other accounts of this machine can read {home}.", f"chmod o-rwx {home}")
    free = shutil.disk_usage(home).free // 2**20
    if free < SCARCE_MIB:
        full = free < LEAST_FREE_MIB
        code, severity = ("disk.full", "error") if full else ("disk.scarce", "note")
        yield Finding(code, f"Only {free} MiB are free for {home}.", f"df -h {home}", severity)


def database_findings() -> Iterator[Finding]:
    """Examine the database: whether it answers, its schema, and as whom the product connects."""
    if not settings().home.is_dir():
        return
    try:
        if not schema.is_current():
            yield Finding("database.schema", "The database has another schema.", "qms db upgrade")
            return
        with engine().connect() as connection:
            dead = connection.scalar(text("SELECT count(*) FROM outbox_entry WHERE dead"))
            too_mighty = is_too_mighty(connection)
    except SQLAlchemyError as error:
        yield Finding("database.away", f"The database does not answer: {error}", "check QMS_DATABASE_URL")
        return
    if too_mighty:
        message = "The product connects as an owner of its tables: it could take its guards away."
        yield Finding("database.owner", message, "two roles, as in docs/operations.md (PostgreSQL)", "note")
    if dead:
        yield Finding("jobs.dead", f"{dead} jobs used up their attempts.", "retry them on /admin/jobs")


def _keys() -> Iterator[Finding]:
    keys = settings().keys
    if settings().home.is_dir() and not any(keys.glob("*.pem")):
        yield Finding("keys.missing", "There is no signing authority.", "qms init  (demo plant: make run)")
    for file in keys.glob("*") if keys.is_dir() else ():
        private = "key" in file.name or "secret" in file.name or "kek" in file.name
        if private and stat.S_IMODE(file.stat().st_mode) & 0o077:
            yield Finding("keys.open", f"{file} can be read by others.", f"chmod 600 {file}")


def _queue() -> Iterator[Finding]:
    socket_name = settings().redis_url.removeprefix("unix://")
    if socket_name.startswith("/") and len(socket_name.encode()) > LONGEST_SOCKET_NAME:
        message = f"{socket_name} is too long for a socket ({LONGEST_SOCKET_NAME} bytes)."
        yield Finding("queue.long_name", message, "choose a shorter QMS_HOME")
        return
    try:
        with Redis.from_url(settings().redis_url) as connection:
            signs = {name: connection.get(f"qms:{name}:alive") for name in ("relay", "workers")}
    except (RedisError, OSError):
        yield Finding("queue.away", "The product is not running: no queue answers.", "make run", "note")
        return
    if _silent(signs["relay"]):
        yield Finding("relay.away", "No relay hands out jobs.", "make run", "note")
    if _silent(signs["workers"]):
        yield Finding("worker.away", "No worker does jobs.", "make run", "note")


def _silent(sign: object) -> bool:
    return not isinstance(sign, bytes) or clock.now() - datetime.fromisoformat(sign.decode()) > SILENT


def _mail() -> Iterator[Finding]:
    """Ask the mail server for nothing but its attention; no mail is sent."""
    if not mail.is_on():
        message = "No e-mail is sent: notices appear in the product only."
        yield Finding("mail.off", message, "set QMS_MAIL and QMS_MAIL_FROM (docs/operations.md)", "note")
        return
    try:
        with mail.connection() as server:
            server.noop()
    except ValueError as wrong:
        yield Finding("mail.settings", f"{wrong}.", "docs/operations.md (E-mail)")
    except OSError as refused:
        message = f"The mail server does not serve: {type(refused).__name__}"
        yield Finding("mail.away", message, "check QMS_MAIL, QMS_MAIL_USER and QMS_MAIL_PASSWORD_FILE")


def _secret_files() -> Iterator[Finding]:
    """Look at the files that settings name: there, and nobody else's to read."""
    named = {
        "QMS_MAIL_PASSWORD_FILE": settings().mail_password_file,
        "QMS_METRICS_TOKEN_FILE": settings().metrics_token_file,
    }
    for variable, place in named.items():
        if place is None:
            continue
        if not place.is_file():
            yield Finding("settings.file", f"{variable} names {place}, which is not there.", f"write {place}")
        elif stat.S_IMODE(place.stat().st_mode) & 0o077:
            yield Finding("settings.open", f"{place} can be read by others.", f"chmod 600 {place}")


def _search() -> Iterator[Finding]:
    try:
        lacking = search.lacking() if schema.is_current() else {}
    except SQLAlchemyError:  # said already: the database does not answer
        return
    if lacking:
        names = ", ".join(sorted(lacking))
        message = f"The index for searching does not hold every object: {names}."
        yield Finding("search.lacking", message, "qms search rebuild")


EXAMINATIONS: tuple[Callable[[], Iterator[Finding]], ...] = (
    _packages,
    _libraries,
    _built_parts,
    _data_folder,
    database_findings,
    _search,
    _keys,
    _queue,
    _mail,
    _secret_files,
)
