"""How much a signed record costs against plain rendering of the same document, measured turn by turn.

Signed means all that a worker does: PDF/A-3a with PDF/UA-1, embedded record and evidence, two signers'
PAdES B-T signatures and the plant's seal. Processor time is counted, not that of other work on the machine.
"""

import os
import statistics
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from app.archive.records import drawn_parts
from app.cli.output import machine
from app.cli.scratch import scratch_folder
from core import clock
from core.config import settings
from documents import sample
from documents.records import Layout, canonical_bytes
from documents.render import render_plain, render_record
from signatures import policy
from signatures.ceremony import Meaning, SignedRecord, Signer, sign_record
from signatures.keys import create_authority
from signatures.pdf import PdfSignature, sign_pdf

ROUNDS, QUICK_ROUNDS = 15, 3
RESULTS = 24
SIGNERS = 2
_MODEL = Path(__file__).resolve().parents[2] / "bpmn" / "lot_release" / "lot_release.bpmn"


def measure(*, quick: bool = False) -> dict[str, Any]:
    """Measure both languages on a scratch authority; a ratio is the median of signed ÷ plain of one round."""
    rounds = QUICK_ROUNDS if quick else ROUNDS
    before = os.environ.get("QMS_HOME")
    with scratch_folder() as folder:
        use_home(str(folder))
        try:
            create_authority(settings().keys, "Sample Medical Devices Ltd.", None, clock.now())
            english, chinese = _language("en", rounds), _language("zh", rounds)
        finally:
            use_home(before)
    seconds = statistics.mean([english["signed"], chinese["signed"]])
    return {
        "en_ratio": english["ratio"],
        "zh_ratio": chinese["ratio"],
        "records_per_second_per_core": round(1 / seconds, 2),
        "level": policy.LEVEL,
        "en_ms": round(english["signed"] * 1000),
        "zh_ms": round(chinese["signed"] * 1000),
        "machine": machine(),
        "size": {"rounds": rounds, "results": RESULTS, "signers": SIGNERS, "quick": quick},
    }


def use_home(home: str | None) -> None:
    """Make a folder this process's installation; None for the usual one."""
    if home is None:
        os.environ.pop("QMS_HOME", None)
    else:
        os.environ["QMS_HOME"] = home
    settings.cache_clear()


def _language(language: Layout, rounds: int) -> dict[str, float]:
    plain, signed = _printers(language)
    plain(), signed()  # fonts and templates are loaded once in the life of a worker
    pairs = [(_seconds(plain), _seconds(signed)) for _ in range(rounds)]
    return {
        "ratio": round(statistics.median(long / short for short, long in pairs), 2),
        "signed": statistics.median(long for _, long in pairs),
    }


def _printers(language: Layout) -> tuple[Callable[[], object], Callable[[], object]]:
    """Make the two renderings of one document: plain, and with everything a record has."""
    record, house = sample.record(language, results=RESULTS), sample.house(language)
    model = _MODEL.read_bytes()
    diagram = drawn_parts(model, {}, language)
    signed_by = sample_signatures(canonical_bytes(record))
    signatures = [PdfSignature.of(one.signature, one.wrapped_key) for one in signed_by]
    evidence = sample.evidence(SIGNERS, cms=bytes(3000))

    def plain() -> object:
        return render_plain(record, evidence=evidence, diagram=diagram, house=house)

    def signed() -> object:
        base = render_record(record, evidence=evidence, diagram=diagram, attachments=(), house=house)
        return sign_pdf(base, signatures, now=clock.now())

    return plain, signed


def sample_signatures(canonical: bytes) -> list[SignedRecord]:
    """Have the sample's signers sign a canonical record, one after the other."""
    done: list[SignedRecord] = []
    for one in sample.evidence(SIGNERS):
        signer = Signer(uuid.uuid4(), one.login, one.name, "qa", "XX")
        made = sign_record(
            Session(),
            record_id=uuid.UUID(int=1),
            record_bytes=canonical,
            signer=signer,
            meaning=Meaning("released", {"en": "Released", "zh": "放行"}),
            statement="sample",
            method="password",
            language="en",
            now=clock.now(),
            earlier=[earlier.signature for earlier in done],
        )
        done.append(made)
    return done


def _seconds(act: Callable[[], object]) -> float:
    start = time.process_time()
    act()
    return time.process_time() - start
