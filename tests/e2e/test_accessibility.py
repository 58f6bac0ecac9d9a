"""axe finds nothing on any page, in both languages, on a desk and a phone (WCAG 2.2 AA).

The pages are those of the product's own map: people of every role follow the links they see, and an address
that shows a page and that nobody finds fails the test. `make bench` has each kind of page examined at a desk
in English and on a phone in Chinese (QMS_WALK=whole); with the tests half of them are, each way its half.
"""

import os
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from lxml import html
from playwright.sync_api import Page
from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter, RequestRedirect

from app.access.routes import DEMO_PASSWORD
from app.cli.scratch import Product
from app.cli.story import Plant
from app.cli.visit import Visitor
from app.factory import create_app
from tests.e2e.acts import Person
from tests.e2e.busy import make_busy
from tests.e2e.conftest import DESKTOP, ON_SQLITE, PHONE
from tests.factories.objects import endpoint, every_kind

pytestmark = [pytest.mark.browser, pytest.mark.urs("URS-130"), ON_SQLITE]
AXE = Path(__file__).parents[2] / "app" / "static" / "node_modules" / "axe-core" / "axe.min.js"
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PEOPLE = ["keeper", "qa", "owner", "auditor", "inspector", "buyer", "admin", "secadmin", "audadmin"]
FILE = re.compile(r"\.[a-z0-9]{2,5}$")
SAMPLE = {"organisation.department", "catalog.item", "catalog.bom", "controlled_documents.revision"}
WHOLE = os.environ.get("QMS_WALK") == "whole"
"""Every kind of object has the same pages from the same templates (app.objects.pages): one kind of each shape
is examined with the tests; the links of the others are followed."""
LIKE_OTHERS = {
    endpoint(kind, page)
    for kind in every_kind()
    if not WHOLE and kind.name not in SAMPLE
    for page in ("", "new", "show", "history", "edit")
} - {"procurement.orders", "procurement.orders_show"}  # drawn by their room
NO_PAGE = {
    **{endpoint(kind, "file"): "a file" for kind in every_kind()},
    "objects.suggestions": "a part of a form",
    **{
        f"api.{kind.plural}{door}": "for programs"
        for kind in every_kind()
        for door in ("", "_show", "_history")
    },
    "api.change": "for programs",
    "api.description": "for programs",
    "archive.download_file": "a file",
    "archive.verification": "a part of the record's page",
    "cases.progress": "a part of the case's page",
    "controlled_documents.text": "a file",
    "equipment.event_file": "a file",
    "imports.findings": "a file",
    "imports.original": "a file",
    "imports.progress": "a part of the page of one import",
    "imports.template": "a file",
    "inbox.file": "a file",
    "inbox.suggestions": "a part of a form",
    "modeler.source": "a file",
    "procurement.read_label": "a part of the receipt's form",
    "production.materials": "a part of the output's form",
    **{
        f"setup.{step}": "of an empty installation; test_set_up looks at it"
        for step in ("index", "company", "sites", "people", "house", "review", "done")
    },
    "web.asset": "a file",
    "web.health": "for machines",
    "web.metrics": "for machines",
    "web.ready": "for machines",
    "web.start": "leads on",
}
"""Addresses one can read that are no page of their own, and what they are."""


MANY = {
    "traceability.lot": 12,
    "modeler.show": 12,
    "cases.show": 12,
    **{endpoint(kind, "show"): 12 for kind in every_kind() if endpoint(kind, "show") not in LIKE_OTHERS},
}
"""Kinds of page that do not all lead to the same: so many of them are followed."""
OF_PROCESSES = {
    (kind, path.name)
    for kind in ("/processes/", "/cases/", "/inbox/")
    for path in (Path(__file__).parents[2] / "bpmn").iterdir()
    if path.is_dir()
} - {
    ("/cases/", "extension_request"),
    ("/inbox/", "extension_request"),
    ("/inbox/", "process_model_change"),
}
"""What is examined of each process: its sheet, a case, a step. Nobody asks for more time, no model waits."""
FORM = "#task-form"
BY_RIGHT = {"people.show"}
"""Kinds of page that hold other buttons for other people: examined for each of them."""


@pytest.fixture(scope="module")
def busy(product: Product, tmp_path_factory: pytest.TempPathFactory) -> Product:
    """The demo plant after goods were shipped and taken back, a list was brought and cases were to move."""
    make_busy(product, tmp_path_factory.mktemp("models"))
    return product


@dataclass(frozen=True)
class Way:
    """The links one person has followed: addresses that showed a page, in the order they were found."""

    pages: list[tuple[str, str]]
    faults: list[str]


