"""A demo plant in which more has happened: goods shipped, taken back, a list brought, cases to be moved.

What the demo itself leaves out, so that every page has something to show; the other tests find the plant they
know, for the new version of the model only gives people more time.
"""

import re
import shutil
import time
from pathlib import Path
from typing import Any

from app.access.routes import DEMO_PASSWORD
from app.cli.reading import is_one
from app.cli.scratch import ROOT, Product
from app.cli.story import Plant
from app.cli.visit import Page

DEVICE = "D2611A"
"""A lot of the demo that is released to the market."""
MADE = "D2611C"
"""A lot of the demo that waits for its release: what went into it may still be taken back."""
SEALED_WITHIN_SECONDS, POLL_SECONDS = 180, 0.5
RELEASE = re.compile(r"/models/[0-9a-f-]{36}$")
LIST = "code,name_en,name_zh,kind,uom\nBUSY-1,Cap,护帽,component,pcs\nBUSY-2,,护帽,nothing,pcs\n"
GOOD_LIST = "code,name_en,name_zh,kind,uom\nBUSY-3,Cap,护帽,component,pcs\n"
CHANGE = {
    "title": "Wider shelves 加宽货架",
    "current": "40 cm",
    "intended": "60 cm",
    "justification": "Cartons stand over the edge",
    "category": "process",
    "safety": "none",
    "regulatory": "none",
    "validation": "no",
    "form_fit_function": "no",
    "temporary": "no",
}


def make_busy(product: Product, folder: Path) -> None:
    """Let the people of a demo plant that has just been started do what leaves a page behind."""
    plant = Plant(product.url, DEMO_PASSWORD)
    _take_back(plant)
    _ship(plant)
    _bring(plant)
    _propose(plant)
    _draft(plant)
    _move(plant, product, folder)
    _ask_for_a_change(plant)
    _begin_each_process(plant)


def _lot(plant: Plant, number: str) -> Page:
    keeper = plant.person("keeper")
    return keeper.get(keeper.get(f"/stock?q={number}").links("/lots/")[0])


def _take_back(plant: Plant) -> None:
    """One of the lots that went into the waiting device, as its own page offers it."""
    keeper = plant.person("keeper")
    for address in keeper.get("/stock").links("/lots/"):
        for line in keeper.get(address).links("/ledger/"):
            page = keeper.get(line)
            if MADE in page.text():
                _submit(plant, page.form("/ledger/"), {"reason": "Label of another lot", "confirmed": "1"})
                return
    raise AssertionError("no consumption can be taken back")


def _ship(plant: Plant) -> None:
    """As soon as the records of its release are sealed."""
    address = _lot(plant, DEVICE).links("/ship")[0]
    deadline = time.monotonic() + SEALED_WITHIN_SECONDS
    while (page := plant.person("keeper").get(address)).tree.xpath("//*[contains(@class, 'alert-warning')]"):
        assert time.monotonic() < deadline, page.text()
        time.sleep(POLL_SECONDS)
    form = page.form("/ship")
    goods = {"quantity": "40", "customer": "Hospital 一院", "delivery_note": "DN-7", "confirmed": "1"}
    _submit(plant, form, goods)


def _bring(plant: Plant) -> None:
    owner = plant.person("qa")
    form = owner.get("/imports/catalog.items/new").form("/imports")
    owner.submit(form, {}, {"file": ("items.csv", LIST.encode())})
    other = plant.person("owner")
    form = other.get("/imports/catalog.items/new").form("/imports")
    page = other.submit(form, {}, {"file": ("good.csv", GOOD_LIST.encode())})
    assert other.submit(page.form("/propose"), {"reason": "New parts"}).status < 400


def _propose(plant: Plant) -> None:
    owner = plant.person("owner")
    entered = {"code": "D-RA", "name_en": "Regulatory affairs", "name_zh": "法规部", "reason": "New task"}
    page = owner.submit(owner.get("/departments/new").form("/departments/new"), entered)
    assert page.status < 400, page.text()[:800]


def _draft(plant: Plant) -> None:
    """The next revision of an inspection standard and of a routing is being written."""
    planner = plant.person("planner")
    entered = {"revision": "Z1", "effective_from": "", "reason": "Next edition"}
    for plural in ("inspection-standards", "routings"):
        first = next(filter(is_one, planner.get(f"/{plural}").links(f"/{plural}/")))
        form = planner.get(f"/{plural}/new?like={first.rpartition('/')[2]}").form(f"/{plural}")
        page = planner.submit(form, entered)
        assert page.status < 400, page.text()[:800]


def _move(plant: Plant, product: Product, folder: Path) -> None:
    """Inspectors get more time; the waiting cases are to move to that version."""
    changed = shutil.copytree(ROOT / "bpmn" / "lot_release", folder / "lot_release")
    model = changed / "lot_release.bpmn"
    text = model.read_text("utf-8")
    assert 'qms:due="P2D"' in text
    model.write_text(text.replace('qms:due="P2D"', 'qms:due="P3D"'), "utf-8")
    done = product.qms("models", "deploy", str(changed), "--by", "owner", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    plant.accept_statement("qa")
    qa, owner = plant.person("qa"), plant.person("owner")
    task = qa.get("/inbox?process=process_model_change").links("/inbox/")[0]
    review = qa.submit(qa.get(task).form("/review"), {"decision": "accept"})
    plant.sign("qa", review.form("/sign"))
    for address in filter(RELEASE.search, owner.get("/models").links("/models/")):
        page = owner.get(f"{address}/migrate")
        if page.status == 200 and page.tree.xpath("//input[@name='case']"):
            proposed = owner.submit(page.form("/migrate"), {"reason": "Inspectors need more time"})
            assert "/models/migrations/" in proposed.url, proposed.text()
            return
    raise AssertionError("no case can be moved")


def _submit(plant: Plant, form: Any, fields: dict[str, str]) -> None:
    page = plant.person("keeper").submit(form, fields)
    assert page.status < 400, page.text()[:800]


def _begin_each_process(plant: Plant) -> None:
    """Each process that a person may start has a case whose first step waits for who started it."""
    begun: set[str] = set()
    for login in ("keeper", "buyer", "inspector", "qa"):
        page = plant.person(login).get("/cases/new")
        for form in page.tree.xpath("//form[.//input[@name='process']]"):
            if form.fields["process"] not in begun:
                begun.add(form.fields["process"])
                assert plant.person(login).submit(form, {}).status < 400


def _ask_for_a_change(plant: Plant) -> None:
    """The keeper's request waits for quality assurance: he may take it back, and she may cancel the case."""
    keeper = plant.person("keeper")
    [form] = keeper.get("/cases/new").tree.xpath("//section[@id='start-change_control']//form")
    review = keeper.submit(keeper.submit(form, {}).form("/review"), CHANGE)
    assert review.status < 400, review.text()[:800]
    plant.accept_statement("keeper")
    plant.sign("keeper", review.form("/sign"))
