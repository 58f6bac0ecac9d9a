"""Ordering on a page and by a program: what may not be ordered is refused at its field, what has not come in
can be cancelled with a reason."""

import uuid
from datetime import date, datetime
from decimal import Decimal
from types import SimpleNamespace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.access.models import Person
from app.api.tokens import make_token
from app.factory import create_app
from app.objects.models import ObjectChange
from app.procurement import queries
from app.procurement.cancelling import cancel, withdraw_rest
from app.procurement.models import OrderState, PurchaseOrder, PurchaseOrderLine
from app.procurement.services import receive_goods
from app.suppliers.services import block_supplier
from core import clock
from core.actor import Actor
from core.db import read_session, unit_of_work
from core.errors import Conflict, QmsError
from signatures.audit_models import AuditEntry
from tests.factories import plant as factory
from tests.factories.at_once import at_once
from tests.factories.people import add_person, sign_in, token
from workflows import registry

LATER = date(2027, 2, 1)


@pytest.fixture
def plant(database: Engine, keeper: Actor, now: datetime, monkeypatch: pytest.MonkeyPatch) -> factory.Plant:
    monkeypatch.setattr(clock, "now", lambda: now)
    with unit_of_work(keeper, now=now) as session:
        made = factory.make_plant(session, actor=keeper, now=now)
        factory.make_lot_release_effective(session, actor=keeper, now=now)
        for login in ("keeper", "buyer"):
            add_person(session, login, login, made.site.id, now=now)
        add_person(session, "far", "buyer", made.registrant.id, now=now)
    return made


@pytest.fixture
def app(plant: factory.Plant) -> Flask:
    return create_app(testing=True)


@pytest.fixture
def buyer(app: Flask) -> FlaskClient:
    return sign_in(app, "buyer")


def wanted(**changes: str) -> dict[str, str]:
    """The form of an order of two lines."""
    return {
        "number": "PO-77", "supplier": "S-01", "site": "SZ", "reason": "Stock is low",
        "lines.1.item": "RM-PVC", "lines.1.quantity": "12.5", "lines.1.due_on": LATER.isoformat(),
        "lines.2.item": "CP-LUER", "lines.2.quantity": "300", "lines.2.due_on": LATER.isoformat(),
        "lines.2.over_percent": "5",
        **changes,
    }  # fmt: skip


def send(client: FlaskClient, path: str, **fields: str) -> TestResponse:
    return client.post(path, data={**fields, "csrf_token": token(client, "/orders")})


def placed(number: str = "PO-77") -> PurchaseOrder | None:
    with read_session() as session:
        found = session.scalar(select(PurchaseOrder).where(PurchaseOrder.number == number))
        if found is not None:
            for line in found.lines:
                assert line.item.code
        return found


@pytest.mark.urs("URS-041", "URS-042")
def test_the_buyer_places_an_order_on_a_page_and_sees_it_among_the_open_ones(buyer: FlaskClient) -> None:
    assert "/orders/new" in buyer.get("/orders").text
    assert 'name="lines.1.item"' in buyer.get("/orders/new?site=SZ").text

    answer = send(buyer, "/orders/new", **wanted())

    assert answer.status_code == 303
    order = placed()
    assert order is not None
    assert answer.location == f"/orders/{order.id}"
    assert [(line.item.code, line.quantity, line.over_percent, line.due_on) for line in order.lines] == [
        ("RM-PVC", Decimal("12.5"), 0, LATER),
        ("CP-LUER", Decimal(300), 5, LATER),
    ]
    page = buyer.get(answer.location).text
    assert "PO-77" in page
    assert "PO-77" in buyer.get("/orders").text
    assert buyer.get(f"{answer.location}/history").status_code == 200
    assert buyer.get("/orders.xlsx").status_code == 200


WRONG = {
    "not approved for the item": ({"lines.2.item": "IS-150"}, "2.item", "propose the scope"),
    "no such item": ({"lines.1.item": "RM-X"}, "1.item", "There is no item RM-X"),
    "no such supplier": ({"supplier": "S-99"}, "supplier", "There is no supplier S-99"),
    "half a piece": ({"lines.2.quantity": "0.5"}, "2.quantity", "whole number"),
    "nothing": ({"lines.1.quantity": "0"}, "1.quantity", "above zero"),
    "a number that is taken": ({"number": "PO-1"}, "number", "PO-1 exists already"),
    "another site": ({"site": "SH"}, "site", "not for you"),
    "no reason": ({"reason": ""}, "reason", "Say why"),
}


