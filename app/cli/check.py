"""`qms check install`: the whole main job on scratch storage, with real processes, records and signatures."""

import argparse
import hashlib
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from cryptography import x509

from app.access.routes import DEMO_PASSWORD
from app.cli.output import Subparsers, add_json, emit
from app.cli.scratch import NotRunning, Product, running, scratch_folder
from app.cli.scratch_database import Environment, like_the_plants, on_a_server_of_its_own
from app.cli.story import Plant
from app.cli.visit import UnexpectedPage
from signatures.findings import CheckedSignature
from signatures.verify import verify_pdf

SIGNERS = ("inspector", "qa", "releaser", "registrant")
RECORDS_OF_MATERIAL, RECORDS_OF_DEVICE = 3, 4


@dataclass(frozen=True)
class Step:
    """One thing the check did: whether it holds, how long it took, and why not."""

    name: str
    ok: bool
    seconds: float
    reason: str | None = None


@dataclass(frozen=True)
class CheckedRecord:
    """A PDF record the check made: where it lies, its hash, whether it verifies, who signed it as what."""

    path: str
    sha256: str
    ok: bool
    signatures: list[dict[str, object]]


@dataclass
class Report:
    """What the check found; it holds when every step and every record does."""

    steps: list[Step] = field(default_factory=list)
    records: list[CheckedRecord] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether nothing is missing and nothing fails."""
        enough = len(self.records) >= RECORDS_OF_MATERIAL + RECORDS_OF_DEVICE
        return enough and all(step.ok for step in self.steps) and all(record.ok for record in self.records)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time a step; one that fails ends the check.

        Raises:
            UnexpectedPage: the step failed; the reason is in the report.
        """
        start = time.monotonic()
        try:
            yield
        except (UnexpectedPage, AssertionError, OSError) as failure:
            self.steps.append(Step(name, False, round(time.monotonic() - start, 3), str(failure)[-2000:]))
            raise UnexpectedPage(name) from failure
        self.steps.append(Step(name, True, round(time.monotonic() - start, 3)))


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
    report = Report()
    database = on_a_server_of_its_own if arguments.postgresql else like_the_plants
    # a failed step ends the check; it is in the report
    with scratch_folder(keep=arguments.keep) as folder, database() as own, suppress(UnexpectedPage):
        _run(report, folder, own)
    document = {**asdict(report), "ok": report.ok, "seconds": round(time.monotonic() - start, 3)}
    if arguments.keep:
        document["home"] = str(folder)
    emit(document, _lines(report), as_json=arguments.json)
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
            report.records += [_check(pdf, product.home, folder / "records") for pdf in pdfs]
            assert all(record.ok for record in report.records)
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


def _check(pdf: bytes, home: Path, folder: Path) -> CheckedRecord:
    """Keep a record under its number and verify it against the root of the scratch plant."""
    root = x509.load_pem_x509_certificate((home / "keys" / "root.pem").read_bytes())
    answer = verify_pdf(pdf, root=root)
    folder.mkdir(exist_ok=True)
    path = folder / f"{answer.record or answer.sha256}.pdf"
    path.write_bytes(pdf)
    signatures = [_signature(one) for one in answer.signatures]
    return CheckedRecord(str(path), hashlib.sha256(pdf).hexdigest(), answer.ok, signatures)


def _signature(one: CheckedSignature) -> dict[str, object]:
    facts = {"signer": one.signer, "meaning": one.meaning_code, "time": one.time}
    return {**facts, "level": one.level, "ok": one.ok}


def _lines(report: Report) -> list[str]:
    lines = [f"{'ok  ' if step.ok else 'FAIL'} {step.seconds:8.2f} s  {step.name}" for step in report.steps]
    lines += [f"     {step.reason}" for step in report.steps if step.reason]
    for record in report.records:
        signers = ", ".join(f"{one['signer']} ({one['meaning'] or 'seal'})" for one in record.signatures)
        lines.append(f"{'ok  ' if record.ok else 'FAIL'} {Path(record.path).name}  {signers}")
    return [*lines, "The installation holds." if report.ok else "The installation does not hold."]
