"""`qms demo`: the demo plant, loaded through the product's own services into an installation of its own.

Nothing in it is a real person, product or record; every page and record of it says so.
"""

import argparse
import importlib

from app.access.routes import DEMO_PASSWORD
from app.cli.demo_cases import STORIES, accept_statements, tell
from app.cli.demo_plant import ACCOUNTS, COMPANY, LOADER, PLANT, load_opening_stock, load_plant
from app.cli.output import CannotCheck, Subparsers, add_json, emit
from app.inventory.queries import locations
from app.sites.queries import site_by_code, sites
from core import clock
from core.config import settings
from core.db import read_session, unit_of_work
from signatures import keys


def register(subparsers: Subparsers) -> None:
    """Add `qms demo load|accounts`."""
    group = subparsers.add_parser("demo", help="the demo plant")
    verbs = group.add_subparsers(metavar="VERB", required=True)
    load = verbs.add_parser("load", help="load the demo plant; what is there already stays")
    load.add_argument("--without-cases", action="store_true", help="the plant alone, nothing happened in it")
    add_json(load)
    load.set_defaults(run=_load)
    accounts = verbs.add_parser("accounts", help="list the demo's accounts and their password")
    add_json(accounts)
    accounts.set_defaults(run=_accounts)


def load_demo(*, with_cases: bool = True) -> None:
    """Load whatever of the demo plant is missing: the plant in one transaction, then its stories one by one.

    Raises:
        CannotCheck: the installation holds another company; the demo never mixes with real data.
    """
    importlib.import_module("app.factory")  # registers what models call; it stands above, so by its name
    now = clock.now()
    with read_session() as session:
        found, loaded = sites(session), site_by_code(session, PLANT)
        if found and (loaded is None or not loaded.demo):
            raise CannotCheck(f"{settings().home} holds a plant that is not the demo; nothing was changed")
    if not found:
        if not (settings().keys / keys.KEK_FILE).exists():
            keys.create_authority(settings().keys, COMPANY["en"], None, now)
        with unit_of_work(LOADER, reason="Demo plant 演示工厂", now=now) as session:
            load_plant(session, password=DEMO_PASSWORD, now=now)
            plant = site_by_code(session, PLANT)
            assert plant is not None
            places = {place.code: place for place in locations(session, plant.id)}
            load_opening_stock(session, plant, places, now=now)
    accept_statements(DEMO_PASSWORD)
    for story in STORIES if with_cases else ():
        tell(story, DEMO_PASSWORD)


def _load(arguments: argparse.Namespace) -> int:
    load_demo(with_cases=not arguments.without_cases)
    return _accounts(arguments)


def _accounts(arguments: argparse.Namespace) -> int:
    listed = [{"login": account.login, "name": account.name} for account in ACCOUNTS]
    lines = [
        f"  {COMPANY['en']} / {COMPANY['zh']}: 演示 DEMO, not a GMP record",
        f"  {settings().url}  password of every account: {DEMO_PASSWORD}",
        *(f"  {account.login:<12}{account.name['en']} / {account.name['zh']}" for account in ACCOUNTS),
    ]
    emit({"ok": True, "password": DEMO_PASSWORD, "accounts": listed}, lines, as_json=arguments.json)
    return 0
