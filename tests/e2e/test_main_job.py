"""The main job in a real browser on a started product: both languages, desktop and phone."""

import json
import re
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from app.cli.scratch import Product
from tests.e2e.acts import SEALED_MS, Person
from tests.e2e.conftest import DESKTOP, PHONE
from tests.factories.nss import trusting

pytestmark = [pytest.mark.browser]
Window = Callable[..., Page]
SIZES = {"desk": DESKTOP, "phone": PHONE}
AT_A_DESK = pytest.mark.parametrize("size", ["desk"], indirect=True)
ON_A_PHONE = pytest.mark.parametrize("size", ["phone"], indirect=True)


@pytest.fixture(params=sorted(SIZES))
def size(request: pytest.FixtureRequest) -> dict[str, int]:
    """The window of the reader."""
    return SIZES[request.param]


@pytest.fixture
def language(product: Product, size: dict[str, int]) -> str:
    """Each language on each width, and both on each database: English at the desk and Chinese on the phone
    on SQLite, the other way round on PostgreSQL."""
    return "en" if (size is DESKTOP) is (not product.settings) else "zh"


@pytest.fixture
def somebody(visitor: Window, pictures: Path | None) -> Callable[..., Person]:
    """Give a person who is signed in, in a window of his own."""

    def sit_down(login: str, language: str = "en", size: dict[str, int] | None = None) -> Person:
        return Person(visitor(language=language, size=size), login, language, pictures).sign_in()

    return sit_down


def holds(product: Product, folder: Path, person: Person, records: list[str]) -> None:
    """Download records and check each with `qms records verify` and with `pdfsig`."""
    files = [folder / f"{person.language}-{number}.pdf" for number in range(len(records))]
    for file, address in zip(files, records, strict=True):
        answer = person.page.request.get(address)
        assert answer.headers["content-type"] == "application/pdf"
        file.write_bytes(answer.body())
    verified = product.qms("records", "verify", *map(str, files), "--json")
    assert verified.returncode == 0, verified.stdout
    documents = json.loads(verified.stdout)
    store = trusting(product.home / "keys", folder)
    for file, document in zip(files, documents, strict=True):
        shown = subprocess.run(
            ["pdfsig", "-nssdir", str(store), str(file)], capture_output=True, text=True, check=False
        ).stdout
        assert shown.count("Signature is Valid.") == len(document["signatures"]), shown
        assert shown.count("Certificate is Trusted.") == len(document["signatures"]), shown


@pytest.mark.urs("URS-002", "URS-020", "URS-021", "URS-122")
def test_material_is_received_inspected_and_released_by_signatures(
    somebody: Callable[..., Person],
    product: Product,
    tmp_path: Path,
    language: str,
    size: dict[str, int],
) -> None:
    lot = f"E2E-{language}-{size['width']}"
    case = somebody("keeper", language, size).receive_material(lot)
    certificate = tmp_path / "certificate.txt"
    certificate.write_text("Certificate of analysis 质保书", encoding="utf-8")
    inspector = somebody("inspector", language, size)
    inspector.accept_statement()
    inspector.inspect(case, certificate)
    qa = somebody("qa", language, size)
    qa.accept_statement()
    qa.decide(case)
    records = qa.wait_for_records(case, 3)
    holds(product, tmp_path, qa, records)
    qa.page.goto(f"/stock?q={lot}&status=released")
    expect(qa.page.locator("tr[data-row]")).to_have_count(1)
    qa.picture("stock")


@pytest.mark.urs("URS-003", "URS-050")
@ON_A_PHONE
def test_a_device_leaves_only_after_plant_and_registrant_have_released_it(
    somebody: Callable[..., Person],
    product: Product,
    tmp_path: Path,
    language: str,
    size: dict[str, int],
) -> None:
    lot = f"FG-{language}-{size['width']}"
    case = somebody("keeper", language, size).receive_output(lot)
    inspector = somebody("inspector", language, size)
    inspector.accept_statement()
    inspector.inspect(case)
    releaser = somebody("releaser", language, size)
    releaser.accept_statement()
    releaser.decide(case)
    releaser.page.goto(f"/stock?q={lot}&status=released")
    expect(releaser.page.locator("tr[data-row]")).to_have_count(0)
    registrant = somebody("registrant", language, size)
    registrant.accept_statement()
    registrant.decide(case)
    holds(product, tmp_path, registrant, registrant.wait_for_records(case, 4))
    releaser.page.goto(f"/stock?q={lot}&status=released")
    expect(releaser.page.locator("tr[data-row]")).to_have_count(1)


@pytest.mark.urs("URS-004")
def test_a_rejected_lot_is_blocked_with_its_reason_on_paper(
    somebody: Callable[..., Person], product: Product, tmp_path: Path
) -> None:
    case = somebody("keeper").receive_material("E2E-REJECT")
    inspector = somebody("inspector")
    inspector.accept_statement()
    inspector.inspect(case)
    qa = somebody("qa")
    qa.accept_statement()
    qa.decide(case, "reject")
    holds(product, tmp_path, qa, qa.wait_for_records(case, 3))
    qa.page.goto("/stock?q=E2E-REJECT&status=rejected")
    expect(qa.page.locator("tr[data-row]")).to_have_count(1)


@pytest.mark.urs("URS-051")
def test_the_buyer_sees_receipts_and_may_not_post_one(somebody: Callable[..., Person]) -> None:
    buyer = somebody("buyer")
    buyer.page.goto("/receipts")
    expect(buyer.page.locator("tr[data-row]").first).to_be_visible()
    answer = buyer.page.goto("/receipts/new")
    assert answer
    assert answer.status == 403
    buyer.picture("refused")


@pytest.mark.urs("URS-030", "URS-032")
@AT_A_DESK
def test_an_auditor_finds_a_record_reads_it_beside_its_check_and_takes_the_case_with_him(
    somebody: Callable[..., Person], product: Product, tmp_path: Path, language: str, size: dict[str, int]
) -> None:
    auditor = somebody("auditor", language, size)
    page = auditor.page
    page.goto("/records")
    auditor.picture("records")
    page.locator("a[href^='/records/']").filter(has_text=re.compile(r"-R-\d{4}-")).first.click()
    page.wait_for_url(re.compile(r"/records/[0-9a-f-]{36}$"))
    expect(page.locator("#waiting")).to_have_count(0, timeout=SEALED_MS)
    auditor.picture("record")
    package = page.locator("a[href*='/records/case/'][href$='.zip']").first.get_attribute("href")
    assert package
    answer = page.request.get(package)
    (tmp_path / "case.zip").write_bytes(answer.body())
    with zipfile.ZipFile(tmp_path / "case.zip") as archive:
        archive.extractall(tmp_path / "case")
    papers = sorted(str(path) for path in (tmp_path / "case").rglob("*.pdf"))
    assert papers
    root = str(product.home / "keys" / "root.pem")
    assert product.qms("records", "verify", *papers, "--root", root).returncode == 0
    page.goto("/audit")
    auditor.picture("audit")
    assert product.qms("audit", "verify").returncode == 0
