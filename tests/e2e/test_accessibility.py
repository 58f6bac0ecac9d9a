"""axe finds nothing on the pages of the main job, in both languages, on a desk and a phone (WCAG 2.2 AA)."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.e2e.acts import Person
from tests.e2e.conftest import DESKTOP, PHONE

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.urs("URS-130")]
AXE = Path(__file__).parents[2] / "app" / "static" / "node_modules" / "axe-core" / "axe.min.js"
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WHOSE = {"qa": ["/inbox", "/cases", "/records", "/stock", "/audit"], "keeper": ["/receipts/new"]}
FIRST = {"/inbox": "a.task-link", "/cases": "td a[href^='/cases/']", "/records": "td a[href^='/records/']"}
"""Lists whose first entry is opened too."""


def findings(page: Page) -> list[str]:
    """What axe finds on the page shown, with the first place of each; it comes in past the page's policy."""
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("tags => axe.run({runOnly: tags})", LEVELS)["violations"]
    return [f"{page.url}: {one['id']} at {one['nodes'][0]['target']}" for one in found]


@pytest.mark.parametrize(
    ("language", "size"), [("en", DESKTOP), ("zh", PHONE)], ids=["en-desktop", "zh-phone"]
)
def test_axe_finds_nothing(
    visitor: Callable[..., Page], pictures: Path, language: str, size: dict[str, int]
) -> None:
    faults = []
    for login, paths in WHOSE.items():
        page = Person(visitor(language=language, size=size), login, language, pictures).sign_in().page
        for path in paths:
            page.goto(path)
            faults += findings(page)
            if path in FIRST:
                page.goto(page.locator(FIRST[path]).first.get_attribute("href") or "")
                faults += findings(page)
    assert faults == []
