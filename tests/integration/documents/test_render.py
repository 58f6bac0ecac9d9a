import hashlib
import io
import json
import os
import re
import subprocess
import sys
from html import unescape
from pathlib import Path
from typing import Any

import page as page_validation
import pytest
from pyhanko.pdf_utils.reader import PdfFileReader

from core.config import settings
from core.errors import Invalid
from documents import composition, cutting, render, sample
from documents.drawing import DrawnPart
from documents.evidence import Attached
from documents.records import canonical_bytes
from signatures import keys, verify
from signatures.pdf import PdfSignature, sign_pdf
from tests.factories import documents as made
from tests.factories import sealing

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module", autouse=True)
def built_fonts() -> Path:
    return cutting.build()


def printed(language: str, *, signers: int = 2, characteristics: int = 12, **changes: object) -> bytes:
    given = {
        "evidence": made.evidence(signers),
        "diagram": [DrawnPart(made.DIAGRAM)],
        "attachments": made.attached(),
        "house": made.house(language),
    }
    return render.render_record(
        made.record(language, characteristics=characteristics), **{**given, **changes}
    )


def embedded(pdf: bytes) -> dict[str, tuple[bytes, str]]:
    reader = PdfFileReader(io.BytesIO(pdf))
    names = reader.root["/Names"]["/EmbeddedFiles"]["/Names"]
    files = [names[place] for place in range(1, len(names), 2)]
    return {str(file["/UF"]): (file["/EF"]["/F"].data, str(file["/AFRelationship"])) for file in files}


@pytest.mark.urs("URS-021")
@pytest.mark.parametrize(("language", "signers"), [("en", 0), ("zh", 1), ("both", 3)])
def test_the_unsigned_page_is_archivable_and_accessible(language: str, signers: int, tmp_path: Path) -> None:
    file = tmp_path / "page.pdf"
    file.write_bytes(printed(language, signers=signers, characteristics=40 if signers == 3 else 5))
    for profile in ("pdfa-3a", "pdfua-1"):
        report = page_validation.validate_pdf(str(file), profile=profile)
        assert report.is_compliant, [(fault.rule_id, fault.message) for fault in report.failures]


@pytest.mark.urs("URS-020", "URS-008")
@pytest.mark.parametrize(
    "parts",
    [
        [DrawnPart(made.DIAGRAM.replace("0 0 760 220", "0 0 1400 700"))],
        [DrawnPart(made.DIAGRAM, number, 3, f"Done: step {number}.", whole=False) for number in (1, 2, 3)],
    ],
    ids=["a page turned", "three parts"],
)
def test_a_wide_diagram_stays_archivable_and_accessible(parts: list[DrawnPart], tmp_path: Path) -> None:
    file = tmp_path / "page.pdf"
    file.write_bytes(printed("both", diagram=parts))
    for profile in ("pdfa-3a", "pdfua-1"):
        assert page_validation.validate_pdf(str(file), profile=profile).is_compliant


@pytest.mark.urs("URS-008")
def test_each_part_of_a_diagram_says_which_it_is_and_what_it_shows() -> None:
    parts = [DrawnPart(made.DIAGRAM, number, 3, f"Done: step {number}.", whole=False) for number in (1, 2, 3)]
    page = composition.compose(
        made.record("en"), evidence=(), diagram=parts, embedded=[], house=made.house("en")
    )
    assert [str(part["caption"]) for part in page.diagram["parts"]] == [f"Part {n} of 3" for n in (1, 2, 3)]
    assert "part 2 of 3. Done: step 2.</title>" in page.diagram["parts"][1]["drawing"].markup


@pytest.mark.urs("URS-008")
def test_steps_passed_more_than_once_are_named_as_in_the_diagram() -> None:
    parts = [DrawnPart(made.DIAGRAM, names={"inspection": {"en": "Incoming check", "zh": "进货检验"}})]
    page = composition.compose(
        made.record("zh"), evidence=(), diagram=parts, embedded=[], house=made.house("zh")
    )
    assert [str(pair["value"]) for line in page.path for pair in line] == ["进货检验: 2"]


