"""A started product of the tests' own, and a real browser on it."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from app.cli import scratch_server
from app.cli.scratch import Product, running, scratch_folder

DESKTOP, PHONE = {"width": 1366, "height": 900}, {"width": 390, "height": 844}


ON_SQLITE = pytest.mark.parametrize("product", ["sqlite"], indirect=True)
"""For what a page owes its reader: the database behind it does not show."""


@pytest.fixture(scope="session", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def product(request: pytest.FixtureRequest) -> Iterator[Product]:
    """The demo plant, started once on each database for all browser tests."""
    with started(request) as running_product:
        yield running_product


@contextmanager
def started(request: pytest.FixtureRequest, **settings: str) -> Iterator[Product]:
    """A product on a scratch folder and an empty database, on the engine that the fixture is asked for."""
    with ExitStack() as ends:
        home = ends.enter_context(scratch_folder())
        yield ends.enter_context(running(home, settings | _database(request, ends)))


def _database(request: pytest.FixtureRequest, ends: ExitStack) -> dict[str, str]:
    """The settings of an empty database that the product then makes its tables in."""
    if request.param == "sqlite":
        return {}
    server: scratch_server.Server = request.getfixturevalue("postgres_server")
    name = ends.enter_context(server.database())
    return {
        "QMS_DATABASE_URL": server.url(name, scratch_server.APPLICATION),
        "QMS_DATABASE_OWNER_URL": server.url(name, scratch_server.OWNER),
    }


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium without a window."""
    executable = shutil.which("chromium")
    assert executable, "Chromium is not installed; type: make test (or apt-get install chromium)"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def pictures() -> Path | None:
    """Where screenshots go, to be looked at by people: the folder QMS_PICTURES; without it none are taken."""
    if not os.environ.get("QMS_PICTURES"):
        return None
    folder = Path(os.environ["QMS_PICTURES"])
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def visitor(browser: Browser, product: Product) -> Iterator[Callable[..., Page]]:
    """Open a browser window of its own: `visitor(language="zh", size=PHONE)`; page errors fail the test."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def open_window(*, language: str = "en", size: dict[str, int] | None = None) -> Page:
        locale = {"en": "en-GB", "zh": "zh-CN"}[language]
        context = browser.new_context(
            base_url=product.url, locale=locale, viewport=size or DESKTOP, accept_downloads=True
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(f"{page.url}: {error}"))
        page.on("console", lambda said: errors.append(f"{page.url}: {said.text}") if _is_fault(said) else 0)
        return page

    yield open_window
    for context in contexts:
        context.close()
    assert errors == []


def _is_fault(said) -> bool:  # type: ignore[no-untyped-def]
    """A script error or a refusal by the content security policy; a 4xx that a test provokes is none."""
    return said.type == "error" and "Failed to load resource" not in said.text