class Map:
    """The addresses of the product: which of them are pages, and what kind of page a link shows."""

    def __init__(self) -> None:
        app = create_app()
        rules = [rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())]
        self.pages = {rule.endpoint for rule in rules if not FILE.search(rule.rule)} - set(NO_PAGE)
        self.addresses: MapAdapter = app.url_map.bind("plant")

    def links(self, where: str, text: str, faults: list[str]) -> list[tuple[str, str]]:
        """Addresses on a page that belong to the product, with the kind of page each shows."""
        paths = html.fromstring(text).xpath("//a[not(@download)][starts-with(@href, '/')]/@href")
        found = []
        for path in dict.fromkeys(path.partition("#")[0] for path in paths):
            try:
                endpoint = self.addresses.match(path.partition("?")[0], method="GET")[0]
            except (HTTPException, RequestRedirect):
                faults.append(f"{where} leads nowhere: {path}")
            else:
                if endpoint in self.pages:
                    found.append((path, endpoint))
        return found

    def way_of(self, visitor: Visitor) -> Way:
        """Follow the links of one person, most kinds of page once."""
        way, seen = Way([], []), Counter[str]()
        ahead = self.links("/", visitor.get("/").body.decode(), way.faults)
        while ahead:
            path, endpoint = ahead.pop(0)
            if seen[endpoint] >= MANY.get(endpoint, 1):
                continue
            seen[endpoint] += 1
            answer = visitor.get(path)
            if answer.status == 200 and answer.body.lstrip().startswith(b"<!"):
                way.pages.append((path, endpoint))
                ahead += self.links(path, answer.body.decode(), way.faults)
        return way


@pytest.fixture(scope="module")
def product_map() -> Map:
    """The product's own map."""
    return Map()


@pytest.fixture(scope="module")
def ways(busy: Product, product_map: Map) -> dict[str, Way]:
    """Where the links lead that each person sees, followed once without a browser."""
    plant = Plant(busy.url, DEMO_PASSWORD)
    return {login: product_map.way_of(plant.person(login)) for login in PEOPLE}


class Walk:
    """One reader of the whole product: which pages are left, and what axe found on those seen."""

    def __init__(self, product_map: Map, turn: int = 0) -> None:
        half = slice(None) if WHOLE else slice(turn, None, 2)
        self.map = product_map
        self.left = set(sorted(product_map.pages - LIKE_OTHERS - {"access.sign_in"})[half])
        self.faults: list[str] = []
        self.unshown = set(sorted(OF_PROCESSES)[half])

    def as_person(self, page: Page, way: Way) -> None:
        """Examine what lies on the way of one person and nobody has seen before; its links lead somewhere."""
        for path, kind in way.pages:
            if kind in self.left | BY_RIGHT and page.goto(path).ok:
                self.left.discard(kind)
                self.examine(page)
                self.map.links(path, page.content(), self.faults)

    def each_process(self, page: Page) -> None:
        """Examine of each process its sheet, a case, and a step with its form, if this person sees it."""
        for kind, key in sorted(self.unshown):
            path = f"{kind}{key}" if kind == "/processes/" else self._first(page, kind, key)
            if path is not None and page.goto(path).ok and (kind != "/inbox/" or page.query_selector(FORM)):
                self.unshown.discard((kind, key))
                self.examine(page)

    def _first(self, page: Page, kind: str, process: str) -> str | None:
        text = page.request.get(f"{kind.rstrip('/')}?process={process}").text()
        paths = html.fromstring(text).xpath("//main//a/@href")
        return next((path for path in paths if re.fullmatch(f"{kind}[0-9a-f-]{{36}}", path)), None)

    def examine(self, page: Page) -> None:
        """Note what axe finds on the page shown."""
        self.faults += axe_finds(page)


def axe_finds(page: Page) -> list[str]:
    """What axe finds on the page shown; :func:`with_axe` has brought it there."""
    options = {"runOnly": LEVELS, "resultTypes": ["violations"]}
    found = page.evaluate("options => axe.run(options)", options)["violations"]
    return [f"{page.url}: {one['id']} at {one['nodes'][0]['target']}" for one in found]


def with_axe(page: Page) -> Page:
    """Have axe come in with every page that is opened from now on, past the page's policy."""
    page.add_init_script(path=AXE)
    return page


def test_every_page_is_found_by_a_link(ways: dict[str, Way], product_map: Map) -> None:
    found = {kind for way in ways.values() for _path, kind in way.pages}
    assert [fault for way in ways.values() for fault in way.faults] == []
    assert product_map.pages - LIKE_OTHERS - found - {"access.sign_in"} == set()


@pytest.mark.parametrize(
    ("language", "size", "turn"), [("en", DESKTOP, 0), ("zh", PHONE, 1)], ids=["en-desktop", "zh-phone"]
)
def test_axe_finds_nothing_on_any_page(
    ways: dict[str, Way],
    product_map: Map,
    visitor: Callable[..., Page],
    pictures: Path | None,
    language: str,
    size: dict[str, int],
    turn: int,
) -> None:
    walk = Walk(product_map, turn)
    stranger = with_axe(visitor(language=language, size=size))
    stranger.goto("/login")
    walk.examine(stranger)
    for login in PEOPLE:
        page = with_axe(visitor(language=language, size=size))
        Person(page, login, language, pictures).sign_in()
        walk.as_person(page, ways[login])
        walk.each_process(page)
    for path in ("/nowhere", "/audit"):
        page.goto(path)
        walk.examine(page)
    assert walk.faults == []
    assert walk.left == set(), "nobody was shown these pages"
    assert walk.unshown == set(), "nor these of processes"
