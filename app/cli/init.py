"""`qms init`: an empty plant of one's own, without demo data and without a password that others know.

The only command that writes regulated data by itself, and only into an empty installation: its baseline is a
sealed record that names the sites, the first administrators, the process models and the root certificate.
"""

import argparse
import getpass
import json
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.access.models import Person
from app.access.services import CreatePerson, GrantRole, create_person, grant_role
from app.cli import db, plan
from app.cli.output import CannotCheck, Subparsers, add_json, emit
from app.inventory import services as inventory
from app.inventory import steps as inventory_steps
from app.procurement import services as procurement
from app.production import services as production
from app.quality import services as quality
from app.quality import steps as quality_steps
from app.sites.models import Site
from app.sites.queries import style_of
from app.sites.services import create_site
from core import clock, numbers, outbox
from core.actor import system_actor
from core.clock import site_day
from core.config import settings
from core.db import engine, unit_of_work
from documents import records
from signatures import audit, keys
from workflows import repository
from workflows import steps as workflow_steps
from workflows.models import ProcessRelease

ROOT = Path(__file__).resolve().parents[2]
INIT = system_actor("init")
OPERATIONS = (workflow_steps, inventory_steps, quality_steps)
"""Modules that register what the delivered models call; a model with an unknown operation is refused."""
FORM_CODE, FORM_REVISION = "QMS-INIT", "1"
TITLE = {"en": "Baseline of the installation", "zh": "系统安装基线"}


def register(subparsers: Subparsers) -> None:
    """Add `qms init`."""
    parser = subparsers.add_parser("init", help="make an empty plant of one's own")
    parser.add_argument("--plan", type=Path, help="JSON file with company, sites and administrators")
    parser.add_argument("--example", action="store_true", help="print such a file to start from")
    parser.add_argument("--root-key", type=Path, help="where the root key goes, to be locked away")
    parser.add_argument("--passphrases", type=Path, nargs=2, metavar="FILE", help="instead of asking")
    add_json(parser)
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    if arguments.example:
        print(json.dumps(plan.EXAMPLE, ensure_ascii=False, indent=1))
        return 0
    if arguments.plan is None or arguments.root_key is None:
        raise CannotCheck("--plan and --root-key are needed; --example prints a plan to start from")
    wanted = plan.read(arguments.plan)
    if arguments.root_key.exists():
        raise CannotCheck(f"{arguments.root_key} exists already")
    db.upgrade()
    if not _is_empty():
        raise CannotCheck(f"{settings().home} holds a plant already; nothing was changed")
    now, passphrases = clock.now(), _passphrases(arguments)
    with _all_or_nothing(arguments.root_key), unit_of_work(INIT, reason="first set-up", now=now) as session:
        authority = keys.create_authority(settings().keys, wanted.company["en"], passphrases, now)
        _keep(arguments.root_key, authority.root_key_export or b"")
        accounts = furnish(session, wanted, root_sha256=authority.ring.root_sha256, now=now)
    return _report(arguments, authority.ring.root_sha256, accounts)


def furnish(session: Session, wanted: plan.Plan, *, root_sha256: str, now: datetime) -> dict[str, str]:
    """Write the whole baseline; give the first password of each administrator, to be changed at once."""
    sites = _sites(session, wanted)
    define_series(session)
    accounts = _administrators(session, wanted, now=now)
    releases = [_baseline(session, folder, now=now) for folder in sorted((ROOT / "bpmn").glob("*/"))]
    content = _content(wanted, [release for release in releases if release is not None], root_sha256)
    record = records.create_record(session, _draft(sites[0], content), actor=INIT, now=now)
    facts = {"record": record.number, "root_sha256": root_sha256}
    audit.record(session, "installation.initialised", subject=("record", str(record.id)), facts=facts)
    outbox.later(session, "archive.seal_record", {"record_id": str(record.id)}, key=f"seal:{record.id}")
    return accounts


def define_series(session: Session) -> None:
    """Say how everything that carries a number is numbered."""
    numbers.define(session, records.SERIES, prefix="R")
    for room in (inventory, procurement, production, quality):
        room.define_numbers(session)