@pytest.mark.urs("URS-041", "URS-042")
def test_what_may_not_be_ordered_is_refused_at_its_field_with_the_way_out(
    buyer: FlaskClient, plant: factory.Plant
) -> None:
    for what, (changes, field, words) in WRONG.items():
        answer = send(buyer, "/orders/new", **wanted(**changes))
        assert answer.status_code in (409, 422), what
        assert f'id="error-{field}"' in answer.text, what
        place = f"lines-{field.replace('.', '-')}" if field[0].isdigit() else field
        assert f'href="#f-{place}"' in answer.text, what
        assert f'id="f-{place}"' in answer.text, what
        assert words in " ".join(answer.text.split()), what
        assert 'value="12.5"' in answer.text or "quantity" in field, "the form comes back as it was"
    assert placed() is None


@pytest.mark.urs("URS-041")
def test_nothing_is_ordered_from_a_blocked_supplier_by_page_or_program(
    buyer: FlaskClient, app: Flask, plant: factory.Plant, keeper: Actor, now: datetime
) -> None:
    with unit_of_work(keeper, now=now) as session:
        block_supplier(session, plant.supplier.id, "Deviation 14", actor=keeper, now=now)
    answer = send(buyer, "/orders/new", **wanted())
    assert 'id="error-supplier"' in answer.text
    assert "Deviation 14" in answer.text
    told = program(app, "POST", "/orders", document())
    assert told.status_code == 422
    assert "Deviation 14" in told.json["errors"]["supplier"]
    assert placed() is None


@pytest.mark.urs("URS-023", "URS-042")
def test_only_buyers_of_the_site_place_and_cancel_orders(app: Flask, plant: factory.Plant) -> None:
    keeper, far, at = sign_in(app, "keeper"), sign_in(app, "far"), f"/orders/{plant.order.id}"
    assert "/orders/new" not in keeper.get("/orders").text
    assert keeper.get("/orders/new").status_code == 403
    assert f"{at}/cancel" not in keeper.get(at).text
    assert send(keeper, f"{at}/cancel", why="x").status_code == 403
    assert send(far, f"{at}/cancel", why="x").status_code == 404
    assert 'id="error-site"' in send(far, "/orders/new", **wanted()).text
    assert placed() is None


def document(**changes: object) -> dict[str, object]:
    lines = [{"item": "RM-PVC", "quantity": "12.5", "due_on": LATER.isoformat()}]
    values = {"number": "PO-77", "supplier": "S-01", "site": "SZ"}
    return {"values": values, "lines": lines, "reason": "From the ERP", **changes}


def _key(app: Flask) -> dict[str, str]:
    actor = Actor("p", "p", "P")
    with unit_of_work(actor, now=clock.now()) as session:
        buyer = add_person(session, f"b{uuid.uuid4().hex[:8]}", "buyer", _site(session), now=clock.now())
        secret = make_token(session, buyer, "ERP", 90, actor=actor, now=clock.now())[1]
    return {"Authorization": f"Bearer {secret}"}


def _person(session: Session, login: str) -> str:
    return str(session.scalars(select(Person.id).filter_by(login=login)).one())


def program(app: Flask, method: str, path: str, body: object = None, **headers: str) -> TestResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    own = {**_key(app), **named}
    return app.test_client().open(f"/api/v1{path}", method=method, json=body, headers=own)


def _site(session) -> uuid.UUID:
    return session.scalars(select(PurchaseOrder.site_id).limit(1)).one()


