"""A measured value in the browser: kept when it is left, and told for ever when it changes before signing."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.acts import Person
from tests.e2e.acts import _middle as middle
from tests.e2e.conftest import ON_SQLITE

Window = Callable[..., Page]


@ON_SQLITE
@pytest.mark.urs("URS-142", "URS-144")
def test_a_value_changed_after_it_was_kept_needs_its_reason_and_shows_its_history(
    visitor: Window, pictures: Path | None
) -> None:
    def somebody(login: str) -> Person:
        return Person(visitor(), login, "en", pictures).sign_in()

    case = somebody("keeper").receive_material("E2E-ORIGINAL")
    inspector = somebody("inspector")
    inspector.accept_statement()
    inspector.open_task(case)
    page = inspector.page
    size = page.locator("[name=sample_size]")
    size.press_sequentially("1", delay=30)
    page.wait_for_timeout(2500)  # long enough for a draft: half a number must not be kept
    size.press_sequentially("2", delay=30)
    with page.expect_response(lambda answer: answer.url.endswith("/review")):
        size.press("Tab")
    expect(page.locator("#draft-state")).not_to_be_empty()
    size.fill("13")
    size.press("Tab")
    why = page.locator("#task-form [name='_why.sample_size']")  # the panel keeps what is signed beside it
    expect(why).to_be_visible()
    expect(page.locator("#f-sample_size-kept")).to_contain_text("12 pcs")
    expect(size).to_have_value("13")
    inspector.picture("reason-asked")
    why.fill("one more piece taken")
    for entry in page.locator("input[data-lower], input[data-upper]").all():
        entry.fill(middle(entry))
    for choice in page.locator("input[type=radio][value=pass]").all():
        choice.check()
    expect(page.locator("#sign-preview [data-sign=ready]")).to_contain_text("one more piece taken")
    expect(why).to_have_count(0)
    inspector.picture("reason-told")
    administrator = somebody("admin")
    for address, name in (("/admin/house", "house"), ("/sites", "sites")):
        administrator.page.goto(address)
        administrator.picture(name)
    administrator.page.goto("/admin/house")
    administrator.page.locator("a[href*='/admin/house/']").first.click()
    expect(administrator.page.locator("#f-company_en")).to_be_visible()
    administrator.picture("house-site")
