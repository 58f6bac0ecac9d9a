"""Every route of the product against nobody, a wrong role, a wrong site and the right person.

A route without a row fails; so does a row that says another right than the route. The objects are those of
the demo plant; persons are made for the purpose, one for every role and place.
"""

import itertools
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.access.models import Person, RoleGrant
from app.access.services import CreatePerson, GrantRole, create_person, grant_role
from app.api.tokens import make_token
from app.catalog.models import Item, Supplier
from app.cli.demo import load_demo
from app.cli.scratch_server import APPLICATION
from app.controlled_documents.models import DocumentRevision
from app.factory import create_app
from app.imports.models import DataImport, ImportState
from app.inventory.models import Location, Lot, Movement, MovementKind
from app.objects.kinds import ObjectKind
from app.objects.models import ObjectChange, Verb
from app.procurement.models import PurchaseOrder, Receipt
from app.production.models import Output, WorkOrder
from app.sites.models import Site
from app.sites.services import CreateSite, create_site
from app.web.doors import declared_rights
from app.web.rights import ANYBODY, RIGHTS, ROLES, SIGNED_IN
from core import clock, db
from core.config import settings
from core.effectivity import RevisionState
from core.outbox import OutboxEntry
from documents import store
from documents.models import Record
from tests.factories.objects import (
    API_OF_ONE,
    API_READS,
    FILE_PAGES,
    OBJECT_PAGES,
    READ_PAGES,
    api_doors,
    api_endpoint,
    endpoint,
    every_kind,
    pages_of,
)
from tests.factories.people import LONG_AGO, PASSWORD, SETUP, sign_in, token
from workflows.models import HumanTask, ProcessCase, ProcessMigration, ProcessRelease, TaskState

WRITES = ("POST", "PATCH")
ADDRESS_OF_NOTHING = uuid.UUID(int=0)


@dataclass(frozen=True)
class Row:
    """One route: its right, what fills its address, whether its object has a site, whose role is right."""

    right: str
    at: dict[str, str] = field(default_factory=dict)
    sited: bool = False
    role: str = ""

    def __or__(self, more: dict[str, str]) -> "Row":
        return replace(self, at={**self.at, **more})


def sited(right: str, role: str = "", **at: str) -> Row:
    return Row(right, at, sited=True, role=role)


def plain(right: str, **at: str) -> Row:
    return Row(right, at)


