"""The main job as people do it, over HTTP: goods received, inspected, released; each step signed."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, TypeAlias, TypeVar
from urllib.parse import quote

from app.cli.visit import Page, UnexpectedPage, Visitor
from core import clock
from core.clock import site_day

POLL_SECONDS = 0.3
SEALED_WITHIN_SECONDS = 600
QUANTITY = "100"
Found = TypeVar("Found")
Fields: TypeAlias = Mapping[str, str]
Filling: TypeAlias = Fields | Callable[[Any], Fields]
"""What somebody enters into a form, or how that follows from the form."""


@dataclass
class Plant:
    """The people of a running demo plant, each with a session of his own."""

    address: str
    password: str
    language: str = "en"
    people: dict[str, Visitor] = field(default_factory=dict)
    numbers: dict[str, str] = field(default_factory=dict)
    """Numbers of cases that have been looked up, by their addresses."""

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

    def receive_material(self, lot: str, *, item: str = "", quantity: str = QUANTITY) -> str:
        """Receive goods against the first open order line, of an item if one is named; gives the case.

        Raises:
            UnexpectedPage: the receipt is refused.
        """
        keeper = self.person("keeper")
        lines = _options(keeper.get("/receipts/new").form("/receipts"), "line")
        waiting = [one for one in lines if item in ("", _item_on(one))]
        if not waiting:
            raise UnexpectedPage(f"no order line is open {item}")
        code = _item_on(waiting[0])
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

    def start(self, login: str, process: str) -> str:
        """Start a case of a process in person; gives the address of the case.

        Raises:
            UnexpectedPage: this person may not start it.
        """
        visitor = self.person(login)
        for form in visitor.get("/cases/new").tree.forms:
            if dict(form.form_values()).get("process") == process:
                return _case_of(visitor.submit(form, {}))
        raise UnexpectedPage(f"{login} cannot start {process}")

    def sign_step(self, login: str, case: str, fields: Filling | None = None) -> Page:
        """Do the open step of a case: fill the form, read the review, sign; gives the page after it.

        Measured results are filled with a value inside their limits and judgements with *pass*. What is not
        known before the form is seen is given by a function of it.

        Raises:
            UnexpectedPage: the step is not open for this person, or the signature is refused.
        """
        return self.sign(login, self.review(login, case, fields))

    def review(self, login: str, case: str, fields: Filling | None = None) -> Any:
        """Fill the open step of a case as :meth:`sign_step` does; gives the form that asks for the signature.

        Raises:
            UnexpectedPage: the step is not open for this person, or something filled in is refused.
        """
        form = self.task(login, case).form("/review")
        given = fields(form) if callable(fields) else fields or {}
        review = self.person(login).submit(form, {**inside_limits(form), **given})
        if review.status >= 400:
            raise UnexpectedPage(f"{login} cannot sign: {review.complaint()[:800]}")
        return review.form("/sign")

    def sign(self, login: str, form: Any) -> Page:
        """Sign what :meth:`review` has shown.

        Raises:
            UnexpectedPage: the signature is refused.
        """
        done = self.person(login).submit(form, {"password": self.password})
        if done.status >= 400 or "/sign" in done.url:
            raise UnexpectedPage(f"{login} cannot sign: {done.complaint()[:800]}")
        return done

    def task(self, login: str, case: str) -> Page:
        """Open the step of a case that waits for this person.

        Raises:
            UnexpectedPage: none does.
        """
        visitor, number = self.person(login), self.case_number(case)
        inbox = visitor.get(f"/inbox?q={quote(number)}")
        line = "//li[.//div[starts-with(normalize-space(), $of)]]//a[contains(@class, 'task-link')]/@href"
        links = inbox.tree.xpath(line, of=f"{number} ·")
        if not links:
            raise UnexpectedPage(f"nothing of {number} waits for {login}: {inbox.text()[:400]}")
        return visitor.get(str(links[0]))

    def case_number(self, case: str) -> str:
        """The number people know a case by."""
        if case not in self.numbers:
            self.numbers[case] = number_of(self.person("qa").get(case))
        return self.numbers[case]

    def records(self, case: str, wanted: int) -> list[bytes]:
        """The PDF records of a case, once there are as many as `wanted` and every one is sealed.

        Raises:
            UnexpectedPage: they are not there in time.
        """
        visitor = self.person("qa")
        look = f"{case}/progress"
        page = self.until(
            lambda: _all_sealed(visitor.get(look), wanted), f"{wanted} sealed records of {case}"
        )
        return [visitor.get(link).body for link in page.links("/records/") if link.endswith(".pdf")]

    def until(self, look: Callable[[], Found | None], what: str) -> Found:
        """Look again and again until something is there; people wait for workers, too.

        Raises:
            UnexpectedPage: it does not come in time.
        """
        deadline = time.monotonic() + SEALED_WITHIN_SECONDS
        while (found := look()) is None:
            if time.monotonic() > deadline:
                raise UnexpectedPage(f"not there after {SEALED_WITHIN_SECONDS} s: {what}")
            self.pause()
        return found

    def pause(self) -> None:
        """Let the workers of the product work for a moment."""
        time.sleep(POLL_SECONDS)


def number_of(page: Page) -> str:
    """The number of the case that a page is about.

    Raises:
        UnexpectedPage: it shows none.
    """
    above = page.tree.xpath("//*[@class='page-pretitle']")
    if page.status >= 400 or not above:
        raise UnexpectedPage(f"{page.url} shows no number: {page.text()[:300]}")
    return str(above[0].text_content().split("·")[-1].strip())


def in_days(count: int) -> date:
    """A day from today on, in the calendar of the demo plant."""
    return site_day(clock.now(), "Asia/Shanghai") + timedelta(days=count)


def _item_on(option: Any) -> str:
    """The code of the item on an order line, as an option shows it."""
    return str(option.text_content().split(" · ")[1].split()[0])


def _all_sealed(part: Page, wanted: int) -> Page | None:
    """The list of a case's records, if it is long enough and each has its PDF."""
    rows = part.tree.xpath("//*[@class='record-row']")
    sealed = [row for row in rows if row.xpath(".//a[contains(@href, '.pdf')]")]
    return part if len(rows) == len(sealed) >= wanted else None


def _options(form: Any, name: str) -> list[Any]:
    return list(form.xpath(".//select[@name=$name]/option[@value!='']", name=name))


def _case_of(page: Page) -> str:
    links = page.links("/cases/")
    if page.status >= 400 or not links:
        raise UnexpectedPage(f"not posted ({page.status}): {page.complaint()[:800]}")
    return links[0]


def _proposed(entry: Any) -> str:
    """The lot that the form's hint names first to expire."""
    hint = entry.getparent().xpath(".//small//span[@class='code']/text()")
    return str(hint[0]) if hint else ""


def inside_limits(form: Any) -> dict[str, str]:
    """Answers to an inspection form: the middle of the limits, and pass where somebody judges."""
    filled = {"sample_size": "5"} if "sample_size" in form.fields else {}
    for entry in form.xpath(".//input[@data-lower or @data-upper]"):
        limits = [Decimal(entry.get(side)) for side in ("data-lower", "data-upper") if entry.get(side)]
        filled[entry.get("name")] = f"{sum(limits) / len(limits):.3f}".rstrip("0").rstrip(".")
    for name in form.xpath(".//input[@type='radio' and @value='pass']/@name"):
        filled[str(name)] = "pass"
    return filled
