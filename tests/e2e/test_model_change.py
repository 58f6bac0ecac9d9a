"""The process owner changes a diagram; nobody touches a line of Python (URS-001)."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from app.cli.scratch import ROOT, Product
from tests.e2e.acts import Person
from tests.factories.second_reviewer import add_second_reviewer

pytestmark = [pytest.mark.browser]


@pytest.mark.urs("URS-001", "URS-007")
def test_a_second_reviewer_drawn_into_the_model_signs_in_new_cases_and_not_in_running_ones(
    visitor: Callable[..., Page], product: Product, pictures: Path | None, tmp_path: Path
) -> None:
    def somebody(login: str) -> Person:
        return Person(visitor(), login, "en", pictures).sign_in()

    keeper, inspector, qa, qa2 = (somebody(login) for login in ("keeper", "inspector", "qa", "qa2"))
    for signer in (inspector, qa, qa2):
        signer.accept_statement()
    running = keeper.receive_material("MODEL-OLD", "5")

    add_second_reviewer(ROOT / "bpmn" / "lot_release", tmp_path / "lot_release")
    checked = product.qms("models", "check", str(tmp_path / "lot_release" / "lot_release.bpmn"), "--json")
    assert checked.returncode == 0, checked.stdout
    proposed = product.qms("models", "deploy", str(tmp_path / "lot_release"), "--by", "owner", "--json")
    assert proposed.returncode == 0, proposed.stdout + proposed.stderr
    assert json.loads(proposed.stdout)["ok"]

    qa.page.goto("/inbox?process=process_model_change")
    qa.picture("inbox-model")
    qa.page.locator("a.task-link").first.click()
    qa.page.locator("input[name=decision][value=accept]").check()
    qa.sign("model")

    changed = keeper.receive_material("MODEL-NEW", "5")
    for case in (running, changed):
        inspector.inspect(case)
        qa.decide(case)
    qa.page.goto(running)
    expect(qa.page.locator("[data-status=completed]").first).to_be_visible()
    qa.page.goto(changed)
    expect(qa.page.locator("[data-status=completed]")).to_have_count(0)
    qa2.decide(changed)
    qa2.page.goto(changed)
    expect(qa2.page.locator("[data-status=completed]").first).to_be_visible()
    qa2.picture("changed-case")
