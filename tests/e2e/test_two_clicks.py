"""An approver opens a task and signs it: two clicks beside the answers, at the desk and on the phone."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from app.access.routes import DEMO_PASSWORD
from tests.e2e.acts import SIGNED, Person, case_number
from tests.e2e.conftest import DESKTOP, ON_SQLITE, PHONE
from tests.e2e.test_accessibility import axe_finds, with_axe

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), ON_SQLITE]
COUNT = """document.addEventListener('click', (event) => {
    if (event.isTrusted) sessionStorage.clicks = 1 + +(sessionStorage.clicks || 0);
}, true)"""
Window = Callable[..., Page]


@pytest.fixture
def somebody(visitor: Window, pictures: Path | None) -> Callable[..., Person]:
    """Give a person who is signed in and may sign, in a window of his own."""

    def sit_down(login: str, language: str = "en", size: dict[str, int] | None = None) -> Person:
        person = Person(visitor(language=language, size=size), login, language, pictures).sign_in()
        if login != "keeper":
            person.accept_statement()
        return person

    return sit_down


@pytest.mark.urs("URS-022", "URS-130")
@pytest.mark.parametrize(("language", "size"), [("en", DESKTOP), ("zh", PHONE)], ids=["en-desk", "zh-phone"])
def test_from_the_inbox_to_signed_in_two_clicks(
    somebody: Callable[..., Person], language: str, size: dict[str, int]
) -> None:
    case = somebody("keeper").receive_material(f"E2E-TWO-{language}")
    somebody("inspector").inspect(case)
    qa = somebody("qa", language, size)
    page = with_axe(qa.page)
    page.goto(case)
    page.goto(f"/inbox?q={case_number(page)}")
    qa.picture("inbox")
    page.add_init_script(COUNT)
    page.evaluate(COUNT)
    page.locator("a.task-link").first.click()  # one
    button, panel = page.locator("#sign-button"), page.locator("#sign-preview")
    expect(button).to_be_disabled()
    expect(page.locator(".sign-missing")).to_be_visible()
    expect(page.locator("#sign-state")).not_to_be_empty()
    assert page.locator("#task-form [aria-invalid=true]").count() == 0, "nothing is scolded untouched"
    qa.picture("untouched")
    page.locator("input[name=decision]").first.focus()
    page.keyboard.press("Space")
    expect(panel.locator("[data-sign=ready]")).to_be_visible()
    expect(button).to_be_enabled()
    qa.picture("ready")
    page.locator("#sign-password").focus()
    page.keyboard.type(DEMO_PASSWORD)
    assert axe_finds(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    button.click()  # two
    page.wait_for_url(SIGNED)
    answered_by_keyboard = 1  # a browser reports the space on a choice as a click of its own
    assert page.evaluate("+sessionStorage.clicks") == 2 + answered_by_keyboard
    expect(page.locator("#next-title")).to_be_visible()
    qa.picture("signed-next")


@pytest.mark.urs("URS-022", "URS-130", "URS-142")
def test_the_button_rests_while_what_is_signed_is_not_what_stands_in_the_form(
    somebody: Callable[..., Person], product: object
) -> None:
    case = somebody("keeper").receive_material("E2E-LIVE")
    somebody("inspector").inspect(case)
    qa = somebody("qa")
    qa.open_task(case)
    page, panel, button = qa.page, qa.page.locator("#sign-preview"), qa.page.locator("#sign-button")
    page.locator("input[name=decision][value=reject]").check()
    expect(panel.locator(".sign-missing li")).not_to_have_count(0)
    button.click(force=True)
    expect(page.locator("#f-category")).to_be_focused()
    expect(page.locator("#f-category")).to_have_attribute("aria-invalid", "true")
    page.locator("#f-category").select_option("packaging")
    page.locator("#f-reason").fill("Torn bag")
    expect(panel).to_contain_text("Torn bag")
    expect(button).to_be_enabled()
    page.locator("#f-reason").press_sequentially("!")
    expect(button).to_be_disabled()
    expect(panel).to_contain_text("Torn bag!")
    expect(button).to_be_enabled()
    page.locator("#sign-password").fill("wrong")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#sign-password-e")).to_be_visible()
    expect(page.locator("#f-reason")).to_have_value("Torn bag!")
    expect(page.locator("#sign-password")).to_be_focused()
    qa.picture("wrong-password")
    page.keyboard.type(DEMO_PASSWORD)
    page.keyboard.press("Control+Enter")
    page.wait_for_url(SIGNED)


@pytest.mark.urs("URS-022")
def test_what_changed_meanwhile_is_shown_afresh_and_not_signed(somebody: Callable[..., Person]) -> None:
    case = somebody("keeper").receive_material("E2E-STALE")
    somebody("inspector").inspect(case)
    qa = somebody("qa")
    qa.open_task(case)
    page = qa.page
    page.locator("input[name=decision]").first.check()
    expect(page.locator("#sign-button")).to_be_enabled()
    page.evaluate("document.querySelector('#sign-form [name=seen]').value = '0'.repeat(64)")
    page.locator("#sign-password").fill(DEMO_PASSWORD)
    with page.expect_response(lambda answer: answer.url.endswith("/sign")) as refused:
        page.locator("#sign-button").click()
    assert refused.value.status == 409
    expect(page.locator("#task-messages .alert-danger")).to_be_visible()
    expect(page.locator("[data-sign=ready]")).to_be_visible()
    expect(page.locator("#sign-password")).to_have_value("")
    qa.picture("changed")
