"""From an empty installation to the first released lot, as the README tells it: pages and files only."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.cli.plan import EXAMPLE
from app.cli.story import Plant
from app.cli.visit import Page, UnexpectedPage, Visitor
from app.setup.code import FILE

LISTS = Path(__file__).resolve().parents[2] / "docs" / "first-lists"
PASSWORD = "quiet-harbour-42"  # noqa: S105 - of people who live as long as the scratch plant
PASSPHRASES = ("the first person's long sentence", "the second person's long sentence")
PEOPLE = ("owner", "qa", "buyer", "keeper", "inspector")
"""The user names of `people.csv`, which are called by what they do."""
PROPOSED = (
    ("catalog.suppliers", "suppliers.csv", "owner"),
    ("catalog.items", "items.csv", "owner"),
    ("catalog.characteristics", "inspection-standards.csv", "owner"),
    ("inventory.locations", "locations.csv", "owner"),
    ("suppliers.certificates", "supplier-certificates.csv", "buyer"),
    ("suppliers.scopes", "supplier-scopes.csv", "buyer"),
    ("procurement.orders", "orders.csv", "buyer"),
)
"""The lists in the order an empty plant needs them, and who brings each."""


@dataclass
class Newcomer:
    """Follows the README on a started, empty product; ``moves`` says in words what was done."""

    address: str
    home: Path
    language: str
    moves: list[str] = field(default_factory=list)

    def follow(self) -> tuple[str, list[bytes], bytes]:
        """Go the whole way; gives the case of the first release, its sealed records, the root certificate.

        Raises:
            UnexpectedPage: a page does not say what the README promises.
        """
        first, root = self.set_up()
        self._note("set up by pages, root key downloaded and erased")
        admins = {login: self._first_sign_in(login, password) for login, password in first.items()}
        people = self._bring_people(admins["secadmin"], admins["admin"])
        self._note("people brought in, verified, confirmed by a second administrator")
        plant = Plant(self.address, PASSWORD, self.language)
        plant.people |= {login: self._first_sign_in(login, people[login]) for login in PEOPLE}
        for role in ("qa", "inspector"):
            self._accept_statement(plant.people[role])
        for name, file, role in PROPOSED:
            self._bring(plant, name, LISTS / file, role)
            self._note(f"{file} brought by {role}, accepted by qa")
        case = plant.receive_material("FIRST-1")
        plant.sign_step("inspector", case)
        plant.sign_step("qa", case, {"decision": "release"})
        self._note("first lot received, inspected, released")
        return case, plant.records(case, 3), root

    def set_up(self) -> tuple[dict[str, str], bytes]:
        """Make the plant of ``qms init --example`` by the pages of the set-up."""
        visitor = Visitor(self.address, language=self.language)
        asked = visitor.get("/")
        if not asked.url.endswith("/setup"):
            raise UnexpectedPage(f"an empty installation does not lead to its set-up but to {asked.url}")
        code = (self.home / FILE).read_text("ascii").strip()
        page = visitor.submit(asked.form("/setup"), {"code": code})
        page = visitor.submit(page.form("/setup/company"), _both("company", EXAMPLE["company"]))
        for site in EXAMPLE["sites"]:
            choices = {key: site[key] for key in ("code", "kind", "region", "zone", "layout")}
            if "registrant" in site:
                choices["registrant"] = site["registrant"]
            words = _both("name", site["name"]) | _both("address", site["address"])
            page = visitor.submit(_last_form(page, "/setup/sites"), choices | words)
        page = visitor.submit(visitor.get("/setup/people").form("/setup/people"), _administrators())
        page = visitor.submit(page.form("/setup/house"), {}, {})
        first, second = PASSPHRASES
        phrases = {"first": first, "first_again": first, "second": second, "second_again": second}
        done = visitor.submit(page.form("/setup/review"), phrases)
        passwords = _told(done)
        for address in ("/setup/root-key.pem", "/setup/root.pem"):
            answer = visitor.get(address)
            if b"-----BEGIN" not in answer.body:
                raise UnexpectedPage(f"{address}: {answer.text()[:200]}")
        root = visitor.get("/setup/root.pem").body
        visitor.submit(visitor.get("/setup/done").form("/setup/done"), {"key": "1", "passwords": "1"})
        return passwords, root

    def _bring_people(self, security: Visitor, second: Visitor) -> dict[str, str]:
        checked = self._upload(security, "access.people", LISTS / "people.csv")
        told = _told(security.submit(checked.form("/apply"), {}))
        for link in security.get("/admin/people").links("/admin/people/"):
            if not re.search(r"/[0-9a-f-]{36}$", link):
                continue
            page = security.get(link)
            if page.tree.xpath("//form[contains(@action, '/identity')]"):
                security.submit(page.form("/identity"), {"evidence": "identity_card", "note": "seen"})
        for link in second.get("/admin/people").links("/admin/people/"):
            page = second.get(link)
            while page.tree.xpath("//form[contains(@action, '/confirm')]"):
                page = second.submit(page.form("/confirm"), {})
        return told

    def _bring(self, plant: Plant, name: str, file: Path, role: str) -> None:
        visitor = plant.people[role]
        checked = self._upload(visitor, name, file)
        proposed = visitor.submit(checked.form("/propose"), {"reason": "First data of the plant"})
        cases = proposed.links("/cases/")
        if not cases:
            raise UnexpectedPage(f"{file.name} is not proposed: {proposed.text()[:600]}")
        plant.sign_step("qa", cases[0], {"decision": "accept"})

    def _upload(self, visitor: Visitor, name: str, file: Path) -> Page:
        form = visitor.get(f"/imports/{name}/new").form("/new")
        page = visitor.submit(form, {}, {"file": (file.name, file.read_bytes())})
        if page.status >= 400 or page.tree.xpath("//tr[@data-code]"):
            raise UnexpectedPage(f"{file.name} has findings: {page.text()[:800]}")
        return page

    def _first_sign_in(self, login: str, first: str) -> Visitor:
        visitor = Visitor(self.address, language=self.language).sign_in(login, first)
        fields = {"old_password": first, "new_password": PASSWORD, "again": PASSWORD}
        page = visitor.submit(visitor.get("/me/password").form("/me/password"), fields)
        if page.status >= 400:
            raise UnexpectedPage(f"{login} cannot choose a password: {page.text()[:300]}")
        visitor.password = PASSWORD
        return visitor.choose_language()

    def _accept_statement(self, visitor: Visitor) -> None:
        form = visitor.get("/statement").form("/statement")
        page = visitor.submit(form, {"login": visitor.login, "password": PASSWORD})
        if page.status >= 400:
            raise UnexpectedPage(f"{visitor.login} cannot accept the statement: {page.text()[:300]}")

    def _note(self, move: str) -> None:
        self.moves.append(move)


def _last_form(page: Page, action: str) -> Any:
    """The form that asks for one more; those before it take one away."""
    return [form for form in page.tree.forms if action in (form.action or "")][-1]


def _told(page: Page) -> dict[str, str]:
    """The first passwords that a page shows, by login."""
    rows = page.tree.xpath("//tr[@data-login]")
    if not rows:
        raise UnexpectedPage(f"no first passwords ({page.status}): {page.text()[:600]}")
    return {row.get("data-login"): row.xpath(".//code")[0].text_content() for row in rows}


def _administrators() -> dict[str, str]:
    fields: dict[str, str] = {}
    for one in EXAMPLE["administrators"]:
        role = one["role"]
        zone = one.get("zone", EXAMPLE["sites"][0]["zone"])
        fields |= {f"{role}_login": one["login"], f"{role}_language": one["language"], f"{role}_zone": zone}
        fields |= _both(f"{role}_name", one["name"])
    return fields


def _both(name: str, words: Mapping[str, str]) -> dict[str, str]:
    return {f"{name}_{lang}": text for lang, text in words.items()}
