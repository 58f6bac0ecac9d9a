"""A step that nobody signs: one click completes it, also one right behind the last letter."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from app.access.routes import DEMO_PASSWORD
from app.cli.scratch import Product
from app.cli.story import Plant
from tests.e2e.acts import SIGNED, Person
from tests.e2e.conftest import ON_SQLITE
from tests.factories import handling


@pytest.fixture
def report(product: Product, tmp_path: Path) -> str:
    """A process of two steps that nobody signs is in effect; gives its key."""
    folder = tmp_path / handling.KEY
    folder.mkdir()
    for name, data in handling.model().items():
        (folder / name).write_bytes(data)
    done = product.qms("models", "deploy", str(folder), "--by", "owner", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    plant = Plant(product.url, DEMO_PASSWORD)
    plant.accept_statement("qa")
    qa = plant.person("qa")
    task = qa.get("/inbox?process=process_model_change").links("/inbox/")[0]
    plant.sign("qa", qa.submit(qa.get(task).form("/review"), {"decision": "accept"}).form("/sign"))
    return handling.KEY


@ON_SQLITE
@pytest.mark.browser
@pytest.mark.urs("URS-022", "URS-130")
def test_a_click_right_behind_the_last_letter_completes_a_step_without_signature(
    report: str, visitor: Callable[..., Page], pictures: Path | None
) -> None:
    keeper = Person(visitor(), "keeper", "en", pictures).sign_in()
    keeper.accept_statement()
    page = keeper.page
    page.goto("/cases/new")
    page.locator(f"#start-{report} form button").click()
    note = page.locator("[name=note]")
    expect(page.locator("#sign-password")).to_have_count(0)
    note.fill("")
    page.locator("#sign-button").click(force=True)
    expect(note).to_be_focused()  # it is not complete: the click leads to what is missing
    note.press_sequentially("Seal leaks on two pouches")
    page.locator("#sign-button").click(force=True)
    page.wait_for_url(SIGNED)
    page.goto("/cases?process=small_report")
    expect(page.locator("main")).to_contain_text("Answer")
