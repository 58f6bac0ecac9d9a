"""What helps people at their work: keys, first steps, copying, questions first, a session that warns."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from app.access.routes import DEMO_PASSWORD
from tests.e2e.acts import Person
from tests.e2e.conftest import DESKTOP, ON_SQLITE, PHONE

pytestmark = [pytest.mark.browser, pytest.mark.urs("URS-130"), ON_SQLITE]
Window = Callable[..., Page]


def test_a_session_asks_before_it_ends_and_leads_back_to_the_page_after_signing_in(
    visitor: Window, pictures: Path | None
) -> None:
    person = Person(visitor(language="zh", size=PHONE), "qa", "zh", pictures).sign_in()
    page = person.page
    page.clock.install()
    page.goto("/records")
    page.clock.fast_forward("25:00")
    expect(page.locator("dialog#still-there")).to_be_visible()
    person.picture("still-there")
    page.locator("dialog#still-there [data-stay]").click()
    expect(page.locator("dialog#still-there")).to_be_hidden()
    page.context.clear_cookies()
    page.clock.fast_forward("30:00")
    page.wait_for_url("**/login?next=*")
    page.locator("#f-login").fill("qa")
    page.locator("#f-password").fill(DEMO_PASSWORD)
    page.locator("#f-password").press("Enter")
    page.wait_for_url("**/records")


def test_the_first_steps_stay_away_once_put_away_and_a_key_shows_all_keys(
    visitor: Window, pictures: Path | None
) -> None:
    person = Person(visitor(size=DESKTOP), "keeper", "en", pictures).sign_in()
    page = person.page
    page.goto("/inbox")
    steps = page.locator("[data-first-steps]")
    expect(steps.locator("a[href='/receipts/new']")).to_be_visible()
    person.picture("first-steps")
    steps.locator("[data-put-away]").click()
    page.reload()
    expect(steps).to_be_hidden()
    page.keyboard.press("?")
    expect(page.locator("dialog#keys")).to_be_visible()
    person.picture("keys")
    page.keyboard.press("Escape")
    page.goto("/me")
    page.locator("[data-steps-again]").click()
    expect(steps).to_be_visible()


def test_a_number_is_copied_by_a_button(visitor: Window, pictures: Path | None) -> None:
    page = Person(visitor(), "qa", "en", pictures).sign_in().page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/cases")
    page.goto(page.locator("td a[href^='/cases/']").first.get_attribute("href") or "")
    button = page.locator("[data-copy]").first
    button.click()
    expect(page.locator("#copied")).not_to_be_empty()
    assert page.evaluate("navigator.clipboard.readText()") == button.get_attribute("data-copy")


def test_a_posting_that_cannot_be_undone_says_what_it_does_and_can_still_be_left(
    visitor: Window, pictures: Path | None
) -> None:
    page = Person(visitor(), "keeper", "en", pictures).sign_in().page
    page.goto("/receipts/new")
    post = page.locator("form[data-once] button[type=submit].btn-primary")
    page.evaluate("document.querySelectorAll('[required]').forEach(field => { field.required = false; })")
    page.locator("#f-delivery_note").fill("DN-7")
    post.click()
    asked = page.locator("dialog#confirm")
    expect(asked).to_contain_text("cannot be taken back")
    expect(asked).to_contain_text("DN-7")
    asked.locator("button[value=no]").click()
    expect(asked).to_be_hidden()
    assert page.url.endswith("/receipts/new")
