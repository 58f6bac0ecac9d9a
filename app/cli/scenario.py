"""`qms scenario`: a whole story on a scratch product of its own, through HTTP only."""

import argparse
import json
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from app.access.routes import DEMO_PASSWORD
from app.cli.onboarding import Newcomer
from app.cli.output import Subparsers, add_json, emit
from app.cli.plant_week import Week
from app.cli.report import Report, Step
from app.cli.scratch import NotRunning, Product, running, scratch_folder
from app.cli.scratch_database import like_the_plants, on_a_server_of_its_own
from app.cli.story import Plant
from app.cli.visit import UnexpectedPage


@dataclass
class Told(Report):
    """A story as it was told: besides steps and records its cases, their links, and what moved."""

    cases: list[dict[str, Any]] = field(default_factory=list)
    links: list[dict[str, Any]] = field(default_factory=list)
    moves: list[Any] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        """The story as JSON has it."""
        more = {"cases": self.cases, "links": self.links, "moves": self.moves, "reason": self.reason}
        return {**super().document(), **more}

    def lines(self) -> list[str]:
        """The story as text."""
        lines = super().lines()
        for one in self.cases:
            lines.append(f"{one['number']}  {one['process']}  {one['state']}")
            lines += [f"     waits: {wait['what']}, until {wait['until']}" for wait in one.get("waits", ())]
        lines += [f"{one['from']} → {one['to']}" for one in self.links]
        lines += [one if isinstance(one, str) else "  ".join(one.values()) for one in self.moves]
        return lines


Tell = Callable[[Told, Product, Path, str], None]


def register(subparsers: Subparsers) -> None:
    """Add `qms scenario onboarding|plant-week`."""
    group = subparsers.add_parser("scenario", help="a whole story on a scratch product")
    verbs = group.add_subparsers(metavar="NAME", required=True)
    for name, about, demo, tell in (
        ("onboarding", "empty installation, lists, first released lot", "0", _onboarding),
        ("plant-week", "a lot fails: deviation, CAPA, change, supplier, next lot released", "1", _plant_week),
    ):
        verb = verbs.add_parser(name, help=about)
        verb.add_argument("--language", choices=("en", "zh"), default="en", help="of the people's pages")
        verb.add_argument("--keep", action="store_true", help="keep the scratch folder with its records")
        verb.add_argument("--postgresql", action="store_true", help="on a PostgreSQL server of its own")
        add_json(verb)
        verb.set_defaults(run=partial(_run, tell, demo))


def _run(tell: Tell, demo: str, arguments: argparse.Namespace) -> int:
    start = time.monotonic()
    told = Told()
    database = on_a_server_of_its_own if arguments.postgresql else like_the_plants
    with scratch_folder(keep=arguments.keep) as folder, database() as own:
        try:
            with running(folder / "home", {**own, "QMS_DEMO": demo}) as product, suppress(UnexpectedPage):
                told.steps.append(Step("starts", True, round(product.seconds, 3)))
                tell(told, product, folder / "records", arguments.language)
                _audit_holds(told, product)
        except NotRunning as failure:
            told.steps.append(Step("starts and ends cleanly", False, 0, str(failure)[-2000:]))
    document = {**told.document(), "seconds": round(time.monotonic() - start, 1)}
    if arguments.keep:
        document["home"] = str(folder)
    emit(document, told.lines(), as_json=arguments.json)
    return 0 if told.ok else 1


def _audit_holds(told: Told, product: Product) -> None:
    with told.step("audit trail holds"):
        answer = product.qms("audit", "verify", "--json")
        assert answer.returncode == 0, answer.stdout + answer.stderr
        assert json.loads(answer.stdout)["ok"], answer.stdout


def _onboarding(told: Told, product: Product, folder: Path, language: str) -> None:
    newcomer = Newcomer(product.url, product.home, language, told.moves)
    with told.step("an empty installation comes to its first release"):
        case, pdfs, root = newcomer.follow()
    number = case.rpartition("/")[2]
    told.cases.append({"number": number, "process": "lot_release", "state": "completed"})
    with told.step("records verify"):
        told.keep(pdfs, root, folder)


def _plant_week(told: Told, product: Product, folder: Path, language: str) -> None:
    plant = Plant(product.url, DEMO_PASSWORD, language)
    week, root = Week(plant, told), product.home / "keys" / "root.pem"
    told.cases, told.links, told.moves = week.found.cases, week.found.links, week.found.moves
    week.tell(lambda pdfs: told.keep(pdfs, root.read_bytes(), folder))
