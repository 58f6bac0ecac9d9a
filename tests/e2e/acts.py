"""What people do in the browser, in words of the plant; independent of the language they read."""

import re
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from app.access.routes import DEMO_PASSWORD
from app.cli.story import in_days

SIGNED = re.compile(r"/inbox\?after=[0-9a-f-]{36}")
SEALED_MS = 180_000


@dataclass
class Person:
    """Somebody at a browser window: signs in, reads, fills, signs; leaves pictures of the pages he sees."""

    page: Page
    login: str
    language: str
    pictures: Path | None
    seen: int = field(default=0)

    def sign_in(self) -> "Person":
        """Sign in by user name and password, and choose the language."""
        page = self.page
        page.goto("/login")
        page.locator("#f-login").fill(self.login)
        page.locator("#f-password").fill(DEMO_PASSWORD)
        self.picture("login")
        page.locator("#f-password").press("Enter")
        page.wait_for_url(lambda url: not url.endswith("/login"))
        choice = page.locator(f"form.language button[value={self.language}]")
        if choice.get_attribute("aria-pressed") != "true":
            choice.click()
        expect(page.locator("html")).to_have_attribute("lang", re.compile(f"^{self.language}"))
        return self

    def accept_statement(self) -> None:
        """Accept the statement of accountability if it has not been accepted yet."""
        self.page.goto("/statement")
        if self.page.locator("#f-password").count():
            self.page.locator("#f-password").fill(DEMO_PASSWORD)
            self.picture("statement")
            self.page.locator("#f-password").press("Enter")
            self.page.wait_for_url(lambda url: not url.endswith("/statement"))

    def receive_material(self, lot: str, quantity: str = "50") -> str:
        """Scan a label against the first open order line and post the receipt; gives the case's address."""
        page = self.page
        page.goto("/receipts/new")
        waiting = page.locator("#f-line option:not([value=''])").first
        code = waiting.inner_text().split(" · ")[1].split()[0]
        line = waiting.get_attribute("value")
        page.goto(f"/items?q={code}")
        gtin = page.locator("tr[data-row]", has=page.get_by_role("link", name=code, exact=True))
        number = gtin.locator("td[data-label=GTIN]").first.inner_text().strip()
        page.goto(f"/receipts/new?line={line}")
        page.locator("#f-scan").fill(_label(number, lot))
        page.locator("#f-scan").press("Tab")
        expect(page.locator("#label .alert-success")).to_be_visible()
        expect(page.locator("#f-line")).to_have_value(str(line))
        page.locator("#f-quantity").fill(quantity)
        page.locator("#f-delivery_note").fill(f"DN-{lot}")
        self.picture("receipt-form")
        self._post("receipt-confirm")
        page.wait_for_url(re.compile(r"/receipts/[0-9a-f-]{36}"))
        self.picture("receipt")
        return self._case()

    def receive_output(self, lot: str) -> str:
        """Receive finished devices of the first open work order from the lots first to expire."""
        page = self.page
        page.goto("/items?kind=finished")
        number = page.locator("tr[data-row] td[data-label=GTIN]").first.inner_text().strip()
        page.goto("/output/new")
        choose_first(page.locator("#f-work_order"))
        expect(page.locator("input[name=lot]").first).to_be_visible()
        page.locator("#f-scan").fill(_label(number, lot))
        page.locator("#f-quantity").fill("10")
        page.locator("#f-quantity").press("Tab")
        expect(page.locator("input[name=used]").first).not_to_have_value("")
        for row in page.locator("#materials fieldset .row").all():
            proposed = row.locator("small .code")
            if proposed.count() and not row.locator("input[name=lot]").input_value():
                row.locator("input[name=lot]").fill(proposed.first.inner_text().strip())
        self.picture("output-form")
        self._post("output-confirm")
        page.wait_for_url(re.compile(r"/output/[0-9a-f-]{36}"))
        self.picture("output")
        return self._case()

    def open_task(self, case: str) -> None:
        """Open the step of a case that waits for this person, from the inbox."""
        self.page.goto(case)
        number = case_number(self.page)
        self.page.goto(f"/inbox?q={number}")
        self.picture("inbox")
        self.page.locator("a.task-link").first.click()
        expect(self.page.locator("#task-form")).to_be_visible()

    def inspect(self, case: str, attachment: Path | None = None) -> None:
        """Fill the inspection with results inside their limits and sign it."""
        self.open_task(case)
        page = self.page
        page.locator("[name=sample_size]").fill("5")
        for entry in page.locator("input[data-lower], input[data-upper]").all():
            entry.fill(_middle(entry))
        for choice in page.locator("input[type=radio][value=pass]").all():
            choice.check()
        if attachment:
            page.locator("#task-form input[type=file]").first.set_input_files(attachment)
            expect(page.locator("ul[data-files] li")).to_have_count(1)
        self.sign("inspection")

    def decide(self, case: str, decision: str = "release") -> None:
        """Release or reject a lot, with a signature."""
        self.open_task(case)
        self.page.locator(f"input[name=decision][value={decision}]").check()
        if decision == "reject":
            self.page.locator("[name=category]").select_option("packaging")
            self.page.locator("[name=reason]").fill("Packaging torn open on arrival 到货时包装破损")
        self.sign(decision)

    def sign(self, name: str) -> None:
        """Read what is signed below the answers, and sign it with the password."""
        expect(self.page.locator("[data-sign=ready]")).to_be_visible()
        expect(self.page.locator("#sign-button")).to_be_enabled()
        self.picture(f"{name}-form")
        self.page.locator("#sign-password").fill(DEMO_PASSWORD)
        self.page.locator("#sign-button").click()
        self.page.wait_for_url(SIGNED)
        self.picture(f"{name}-signed")

    def wait_for_records(self, case: str, count: int) -> list[str]:
        """Wait on the case page until its records are sealed; gives their addresses."""
        self.page.goto(case)
        links = self.page.locator("a[href*='/records/'][href$='.pdf']")
        expect(links).to_have_count(count, timeout=SEALED_MS)
        self.picture("case-records")
        return [link.get_attribute("href") or "" for link in links.all()]

    def picture(self, name: str) -> None:
        """Keep a picture of the whole page, to be looked at, where somebody asked for them."""
        if self.pictures is None:
            return
        self.seen += 1
        width = (self.page.viewport_size or {"width": 0})["width"]
        file = f"{self.language}-{width}-{self.login}-{self.seen:02d}-{name}.png"
        self.page.screenshot(path=self.pictures / file, full_page=True)

    def _post(self, name: str) -> None:
        """Post the form and say yes to the question what will happen."""
        self.page.locator("form[data-once] button[type=submit].btn-primary").click()
        expect(self.page.locator("dialog#confirm")).to_be_visible()
        self.picture(name)
        self.page.locator("dialog#confirm button[value=yes]").click()

    def _case(self) -> str:
        link = self.page.locator("a[href*='/cases/']").first
        return link.get_attribute("href") or ""


def case_number(page: Page) -> str:
    """The number people know a case by, read off its page."""
    return page.locator(".page-pretitle").inner_text().split("·")[-1].strip()


def choose_first(select: Locator) -> None:
    """Choose the first real option of a list unless one is chosen."""
    if not select.input_value():
        value = select.locator("option:not([value=''])").first.get_attribute("value")
        select.select_option(value)


def _label(gtin: str, lot: str) -> str:
    return f"(01){gtin}(17){in_days(300):%y%m%d}(10){lot}"


def _middle(entry: Locator) -> str:
    limits = [entry.get_attribute(side) for side in ("data-lower", "data-upper")]
    numbers = [Decimal(limit) for limit in limits if limit]
    return f"{sum(numbers) / len(numbers):.3f}".rstrip("0").rstrip(".")
