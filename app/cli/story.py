"""The main job as people do it, over HTTP: goods received, inspected, released; each step signed."""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from app.cli.visit import Page, UnexpectedPage, Visitor
from core import clock
from core.clock import site_day

POLL_SECONDS = 0.3
SEALED_WITHIN_SECONDS = 180
QUANTITY = "100"


@dataclass
class Plant:
    """The people of a running demo plant, each with a session of his own."""

    address: str
    password: str
    language: str = "en"
    people: dict[str, Visitor] = field(default_factory=dict)

    def person(self, login: str) -> Visitor:
        """Somebody, signed in since his first act."""
        if login not in self.people:
            visitor = Visitor(self.address, language=self.language)
            self.people[login] = visitor.sign_in(login, self.password)
        return self.people[login]

    def accept_statement(self, login: str) -> None:
        """Have somebody accept the statement of accountability, due before the first signature."""
        visitor = self.person(login)
        form = visitor.get("/statement").form("/statement")
        if "password" in form.fields:
            visitor.submit(form, {"login": login, "password": self.password})

    def receive_material(self, lot: str, *, quantity: str = QUANTITY) -> str:
        """Receive goods against the first open order line; gives the address of the case.

        Raises:
            UnexpectedPage: the receipt is refused.
        """
        keeper = self.person("keeper")
        waiting = _options(keeper.get("/receipts/new").form("/receipts"), "line")
        if not waiting:
            raise UnexpectedPage("no order line is open")
        code = waiting[0].text_content().split(" · ")[1].split()[0]
        scan = f"(01){self.gtin(code)}(17){in_days(300):%y%m%d}(10){lot}"
        line = waiting[0].get("value")
        form = keeper.get(f"/receipts/new?line={line}&scan={quote(scan)}").form("/receipts")
        fields = {"line": line, "quantity": quantity, "supplier_lot": lot, "delivery_note": f"DN-{lot}"}
        return _case_of(keeper.submit(form, fields))

    def receive_output(self, lot: str) -> str:
        """Receive finished devices of the first open work order, made from the lots the form proposes.

        Raises:
            UnexpectedPage: the receipt is refused, or no work order is open.
        """
        keeper = self.person("keeper")
        orders = _options(keeper.get("/output/new").form("/output"), "work_order")
        if not orders:
            raise UnexpectedPage("no work order is open")
        page = keeper.get(f"/output/new?work_order={orders[0].get('value')}&quantity=10")
        form = page.form("/output")
        code = self._item_of(orders[0].text_content())
        scan = f"(01){self.gtin(code)}(17){in_days(300):%y%m%d}(10){lot}"
        rows = [(one.get("value") or _proposed(one), one) for one in form.xpath(".//input[@name='lot']")]
        for value, entry in rows:
            entry.set("value", value)
        return _case_of(keeper.submit(form, {"scan": scan, "quantity": "10"}))

    def gtin(self, code: str) -> str:
        """The trade item number of an item, read off the list of items."""
        page = self.person("keeper").get(f"/items?q={quote(code)}")
        cell = "//tr[td[1]//a[normalize-space()=$code]]/td[@data-label='GTIN']/text()"
        found = page.tree.xpath(cell, code=code)
        if not found:
            raise UnexpectedPage(f"no item {code}: {page.text()[:300]}")
        return str(found[0])

    def _item_of(self, option: str) -> str:
        """The code of the finished item whose name an option shows."""
        page = self.person("keeper").get("/items?kind=finished")
        for row in page.tree.xpath("//tr[@data-row]"):
            if " ".join(row[1].text_content().split()) in option:
                return str(row[0].text_content().strip())
        raise UnexpectedPage(f"no finished item for {option!r}")

    def sign_step(self, login: str, case: str, fields: Mapping[str, str] | None = None) -> Page:
        """Do the open step of a case: fill the form, read the review, sign; gives the page after it.

        Measured results are filled with a value inside their limits and judgements with *pass*.

        Raises:
            UnexpectedPage: the step is not open for this person, or the signature is refused.
        """
        return self.sign(login, self.review(login, case, fields))

    def review(self, login: str, case: str, fields: Mapping[str, str] | None = None) -> Any:
        """Fill the open step of a case as :meth:`sign_step` does; gives the form that asks for the signature.

        Raises:
            UnexpectedPage: the step is not open for this person, or something filled in is refused.
        """
        form = self.task(login, case).form("/review")
        review = self.person(login).submit(form, {**_inside_limits(form), **(fields or {})})
        if review.status >= 400:
            raise UnexpectedPage(f"{login} cannot sign: {review.text()[:800]}")
        return review.form("/sign")

    def sign(self, login: str, form: Any) -> Page:
        """Sign what :meth:`review` has shown.

        Raises:
            UnexpectedPage: the signature is refused.
        """
        done = self.person(login).submit(form, {"password": self.password})
        if done.status >= 400 or "/sign" in done.url:
            raise UnexpectedPage(f"{login} cannot sign: {done.text()[:800]}")
        return done

    def task(self, login: str, case: str) -> Page:
        """Open the step of a case that waits for this person.

        Raises:
            UnexpectedPage: none does.
        """
        visitor = self.person(login)
        inbox = visitor.get(f"/inbox?q={quote(self.case_number(case))}")
        links = [link for link in inbox.links("/inbox/") if re.search(r"/inbox/[0-9a-f-]{36}$", link)]
        if not links:
            raise UnexpectedPage(f"nothing of {case} waits for {login}: {inbox.text()[:400]}")
        return visitor.get(links[0])

    def case_number(self, case: str) -> str:
        """The number people know a case by."""
        page = self.person("qa").get(case)
        above = page.tree.xpath("//*[@class='page-pretitle']")
        if page.status >= 400 or not above:
            raise UnexpectedPage(f"{case} shows no number: {page.text()[:300]}")
        return str(above[0].text_content().split("·")[-1].strip())

    def records(self, case: str, wanted: int) -> list[bytes]:
        """The PDF records of a case, once all of them are sealed.

        Raises:
            UnexpectedPage: fewer than `wanted` are there in time.
        """
        visitor = self.person("qa")
        deadline = time.monotonic() + SEALED_WITHIN_SECONDS
        while True:
            page = visitor.get(case)
            links = [link for link in page.links("/records/") if link.endswith(".pdf")]
            answers = [visitor.get(link) for link in links]
            sealed = [answer.body for answer in answers if answer.body.startswith(b"%PDF")]
            if len(sealed) >= wanted:
                return sealed
            if time.monotonic() > deadline:
                raise UnexpectedPage(f"{len(sealed)} of {wanted} records are sealed: {page.text()[:600]}")
            time.sleep(POLL_SECONDS)


