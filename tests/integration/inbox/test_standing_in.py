"""Standing deputies: they take what is their principal's alone, in both names, and never past a rule."""

import json
import re
import uuid
from datetime import date, timedelta
from functools import partial

import pytest
from sqlalchemy import delete, select, update

from app.access.models import Person, RoleGrant
from app.inbox import policy
from app.inbox.services import claim_task
from app.notifications import recipients
from app.organisation.models import Absence, Deputy, Rank
from app.organisation.standing import principals_of
from app.training.eligible import eligible
from core import clock
from core.clock import site_day
from core.db import read_session, unit_of_work
from core.errors import QmsError
from documents.models import Record
from forms import sources
from signatures.audit_models import AuditEntry
from signatures.models import Signature
from tests.factories import training
from tests.factories import workflows as made
from tests.factories.at_once import together
from tests.factories.inbox import PLAN, RELEASE, RESULTS, SIGNED, make_plant
from tests.factories.people import SETUP
from tests.integration.inbox.test_handing_over import hands
from tests.integration.inbox.test_pages import browse, reviewed, task_path
from workflows import history, human_tasks, repository, runtime
from workflows.models import HumanTask

assert browse  # a fixture of the pages' tests
ZONE, DAY = "Asia/Shanghai", timedelta(days=1)


def names(plant, principal, deputy, rank="A"):
    with unit_of_work(SETUP, now=plant.now) as session:
        first = site_day(plant.now, ZONE) - 100 * DAY
        session.add(Deputy(person_id=key(plant, principal), deputy_id=key(plant, deputy), rank=Rank(rank),
                           valid_from=first))  # fmt: skip


def leaves(plant, login, first=0, last=3):
    """Note somebody as away, by days from today in Shanghai."""
    with unit_of_work(SETUP, now=plant.now) as session:
        today = site_day(plant.now, ZONE)
        days = {"valid_from": today + first * DAY, "valid_to": today + last * DAY}
        session.add(Absence(person_id=key(plant, login), **days))


def comes_back(plant):
    with unit_of_work(SETUP, now=plant.now) as session:
        session.execute(delete(Absence))


def changes(plant, login, **columns):
    with unit_of_work(SETUP, now=plant.now) as session:
        session.execute(update(Person).where(Person.login == login).values(**columns))


def claims(plant, login, step="inspection"):
    with unit_of_work(plant.people[login], now=plant.now) as session:
        claim_task(session, plant.task(step).id, actor=plant.people[login], now=plant.now)


def key(plant, login):
    return uuid.UUID(plant.people[login].id)


def refused(plant, login, step="inspection", now=None):
    """Why a person may not take a step: the code of the rule; None if he may."""
    with read_session() as session:
        task = session.get_one(HumanTask, plant.task(step).id)
        found = policy.refusal(session, task, actor=plant.people[login], now=now or plant.now)
    return found.code if found else None


def signs_for(plant, login, principal, step="inspection", typed=RESULTS):
    return plant.signs(login, step, typed, standing_for=plant.people[principal].id)


@pytest.mark.urs("URS-006", "URS-022", "URS-140")
@pytest.mark.parametrize("his", ["handed over", "claimed"])
def test_a_deputy_takes_what_is_his_principals_alone_and_both_are_named(plant, his):
    hands(plant, "qa", "inspector") if his == "handed over" else claims(plant, "inspector")
    names(plant, "inspector", "inspector2")
    leaves(plant, "inspector")
    task_id = plant.task("inspection").id
    taken = signs_for(plant, "inspector2", "inspector")
    deputy, principal = key(plant, "inspector2"), key(plant, "inspector")
    with read_session() as session:
        signature, task = session.scalars(select(Signature)).one(), session.get_one(HumanTask, task_id)
        said = json.loads(session.get_one(Record, taken.record.id).canonical)
        signed = session.scalars(select(AuditEntry).where(AuditEntry.action == "record.signed")).one()
        assert history.performers(session, plant.case_id)["inspection"] == {deputy, principal}
    assert (task.completed_by, task.completed_for) == (deputy, principal)
    assert (signature.login, signature.on_behalf_of) == ("inspector2", str(principal))
    assert "I sign on behalf of Inspector (inspector), as the standing deputy." in signature.statement
    assert "演示inspector (inspector)" in signature.statement
    assert "Inspector (inspector)" in said["created_by"]["on_behalf_of"]
    actor = json.loads(signed.entry)["actor"]
    assert (actor["login"], actor["on_behalf_of"]) == ("inspector2", str(principal))
    assert refused(plant, "inspector", "incoming_release") == "task.separation", "for both in later steps"


