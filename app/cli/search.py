"""`qms search`: the index by which objects are found; it is made from the objects and can be made anew."""

import argparse
import importlib

from app.cli.output import Subparsers, add_json, emit
from app.objects import search
from app.objects.kinds import kinds
from core.actor import system_actor
from core.db import read_session, unit_of_work

SEARCH = system_actor("search")


def register(subparsers: Subparsers) -> None:
    """Add `qms search rebuild|check`."""
    group = subparsers.add_parser("search", help="the index for searching")
    verbs = group.add_subparsers(metavar="VERB", required=True)
    anew = verbs.add_parser("rebuild", help="make the index anew from the objects")
    add_json(anew)
    anew.set_defaults(run=_rebuild)
    check = verbs.add_parser("check", help="whether every object is in the index")
    add_json(check)
    check.set_defaults(run=_check)


def fill() -> dict[str, int]:
    """Make the index of those kinds anew that lack objects in it; gives how many objects each has."""
    importlib.import_module("app.factory")  # knows every kind; it stands above, so by its name
    with read_session() as session:
        names = search.lacking(session)
    return _made(list(names))


def lacking() -> dict[str, int]:
    """The kinds whose index lacks objects, or holds some too many, with the difference."""
    importlib.import_module("app.factory")
    with read_session() as session:
        return search.lacking(session)


def _made(names: list[str]) -> dict[str, int]:
    made = {}
    for kind in kinds():
        if kind.name in names:
            with unit_of_work(SEARCH, reason="rebuild") as session:
                made[kind.name] = search.rebuild(session, kind)
    return made


def _rebuild(arguments: argparse.Namespace) -> int:
    importlib.import_module("app.factory")
    made = _made([kind.name for kind in kinds()])
    lines = [f"{name:<40}{count}" for name, count in made.items()]
    emit({"ok": True, "objects": made}, lines, as_json=arguments.json)
    return 0


def _check(arguments: argparse.Namespace) -> int:
    differs = lacking()
    lines = [f"{name:<40}{count:+}" for name, count in differs.items()] or ["Every object is in the index."]
    emit({"ok": not differs, "lacking": differs}, lines, as_json=arguments.json)
    return 1 if differs else 0