@pytest.mark.urs("URS-042", "URS-132")
def test_a_program_places_an_order_reads_it_and_does_not_change_it(app: Flask, plant: factory.Plant) -> None:
    answer = program(app, "POST", "/orders", document())
    assert answer.status_code == 201
    read = program(app, "GET", f"/orders/{answer.json['object']}")
    assert read.json["values"] == {"number": "PO-77", "supplier": "S-01", "site": "SZ", "state": "open"}
    assert read.json["page"] == f"/orders/{answer.json['object']}"
    assert read.json["lines"] == [
        {"number": "PO-77", "supplier": "S-01", "site": "SZ", "item": "RM-PVC", "quantity": "12.5",
         "due_on": LATER.isoformat(), "over_percent": 0, "received": "0", "state": "open"}
    ]  # fmt: skip
    listed = program(app, "GET", "/orders?q=PO-77").json["items"]
    assert [one["values"]["number"] for one in listed] == ["PO-77"]
    at = f"/orders/{answer.json['object']}"
    nothing = {"values": {}, "reason": "x", "lines": []}
    changed = program(app, "PATCH", at, nothing, If_Match=read.headers["ETag"])
    assert changed.status_code in (409, 422)
    assert "does not change" in changed.text
    again = program(app, "POST", "/orders", document())
    assert (again.status_code, "number" in again.json["errors"]) == (422, True)


@pytest.mark.urs("URS-042", "URS-144")
def test_an_order_without_a_number_gets_the_next_of_its_site(
    buyer: FlaskClient, app: Flask, plant: factory.Plant
) -> None:
    answer = send(buyer, "/orders/new", **wanted(number="SZ-PO-2026-0002"))
    assert answer.status_code == 303
    answer = send(buyer, "/orders/new", **wanted(number=""))
    assert answer.status_code == 303
    assert "SZ-PO-2026-0001" in buyer.get(answer.location).text
    refused = send(buyer, "/orders/new", **wanted(number="", supplier="S-99"))
    assert refused.status_code == 422
    told = program(app, "POST", "/orders", document(values={"supplier": "S-01", "site": "SZ"}))
    assert told.status_code == 201
    read = program(app, "GET", f"/orders/{told.json['object']}").json["values"]
    assert read["number"] == "SZ-PO-2026-0003", "one that was typed is passed over, nothing is lost"
    order = placed("SZ-PO-2026-0001")
    assert order is not None
    assert len(order.lines) == 2
    with read_session() as session:
        labels = session.scalars(select(ObjectChange.label)).all()
    assert {"en": "SZ-PO-2026-0003", "zh": "SZ-PO-2026-0003"} in labels


@pytest.mark.urs("URS-042")
def test_a_line_and_then_the_rest_are_cancelled_and_nothing_comes_in_on_them(
    buyer: FlaskClient, app: Flask, plant: factory.Plant, keeper: Actor, now: datetime
) -> None:
    at, lines = f"/orders/{plant.order.id}", [str(line.id) for line in plant.order.lines]
    assert 'id="error-why"' in send(buyer, f"{at}/cancel", why=" ", line=lines[0]).text
    assert send(buyer, f"{at}/cancel", why="Not needed", line=lines[0]).status_code == 303
    with read_session() as session:
        assert [str(line.id) for line in queries.open_lines(session, None)] == lines[1:]
        assert session.get_one(PurchaseOrder, plant.order.id).state is OrderState.OPEN
    page = buyer.get(at).text
    assert "Not needed" in page
    with pytest.raises(Conflict) as refused, unit_of_work(keeper, now=now) as session:
        receive_goods(session, factory.goods(plant, now=now), actor=keeper, now=now)
    assert refused.value.code == "order.line_cancelled"
    assert "Not needed" in refused.value.text("en")

    assert send(buyer, f"{at}/cancel", why="Supplier cannot").status_code == 303
    with read_session() as session:
        order = session.get_one(PurchaseOrder, plant.order.id)
        assert (order.state, order.cancelled_because) == (OrderState.CLOSED, "Supplier cannot")
        assert [line.cancelled_because for line in order.lines] == ["Not needed", "Supplier cannot"]
        actions = session.scalars(select(AuditEntry.action)).all()
        assert {"order.line_cancelled", "order.cancelled"} <= set(actions)
    assert "Cancelled" in buyer.get("/orders").text
    again = send(buyer, f"{at}/cancel", why="Once more")
    assert again.status_code == 409