ROWS: dict[str, Row] = {
    "access.accept": plain(SIGNED_IN),
    "access.accept_post": plain(SIGNED_IN),
    "access.change_password": plain(SIGNED_IN),
    "access.change_password_post": plain(SIGNED_IN),
    "access.me": plain(SIGNED_IN),
    "access.me_post": plain(SIGNED_IN),
    "access.sign_in": plain(ANYBODY),
    "access.sign_in_post": plain(ANYBODY),
    "access.sign_out": plain(SIGNED_IN),
    "access.switch_language": plain(ANYBODY),
    "archive.download_case": sited("records.read", case_id="case"),
    "archive.download_file": sited("records.read", record_id="record", sha256="sha256"),
    "archive.download_json": sited("records.read", record_id="record"),
    "archive.download_pdf": sited("records.read", record_id="record"),
    "archive.index": plain("records.read"),
    "archive.root": plain(SIGNED_IN),
    "archive.show": sited("records.read", record_id="record"),
    "archive.verification": sited("records.read", record_id="record"),
    "cases.index": plain("cases.read"),
    "cases.model": sited("cases.read", case_id="case"),
    "cases.new": plain("inbox.work"),
    "cases.picture": sited("cases.read", case_id="case"),
    "cases.process": plain("processes.read", key="process_key"),
    "cases.process_model": plain("processes.read", key="process_key"),
    "cases.process_picture": plain("processes.read", key="process_key"),
    "cases.processes": plain("processes.read"),
    "cases.progress": sited("cases.read", case_id="case"),
    "cases.show": sited("cases.read", case_id="case"),
    "cases.start": plain("inbox.work"),
    "catalog.take_next_code": sited("catalog.manage", object_id="catalog.coding_scheme"),
    "clock.confirm": plain("clock.confirm"),
    "clock.show": plain("clock.read"),
    "governance.export": plain("audit.read"),
    "governance.run_verification": plain("audit.read"),
    "governance.trail": plain("audit.read"),
    "governance.verify": plain("audit.read"),
    "handling.asking_for_time": sited("inbox.work", role="task_role", task_id="task"),
    "handling.cancelling": sited("inbox.work", case_id="case"),
    "handling.end": sited("inbox.work", case_id="case"),
    "handling.hand": sited("inbox.work", role="task_role", task_id="task"),
    "handling.handing": sited("inbox.work", role="task_role", task_id="task"),
    "handling.more_time": sited("inbox.work", role="task_role", task_id="task"),
    "handling.take_back": sited("inbox.work", role="task_role", task_id="task"),
    "handling.taking_back": sited("inbox.work", role="task_role", task_id="task"),
    "house.change": sited("house.manage", site_id="site"),
    "house.index": plain("house.manage"),
    "house.number_form": sited("house.manage", site_id="site"),
    "house.numbers": plain("house.manage"),
    "house.preview": sited("house.manage", site_id="site"),
    "house.show": sited("house.manage", site_id="site"),
    "imports.check": plain("imports.bring", list_name="list"),
    "imports.findings": sited("imports.read", import_id="import", kind="kind"),
    "imports.index": plain("imports.read"),
    "imports.new": plain("imports.bring", list_name="list"),
    "imports.original": sited("imports.read", import_id="import"),
    "imports.progress": sited("imports.read", import_id="import"),
    "imports.propose": sited("imports.bring", import_id="import"),
    "imports.show": sited("imports.read", import_id="import"),
    "imports.store_now": sited("people.manage", import_id="import"),
    "imports.template": plain("imports.read", list_name="list", kind="kind"),
    "inbox.attach": plain("attachments.add"),
    "inbox.claim": sited("inbox.work", role="task_role", task_id="task"),
    "inbox.draft": sited("inbox.work", role="task_role", task_id="task"),
    "inbox.file": sited("files.read", role="task_role", task_id="task", sha256="sha256"),
    "inbox.index": plain("inbox.work"),
    "inbox.release": sited("inbox.work", role="task_role", task_id="task"),
    "inbox.review": sited("inbox.work", role="task_role", task_id="task"),
    "inbox.sign": sited("inbox.work", role="task_role", task_id="task"),
    "inbox.suggestions": sited("inbox.work", role="task_role", task_id="task", name="picker"),
    "inbox.task": sited("inbox.work", role="task_role", task_id="task"),
    "inventory.new_shipment": sited("stock.ship", lot_id="lot"),
    "inventory.show_take_back": sited("stock.take_back", lot_id="used_lot", movement_id="movement"),
    "inventory.take_back": sited("stock.take_back", lot_id="used_lot", movement_id="movement"),
    "inventory.ship": sited("stock.ship", lot_id="lot"),
    "inventory.stock": plain("stock.read"),
    "jobs.index": plain("jobs.manage"),
    "jobs.try_again": plain("jobs.manage", entry_id="outbox_entry"),
    "modeler.check": plain("models.propose"),
    "modeler.index": plain("models.read"),
    "modeler.migrate": plain("models.propose", release_id="release"),
    "modeler.migration": plain("models.read", migration_id="migration"),
    "modeler.model": plain("models.read", release_id="release"),
    "modeler.operations": plain("models.read"),
    "modeler.picture": plain("models.read", release_id="release"),
    "modeler.propose_migration": plain("models.propose", release_id="release"),
    "modeler.revert_migration": plain("models.propose", migration_id="migration"),
    "modeler.send": plain("models.propose"),
    "modeler.show": plain("models.read", release_id="release"),
    "modeler.source": plain("models.read", release_id="release"),
    "modeler.upload": plain("models.propose"),
    "notifications.choose": plain(SIGNED_IN),
    "notifications.follow": plain(SIGNED_IN, notice_id="nothing"),
    "notifications.index": plain(SIGNED_IN),
    "notifications.read_all": plain(SIGNED_IN),
    "notifications.settings": plain(SIGNED_IN),
    "objects.change": sited("changes.read", change_id="change"),
    "objects.changes": plain("changes.read"),
    "objects.refused_attempts": plain("audit.read"),
    "objects.suggestions": plain("changes.read", kind_name="kind_name"),
    "organisation.chart": plain("organisation.read"),
    "organisation.hand_over": sited("organisation.manage", object_id="organisation.post"),
    "organisation.working_days": plain("organisation.read"),
    "organisation.working_days_list": plain("organisation.read"),
    "operation.show": plain("jobs.manage"),
    "people.change_state": plain("people.manage", person_id="person", verb="verb"),
    "people.change_rules": plain("policy.manage"),
    "people.create": plain("people.manage"),
    "people.decide": plain("roles.decide", person_id="person", grant_id="grant", answer="answer"),
    "people.end": plain("people.manage", person_id="person", grant_id="grant"),
    "people.grant": plain("people.manage", person_id="person"),
    "people.index": plain("people.read"),
    "people.new": plain("people.manage"),
    "people.reset": plain("people.manage", person_id="person"),
    "people.rules": plain("policy.read"),
    "people.show": plain("people.read", person_id="person"),
    "people.verify": plain("identity.verify", person_id="person"),
    "procurement.new_receipt": plain("receipts.post"),
    "procurement.cancel_order": sited("orders.place", object_id="procurement.order"),
    "procurement.post_receipt": plain("receipts.post"),
    "procurement.read_label": plain("receipts.post"),
    "procurement.receipt": sited("receipts.read", receipt_id="receipt"),
    "procurement.receipts": plain("receipts.read"),
    "production.materials": plain("output.post"),
    "production.new_output": plain("output.post"),
    "production.output": sited("output.read", output_id="output"),
    "production.post_output": plain("output.post"),
    "production.work_order": sited("output.read", work_order_id="work_order"),
    "production.work_orders": plain("output.read"),
    "quality.corrective_actions": plain("nonconformities.read"),
    "quality.nonconformities": plain("nonconformities.read"),
    "setup.baseline": plain(ANYBODY),
    "setup.company": plain(ANYBODY),
    "setup.confirm": plain(ANYBODY),
    "setup.done": plain(ANYBODY),
    "setup.enter": plain(ANYBODY),
    "setup.found": plain(ANYBODY),
    "setup.house": plain(ANYBODY),
    "setup.index": plain(ANYBODY),
    "setup.keep_company": plain(ANYBODY),
    "setup.keep_house": plain(ANYBODY),
    "setup.keep_people": plain(ANYBODY),
    "setup.keep_site": plain(ANYBODY),
    "setup.people": plain(ANYBODY),
    "setup.review": plain(ANYBODY),
    "setup.root": plain(ANYBODY),
    "setup.root_key": plain(ANYBODY),
    "setup.sites": plain(ANYBODY),
    "sites.index": plain("sites.read"),
    "sites.show": sited("sites.read", site_id="site"),
    "equipment.block": sited("equipment.manage", equipment_id="equipment.equipment"),
    "equipment.due": plain("equipment.read"),
    "equipment.event_file": sited("equipment.read", equipment_id="equipment.equipment", event_id="nothing"),
    "equipment.record": sited("equipment.manage", equipment_id="equipment.equipment"),
    "labels.equipment": sited("labels.print", equipment_id="equipment.equipment"),
    "labels.equipment_picture": sited("labels.print", equipment_id="equipment.equipment"),
    "labels.index": plain("labels.print"),
    "labels.location": sited("labels.print", location_id="location"),
    "labels.location_picture": sited("labels.print", location_id="location"),
    "labels.lot": sited("labels.print", lot_id="lot"),
    "labels.lot_picture": sited("labels.print", lot_id="lot"),
    "labels.print_equipment": sited("labels.print", equipment_id="equipment.equipment"),
    "labels.print_location": sited("labels.print", location_id="location"),
    "labels.print_lot": sited("labels.print", lot_id="lot"),
    "suppliers.approved": plain("suppliers.read"),
    "suppliers.block": plain("suppliers.manage", supplier_id="supplier"),
    "suppliers.propose_file": plain(
        "suppliers.manage", certificate_id="suppliers.certificate", file_id="nothing"
    ),
    "configuration.index": plain("configuration.read"),
    "controlled_documents.in_force": plain("documents.read"),
    "controlled_documents.set_text": sited("documents.manage", revision_id="document_text"),
    "controlled_documents.text": sited("documents.read", revision_id="document_text"),
    "training.matrix": plain("training.read"),
    "training.mine": plain("training.read"),
    "training.person": plain("training.manage", person_id="person"),
    "traceability.lot": sited("stock.read", lot_id="lot"),
    "traceability.trace": sited("stock.read", lot_id="lot"),
    "web.asset": plain(ANYBODY, name="asset"),
    "web.health": plain(ANYBODY),
    "web.metrics": plain(ANYBODY),
    "web.ready": plain(ANYBODY),
    "web.start": plain(SIGNED_IN),
    "programs.guide": plain(SIGNED_IN),
    "programs.keys": plain("api.use"),
    "programs.make": plain("api.use"),
    "programs.revoke": plain("api.use", token_id="nothing"),
    "api.change": sited("changes.read", change_id="change"),
    "api.description": plain(SIGNED_IN),
    **{
        api_endpoint(kind, door): Row(
            kind.read if door in API_READS else kind.write,
            {"object_id": kind.name} if door in API_OF_ONE else {},
            sited=door in API_OF_ONE and hasattr(kind.model, "site_id"),
        )
        for kind in every_kind()
        for door in api_doors(kind)
    },
    **{
        endpoint(kind, page): Row(
            kind.read if page in READ_PAGES else kind.write,
            {"object_id": kind.name} if page in OBJECT_PAGES else {},
            sited=page in OBJECT_PAGES and hasattr(kind.model, "site_id"),
        )
        | ({"file_id": "nothing"} if page in FILE_PAGES else {})
        for kind in every_kind()
        for page in pages_of(kind)
    },
}
"""The access table. A new route gets a row here: its right, and what fills its address."""


