"""An empty installation is set up in a real browser, and axe finds nothing on the way.

On a phone in Chinese on SQLite, at a desk in English on PostgreSQL, where set-up may only do what the
product's role may.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from app.cli.plan import EXAMPLE
from app.cli.scratch import Product
from app.setup.code import FILE
from tests.e2e.conftest import DESKTOP, PHONE, started
from tests.e2e.test_accessibility import AXE, LEVELS

Window = Callable[..., Page]
LISTS = Path(__file__).parents[2] / "docs" / "first-lists"
PHRASES = ("the first long passphrase", "the second long passphrase")
PASSWORD = "quiet-harbour-42"


pytestmark = [pytest.mark.browser]


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def product(request: pytest.FixtureRequest) -> Iterator[Product]:
    """An installation that nobody has set up yet, on each database."""
    with started(request, QMS_DEMO="0") as empty:
        yield empty


def look(page: Page, pictures: Path | None, name: str) -> None:
    """Keep a picture, and see that nothing hangs over and axe finds nothing."""
    if pictures is not None:
        page.screenshot(path=pictures / f"set-up-{name}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0, name
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("options => axe.run(options)", {"runOnly": LEVELS})["violations"]
    assert [(one["id"], one["nodes"][0]["html"]) for one in found] == [], name


def arrive(page: Page, pictures: Path | None, step: str) -> None:
    """Wait for the page of a step, named by its number and address, and look at it."""
    page.wait_for_url(f"**/setup/{step.partition('-')[2]}", timeout=60_000)
    look(page, pictures, step)


def fill_both(page: Page, name: str, words: dict[str, str]) -> None:
    for language in ("en", "zh"):
        page.fill(f"[name={name}_{language}]", words[language])


@pytest.mark.urs("URS-028", "URS-122", "URS-144")
def test_an_empty_installation_is_set_up_by_its_pages(
    visitor: Window, product: Product, pictures: Path | None
) -> None:
    at_a_desk = "QMS_DATABASE_URL" in product.settings
    page = visitor(language="en", size=DESKTOP) if at_a_desk else visitor(language="zh", size=PHONE)
    page.goto("/inbox")
    look(page, pictures, "1-code")
    page.fill("[name=code]", (product.home / FILE).read_text("ascii").strip())
    page.click("form:has([name=code]) button")
    arrive(page, pictures, "2-company")
    fill_both(page, "company", EXAMPLE["company"])
    page.click("form:has([name=company_en]) button")
    for site in EXAMPLE["sites"]:
        page.fill("[name=code]", site["code"])
        page.select_option("[name=kind]", site["kind"])
        fill_both(page, "name", site["name"])
        fill_both(page, "address", site["address"])
        if "registrant" in site:
            page.select_option("[name=registrant]", site["registrant"])
        page.click("form:has([name=name_en]) button")
        expect(page.get_by_role("cell", name=site["code"], exact=True).first).to_be_visible()
    arrive(page, pictures, "3-sites")
    page.click("a.btn-primary[href='/setup/people']")
    for one in EXAMPLE["administrators"]:
        page.fill(f"[name={one['role']}_login]", one["login"])
        fill_both(page, f"{one['role']}_name", one["name"])
    arrive(page, pictures, "4-people")
    page.click("form:has([name=audit_admin_login]) button")
    arrive(page, pictures, "5-house")
    page.click("form:has([name=logo]) button")
    for name, phrase in zip(("first", "second"), PHRASES, strict=True):
        page.fill(f"[name={name}]", phrase)
        page.fill(f"[name={name}_again]", phrase)
    arrive(page, pictures, "6-review")
    page.click("form:has([name=first]) button")
    page.locator("dialog[open] button").last.click()
    arrive(page, pictures, "7-done")
    with page.expect_download() as key:
        page.click("a[href='/setup/root-key.pem']")
    assert "ENCRYPTED" in key.value.path().read_text("ascii")
    first = page.locator("tr[data-login='secadmin'] code").inner_text()
    page.check("#f-key")
    page.check("#f-passwords")
    page.click("form:has(#f-key) button")
    page.fill("[name=login]", "secadmin")
    page.fill("[name=password]", first)
    page.click("form:has([name=password]) button")
    expect(page).to_have_url(f"{product.url}/me/password")
    page.fill("[name=old_password]", first)
    page.fill("[name=new_password]", PASSWORD)
    page.fill("[name=again]", PASSWORD)
    page.click("form:has([name=again]) button")
    bring_people(page, pictures)


def bring_people(page: Page, pictures: Path | None) -> None:
    """Bring a list with a bad cell, then the list as it should be."""
    good = (LISTS / "people.csv").read_text("utf-8")
    for name, text in (("8-findings", good.replace("inspector", "king")), ("9-checked", good)):
        page.goto("/imports/access.people/new")
        file = {"name": "people.csv", "mimeType": "text/csv", "buffer": text.encode()}
        page.set_input_files("[name=file]", file)
        page.click("form:has([name=file]) button")
        expect(page.locator("h1")).to_have_text("people.csv")
        look(page, pictures, name)