@pytest.mark.urs("URS-042")
def test_what_has_come_in_is_not_cancelled(plant: factory.Plant, keeper: Actor, now: datetime) -> None:
    with unit_of_work(keeper, now=now) as session:
        receive_goods(session, factory.goods(plant, now=now), actor=keeper, now=now)
    first, second = (line.id for line in plant.order.lines)

    def refusal(line: uuid.UUID | None, why: str = "x") -> str:
        try:
            with unit_of_work(keeper, now=now) as session:
                cancel(session, plant.order.id, line, why, actor=keeper, now=now)
        except QmsError as wrong:
            return wrong.code
        return ""

    assert refusal(None) == "order.received"
    assert refusal(first) == "order.received"
    assert refusal(uuid.uuid4()) == "order.line_unknown"
    assert refusal(second, "  ") == "order.why"
    assert refusal(second) == ""
    assert refusal(second) == "order.line_cancelled"


@pytest.mark.urs("URS-042", "URS-130")
def test_goods_that_come_in_while_their_line_is_cancelled_are_told_so(
    plant: factory.Plant, keeper: Actor, now: datetime
) -> None:
    refused = at_once(
        lambda session: cancel(session, plant.order.id, None, "Late", actor=keeper, now=now),
        lambda session: receive_goods(session, factory.goods(plant, now=now), actor=keeper, now=now),
        actor=keeper, now=now,
    )  # fmt: skip
    assert refused == ["order.line_cancelled"]


@pytest.mark.urs("URS-042", "URS-130")
def test_a_line_on_which_goods_are_coming_in_is_not_cancelled(
    plant: factory.Plant, keeper: Actor, now: datetime
) -> None:
    refused = at_once(
        lambda session: receive_goods(session, factory.goods(plant, now=now), actor=keeper, now=now),
        lambda session: cancel(session, plant.order.id, None, "Late", actor=keeper, now=now),
        actor=keeper, now=now,
    )  # fmt: skip
    assert refused == ["order.received"]


@pytest.mark.urs("URS-042")
def test_the_rest_of_a_line_is_given_up_and_what_came_in_stays(
    buyer: FlaskClient, plant: factory.Plant, keeper: Actor, now: datetime
) -> None:
    with unit_of_work(keeper, now=now) as session:
        receive_goods(session, factory.goods(plant, now=now), actor=keeper, now=now)
    at, (first, second) = f"/orders/{plant.order.id}", (line.id for line in plant.order.lines)
    assert f'value="rest:{first}"' in buyer.get(at).text
    assert 'id="error-why"' in send(buyer, f"{at}/cancel", line=f"rest:{first}", why=" ").text
    assert "Cancel the line" in send(buyer, f"{at}/cancel", line=f"rest:{second}", why="x").text

    assert send(buyer, f"{at}/cancel", line=f"rest:{first}", why="Too late").status_code == 303

    assert "Rest given up: Too late" in buyer.get(at).text
    assert "rest given up" in buyer.get("/orders").text
    with read_session() as session:
        assert [line.id for line in queries.open_lines(session, None)] == [second]
        line = session.get_one(PurchaseOrderLine, first)
        assert (line.received > 0, line.open_quantity, line.standing) == (True, 0, "withdrawn")
        entry = session.scalars(select(AuditEntry).filter_by(action="order.rest_withdrawn")).one()
        assert (entry.actor_id, '"given_up"' in entry.entry) == (_person(session, "buyer"), True)
        assert session.get_one(PurchaseOrder, plant.order.id).state is OrderState.OPEN
    with pytest.raises(Conflict, match="given up") as refused, unit_of_work(keeper, now=now) as session:
        receive_goods(session, factory.goods(plant, now=now, key="again"), actor=keeper, now=now)
    assert refused.value.code == "order.line_cancelled"

    assert send(buyer, f"{at}/cancel", line="rest:", why="No more").status_code == 303
    with read_session() as session:
        order = session.get_one(PurchaseOrder, plant.order.id)
        assert (order.state, order.cancelled_because) == (OrderState.CLOSED, ""), "goods came in on it"
        assert [line.cancelled_because for line in order.lines] == ["Too late", "No more"]