@pytest.mark.urs("URS-020")
def test_the_same_record_prints_the_same_bytes_in_any_process() -> None:
    program = (
        "import hashlib,sys; from documents import render, sample;"
        "print(hashlib.sha256(render.render_record(sample.record('both'), evidence=sample.evidence(2, b'x'),"
        " diagram=(), attachments=(), house=sample.house('both'))).hexdigest())"
    )
    once, again = (
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed in ("1", "2")
    )
    here = render.render_record(
        sample.record("both"),
        evidence=sample.evidence(2, b"x"),
        diagram=(),
        attachments=(),
        house=sample.house("both"),
    )
    assert once == again == hashlib.sha256(here).hexdigest()


@pytest.mark.urs("URS-020", "URS-021")
def test_record_evidence_and_files_lie_inside_the_page() -> None:
    files = embedded(printed("zh"))
    assert list(files) == sorted(files, key=str.encode)
    assert files["record.json"] == (canonical_bytes(made.record("zh")), "/Data")
    assert files["sig-1.p7s"] == (made.evidence(2)[0].cms, "/Supplement")
    assert files["sig-2.p7s"][0] == made.evidence(2)[1].cms
    assert files["lot_release.bpmn"] == (b"<definitions/>", "/Source")
    assert files["供应商质保书 HY-20261102-A.pdf"][0] == b"coa"


def test_a_large_file_stays_beside_the_page_and_a_name_given_twice_loses_neither() -> None:
    large = Attached("big.csv", bytes(render.EMBEDDED_LIMIT + 1))
    twins = [Attached("a.txt", b"one"), Attached("a.txt", b"two")]
    files = embedded(printed("en", attachments=[large, *twins]))
    assert "big.csv" not in files
    assert {files[name][0] for name in files if name.endswith("a.txt")} == {b"one", b"two"}


@pytest.mark.urs("URS-021")
def test_each_signer_has_a_tagged_field_that_points_at_its_widget_directly() -> None:
    reader = PdfFileReader(io.BytesIO(printed("both", signers=3)))
    fields = [field.get_object() for field in reader.root["/AcroForm"]["/Fields"]]
    assert [str(field["/T"]) for field in fields] == ["sig-1", "sig-2", "sig-3"]
    elements = [kid.get_object() for kid in reader.root["/StructTreeRoot"]["/K"][0]["/K"]]
    forms = [element for element in elements if element["/S"] == "/Form"]
    assert len(forms) == 3
    assert all(form["/K"]["/Type"] == "/OBJR" for form in forms)


@pytest.mark.urs("URS-021", "URS-022")
def test_two_signatures_and_the_seal_on_the_page_hold(home: Path) -> None:
    ring = keys.create_authority(settings().keys, "Demo Medical Ltd", None, sealing.NOW).ring
    record = made.record("both")
    record["content"]["signing"]["meaning"] = sealing.MEANING.code
    signed = sealing.sign(canonical_bytes(record))
    evidence = [
        render.SignatureEvidence(**{**one.__dict__, "cms": made_one.signature.cms})
        for one, made_one in zip(made.evidence(2), signed, strict=True)
    ]
    base = render.render_record(
        record, evidence=evidence, diagram=[DrawnPart(made.DIAGRAM)], attachments=(), house=made.house("both")
    )
    sealed = sign_pdf(
        base, [PdfSignature.of(one.signature, one.wrapped_key) for one in signed], now=sealing.NOW
    )
    answer = verify.verify_pdf(sealed, root=ring.root_sha256, expect=record["number"])
    assert answer.ok, [finding.text() for finding in answer.findings]
    assert len(answer.signatures) == 3


def shown_text(language: str, record: dict[str, Any] | None = None) -> str:
    """The words of the page, in the order of its markup."""
    given = composition.compose(
        record or made.record(language),
        evidence=made.evidence(2),
        diagram=[DrawnPart(made.DIAGRAM)],
        embedded=[],
        house=made.house(language),
    )
    template = render._environment().get_template("record.html")
    markup = template.render(page=given, words=given.words, _=given.words.gettext, css="")
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", "", markup)))