def _sites(session: Session, wanted: plan.Plan) -> list[Site]:
    made = {command.code: create_site(session, command, actor=INIT) for command in wanted.sites}
    for code, registrant in wanted.registrants.items():
        made[code].registrant_site_id = made[registrant].id
    return list(made.values())


def _administrators(session: Session, wanted: plan.Plan, *, now: datetime) -> dict[str, str]:
    accounts = {}
    for administrator in wanted.administrators:
        accounts[administrator.login] = secrets.token_urlsafe(12)
        person: Person = create_person(
            session,
            CreatePerson(
                login=administrator.login,
                name=administrator.name,
                password=accounts[administrator.login],
                language=administrator.language,
                zone=administrator.zone,
            ),
            actor=INIT,
            now=now,
        )
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


def _draft(site: Site, content: Mapping[str, Any]) -> records.RecordDraft:
    return records.RecordDraft(
        kind="installation.baseline",
        title=TITLE,
        form_code=FORM_CODE,
        form_revision=FORM_REVISION,
        site=style_of(site),
        language=site.layout.value,
        content=content,
    )


def _content(wanted: plan.Plan, releases: list[ProcessRelease], root_sha256: str) -> dict[str, Any]:
    """What the record shows: root, sites, administrators, models with their hashes."""
    root = _section("Root certificate", "根证书", [("SHA-256", "SHA-256", root_sha256)])
    sites = _section("Sites", "场所", [(site.code, site.code, dict(site.name)) for site in wanted.sites])
    administrators = [(who.login, who.login, dict(who.name)) for who in wanted.administrators]
    people = _section("First administrators", "首任管理员", administrators)
    models = _section(
        "Process models in effect",
        "生效的流程模型",
        [(release.process_key, release.process_key, release.bundle_sha256) for release in releases],
    )
    return {**records.empty_content(), "shown": [root, sites, people, models]}


def _section(english: str, chinese: str, rows: list[tuple[str, str, Any]]) -> dict[str, Any]:
    return {
        "title": {"en": english, "zh": chinese},
        "rows": [
            {"label": {"en": first, "zh": second}, "value": value, "unit": None, "mark": None}
            for first, second, value in rows
        ],
        "table": None,
    }


def _is_empty() -> bool:
    with engine().connect() as connection:
        return not connection.scalar(text("SELECT count(*) FROM person"))


def _passphrases(arguments: argparse.Namespace) -> tuple[str, str]:
    """Two passphrases of two people; the root key opens only with both."""
    if arguments.passphrases:
        first, second = (file.read_text(encoding="utf-8").strip() for file in arguments.passphrases)
        return first, second
    return (
        getpass.getpass("First person, passphrase for the root key: "),
        getpass.getpass("Second person, passphrase for the root key: "),
    )


@contextmanager
def _all_or_nothing(root_key: Path) -> Iterator[None]:
    """Take the new key files away again when the plant could not be written."""
    try:
        yield
    except BaseException:
        root_key.unlink(missing_ok=True)
        for file in settings().keys.glob("*"):
            if file != settings().secret_key_file:
                file.unlink()
        raise


def _keep(path: Path, export: bytes) -> None:
    path.touch(mode=0o600, exist_ok=False)
    path.write_bytes(export)


def _report(arguments: argparse.Namespace, root_sha256: str, accounts: Mapping[str, str]) -> int:
    first = [{"login": login, "first_password": password} for login, password in accounts.items()]
    where = str(arguments.root_key)
    document = {"ok": True, "root_sha256": root_sha256, "root_key": where, "accounts": first}
    lines = [
        f"Root certificate, SHA-256: {root_sha256}",
        f"The root key is in {arguments.root_key} and nowhere else: lock it away, the passphrases apart.",
        "First passwords (each is changed at the first sign-in):",
        *(f"  {login:<20}{password}" for login, password in accounts.items()),
    ]
    emit(document, lines, as_json=arguments.json)
    return 0