@dataclass
class World:
    """The demo plant with a person for every role: here at the plant, and far at a site of his own."""

    app: Flask
    known: dict[str, Any]
    clients: dict[str, FlaskClient] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    secrets: dict[str, str] = field(default_factory=dict)

    def ask(self, who: str, endpoint: str) -> TestResponse:
        """Send a person to a route, with the form token of his own session when it takes a form."""
        if who not in self.clients:
            self.clients[who] = sign_in(self.app, who) if who else self.app.test_client()
            self.tokens[who] = token(self.clients[who])
        path, method = self.address(endpoint)
        if method in WRITES and endpoint.startswith("api."):
            return self.ask_as_program(who, path, method)
        form = {"csrf_token": self.tokens[who]} if method == "POST" else None
        return self.clients[who].open(path, method=method, data=form)

    def ask_as_program(self, who: str, path: str, method: str) -> TestResponse:
        """Send a program in a person's name; nobody's has no key."""
        if who and who not in self.secrets:
            with db.unit_of_work(SETUP, now=clock.now()) as session:
                person_id = session.scalars(select(Person.id).where(Person.login == who)).one()
                made = make_token(session, person_id, "ERP", 30, actor=SETUP, now=clock.now())
            self.secrets[who] = made[1]
        own = {"Authorization": f"Bearer {self.secrets[who]}"} if who else {}
        return self.app.test_client().open(path, method=method, json={}, headers=own)

    def address(self, endpoint: str) -> tuple[str, str]:
        """Fill the address of a route with objects of the plant."""
        rule = next(rule for rule in self.app.url_map.iter_rules() if rule.endpoint == endpoint)
        with self.app.test_request_context():
            filled = {name: self.known[key] for name, key in ROWS[endpoint].at.items()}
            path = self.app.url_for(endpoint, **filled)
        return path, next((one for one in WRITES if one in (rule.methods or ())), "GET")

    def right_person(self, row: Row) -> str:
        """Name somebody with a role that holds the right at the plant."""
        wanted = self.known[row.role] if row.role else None
        return f"here-{wanted or min(RIGHTS.get(row.right, ROLES))}".replace("_", "-")

    def far_person(self, row: Row) -> str:
        """Name somebody with the same role at another site."""
        return self.right_person(row).replace("here-", "far-")

    def wrong_person(self, row: Row) -> str | None:
        """Name somebody at the plant whose role does not hold the right; ``None`` when every role does."""
        lacking = sorted(set(ROLES) - RIGHTS[row.right])
        return f"here-{lacking[0]}".replace("_", "-") if lacking else None


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with pytest.MonkeyPatch.context() as patch, ExitStack() as ends:
        home = tmp_path_factory.mktemp("plant")
        patch.setenv("QMS_HOME", str(home))
        for name in ("QMS_DATABASE_URL", "QMS_DATABASE_OWNER_URL"):
            patch.delenv(name, raising=False)
        if request.param == "sqlite":
            shutil.copy(request.getfixturevalue("empty_plant"), home / "qms.sqlite3")
        else:
            server = request.getfixturevalue("postgres_server")
            database = ends.enter_context(server.database(request.getfixturevalue("postgres_template")))
            patch.setenv("QMS_DATABASE_URL", server.url(database, APPLICATION))
        settings.cache_clear()
        engine = db.configure()
        load_demo()
        known = _people_everywhere()
        yield World(create_app(testing=True), known)
        engine.dispose()
    settings.cache_clear()


