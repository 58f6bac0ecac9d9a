"""Posts, deputies, absences, yearly lists: what fits is kept, what does not is refused where it is typed."""

import io
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from openpyxl import load_workbook
from sqlalchemy import Engine, event, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.access.models import Person, PersonState
from app.access.services import mark_left
from app.factory import create_app
from app.objects.kinds import kind_of
from app.objects.reading import check_rows
from app.organisation import queries
from app.organisation.models import Department, Post
from app.organisation.ranges import Range, overlap
from core import clock
from core.actor import system_actor
from core.db import read_session, unit_of_work
from core.errors import Conflict, QmsError
from documents.sheets.examining import Examined, Read, examine_rows, read_row, store_rows
from documents.sheets.importers import importer_of
from tests.factories.inbox import PASSWORD, Plant, make_plant
from tests.factories.people import sign_in, token
from workflows import human_tasks, registry
from workflows.registry import OperationCall

ACTOR = system_actor("test")
Cells = Mapping[str, str]


def findings(session: Session, name: str, rows: list[Cells], *, store: bool = False) -> list[str]:
    """Bring rows of a list in; gives the codes of what is wrong."""
    listed = importer_of(name)
    examined, read = Examined(rows=len(rows)), []
    for number, cells in enumerate(rows, start=1):
        row, wrong = read_row(listed.columns, number, cells)
        read.append(row)
        for finding in wrong:
            examined.note(finding)
    found = examine_rows(session, listed, Read(read, examined), None).findings
    if store and not found:
        store_rows(session, listed, read, actor=ACTOR, now=session.info["write"].now)
        session.flush()
    return [one.error.code for one in found]


@pytest.fixture
def plant(database: Engine, now: datetime, monkeypatch: pytest.MonkeyPatch) -> Plant:
    monkeypatch.setattr(clock, "now", lambda: now)
    return make_plant(now)


@pytest.fixture
def today(plant: Plant) -> date:
    return plant.now.date()


@pytest.fixture
def bring(plant: Plant) -> Callable[..., list[str]]:
    def act(name: str, *rows: Cells) -> list[str]:
        with unit_of_work(ACTOR, now=plant.now) as session:
            return findings(session, name, list(rows), store=True)

    return act


@pytest.fixture
def staffed(plant: Plant, bring: Callable[..., list[str]]) -> Plant:
    for code, name, above in (("D-MGT", "Management", ""), ("D-QA", "Quality", "D-MGT")):
        row = {"code": code, "name_en": name, "name_zh": name, "parent": above, "state": "active"}
        assert bring("organisation.departments", row) == []
    for code, department, above in (("P-GM", "D-MGT", ""), ("P-M", "D-QA", "P-GM"), ("P-1", "D-QA", "P-M")):
        row = {"code": code, "name_en": code, "name_zh": code, "department": department, "reports_to": above}
        assert bring("organisation.positions", row) == []
    posts = (("owner", "P-GM"), ("qa", "P-M"), ("inspector", "P-1"))
    for login, position in posts:
        assert bring("organisation.posts", post(login, position)) == []
    return plant


def post(login: str, position: str, first: str = "2020-01-01", **more: str) -> dict[str, str]:
    return {"person": login, "position": position, "valid_from": first, **more}


def person(session: Session, login: str) -> Person:
    return session.scalars(select(Person).where(Person.login == login)).one()


