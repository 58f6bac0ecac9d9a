"""`qms init`: an empty plant of one's own, without demo data and without a password that others know.

The same set-up as the page `/setup` of an empty installation; what both do is in `app/setup`.
"""

import argparse
import getpass
import json
from collections.abc import Callable, Mapping
from pathlib import Path

from app.cli import db, plan
from app.cli.output import CannotCheck, Subparsers, add_json, emit
from app.imports import steps as import_steps
from app.inventory import steps as inventory_steps
from app.quality import steps as quality_steps
from app.setup import code
from app.setup.services import Founded, found_plant, is_empty
from core import clock
from core.config import settings
from workflows import steps as workflow_steps

OPERATIONS = (workflow_steps, inventory_steps, quality_steps, import_steps)
"""Modules that register what the delivered models call; a model with an unknown operation is refused."""


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
    if not is_empty():
        raise CannotCheck(f"{settings().home} holds a plant already; nothing was changed")
    passphrases = _passphrases(arguments)
    try:
        founded = found_plant(wanted, passphrases, keep=_keeper(arguments.root_key), now=clock.now())
    except BaseException:
        arguments.root_key.unlink(missing_ok=True)
        raise
    code.forget()
    return _report(arguments, founded.root_sha256, founded.accounts)


def _passphrases(arguments: argparse.Namespace) -> tuple[str, str]:
    """Two passphrases of two people; the root key opens only with both."""
    if arguments.passphrases:
        first, second = (file.read_text(encoding="utf-8").strip() for file in arguments.passphrases)
        return first, second
    return (
        getpass.getpass("First person, passphrase for the root key: "),
        getpass.getpass("Second person, passphrase for the root key: "),
    )


def _keeper(path: Path) -> Callable[[Founded], None]:
    def keep(founded: Founded) -> None:
        path.touch(mode=0o600, exist_ok=False)
        path.write_bytes(founded.root_key)

    return keep


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