def untrained(plant):
    with unit_of_work(plant.people["owner"], now=plant.now) as session:
        of, today = training.document(session), site_day(plant.now, ZONE)
        on = training.revision(session, plant, of, "A1", today - 100 * DAY)
        training.needs(session, plant, of, "inspector", today - 100 * DAY)
        training.trained(session, "inspector", "inspector", on, today - 50 * DAY)


def also_inspects(plant, login):
    grant = {"role": "inspector", "site_id": plant.site_id, "valid_from": date(2026, 1, 1)}
    with unit_of_work(SETUP, now=plant.now) as session:
        person = key(plant, login)
        session.add(RoleGrant(person_id=person, granted_by="system:test", granted_at=plant.now, **grant))
    return login


def second_deputy(plant):
    names(plant, "inspector", "qa2", "B")
    return also_inspects(plant, "qa2")


def deputy_of_the_deputy(plant):
    leaves(plant, "inspector2")
    names(plant, "inspector2", "qa2")
    return also_inspects(plant, "qa2")


def other_role(plant):
    with unit_of_work(SETUP, now=plant.now) as session:
        session.execute(update(Deputy).values(deputy_id=key(plant, "qa2")))
    return "qa2"


def started_it(plant):
    with unit_of_work(SETUP, now=plant.now) as session:
        session.execute(update(Deputy).values(deputy_id=key(plant, "keeper")))
    return "keeper"


FAULTS = {
    "the principal is there": (comes_back, "task.assigned"),
    "the deputy is away himself": (lambda plant: leaves(plant, "inspector2"), "task.assigned"),
    "the second deputy while the first one is there": (second_deputy, "task.assigned"),
    "the deputy of the deputy": (deputy_of_the_deputy, "task.assigned"),
    "the deputy holds another role": (other_role, "task.role"),
    "the deputy is not trained": (untrained, "training.missing"),
    "the deputy started the case": (started_it, "task.separation"),
}


@pytest.mark.urs("URS-006", "URS-023", "URS-075", "URS-140")
@pytest.mark.parametrize("fault", FAULTS)
def test_a_deputy_is_bound_by_every_rule(plant, fault):
    hands(plant, "qa", "inspector")
    names(plant, "inspector", "inspector2")
    leaves(plant, "inspector")
    assert refused(plant, "inspector2") is None
    spoil, code = FAULTS[fault]
    login = spoil(plant) or "inspector2"
    assert refused(plant, login) == code
    with pytest.raises(QmsError) as error:
        signs_for(plant, login, "inspector")
    assert error.value.code == code
    with read_session() as session:
        assert session.scalars(select(Signature)).all() == []


@pytest.mark.urs("URS-006", "URS-140", "URS-147")
def test_one_is_away_by_the_day_on_ones_own_clock(plant):
    """It is the 22nd everywhere until 16:00 UTC; then it is the 23rd in Shanghai."""
    hands(plant, "qa", "inspector")
    names(plant, "inspector", "inspector2")
    leaves(plant, "inspector", 1, 1)
    evening = plant.now.replace(hour=20)
    for zone, now, code in ((ZONE, plant.now, "task.assigned"), (ZONE, evening, None),
                            ("America/New_York", evening, "task.assigned")):  # fmt: skip
        changes(plant, "inspector", zone=zone)
        assert refused(plant, "inspector2", now=now) == code, (zone, now)


