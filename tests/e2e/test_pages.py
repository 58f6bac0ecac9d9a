"""What every page owes its reader: light, from this host alone, as wide as a phone, in his language."""

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Response

from tests.e2e.acts import Person
from tests.e2e.conftest import DESKTOP, ON_SQLITE, PHONE

pytestmark = [pytest.mark.browser, ON_SQLITE]
KIB = 1024
PAGES = {
    "qa": ["/inbox", "/cases", "/processes", "/stock", "/items", "/suppliers", "/records", "/me"],
    "keeper": ["/receipts", "/receipts/new", "/orders", "/output/new", "/work-orders"],
    "auditor": ["/audit", "/sites"],
    "owner": ["/models"],
    "admin": ["/admin/people", "/admin/jobs", "/admin/operation"],
    "secadmin": ["/admin/people/rules", "/admin/people/new", "/notices", "/me/notices"],
    "audadmin": ["/admin/clock"],
}
# Words that stay English in Chinese pages: names of standards and formats, codes, user names.
LATIN = re.compile(r"[A-Za-z]{4,}(?: [A-Za-z]{2,}){3,}")

BROKEN = r"""() => {
  const broken = [], texts = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    for (const code of texts.currentNode.data.matchAll(/(?<![\w-])(?=[A-Za-z-]*\d)\w+(?:-\w+)+(?![\w-])/g)) {
      const range = document.createRange();
      range.setStart(texts.currentNode, code.index);
      range.setEnd(texts.currentNode, code.index + code[0].length);
      const lines = new Set(Array.from(range.getClientRects(), (one) => Math.round(one.top)));
      if (code[0].length <= 24 && lines.size > 1) broken.push(code[0]);
    }
  }
  return broken;
}"""
"""Numbers, codes and days that end a line at one of their hyphens."""


def weigh(page: Page, path: str) -> tuple[int, set[str]]:
    """Load a page with an empty cache; give its compressed bytes and the hosts it loaded from."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    sizes: list[int] = []
    hosts: set[str] = set()
    session.on("Network.loadingFinished", lambda event: sizes.append(int(event["encodedDataLength"])))

    def note(response: Response) -> None:
        hosts.add(urlsplit(response.url).netloc)

    page.on("response", note)
    answer = page.goto(path, wait_until="networkidle")
    page.remove_listener("response", note)
    session.detach()
    assert answer
    assert answer.status == 200, f"{path}: {answer.status}"
    return sum(sizes), hosts


@pytest.mark.urs("URS-130")
@pytest.mark.parametrize("login", sorted(PAGES))
@pytest.mark.parametrize(
    ("language", "size"), [("en", DESKTOP), ("zh", PHONE)], ids=["en-desktop", "zh-phone"]
)
def test_a_page_is_light_comes_from_here_and_fits(
    visitor: Callable[..., Page], pictures: Path | None, login: str, language: str, size: dict[str, int]
) -> None:
    person = Person(visitor(language=language, size=size), login, language, pictures).sign_in()
    host = urlsplit(person.page.url).netloc
    faults = []
    for path in PAGES[login]:
        weight, hosts = weigh(person.page, path)
        person.picture(path.strip("/").replace("/", "-"))
        wide = person.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        if weight > 150 * KIB:
            faults.append(f"{path}: {weight / KIB:.0f} KiB")
        if hosts - {host, ""}:
            faults.append(f"{path}: loads from {hosts - {host}}")
        if broken := person.page.evaluate(BROKEN):
            faults.append(f"{path}: broken at a hyphen: {', '.join(broken)}")
        if wide > 0:
            faults.append(f"{path}: {wide} px wider than the window")
        if language == "zh" and (left := LATIN.search(_words(person.page))):
            faults.append(f"{path}: not Chinese: {left.group(0)!r}")
    assert faults == []


@pytest.mark.urs("URS-130")
def test_the_page_of_a_case_is_light_with_its_interactive_diagram_too(
    visitor: Callable[..., Page], pictures: Path | None
) -> None:
    person = Person(visitor(), "qa", "en", pictures).sign_in()
    person.page.goto("/cases")
    case = person.page.locator("a[href^='/cases/']").filter(has_text=re.compile(r"\d{4}-\d{4}")).first
    address = case.get_attribute("href")
    assert address
    weight, _ = weigh(person.page, address)
    assert weight <= 230 * KIB
    person.picture("case")


def _words(page: Page) -> str:
    """The page's own words: without the bilingual demo ribbon and what people entered in tables."""
    return str(
        page.evaluate(
            "Array.from(document.querySelectorAll('h1,h2,h3,th,label,button,nav,p.empty-title,dt'))"
            ".map(e => e.innerText).join('\\n')"
        )
    )
