"""Making a plant in an empty installation: all of it or nothing, from the command or from the page.

The only act that writes regulated data by itself: there is nobody yet who could sign. Its baseline is a
sealed record that names sites, administrators, process models, house style and the root certificate (ISO
13485 4.2.4; 21 CFR 11.10(a)).
"""

import fcntl
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from app.access.passwords import new_first_password
from app.access.services import CreatePerson, GrantRole, create_person, grant_role
from app.configuration.services import register_all
from app.inventory import services as inventory
from app.procurement import services as procurement
from app.production import services as production
from app.quality import services as quality
from app.regions.packs import store_delivered
from app.setup.plan import Plan
from app.setup.records import baseline_draft
from app.sites.house import ChangeFormCode, change_form_code
from app.sites.models import Site
from app.sites.services import create_site
from app.suppliers import demands
from core import numbers, outbox
from core.actor import system_actor
from core.clock import site_day
from core.config import settings
from core.db import engine, unit_of_work
from core.errors import Conflict, FieldErrors, Invalid, QmsError
from core.number_rules import ANY_SITE, WriteNumbers, change_rule
from core.numbers import rule_of
from documents import records
from signatures import audit, keys
from workflows import repository
from workflows.models import ProcessRelease

ROOT = Path(__file__).resolve().parents[2]
INIT = system_actor("init")
REASON = "first set-up"
LOCK = "setup.lock"
UNFINISHED = "unfinished"
"""In the key folder while a plant is being made: keys beside it belong to nobody if there is no person."""


@dataclass(frozen=True)
class Founded:
    """What has to be handed over: the only copy of the root key, first passwords by login, the baseline."""

    root_sha256: str
    root_key: bytes
    accounts: dict[str, str]
    record_id: str
    record_number: str


class _OnlyTried(Exception):
    """Ends a rehearsal, so that nothing of it stays."""


def is_empty() -> bool:
    """Whether nobody has an account yet; a database without the product's tables is not empty but unready."""
    try:
        with engine().connect() as connection:
            return not connection.scalar(text("SELECT count(*) FROM person"))
    except DatabaseError:
        return False


def found_plant(
    plan: Plan, passphrases: tuple[str, str], *, keep: Callable[[Founded], None], now: datetime
) -> Founded:
    """Make the plant: keys, sites, administrators, models, house style, baseline; or leave nothing behind.

    ``keep`` puts away what has to be handed over, before the plant is there for good.

    Raises:
        Conflict: ``setup.done`` (there is a plant), ``setup.running`` (somebody else is making it), or
            ``keys.exist``.
        QmsError: something in the plan cannot be, or a passphrase is too short.
    """
    with _alone(), _all_or_nothing(), unit_of_work(INIT, reason=REASON, now=now) as session:
        if not is_empty():
            raise already_founded()
        authority = keys.create_authority(settings().keys, plan.company["en"], passphrases, now)
        founded = furnish(
            session,
            plan,
            root_sha256=authority.ring.root_sha256,
            root_key=authority.root_key_export or b"",
            now=now,
        )
        keep(founded)
    return founded


def rehearse(plan: Plan, *, now: datetime) -> dict[str, Invalid]:
    """Try the whole plan and take it back again; gives what is wrong with it, by field."""
    try:
        with unit_of_work(INIT, reason=REASON, now=now) as session:
            furnish(session, plan, root_sha256="", root_key=b"", now=now)
            raise _OnlyTried
    except _OnlyTried:
        return {}
    except FieldErrors as wrong:
        return dict(wrong.errors)
    except QmsError as wrong:
        return {wrong.field or "": Invalid(wrong.code, wrong.message, field=wrong.field, **wrong.facts)}