def _people_everywhere() -> dict[str, Any]:
    with db.unit_of_work(SETUP, now=LONG_AGO) as session:
        known = _objects(session)
        far = create_site(session, _far_site(), actor=SETUP)
        for (place, site_id), role in itertools.product((("here", known["site"]), ("far", far.id)), ROLES):
            name = {"en": f"{role} {place}", "zh": f"{role} {place}"}
            login = f"{place}-{role}".replace("_", "-")
            command = CreatePerson(login, name, PASSWORD, home_site_id=site_id, keep_password=True)
            person = create_person(session, command, actor=SETUP, now=clock.now())
            grant_role(session, person, GrantRole(role, site_id, date(2026, 1, 1)), actor=SETUP, now=LONG_AGO)
    return known


def _far_site() -> CreateSite:
    words = {"en": "Elsewhere", "zh": "别处"}
    return CreateSite("FAR", words, words, words, "EU", "Europe/Berlin")


def _objects(session) -> dict[str, Any]:
    task = session.scalars(select(HumanTask).where(HumanTask.state == TaskState.OPEN)).first()
    site = session.get_one(Site, task.site_id)
    first: Callable[..., Any] = lambda query: session.scalars(query.limit(1)).one()  # noqa: E731
    person = first(select(Person).where(Person.login == "buyer"))
    used = first(select(Movement).where(Movement.kind == MovementKind.CONSUMPTION))
    return {
        "site": site.id,
        "task": task.id,
        "task_role": task.role,
        "case": task.case_id,
        "record": first(select(Record.id).where(Record.site_id == site.id)),
        "item": first(select(Item.id)),
        "supplier": first(select(Supplier.id)),
        "lot": first(select(Lot.id).where(Lot.site_id == site.id)),
        "location": first(select(Location.id)),
        "used_lot": used.lot_id,
        "movement": used.id,
        "order": first(select(PurchaseOrder.id).where(PurchaseOrder.site_id == site.id)),
        "receipt": first(select(Receipt.id).where(Receipt.site_id == site.id)),
        "output": first(select(Output.id).where(Output.site_id == site.id)),
        "work_order": first(select(WorkOrder.id).where(WorkOrder.site_id == site.id)),
        "outbox_entry": first(select(OutboxEntry.id)),
        "process_case": first(select(ProcessCase.id).where(ProcessCase.site_id == site.id)),
        "release": first(select(ProcessRelease.id)),
        "process_key": first(select(ProcessRelease.process_key)),
        "person": person.id,
        "grant": first(select(RoleGrant.id).where(RoleGrant.person_id == person.id)),
        "sha256": "0" * 64,
        "picker": "inventory.lot",
        "verb": "unlock",
        "answer": "refuse",
        "asset": "nothing.css",
        "nothing": ADDRESS_OF_NOTHING,
        "import": _list_brought(session, site.id),
        "migration": _migration(session),
        "list": "catalog.items",
        "kind": "csv",
        "kind_name": "organisation.department",
        "change": _change(session, site.id),
        "document_text": first(
            select(DocumentRevision.id).where(
                DocumentRevision.site_id == site.id, DocumentRevision.state == RevisionState.APPROVED
            )
        ),
        **{kind.name: _object(session, kind, site.id) for kind in every_kind()},
    }


