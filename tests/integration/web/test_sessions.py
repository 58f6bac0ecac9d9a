"""Sessions live on the server."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from app.web.models import WebSession
from app.web.sessions import IDLE, LONGEST, SAID
from core import clock, db
from tests.factories.people import PASSWORD, post, sign_in, token


def cookie(client):
    return client.get_cookie("qms_session").value


def age(**columns):
    with db.engine().execution_options(qms_write=True).begin() as connection:
        connection.execute(update(WebSession).values(**columns))


@pytest.mark.urs("URS-028")
def test_a_copied_cookie_is_dead_after_sign_out(app, company):
    client = sign_in(app, "qa")
    stolen = cookie(client)
    assert post(client, "/logout").status_code == 302
    thief = app.test_client()
    thief.set_cookie("qms_session", stolen)
    assert thief.get("/me").status_code == 302


def test_the_session_gets_a_new_id_at_sign_in(app, company):
    client = app.test_client()
    first = token(client)
    planted = cookie(client)
    answer = client.post("/login", data={"login": "qa", "password": PASSWORD, "csrf_token": first})
    assert answer.status_code == 302
    assert cookie(client) != planted
    victim = app.test_client()
    victim.set_cookie("qms_session", planted)
    assert victim.get("/me").status_code == 302


@pytest.mark.urs("URS-028")
def test_an_idle_session_is_over_and_the_login_page_says_so(app, company):
    client = sign_in(app, "qa")
    age(seen_at=clock.now() - IDLE - timedelta(seconds=1))
    assert client.get("/me").location == "/login?next=/me"
    assert "signed out after a time without activity" in client.get("/login").text


def test_no_session_outlives_a_shift(app, company):
    client = sign_in(app, "qa")
    age(created_at=clock.now() - LONGEST - timedelta(seconds=1))
    assert client.get("/me").status_code == 302


def test_the_cookie_is_hidden_from_scripts_and_foreign_forms(app, company):
    answer = app.test_client().get("/login")
    written = answer.headers["Set-Cookie"]
    assert "HttpOnly" in written
    assert "SameSite=Lax" in written


def test_the_table_never_holds_the_cookie_itself(app, company):
    client = sign_in(app, "qa")
    with db.read_session() as session:
        assert session.get(WebSession, cookie(client)) is None


def test_what_the_next_page_says_writes_no_session_and_is_said_once(app, company):
    client = sign_in(app, "qa")
    token(client, "/me/password")  # the first form leaves its token in the session
    before = rows()
    answer = post(client, "/me", language="zh", zone="Asia/Shanghai")
    assert answer.status_code == 302
    assert client.get_cookie(SAID) is not None
    assert rows() == before
    assert "alert-success" in client.get("/me").text
    assert client.get_cookie(SAID) is None
    assert "alert-success" not in client.get("/me").text


def test_what_is_meant_for_one_person_is_not_said_to_another(app, company):
    client = sign_in(app, "qa")
    post(client, "/me", language="zh", zone="Asia/Shanghai")
    other = sign_in(app, "keeper")
    other.set_cookie(SAID, client.get_cookie(SAID).value)
    assert "alert-success" not in other.get("/me").text


def rows():
    with db.engine().connect() as connection:
        return connection.execute(select(WebSession.data)).scalars().all()
