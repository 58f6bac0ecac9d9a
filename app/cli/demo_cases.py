"""What happens in the demo plant: goods come, people inspect, release and reject, all through the product's
services
and all at the present moment; nothing is signed for a time that has passed.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from app.access.models import Person
from app.access.proof import Proof
from app.access.queries import person_by_login
from app.access.services import reauthenticate
from app.access.statement import accept_statement
from app.catalog.gs1 import parse_scan, write_message
from app.catalog.models import Item
from app.catalog.queries import item_by_code
from app.cli.demo_items import BOM
from app.cli.demo_plant import PLANT
from app.inbox.services import SignTask, claim_task, open_page, open_view, review_task, sign_task
from app.inventory.models import Location
from app.inventory.queries import available, locations
from app.procurement import services as procurement
from app.procurement.queries import open_lines, receipt_with_key
from app.production import services as production
from app.production.queries import open_work_orders, output_with_key
from app.sites.models import Site
from app.sites.queries import site_by_code, site_of, style_of
from core import clock
from core.actor import Actor
from core.db import read_session, unit_of_work
from workflows.models import HumanTask, TaskState

SIGNERS = ("inspector", "qa", "releaser", "registrant")
"""Who has accepted the statement of accountability already; the others do before their first signature."""

PASS, FAIL, RELEASE = "pass", "fail", "release"
REJECT = {
    "decision": "reject",
    "category": "out_of_specification",
    "reason": "Cone diameter above the upper limit; goes back to the supplier. 锥头外径超上限，退回供应商。",
}


@dataclass(frozen=True)
class Story:
    """One delivery or one output, and how far its release has come; ``steps`` are (step, login, what is
    decided). ``claimed`` is who has taken the next step for himself and has not done it."""

    item: str
    lot: str
    quantity: str
    steps: Sequence[tuple[str, str, str]] = ()
    claimed: str = ""


STORIES = (
    Story(
        "RM-PVC-70",
        "RP-5640",
        "950",
        (("inspection", "inspector", PASS), ("incoming_release", "qa", RELEASE)),
    ),
    Story(
        "CP-LUER",
        "LV-88301",
        "12000",
        (("inspection", "inspector", FAIL), ("incoming_release", "qa", "reject")),
    ),
    Story("CP-DRIP", "LV-90402", "10000", (("inspection", "inspector", PASS),)),
    Story("PK-CARTON", "NH-3391", "400", claimed="inspector2"),
    Story(
        "FD-IS150",
        "D2611A",
        "1200",
        (
            ("inspection", "inspector", PASS),
            ("production_release", "releaser", RELEASE),
            ("market_release", "registrant", RELEASE),
        ),
    ),
    Story(
        "FD-IS150",
        "D2611B",
        "1500",
        (("inspection", "inspector", PASS), ("production_release", "releaser", RELEASE)),
    ),
    Story("FD-IS150", "D2611C", "900", (("inspection", "inspector", PASS),)),
)


def accept_statements(password: str) -> None:
    """Let the signers accept the statement of accountability; each acceptance is a signed record."""
    for login in SIGNERS:
        with read_session() as session:
            person = _person(session, login)
            if person.statement_accepted_at is not None:
                continue
        proof, now = _prove(person, password), clock.now()
        with unit_of_work(_actor(person), now=now) as session:
            own = session.get_one(Person, person.id)
            house = style_of(site_of(session, own.home_site_id or uuid.UUID(int=0)))
            accept_statement(session, own, proof, house=house, language="en", actor=_actor(own), now=now)


def tell(story: Story, password: str) -> None:
    """Let one story happen as far as it goes; what has happened already is left as it is."""
    case_id = _arrive(story)
    for step, login, decided in story.steps:
        with read_session() as session:
            open_here = select(HumanTask.id).filter_by(case_id=case_id, step=step, state=TaskState.OPEN)
            task_id = session.scalar(open_here)
            person = _person(session, login)
        if task_id is not None:
            _sign(person, task_id, decided, password)
    if story.claimed:
        _claim(story.claimed, case_id)


def _claim(login: str, case_id: uuid.UUID) -> None:
    """Let somebody take the open step of a case; he is called away, and it waits for him or his deputy."""
    now = clock.now()
    with read_session() as session:
        person = _actor(_person(session, login))
        free = select(HumanTask.id).filter_by(case_id=case_id, state=TaskState.OPEN, claimed_by=None)
        task_id = session.scalar(free)
    if task_id is not None:
        with unit_of_work(person, now=now) as session:
            claim_task(session, task_id, actor=person, now=now)


def _arrive(story: Story) -> uuid.UUID:
    now, key = clock.now(), f"demo:{story.lot}"
    with read_session() as session:
        keeper = _actor(_person(session, "keeper"))
        arrived = receipt_with_key(session, key) or output_with_key(session, key)
    if arrived is not None:
        return arrived.case_id
    with unit_of_work(keeper, now=now) as session:
        plant = site_by_code(session, PLANT)
        item = item_by_code(session, story.item)
        assert plant is not None
        assert item is not None
        places = {place.code: place for place in locations(session, plant.id)}
        if item.kind == "finished":
            made = _output(session, story, plant, item, places, now=now)
            return production.receive_output(session, made, actor=keeper, now=now).case_id
        goods = _delivery(session, story, plant, item, places, now=now)
        return procurement.receive_goods(session, goods, actor=keeper, now=now).case_id


def _delivery(
    session: Session, story: Story, plant: Site, item: Item, places: Mapping[str, Location], *, now: datetime
) -> procurement.ReceiveGoods:
    today = clock.site_day(now, plant.zone)
    life = item.shelf_life_days
    expiry = today + timedelta(days=life - 30) if life else None
    label = parse_scan(write_message(item.gtin or "", lot=story.lot, expiry=expiry), today=today)
    return procurement.ReceiveGoods(
        line_id=open_lines(session, [plant.id], item.gtin)[0].id,
        label=label,
        quantity=Decimal(story.quantity),
        unit=item.uom,
        supplier_lot=story.lot,
        expiry=expiry,
        location_id=places["01-IN"].id,
        delivery_note=f"DN-{story.lot}",
        key=f"demo:{story.lot}",
    )


def _output(
    session: Session, story: Story, plant: Site, item: Item, places: Mapping[str, Location], *, now: datetime
) -> production.ReceiveOutput:
    today = clock.site_day(now, plant.zone)
    expiry = today + timedelta(days=(item.shelf_life_days or 0) - 1)
    return production.ReceiveOutput(
        work_order_id=open_work_orders(session, [plant.id])[0].id,
        label=parse_scan(write_message(item.gtin or "", lot=story.lot, expiry=expiry), today=today),
        quantity=Decimal(story.quantity),
        unit=item.uom,
        location_id=places["04-FG"].id,
        inputs=[
            _used(session, plant, code, Decimal(for_one) * Decimal(story.quantity), now)
            for code, for_one in BOM
        ],
        key=f"demo:{story.lot}",
    )


def _used(session: Session, plant: Site, code: str, quantity: Decimal, now: datetime) -> production.UsedLot:
    """What the line takes: the lot that expires first and has enough."""
    item = item_by_code(session, code)
    assert item is not None
    stock = available(session, site_id=plant.id, item_id=item.id, today=clock.site_day(now, plant.zone))
    return production.UsedLot(next(one.lot.id for one in stock if one.quantity >= quantity), quantity)


def _sign(person: Person, task_id: uuid.UUID, decided: str, password: str) -> None:
    """Open, fill, review and sign one task, as a person does in the inbox."""
    actor, now = _actor(person), clock.now()
    with unit_of_work(actor, now=now) as session:
        open_page(session, task_id, actor=actor, now=now)
    with read_session() as session:
        view = open_view(session, task_id)
        command = SignTask(
            task_id=task_id,
            fields=MultiDict(_entries(view.given, decided)),
            opened=view.fingerprint,
            seen="",
            language="en",
        )
        reviewed = review_task(session, command, actor=actor, now=now)
    signed = replace(command, seen=reviewed.hash, method=_prove(person, password).method)
    with unit_of_work(actor, now=now) as session:
        sign_task(session, signed, actor=actor, now=now)


def _entries(given: Mapping[str, Any], decided: str) -> dict[str, str]:
    if decided == RELEASE:
        return {"decision": "release"}
    if decided == "reject":
        return REJECT
    entries = {"sample_size": "13", "instrument": "QC-M-014, QC-T-003", "conclusion": decided}
    for number, row in enumerate(given["results"]):
        if row["kind"] == "judged":
            entries[f"results.{number}.judgement"] = PASS
        else:
            outside = decided == FAIL and number == 0
            entries[f"results.{number}.value"] = _value(row, outside=outside)
    return entries


def _value(row: Mapping[str, Any], *, outside: bool) -> str:
    """A value a little inside the limits, or a little outside the upper one."""
    lower, upper = (Decimal(row[end]) if row[end] is not None else None for end in ("lower", "upper"))
    if lower is None or upper is None:
        only = lower if lower is not None else upper
        assert only is not None
        value = only * (Decimal("1.2") if lower is not None else Decimal("0.6"))
    else:
        value = upper + (upper - lower) / 5 if outside else lower + (upper - lower) * 2 / 5
    return f"{value.normalize():f}"


def _prove(person: Person, password: str) -> Proof:
    with unit_of_work(_actor(person), reason="signature") as session:
        proof = reauthenticate(session, person.id, password, now=clock.now(), login=person.login)
    assert isinstance(proof, Proof), "the password of the demo was changed"
    return proof


def _person(session: Session, login: str) -> Person:
    found = person_by_login(session, login)
    assert found is not None, f"the demo has no account {login}"
    return found


def _actor(person: Person) -> Actor:
    return Actor(str(person.id), person.login, person.name["en"], name_zh=person.name["zh"])