def _object(session, kind: ObjectKind, site_id: uuid.UUID) -> uuid.UUID:
    query = select(kind.model.id)
    if hasattr(kind.model, "site_id"):
        query = query.where(kind.model.site_id == site_id)
    return session.scalars(query.limit(1)).one()


def _migration(session) -> uuid.UUID:
    target = session.scalars(select(ProcessRelease).limit(1)).one()
    made = ProcessMigration(
        process_key=target.process_key,
        target_id=target.id,
        reason="A gap is closed.",
        cases=[],
        proposed_at=LONG_AGO,
    )
    session.add(made)
    session.flush()  # its key is asked for at once
    return made.id


def _change(session, site_id: uuid.UUID) -> uuid.UUID:
    change = ObjectChange(
        kind="organisation.department",
        verb=Verb.OPEN,
        label={"en": "D-NEW", "zh": "D-NEW"},
        rows=[{"code": "D-NEW", "name_en": "New"}],
        reason="A new department",
        site_id=site_id,
        proposed_by="system:nobody",
        proposed_by_name="Nobody",
        proposed_at=LONG_AGO,
    )
    session.add(change)
    session.flush()
    return change.id


def _list_brought(session, site_id: uuid.UUID) -> uuid.UUID:
    noted = DataImport(
        list_name="catalog.items",
        file_name="items.csv",
        sha256=store.put(b"code"),
        size=4,
        site_id=site_id,
        row_count=1,
        finding_count=0,
        first_rows=[],
        state=ImportState.CHECKED,
        uploaded_by="system:nobody",
        uploaded_by_name="Nobody",
        uploaded_at=LONG_AGO,
    )
    session.add(noted)
    session.flush()
    return noted.id