def leaves(node: object, languages: tuple[str, ...]) -> list[str]:
    if isinstance(node, str):
        return [node]
    if isinstance(node, dict) and set(node) == {"en", "zh"}:
        return [node[language] for language in languages]
    if isinstance(node, dict):
        return [leaf for inner in node.values() for leaf in leaves(inner, languages)]
    return [leaf for inner in node or [] for leaf in leaves(inner, languages)]


@pytest.mark.urs("URS-020")
@pytest.mark.parametrize(
    ("language", "languages"), [("en", ("en",)), ("zh", ("zh",)), ("both", ("en", "zh"))]
)
def test_nothing_entered_shown_or_decided_is_left_off_the_page(
    language: str, languages: tuple[str, ...]
) -> None:
    text, content = shown_text(language), made.record(language)["content"]
    for block in ("shown", "entered", "decisions", "prior"):
        for leaf in leaves(content[block], languages):
            plain = (
                leaf in text or " ".join(re.findall(".{8}", leaf)) in text or leaf in {"fail", "changed", ""}
            )
            assert plain, f"{block}: {leaf}"
    assert "2026-11-22 16:10:05 UTC+08:00" in text


@pytest.mark.urs("URS-122")
def test_yes_and_no_of_a_decision_are_said_in_the_language_of_the_record() -> None:
    record = made.record("zh")
    way = {"expression": "lot.sterile", "inputs": {"lot.sterile": "no"}, "value": "yes"}
    record["content"]["decisions"] = [{"title": "Sterile?", "taken": [], "asked": [way]}]
    text = shown_text("zh", record)
    assert "lot.sterile = 否" in text
    assert "yes" not in text


@pytest.mark.urs("URS-022")
def test_the_manifestation_says_who_when_with_zone_in_which_meaning_for_whom() -> None:
    text = shown_text("en")
    for said in (
        "王明 Wang Ming",
        "Inspected: I made this inspection as recorded",
        "Inspector",
        "2026-11-22 16:13:05 UTC+08:00",
        "2026-11-22T08:13:05Z",
        "user id and password",
        "I have read this record",
        "李娜 Li Na",
        "sig-2.p7s",
    ):
        assert said in text


def test_a_record_of_a_real_plant_says_nothing_of_a_demo() -> None:
    real = composition.compose(
        made.record("en", demo="no"), evidence=(), diagram=(), embedded=[], house=made.house("en")
    )
    assert not real.demo
    assert "not a GMP record" in shown_text("en")


@pytest.mark.urs("URS-020")
def test_a_sign_the_font_lacks_is_refused_and_never_printed_as_a_box() -> None:
    record = made.record("en")
    record["content"]["entered"][0]["rows"][0]["value"] = "ok 😀"
    with pytest.raises(Invalid) as refusal:
        render.render_record(record, evidence=(), diagram=(), attachments=(), house=made.house("en"))
    assert refusal.value.code == "record.glyph"
    assert "😀" in refusal.value.text("en")


def test_a_space_after_a_rare_hanzi_is_printed() -> None:
    record = made.record("en")
    record["created_by"]["name"] = "欧阳㛃 Ouyang 㛃\u00a0x㛃\u3000"
    assert render.render_record(
        record, evidence=(), diagram=(), attachments=(), house=made.house("en")
    ).startswith(b"%PDF")


def test_a_control_sign_of_a_scanned_label_is_written_out() -> None:
    record = made.record("en")
    record["content"]["entered"][0]["rows"][0]["value"] = "0109\x1d10L26"
    assert render.render_record(
        record, evidence=(), diagram=(), attachments=(), house=made.house("en")
    ).startswith(b"%PDF")


def test_text_of_a_record_never_becomes_markup_and_nothing_is_loaded() -> None:
    record = made.record("en")
    attack = '<img src="http://example.com/x.png"><script>alert(1)</script>{{ 7*7 }}'
    record["content"]["entered"][0]["rows"][0]["value"] = attack
    pdf = render.render_record(record, evidence=(), diagram=(), attachments=(), house=made.house("en"))
    assert json.loads(embedded(pdf)["record.json"][0])["content"]["entered"][0]["rows"][0]["value"] == attack


def test_a_worker_warms_up() -> None:
    render.warm_up()
