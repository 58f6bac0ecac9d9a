"""Lists sort by their columns, and are found again as they were left, for as long as the session lasts."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine

from core.db import unit_of_work
from tests.factories.people import LONG_AGO, PASSWORD, SETUP, sign_in
from tests.factories.plant import make_plant

pytestmark = pytest.mark.urs("URS-130")


@pytest.fixture
def qa(app: Flask, company: object, database: Engine) -> FlaskClient:
    """A browser of quality assurance in a plant with a few items."""
    with unit_of_work(SETUP, now=LONG_AGO) as session:
        make_plant(session, actor=SETUP, now=LONG_AGO)
    return sign_in(app, "qa", PASSWORD)


def codes(page: str) -> list[str]:
    return re.findall(r'<td><a href="/items/[0-9a-f-]+">([^<]+)</a>', page)


def test_a_list_sorts_by_a_column_in_both_directions_and_ignores_nonsense(qa: FlaskClient) -> None:
    up, down = (codes(qa.get(f"/items?sort={sort}").text) for sort in ("code", "-code"))
    assert len(up) > 1
    assert up == sorted(up) == down[::-1]
    assert sorted(codes(qa.get("/items?sort=password_hash").text)) == up


def test_the_heading_says_the_direction_and_offers_the_other_with_the_filter_kept(qa: FlaskClient) -> None:
    page = qa.get("/items?q=r&sort=code").text
    assert 'aria-sort="ascending"' in page
    assert "/items?q=r&amp;sort=-code" in page


def test_a_list_is_found_again_as_it_was_left_until_it_is_cleared_or_the_session_ends(
    qa: FlaskClient, app: Flask
) -> None:
    qa.get("/items?q=luer&sort=-code")
    assert qa.get("/items").location == "/items?q=luer&sort=-code"
    assert sign_in(app, "keeper", PASSWORD).get("/items").status_code == 200
    qa.get("/items?q=")
    assert qa.get("/items").status_code == 200


def test_no_filter_of_yesterday_hides_a_task(qa: FlaskClient) -> None:
    qa.get("/inbox?q=nothing&due=overdue&sort=newest")
    assert qa.get("/inbox").location == "/inbox?sort=newest"
