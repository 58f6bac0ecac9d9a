"""What one database keeps and the other refuses never becomes a failure of the server."""

import uuid

import pytest
from flask import Flask

from core import clock, db
from tests.factories.people import PASSWORD, SETUP, Company, add_person, post, sign_in


@pytest.mark.urs("URS-130")
@pytest.mark.parametrize(
    "address",
    ["/items?q=%00", "/records?q=a%00b", "/stock?q=%00", f"/items?page={10**30}", "/cases?q=%ed%a0%80"],
)
def test_odd_values_are_answered_like_any_other(app: Flask, company: Company, address: str) -> None:
    client = sign_in(app, "qa", PASSWORD)
    assert client.get(address).status_code < 500


@pytest.mark.urs("URS-130")
def test_cases_are_not_moved_to_a_release_that_does_not_exist(app: Flask, company: Company) -> None:
    with db.unit_of_work(SETUP, now=clock.now()) as session:
        add_person(session, "owner", "process_owner", company.plant)
    answer = post(sign_in(app, "owner"), f"/models/{uuid.UUID(int=0)}/migrate", reason="why")
    assert answer.status_code == 404
    assert "release.unknown" in answer.text


@pytest.mark.urs("URS-130")
def test_an_odd_login_is_refused_like_any_other(app: Flask, company: Company) -> None:
    client = app.test_client()
    page = client.get("/login")
    token = page.text.split('name="csrf_token" value="')[1].split('"')[0]
    answer = client.post("/login", data={"csrf_token": token, "login": "q\0a", "password": "x\0" * 5})
    assert answer.status_code < 500