@pytest.mark.urs("URS-006", "URS-023")
def test_a_deputy_may_not_even_in_his_own_name_what_his_principal_may_not(plant):
    """The release excludes who inspected: while he is away, his delegate may not approve either."""
    plant.signs("inspector", "inspection", RESULTS)
    names(plant, "inspector", "qa")
    assert refused(plant, "qa", "incoming_release") is None, "the inspector is there: nobody stands in"
    leaves(plant, "inspector")
    assert refused(plant, "qa", "incoming_release") == "task.separation"
    with pytest.raises(QmsError) as error:
        plant.signs("qa", "incoming_release", RELEASE)
    assert "Inspector, for whom you stand in" in error.value.text("en")
    with read_session() as session:
        task = session.get_one(HumanTask, plant.task("incoming_release").id)
        assert eligible(session, task, now=plant.now).rule_for(key(plant, "qa")) == "separation"
        assert recipients.of_task(session, task, now=plant.now) == {key(plant, "qa2")}
    plant.signs("qa2", "incoming_release", RELEASE)


@pytest.fixture
def branches(plant):
    """Two branches side by side, of which nobody takes both; inspector's deputy is qa2."""
    files = made.process(
        made.start(), made.gateway("parallel", "fork"), made.user("a", notBy="b"),
        made.user("b", notBy="a"), made.gateway("parallel", "join"), made.end(),
        made.flows("begin>fork>a>join>done", "fork>b>join"), tasks=("a", "b"),
    )  # fmt: skip
    owner = plant.people["owner"]
    with unit_of_work(owner, now=plant.now) as session:
        proposed = repository.propose_release(session, "trial", files, actor=owner, now=plant.now)
        repository.make_effective(session, proposed, actor=plant.people["qa"], now=plant.now)
        case = runtime.start_case(
            session, "trial", title={"en": "T", "zh": "T"}, site_id=plant.site_id,
            subject=("inventory.lot", plant.lot_id), data={"sites": {"plant": str(plant.site_id)}},
            actor=owner, now=plant.now,
        )  # fmt: skip
        plant.case_id = case.id
    names(plant, "inspector", "qa2")
    return plant


@pytest.mark.urs("URS-006", "URS-023")
def test_parallel_branches_count_both_persons_too(branches):
    done = branches.task("a").id
    hands(branches, "qa", "inspector", step="a")
    leaves(branches, "inspector")
    with read_session() as session:
        task = session.get_one(HumanTask, done)
        assert policy.refusal(session, task, actor=branches.people["qa2"], now=branches.now) is None
    signs_for(branches, "qa2", "inspector", "a", RELEASE)
    assert {one: refused(branches, one, "b") for one in ("qa2", "inspector", "qa")} == {
        "qa2": "task.separation", "inspector": "task.separation", "qa": None,
    }  # fmt: skip


@pytest.mark.urs("URS-006", "URS-023")
def test_a_parallel_branch_that_the_principal_did_bars_his_deputy_from_the_other(branches):
    actor = branches.people["inspector"]
    with unit_of_work(actor, now=branches.now) as session:
        human_tasks.complete(session, branches.task("a"), RELEASE, actor=actor, now=branches.now)
    assert refused(branches, "qa2", "b") is None
    leaves(branches, "inspector")
    assert refused(branches, "qa2", "b") == "task.separation"


@pytest.fixture
def undelegable(database, now, monkeypatch):
    monkeypatch.setitem(sources._sources, "quality.inspection_plan", lambda session, subject_id, data: PLAN)
    plant = make_plant(now, release=f'{SIGNED}qms:noDelegate="true" ')
    plant.signs("inspector2", "inspection", RESULTS)
    return plant


@pytest.mark.urs("URS-006", "URS-022")
def test_where_the_process_wants_the_person_himself_nobody_stands_in(undelegable):
    plant = undelegable
    hands(plant, "owner", "qa", step="incoming_release")
    names(plant, "qa", "qa2")
    leaves(plant, "qa")
    assert refused(plant, "qa2", "incoming_release") == "task.no_delegate"
    with pytest.raises(QmsError) as error:
        signs_for(plant, "qa2", "qa", "incoming_release", RELEASE)
    assert error.value.code == "task.no_delegate"
    with read_session() as session:
        task = session.get_one(HumanTask, plant.task("incoming_release").id)
        assert eligible(session, task, now=plant.now).free == []
        assert recipients.of_task(session, task, now=plant.now) == {key(plant, "qa")}


