"""Pages read; only a unit of work writes."""

import pytest
from sqlalchemy.exc import InvalidRequestError

from app.access.models import Person
from app.web import db, writing
from tests.factories.people import SETUP


def test_a_page_cannot_write_through_its_read_session(app, company):
    with app.test_request_context():
        person = db.session.get(Person, company.people["qa"])
        person.language = "zh"
        with pytest.raises(InvalidRequestError, match="writing"):
            db.session.commit()


def test_a_page_shows_what_the_request_has_just_written(app, company):
    with app.test_request_context():
        assert db.session.get(Person, company.people["qa"]).language == "en"
        with writing(reason="test") as session:
            session.get(Person, company.people["qa"]).language = "zh"
        assert db.session.get(Person, company.people["qa"]).language == "zh"


def test_two_units_of_work_never_meet_in_one_request(app, company):
    with app.test_request_context(), writing(), pytest.raises(RuntimeError), writing():
        raise AssertionError(SETUP)