def test_every_route_has_a_row_and_every_row_a_route(world):
    declared = declared_rights(world.app)
    assert {name: row.right for name, row in ROWS.items()} == declared


@pytest.mark.urs("URS-028")
@pytest.mark.parametrize("endpoint", sorted(name for name, row in ROWS.items() if row.right != ANYBODY))
def test_nobody_is_sent_to_the_login_page(world, endpoint):
    answer = world.ask("", endpoint)
    if endpoint.startswith("api."):
        assert (answer.status_code, answer.mimetype) == (401, "application/problem+json")
        return
    assert answer.status_code == 302
    assert answer.location.startswith("/login")


@pytest.mark.urs("URS-023")
@pytest.mark.parametrize("endpoint", sorted(name for name, row in ROWS.items() if row.right in RIGHTS))
def test_a_person_without_the_right_is_refused(world, endpoint):
    who = world.wrong_person(ROWS[endpoint])
    if who is not None:
        assert world.ask(who, endpoint).status_code == 403


@pytest.mark.urs("URS-023")
@pytest.mark.parametrize("endpoint", sorted(name for name, row in ROWS.items() if row.sited))
def test_a_person_of_another_site_finds_nothing(world, endpoint):
    assert world.ask(world.far_person(ROWS[endpoint]), endpoint).status_code == 404


BEHIND_THE_DOOR = {
    "access.sign_in_post": 401,  # no password was typed
    "equipment.event_file": 404,  # nothing was done to it yet
    "suppliers.propose_file": 404,  # no such file
    "archive.download_file": 404,  # the record names no such file
    "archive.download_pdf": 404,  # no worker runs here, so the page is not made yet
    "imports.store_now": 403,  # this list needs a second person
    "cases.start": 404,  # no process was named
    "handling.cancelling": 403,  # the model of the case lets nobody cancel it
    "handling.end": 403,
    "handling.hand": 403,  # neither his own step nor quality assurance
    "handling.handing": 403,
    "handling.more_time": 422,  # without a day
    "handling.take_back": 403,  # the step has been done by nobody
    "handling.taking_back": 403,
    "house.numbers": 404,  # no series was named
    "inbox.claim": 403,  # somebody without the training the role needs; the page says so
    "inbox.draft": 403,
    "inbox.file": 404,  # the step has no such file
    "inbox.review": 403,  # signing asks for more than the door: the statement, and to have read the task
    "inbox.sign": 403,
    "web.ready": 503,  # neither queue nor workers run here
    "notifications.follow": 404,  # a notice of nobody
    "modeler.send": 404,  # nothing was uploaded before
    "web.asset": 404,
    "programs.revoke": 404,  # a key of nobody
    **{api_endpoint(kind, "change"): 428 for kind in every_kind()},  # without If-Match
    **{name: 404 for name in ROWS if name.startswith("setup.")},  # this plant is set up
    **{endpoint(kind, page): 404 for kind in every_kind() for page in FILE_PAGES},  # no such file
}
LAST = ("access.sign_out", "access.sign_in_post")


@pytest.mark.parametrize("endpoint", sorted(ROWS, key=lambda name: (name in LAST, name)))
def test_the_right_person_passes_the_door(world, endpoint):
    row = ROWS[endpoint]
    who = "" if row.right == ANYBODY else world.right_person(row)
    answer = world.ask(who, endpoint)
    assert answer.status_code in {200, 202, 302, 303, 409, 422, BEHIND_THE_DOOR.get(endpoint, 200)}
    assert answer.status_code != 403 or "access.right" not in answer.text
    if row.right != ANYBODY:
        assert not (answer.location or "").startswith("/login") or endpoint == "access.sign_out"