@pytest.mark.urs("URS-042", "URS-132")
def test_a_program_cancels_a_line_and_gives_up_what_is_still_to_come(
    app: Flask, plant: factory.Plant, keeper: Actor, now: datetime
) -> None:
    at = f"/orders/{plant.order.id}"

    def told(act: str, **body: object) -> tuple[int, set[str]]:
        answer = program(app, "POST", f"{at}/{act}", body)
        return answer.status_code, set(answer.json.get("errors", {}))

    assert told("cancel", line=2) == (422, {"reason"})
    assert told("cancel", line="x", reason="x") == (422, {"line"})
    assert told("cancel", lines=2, reason="x") == (422, {"lines"})
    assert told("cancel", line=9, reason="x")[0] == 404
    assert told("withdraw", line=1, reason="x")[0] == 409, "nothing has come in"
    assert sign_in(app, "buyer").post(f"/api/v1{at}/cancel", json={"reason": "x"}).status_code == 403
    answer = program(app, "POST", f"{at}/cancel", {"line": 2, "reason": "Not needed"})
    assert (answer.status_code, answer.json["lines"][1]["state"]) == (200, "cancelled")
    with unit_of_work(keeper, now=now) as session:
        receive_goods(session, factory.goods(plant, now=now), actor=keeper, now=now)
    assert told("cancel", line=1, reason="x")[0] == 409, "goods have come in"
    answer = program(app, "POST", f"{at}/withdraw", {"reason": "Enough"})
    assert [line["state"] for line in answer.json["lines"]] == ["withdrawn", "cancelled"]
    assert answer.json["values"]["state"] == "closed"
    assert told("withdraw", reason="x")[0] == 409
    described = app.test_client().get("/api/v1/openapi.json", headers=_key(app)).json["paths"]
    assert "post" in described["/orders/{id}/withdraw"]


@pytest.mark.urs("URS-042", "URS-130")
def test_of_two_who_give_up_the_same_rest_one_is_told_so(
    plant: factory.Plant, keeper: Actor, now: datetime
) -> None:
    with unit_of_work(keeper, now=now) as session:
        receive_goods(session, factory.goods(plant, now=now), actor=keeper, now=now)
    line = plant.order.lines[0].id

    def act(session: Session) -> object:
        return withdraw_rest(session, plant.order.id, line, "Late", actor=keeper, now=now)

    assert at_once(act, act, actor=keeper, now=now) == ["order.line_cancelled"]


@pytest.mark.urs("URS-031", "URS-042")
def test_a_change_gives_up_what_is_still_to_come_with_its_number_and_reason(
    plant: factory.Plant, keeper: Actor, now: datetime
) -> None:
    with unit_of_work(keeper, now=now) as session:
        receive_goods(session, factory.goods(plant, now=now), actor=keeper, now=now)
        cancel(session, plant.order.id, plant.order.lines[1].id, "Not needed", actor=keeper, now=now)
        call = operation_call(session, plant, keeper, now)
        assert registry.call("procurement.dispose_orders", call) == {"closed": ["PO-1"], "to_settle": []}
    with read_session() as session:
        order = session.get_one(PurchaseOrder, plant.order.id)
        assert (order.state, order.standing) == (OrderState.CLOSED, "closed")
        assert [line.cancelled_because for line in order.lines] == ["CR-1: Other granulate", "Not needed"]
        assert not any(line.open_quantity for line in order.lines)


def operation_call(
    session: Session, plant: factory.Plant, actor: Actor, now: datetime
) -> registry.OperationCall:
    case = SimpleNamespace(site_id=plant.site.id, number="CR-1")
    params = {"item": plant.material.code, "disposition": "scrap", "why": "Other granulate"}
    return registry.OperationCall(session, params, case, actor, now)  # type: ignore[arg-type]


@pytest.mark.urs("URS-031", "URS-042")
def test_a_cancelled_line_keeps_no_order_open_that_a_change_closes(
    plant: factory.Plant, keeper: Actor, now: datetime
) -> None:
    with unit_of_work(keeper, now=now) as session:
        cancel(session, plant.order.id, plant.order.lines[1].id, "Not needed", actor=keeper, now=now)
        call = operation_call(session, plant, keeper, now)
        assert registry.call("procurement.dispose_orders", call) == {"closed": ["PO-1"], "to_settle": []}