@pytest.mark.urs("URS-006")
def test_the_market_release_alone_of_the_lots_release_is_never_a_deputys():
    (text,) = (one.decode() for name, one in made.folder("lot_release").items() if name.endswith(".bpmn"))
    assert re.findall(r'<bpmn:userTask id="(\w+)"[^>]* qms:noDelegate="true"', text) == ["market_release"]


@pytest.mark.urs("URS-006", "URS-022")
def test_what_was_shown_in_other_names_is_not_signed(plant):
    hands(plant, "qa", "inspector")
    names(plant, "inspector", "inspector2")
    leaves(plant, "inspector")
    shown = plant.command("inspector2", "inspection", RESULTS)
    with pytest.raises(QmsError) as error:
        plant.sends("inspector2", shown)  # the panel has not said for whom
    assert error.value.code == "task.changed"
    shown = plant.command("inspector2", "inspection", RESULTS, standing_for=plant.people["inspector"].id)
    comes_back(plant)
    with pytest.raises(QmsError) as error:
        plant.sends("inspector2", shown)
    assert error.value.code == "task.assigned", "asked again under the lock"


@pytest.mark.urs("URS-006", "URS-022")
def test_of_deputy_and_principal_signing_at_once_one_signs(plant):
    hands(plant, "qa", "inspector")
    names(plant, "inspector", "inspector2")
    leaves(plant, "inspector")
    given = {"inspector": "", "inspector2": plant.people["inspector"].id}
    commands = {one: plant.command(one, "inspection", RESULTS, standing_for=to) for one, to in given.items()}
    acts = [partial(plant.sends, login, command) for login, command in commands.items()]
    assert together(*acts) == ["task.over"], "one of the two signs"


@pytest.mark.urs("URS-006", "URS-133", "URS-141")
def test_the_deputy_is_reminded_too_and_nobody_is_alarmed(plant):
    hands(plant, "qa", "inspector")
    leaves(plant, "inspector")
    with read_session() as session:
        task = session.get_one(HumanTask, plant.task("inspection").id)
        assert eligible(session, task, now=plant.now).free == [], "away, and nobody stands in"
    names(plant, "inspector", "inspector2")
    with read_session() as session:
        task = session.get_one(HumanTask, plant.task("inspection").id)
        assert eligible(session, task, now=plant.now).free_ids == {key(plant, "inspector2")}
        both = {key(plant, "inspector"), key(plant, "inspector2")}
        assert recipients.of_task(session, task, now=plant.now) == both
        (one,) = principals_of(session, key(plant, "inspector2"), now=plant.now)
        assert (one.person.login, one.until) == ("inspector", site_day(plant.now, ZONE) + 3 * DAY)


@pytest.mark.urs("URS-006", "URS-140")
def test_pages_say_for_whom_and_until_when_in_both_languages(plant, browse, monkeypatch):
    hands(plant, "qa", "inspector")
    names(plant, "inspector", "inspector2")
    leaves(plant, "inspector")
    until, principal = site_day(plant.now, ZONE) + 3 * DAY, plant.people["inspector"]
    deputy, path = browse("inspector2"), task_path(plant, "inspection")
    assert f"For Inspector, away until {until}" in deputy.get("/inbox").text
    assert f"for Inspector, away until {until}" in deputy.get("/me").text
    page = deputy.get(path).text
    assert "You take this step on his behalf" in page
    assert f'action="{path}/claim"' not in page
    changes(plant, "inspector2", language="zh")
    assert "演示inspector" in deputy.get("/me").text
    assert "代演示inspector办理" in deputy.get("/inbox").text
    changes(plant, "inspector2", language="en")
    deputy.get(path)
    panel = reviewed(deputy, path, RESULTS).text
    assert "<strong>Inspector (inspector)</strong>" in panel
    assert "I sign on behalf of Inspector (inspector), as the standing deputy." in panel
    assert deputy.hidden()["standing_for"] == principal.id
    monkeypatch.setattr(clock, "now", lambda: plant.now)
    answer = deputy.post(f"{path}/sign", **deputy.hidden(), password="correct horse 42")
    assert answer.status_code == 303
    assert "On behalf of Inspector" in browse("qa").get(f"/cases/{plant.case_id}").text
