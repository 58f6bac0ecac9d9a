"""What one database keeps and the other refuses never becomes a failure of the server."""

import pytest
from flask import Flask

from tests.factories.people import PASSWORD, Company, sign_in


@pytest.mark.urs("URS-130")
@pytest.mark.parametrize(
    "address",
    ["/items?q=%00", "/records?q=a%00b", "/stock?q=%00", f"/items?page={10**30}", "/cases?q=%ed%a0%80"],
)
def test_odd_values_are_answered_like_any_other(app: Flask, company: Company, address: str) -> None:
    client = sign_in(app, "qa", PASSWORD)
    assert client.get(address).status_code < 500


@pytest.mark.urs("URS-130")
def test_an_odd_login_is_refused_like_any_other(app: Flask, company: Company) -> None:
    client = app.test_client()
    page = client.get("/login")
    token = page.text.split('name="csrf_token" value="')[1].split('"')[0]
    answer = client.post("/login", data={"csrf_token": token, "login": "q\0a", "password": "x\0" * 5})
    assert answer.status_code < 500