@pytest.mark.urs("URS-140")
@pytest.mark.parametrize(
    ("name", "row", "code"),
    [
        ("posts", post("qa", "P-M", "2021-01-01"), "range.overlap"),
        ("posts", post("qa", "P-1", "2021-01-01"), "post.two_mains"),
        ("posts", post("qa", "P-1", "2021-01-01", main="no", valid_to="2020-12-31"), "range.backwards"),
        ("posts", post("qa", "P-1", "2021-01-01", main="no", manager="qa"), "post.own_manager"),
        ("posts", post("nobody", "P-1"), "person.unknown"),
        ("posts", post("qa", "P-9", main="no"), "position.unknown"),
        ("deputies", {"subject": "P-M", "rank": "A", "valid_from": "2021-01-01", "deputy": "inspector"},
         "range.overlap"),
        ("deputies", {"subject": "P-M", "rank": "B", "valid_from": "2021-01-01", "deputy": "owner"},
         "deputy.both_ranks"),
        ("deputies", {"subject": "qa", "rank": "A", "valid_from": "2021-01-01", "deputy": "qa"},
         "deputy.self"),
        ("deputies", {"subject": "P-7", "rank": "A", "valid_from": "2021-01-01", "deputy": "qa"},
         "deputy.subject"),
        ("absences", {"person": "qa", "valid_from": "2021-01-09", "valid_to": "2021-01-11"}, "range.overlap"),
        ("absences", {"person": "qa", "valid_from": "2021-03-09", "valid_to": "2021-03-01"},
         "range.backwards"),
        ("positions", {"code": "P-GM", "name_en": "GM", "department": "D-MGT", "reports_to": "P-1"},
         "department.circle"),
        ("positions", {"code": "P-M", "name_en": "P-M", "department": "D-QA", "state": "closed"},
         "position.held"),
        ("departments", {"code": "D-MGT", "name_en": "Management", "state": "closed"}, "department.people"),
        ("shifts", {"code": "S-1", "name_en": "S", "site": "SH", "starts": "25:00", "ends": "8:00"},
         "cell.clock"),
        ("shifts", {"code": "S-1", "name_en": "S", "site": "SH", "starts": "08:00", "ends": "17:00",
                    "days": "18"}, "cell.week"),
        ("site_calendars", {"site": "SH", "holidays": "XX"}, "cell.holidays"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_where_it_is_typed(
    staffed: Plant, bring: Callable[..., list[str]], name: str, row: Cells, code: str
) -> None:
    deputy = {"subject": "P-M", "rank": "A", "valid_from": "2020-06-01", "deputy": "owner"}
    assert bring("organisation.deputies", deputy) == []
    away = {"person": "qa", "valid_from": "2021-01-04", "valid_to": "2021-01-10"}
    assert bring("organisation.absences", away) == []
    assert code in bring(f"organisation.{name}", row)


@pytest.mark.urs("URS-140", "URS-143")
def test_a_range_that_goes_on_is_called_so() -> None:
    goes_on, ended = (overlap(Range(date(2026, 1, 1), last, "x")) for last in (None, date(2026, 2, 1)))
    for lang in ("en", "zh"):
        assert "…" not in goes_on.text(lang)
        assert "2026-02-01" in ended.text(lang)


@pytest.mark.urs("URS-140")
def test_a_department_closes_when_nobody_is_left_in_it(
    staffed: Plant, bring: Callable[..., list[str]], today: date
) -> None:
    closed = {"code": "D-MGT", "name_en": "Management", "name_zh": "Management", "state": "closed"}
    assert set(bring("organisation.departments", closed)) == {"department.people", "department.departments"}
    yesterday = str(today - timedelta(days=1))
    for login, position in (("owner", "P-GM"), ("qa", "P-M"), ("inspector", "P-1")):
        assert bring("organisation.posts", post(login, position, valid_to=yesterday)) == []
    assert bring("organisation.departments", closed) == ["department.departments"]
    below = {"code": "D-QA", "name_en": "Quality", "name_zh": "Quality", "state": "closed"}
    assert bring("organisation.departments", below, closed) == []
    assert bring("organisation.positions", {"code": "P-2", "name_en": "2", "department": "D-QA"}) == [
        "department.closed"
    ]


@pytest.mark.urs("URS-140")
def test_two_rows_of_one_file_cannot_meet(staffed: Plant, bring: Callable[..., list[str]]) -> None:
    first = {"person": "qa", "valid_from": "2026-01-05", "valid_to": "2026-01-10"}
    second = {"person": "qa", "valid_from": "2026-01-10", "valid_to": "2026-01-12"}
    assert bring("organisation.absences", first, second) == ["range.overlap"]
    assert bring("organisation.absences", first, {**second, "valid_from": "2026-01-11"}) == []


@pytest.mark.urs("URS-140")
@pytest.mark.parametrize(
    ("day", "year", "kind", "code"),
    [
        ("{last}-10-01", "{this}", "off", "calendar.other_year"),
        ("{last}-10-01", "{last}", "off", "calendar.year_over"),
        ("2090-10-02", "2090", "off", "calendar.year_ahead"),
        ("{monday}", "{next}", "working", "calendar.works_anyway"),
        ("{next}-02-30", "{next}", "off", "cell.day"),
    ],
)
def test_the_list_of_the_wrong_year_is_refused(
    staffed: Plant, bring: Callable[..., list[str]], today: date, day: str, year: str, kind: str, code: str
) -> None:
    august = date(today.year + 1, 8, 9)
    monday = august - timedelta(days=august.weekday())
    words = {"last": today.year - 1, "this": today.year, "next": today.year + 1, "monday": monday}
    row = {"site": "SH", "year": year.format(**words), "day": day.format(**words), "kind": kind}
    assert bring("organisation.calendar_days", row) == [code]


@pytest.mark.urs("URS-140")
def test_who_answers_to_whom_and_who_stands_in(
    staffed: Plant, bring: Callable[..., list[str]], today: date
) -> None:
    deputies = [
        {"subject": "P-M", "rank": "A", "valid_from": "2020-01-01", "deputy": "inspector"},
        {"subject": "qa", "rank": "B", "valid_from": "2020-01-01", "deputy": "owner"},
    ]
    assert bring("organisation.deputies", *deputies) == []
    away = {"person": "inspector", "valid_from": str(today), "valid_to": str(today)}
    assert bring("organisation.absences", away) == []
    with read_session() as session:
        qa, inspector, owner = (person(session, login).id for login in ("qa", "inspector", "owner"))
        assert queries.line_manager_of(session, inspector, today).login == "qa"
        assert queries.line_manager_of(session, qa, today).login == "owner"
        assert queries.line_manager_of(session, owner, today) is None
        assert queries.line_manager_of(session, qa, date(2019, 1, 1)) is None
        found = [(one.rank.value, one.person.login) for one in queries.deputies_of(session, qa, today)]
        assert found == [("A", "inspector"), ("B", "owner")]
        assert queries.is_absent(session, inspector, today)
        assert not queries.works_on(session, inspector, today)
        assert queries.department_of(session, inspector, today).code == "D-QA"
    assert bring("organisation.posts", post("qa", "P-M", valid_to=str(today))) == []
    with read_session() as session:
        later = today + timedelta(days=1)
        assert queries.line_manager_of(session, inspector, later).login == "owner", "the next one above"
        assert queries.posts_of(session, qa, later) == []


@pytest.mark.urs("URS-140", "URS-141")
def test_a_leaver_hands_his_tasks_over_first(
    staffed: Plant, bring: Callable[..., list[str]], today: date
) -> None:
    ends = post("inspector", "P-1", valid_to=str(today))
    task = staffed.task("inspection")
    with unit_of_work(staffed.people["inspector"], now=staffed.now) as session:
        human_tasks.claim(session, task, actor=staffed.people["inspector"], now=staffed.now)
    assert bring("organisation.posts", ends) == ["access.open_work"]
    with pytest.raises(Conflict) as refused, unit_of_work(ACTOR, now=staffed.now) as session:
        mark_left(session, person(session, "inspector"), actor=ACTOR, now=staffed.now)
    assert refused.value.code == "access.open_work"
    assert "Inspection" in refused.value.text("en")
    assert "检验" in refused.value.text("zh")


@pytest.mark.urs("URS-140", "URS-141")
def test_the_only_one_who_can_do_a_task_does_not_leave(
    staffed: Plant, bring: Callable[..., list[str]], today: date
) -> None:
    ends = post("inspector", "P-1", valid_to=str(today))
    others = ("keeper", "inspector2")
    with unit_of_work(ACTOR, now=staffed.now) as session:
        for login in others:
            person(session, login).state = PersonState.LOCKED
    assert bring("organisation.posts", ends) == ["access.open_work"]
    second = post("inspector", "P-M", str(today), main="no")
    assert bring("organisation.posts", second) == []
    assert bring("organisation.posts", ends) == [], "another post goes on"
    assert bring("organisation.posts", {**second, "valid_to": str(today)}) == ["access.open_work"]
    with unit_of_work(ACTOR, now=staffed.now) as session:
        person(session, "keeper").state = PersonState.ACTIVE
    assert bring("organisation.posts", {**second, "valid_to": str(today)}) == []


@pytest.mark.urs("URS-140", "URS-141")
def test_what_a_leaver_has_claimed_is_given_back_for_him(
    client: FlaskClient, staffed: Plant, bring: Callable[..., list[str]], today: date
) -> None:
    with unit_of_work(staffed.people["inspector"], now=staffed.now) as session:
        actor = staffed.people["inspector"]
        human_tasks.claim(session, staffed.task("inspection"), actor=actor, now=staffed.now)
    with read_session() as session:
        held = session.scalars(select(Post).join(Post.person).where(Person.login == "inspector")).one()
    at = f"/posts/{held.id}"
    assert "Give claimed tasks back" in client.get(at).text
    assert send(client, f"{at}/tasks", reason="").status_code == 303
    assert staffed.task("inspection").claimed_by is not None, "not without a reason"
    assert send(client, f"{at}/tasks", reason="He has left").status_code == 303
    assert staffed.task("inspection").claimed_by is None
    assert "Give claimed tasks back" not in client.get(at).text
    ends = post("inspector", "P-1", valid_to=str(today))
    assert bring("organisation.posts", ends) == []


@pytest.mark.urs("URS-140")
def test_new_positions_of_a_staff_list_report_in_no_circle(bring: Callable[..., list[str]]) -> None:
    first = post("keeper", "P-A", department="D-N", department_name_en="New", position_name_en="A")
    second = post("qa", "P-B", department="D-N", position_name_en="B", reports_to="P-A")
    assert bring("organisation.staff", {**first, "reports_to": "P-B"}, second) == ["department.circle"] * 2
    assert bring("organisation.staff", first, second) == []


@pytest.mark.urs("URS-140")
def test_the_staff_list_opens_what_is_missing(staffed: Plant, bring: Callable[..., list[str]]) -> None:
    row = post("keeper", "P-W", department="D-WH", position_name_en="Keeper", reports_to="P-W-M")
    assert set(bring("organisation.staff", row)) == {"staff.department_name", "position.unknown"}
    named = {**row, "department_name_zh": "仓库", "site": "SH"}
    above = post("qa", "P-W-M", "2026-01-01", department="D-WH", position_name_en="Head", main="no")
    assert bring("organisation.staff", named, above) == []
    with read_session() as session:
        keeper = person(session, "keeper").id
        on = date(2026, 2, 1)
        assert queries.department_of(session, keeper, on).name == {"en": "仓库", "zh": "仓库"}
        assert queries.line_manager_of(session, keeper, on).login == "qa"
    assert bring("organisation.staff", {**row, "department": "D-QA"}) == ["staff.other_department"]
    assert bring("organisation.staff", named) == []


@pytest.mark.urs("URS-140")
def test_processes_open_and_end_posts_and_name_deputies(staffed: Plant, today: date) -> None:
    def call(name: str, **params: str) -> Mapping[str, Any]:
        with unit_of_work(ACTOR, now=staffed.now) as session:
            made = OperationCall(session, params, None, ACTOR, staffed.now)  # type: ignore[arg-type]
            return registry.call(name, made)

    call("organisation.open_post", person="keeper", position="P-1", valid_from=str(today))
    with pytest.raises(QmsError) as refused:
        call("organisation.open_post", person="keeper", position="P-M", valid_from=str(today))
    assert refused.value.code == "post.two_mains"
    days = {"valid_from": str(today), "valid_to": str(today)}
    call("organisation.end_post", person="keeper", position="P-1", **days)
    with pytest.raises(QmsError) as unknown:
        call("organisation.end_post", person="keeper", position="P-M", **days)
    assert unknown.value.code == "object.unknown"
    named = {"subject": "qa", "rank": "A", "valid_from": str(today)}
    call("organisation.set_deputy", deputy="keeper", **named)
    call("organisation.set_deputy", deputy="inspector", **named)
    with read_session() as session:
        qa = person(session, "qa")
        assert [one.person.login for one in queries.deputies_of(session, qa.id, today)] == ["inspector"]
        [post_] = session.scalars(select(Post).where(Post.person_id == person(session, "keeper").id)).all()
        assert post_.valid_to == today


@pytest.fixture
def client(staffed: Plant) -> FlaskClient:
    return sign_in(create_app(testing=True), "owner", PASSWORD)


def send(client: FlaskClient, path: str, **fields: str) -> TestResponse:
    return client.post(path, data={**fields, "csrf_token": token(client, "/departments")})


@pytest.mark.urs("URS-140")
def test_the_chart_shows_the_names_of_the_day(staffed: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    later = staffed.now + timedelta(days=30)
    with unit_of_work(ACTOR, now=later) as session:
        department = session.scalars(select(Department).where(Department.code == "D-QA")).one()
        department.name = {"en": "Compliance", "zh": "合规部"}
        person(session, "inspector").name = {"en": "Renamed", "zh": "改名"}
    monkeypatch.setattr(clock, "now", lambda: later)
    client = sign_in(create_app(testing=True), "owner", PASSWORD)
    today = client.get("/organisation").text
    assert "Compliance" in today
    assert "Renamed" in today
    then = client.get(f"/organisation?on={staffed.now:%Y-%m-%d}").text
    assert "Quality" in then
    assert "Compliance" not in then
    assert "Renamed" not in then
    assert "Nothing was there yet" in client.get("/organisation?on=2001-01-01").text
    at = f"/departments/{department.id}?on={staffed.now:%Y-%m-%d}"
    assert "Quality · " in client.get(at).text


@pytest.mark.urs("URS-140")
def test_an_absence_holds_at_once_and_says_why(client: FlaskClient, staffed: Plant) -> None:
    form = {"person": "qa", "valid_from": "2026-01-05", "valid_to": "2026-01-09", "kind": "leave"}
    assert send(client, "/absences/new", **form, reason="").status_code == 422
    assert send(client, "/absences/new", **form, reason="Spring leave").status_code == 303
    with read_session() as session:
        assert queries.is_absent(session, person(session, "qa").id, date(2026, 1, 7))
    assert "2026-01-05" in client.get("/absences").text
    again = send(client, "/absences/new", **{**form, "valid_from": "2026-01-09"}, reason="Twice")
    assert again.status_code == 422
    assert "There is one from 2026-01-05 to 2026-01-09 already" in again.text


@pytest.mark.urs("URS-140")
@pytest.mark.parametrize("words", ["inspector", "P-1"])
def test_posts_are_found_by_person_and_position_and_sorted(client: FlaskClient, words: str) -> None:
    found = client.get(f"/posts?q={words}").text
    assert "P-1" in found
    assert "P-GM" not in found
    everything = client.get("/posts?sort=-position").text
    assert everything.index("P-M") < everything.index("P-GM") < everything.index("P-1")


@pytest.mark.urs("URS-140")
def test_the_year_of_a_site_can_be_seen_taken_and_brought_in(
    client: FlaskClient, staffed: Plant, bring: Callable[..., list[str]]
) -> None:
    year = staffed.now.year
    page = client.get(f"/working-days?site=SH&year={year}").text
    data = client.get(f"/working-days.xlsx?site=SH&year={year}").data
    head, *lines = load_workbook(io.BytesIO(data)).active.iter_rows(values_only=True)
    keys = [column.key for column in importer_of("organisation.calendar_days").columns]
    assert len(head) == len(keys)
    rows = [dict(zip(keys, [str(cell or "") for cell in line], strict=True)) for line in lines]
    assert bring("organisation.calendar_days", *rows) == [], "what the page gives can be brought in"
    assert "the site’s list" in client.get(f"/working-days?site=SH&year={year}").text
    assert "National Day" in page or "国庆节" in page
    assert client.get(f"/working-days.xlsx?site=SH&year={year}").data[:2] == b"PK"
    assert "not known yet" in client.get(f"/working-days?site=SH&year={year + 2}").text
    assert client.get("/working-days?site=NOWHERE").status_code == 404


@pytest.mark.urs("URS-140")
def test_nobody_who_has_left_gets_a_post(staffed: Plant, bring: Callable[..., list[str]]) -> None:
    with unit_of_work(ACTOR, now=staffed.now) as session:
        person(session, "keeper").state = PersonState.LEFT
    assert bring("organisation.posts", post("keeper", "P-1")) == ["person.left"]
    deputy = {"subject": "P-M", "rank": "A", "valid_from": "2020-01-01", "deputy": "keeper"}
    assert bring("organisation.deputies", deputy) == ["person.left"]


@pytest.mark.urs("URS-030")
def test_a_form_ends_and_reopens_a_post(staffed: Plant, today: date) -> None:
    kind = kind_of("organisation.post")
    with unit_of_work(ACTOR, now=staffed.now) as session:
        held = kind.find(session, ("qa", "P-M", date(2020, 1, 1)))
        checked = check_rows(session, kind, [post("qa", "P-M", valid_to=str(today))], None, of=held)
        assert checked.errors == {}
        store_rows(session, kind.listed, checked.rows, actor=ACTOR, now=staffed.now)
        assert held.valid_to == today
        opened = check_rows(session, kind, [post("qa", "P-M", valid_to="")], None, of=held)
        store_rows(session, kind.listed, opened.rows, actor=ACTOR, now=staffed.now)
        assert held.valid_to is None


@pytest.mark.urs("URS-140")
def test_whom_a_deputy_stands_in_for_is_said_with_who_holds_the_position_today(
    staffed: Plant, bring: Callable[..., list[str]], today: date, database: Engine
) -> None:
    def stands_in(subject: str, login: str) -> dict[str, str]:
        return {"subject": subject, "rank": "A", "valid_from": "2020-01-01", "deputy": login}

    client, asked = sign_in(create_app(testing=True), "owner", PASSWORD), list[str]()
    event.listen(database, "before_cursor_execute", lambda *told: asked.append(told[2]))
    counts = []
    for deputy in (stands_in("P-M", "inspector"), stands_in("P-1", "keeper"), stands_in("P-GM", "keeper")):
        assert bring("organisation.deputies", deputy) == []
        client.get("/deputies")
        asked.clear()
        listed = client.get("/deputies").text
        counts.append(len(asked))
    assert counts[1] == counts[2], "names are asked for together, not one by one"
    with read_session() as session:
        name, deputy = person(session, "qa").name, kind_of("organisation.deputy")
        found = deputy.find(session, ("P-M", "A", date(2020, 1, 1)))
        position = kind_of("organisation.position").find(session, ("P-M",))
    shown = client.get(f"/deputies/{found.id}").text
    assert f"P-M · held by {name['en']}" in listed
    found_by = client.get("/deputies?q=P-M").text
    assert f"P-M · held by {name['en']}" in found_by
    assert "P-GM" not in re.sub("<[^>]*>", "", found_by), "found by whom they stand in for"
    assert f'<a href="/positions/{position.id}">P-M · held by {name["en"]}</a>' in shown
    offered = client.get("/objects/suggestions/organisation.subject?q=qa").text
    assert "qa" in offered
    assert client.get("/objects/suggestions/inventory.lot?q=L").status_code == 404
    send(client, "/language", language="zh", next="/deputies")
    assert f"P-M · 现任：{name['zh']}" in client.get("/deputies?q=").text
    ends = post("qa", "P-M", valid_to=str(today - timedelta(days=1)))
    assert bring("organisation.posts", ends) == []
    assert "P-M · 空缺" in client.get("/deputies?q=").text