def in_days(count: int) -> date:
    """A day from today on, in the calendar of the demo plant."""
    return site_day(clock.now(), "Asia/Shanghai") + timedelta(days=count)


def _options(form: Any, name: str) -> list[Any]:
    return list(form.xpath(".//select[@name=$name]/option[@value!='']", name=name))


def _case_of(page: Page) -> str:
    links = page.links("/cases/")
    if page.status >= 400 or not links:
        raise UnexpectedPage(f"not posted ({page.status}): {page.text()[:800]}")
    return links[0]


def _proposed(entry: Any) -> str:
    """The lot that the form's hint names first to expire."""
    hint = entry.getparent().xpath(".//small//span[@class='code']/text()")
    return str(hint[0]) if hint else ""


def _inside_limits(form: Any) -> dict[str, str]:
    """Answers to an inspection form: the middle of the limits, and pass where somebody judges."""
    filled = {"sample_size": "5"} if "sample_size" in form.fields else {}
    for entry in form.xpath(".//input[@data-lower or @data-upper]"):
        limits = [Decimal(entry.get(side)) for side in ("data-lower", "data-upper") if entry.get(side)]
        filled[entry.get("name")] = f"{sum(limits) / len(limits):.3f}".rstrip("0").rstrip(".")
    for name in form.xpath(".//input[@type='radio' and @value='pass']/@name"):
        filled[str(name)] = "pass"
    return filled