def furnish(
    session: Session, plan: Plan, *, root_sha256: str, root_key: bytes, now: datetime
) -> Founded:
    """Write the whole baseline; each administrator gets a first password, to be changed at once."""
    sites = _sites(session, plan)
    define_series(session)
    _house_style(session, plan, sites)
    store_delivered(session, actor=INIT, now=now)
    demands.store_delivered(session, now=now)
    register_all(session)
    accounts = _administrators(session, plan, now=now)
    found = [_baseline(session, folder, now=now) for folder in sorted((ROOT / "bpmn").glob("*/"))]
    releases = [release for release in found if release is not None]
    draft = baseline_draft(plan, sites[0], releases, root_sha256)
    record = records.create_record(session, draft, actor=INIT, now=now)
    facts = {"record": record.number, "root_sha256": root_sha256}
    audit.record(session, "installation.initialised", subject=("record", str(record.id)), facts=facts)
    outbox.later(session, "archive.seal_record", {"record_id": str(record.id)}, key=f"seal:{record.id}")
    return Founded(root_sha256, root_key, accounts, str(record.id), record.number)


def define_series(session: Session) -> None:
    """Say how everything that carries a number is numbered."""
    numbers.define(session, records.SERIES, prefix="R")
    for room in (inventory, procurement, production, quality):
        room.define_numbers(session)


def already_founded() -> Conflict:
    """Refuse to make a second plant in one installation."""
    return Conflict("setup.done", "This installation holds a plant already; nothing was changed.")


def _sites(session: Session, plan: Plan) -> list[Site]:
    made = {command.code: create_site(session, command, actor=INIT) for command in plan.sites}
    for code, registrant in plan.registrants.items():
        made[code].registrant_site_id = made[registrant].id
    return list(made.values())


def _house_style(session: Session, plan: Plan, sites: list[Site]) -> None:
    for series, prefix in plan.numbers.items():
        rule = rule_of(session, series, ANY_SITE)
        change_rule(session, WriteNumbers(series, ANY_SITE, prefix, rule.digits, rule.yearly))
    for site in sites:
        for own in plan.forms:
            command = ChangeFormCode(site.id, own.form, own.code, own.revision)
            change_form_code(session, command, reason=REASON)


def _administrators(session: Session, plan: Plan, *, now: datetime) -> dict[str, str]:
    accounts = {}
    for administrator in plan.administrators:
        accounts[administrator.login] = new_first_password()
        command = CreatePerson(
            login=administrator.login,
            name=administrator.name,
            password=accounts[administrator.login],
            language=administrator.language,
            zone=administrator.zone,
        )
        person = create_person(session, command, actor=INIT, now=now)
        grant = GrantRole(administrator.role, None, valid_from=site_day(now, administrator.zone))
        grant_role(session, person, grant, actor=INIT, now=now)
    return accounts


def _baseline(session: Session, folder: Path, *, now: datetime) -> ProcessRelease | None:
    """Put the delivered model of one process into effect: there is nobody yet who could accept it."""
    models = [path for path in sorted(folder.iterdir()) if path.suffix in (".bpmn", ".dmn")]
    files = {path.name: path.read_bytes() for path in models}
    if not files:
        return None
    release = repository.propose_release(session, folder.name, files, actor=INIT, now=now)
    return repository.make_effective(session, release, actor=INIT, now=now)


@contextmanager
def _alone() -> Iterator[None]:
    """Hold the making of the plant: two browsers, or a browser and a command, never make it at once.

    Raises:
        Conflict: ``setup.running``.
    """
    settings().home.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (settings().home / LOCK).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict("setup.running", "Somebody else is making the plant at this moment.") from None
        yield


@contextmanager
def _all_or_nothing() -> Iterator[None]:
    """Take new key files away again when the plant could not be written, even after a crash in between."""
    folder = settings().keys
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    mark = folder / UNFINISHED
    if not is_empty():
        raise already_founded()
    if mark.exists():
        _clear(folder)
    if (folder / "root.pem").exists():
        raise Conflict("keys.exist", "This installation has its signing keys already.")
    mark.write_text(secrets.token_hex(8), encoding="ascii")
    try:
        yield
    except BaseException:
        _clear(folder)
        raise
    mark.unlink(missing_ok=True)


def _clear(folder: Path) -> None:
    """Remove what an unfinished attempt has made; the key of form tokens belongs to the web server."""
    for file in sorted(folder.glob("*"), key=lambda one: one.name == UNFINISHED):
        if file != settings().secret_key_file:
            file.unlink()
