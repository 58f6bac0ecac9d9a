"""`qms check install`: the whole main job on scratch storage, with real processes, records and signatures."""

import argparse
import json
import time
from contextlib import suppress
from pathlib import Path

from app.access.routes import DEMO_PASSWORD
from app.cli.output import Subparsers, add_json, emit
from app.cli.report import Report, Step
from app.cli.scratch import NotRunning, Product, running, scratch_folder
from app.cli.scratch_database import Environment, like_the_plants, on_a_server_of_its_own
from app.cli.story import Plant
from app.cli.visit import UnexpectedPage

SIGNERS = ("inspector", "qa", "releaser", "registrant")
RECORDS_OF_MATERIAL, RECORDS_OF_DEVICE = 3, 4


def register(subparsers: Subparsers) -> None:
    """Add `qms check install`."""
    group = subparsers.add_parser("check", help="checks of a whole installation")
    verbs = group.add_subparsers(metavar="VERB", required=True)
    install = verbs.add_parser("install", help="run the main job on scratch storage")
    install.add_argument("--keep", action="store_true", help="keep the scratch folder with its records")
    install.add_argument("--postgresql", action="store_true", help="on a PostgreSQL server of its own")
    add_json(install)
    install.set_defaults(run=_install)


def _install(arguments: argparse.Namespace) -> int:
    start = time.monotonic()
    report = Report(wanted=RECORDS_OF_MATERIAL + RECORDS_OF_DEVICE)
    database = on_a_server_of_its_own if arguments.postgresql else like_the_plants
    # a failed step ends the check; it is in the report
    with scratch_folder(keep=arguments.keep) as folder, database() as own, suppress(UnexpectedPage):
        _run(report, folder, own)
    document = {**report.document(), "seconds": round(time.monotonic() - start, 3)}
    if arguments.keep:
        document["home"] = str(folder)
    said = "The installation holds." if report.ok else "The installation does not hold."
    emit(document, [*report.lines(), said], as_json=arguments.json)
    return 0 if report.ok else 1


def _run(report: Report, folder: Path, database: Environment) -> None:
    start = time.monotonic()
    try:
        with running(folder / "home", database) as product:
            _main_job(report, product, folder)
            start = time.monotonic()
    except NotRunning as failure:
        seconds = round(time.monotonic() - start, 3)
        report.steps.append(Step("starts and ends cleanly", False, seconds, str(failure)[-2000:]))
    else:
        report.steps.append(Step("ends cleanly", True, round(time.monotonic() - start, 3)))


def _main_job(report: Report, product: Product, folder: Path) -> None:
    report.steps.append(Step("starts", True, round(product.seconds, 3)))
    plant = Plant(product.url, DEMO_PASSWORD)
    with report.step("people sign in and accept the statement"):
        for login in SIGNERS:
            plant.accept_statement(login)
    material = _material(report, plant)
    device = _device(report, plant)
    for name, case, wanted in (
        ("material", material, RECORDS_OF_MATERIAL),
        ("device", device, RECORDS_OF_DEVICE),
    ):
        with report.step(f"{name}: records sealed"):
            pdfs = plant.records(case, wanted)
        with report.step(f"{name}: records verify"):
            report.keep(pdfs, (product.home / "keys" / "root.pem").read_bytes(), folder / "records")
    with report.step("audit trail holds"):
        audit = product.qms("audit", "verify", "--json")
        assert audit.returncode == 0, audit.stdout + audit.stderr
        assert json.loads(audit.stdout)["ok"]
    with report.step("nothing is misconfigured"):
        doctor = product.qms("doctor", "--json")
        assert doctor.returncode == 0, doctor.stdout + doctor.stderr


def _material(report: Report, plant: Plant) -> str:
    with report.step("material: received"):
        case = plant.receive_material("CHECK-M1")
    with report.step("material: inspected and signed"):
        plant.sign_step("inspector", case)
    with report.step("material: incoming release signed"):
        plant.sign_step("qa", case, {"decision": "release"})
    return case


def _device(report: Report, plant: Plant) -> str:
    with report.step("device: received from the line"):
        case = plant.receive_output("CHECK-F1")
    with report.step("device: inspected and signed"):
        plant.sign_step("inspector", case)
    with report.step("device: production release signed"):
        plant.sign_step("releaser", case, {"decision": "release"})
    with report.step("device: market release signed"):
        plant.sign_step("registrant", case, {"decision": "release"})
    return case
