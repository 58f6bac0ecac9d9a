"""Changes single bytes of signed records at random and sees that the verifier reports each (URS-025)."""

import os
import random
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from typing import Any

from cryptography import x509

from app.cli.bench_record import sample_signatures, use_home
from app.cli.output import machine
from app.cli.scratch import scratch_folder
from core import clock
from core.config import settings
from documents import sample
from documents.records import Layout, canonical_bytes
from documents.render import render_record
from signatures import keys
from signatures.keys import create_authority
from signatures.pdf import PdfSignature, sign_pdf
from signatures.verify import verify_pdf

LANGUAGES: tuple[Layout, ...] = ("en", "zh", "both")
RESULTS, SIGNERS = 3, 2
_SHARE = 50


@dataclass(frozen=True)
class Flip:
    """One changed byte: which record, where, and what it became."""

    record: int
    place: int
    value: int


def measure(count: int, *, seed: int) -> dict[str, Any]:
    """Make a record in each layout on a scratch authority, and change ``count`` bytes one at a time."""
    before = os.environ.get("QMS_HOME")
    with scratch_folder() as folder:
        use_home(str(folder))
        try:
            create_authority(settings().keys, "Sample Medical Devices Ltd.", None, clock.now())
            records, root = [_sealed(layout) for layout in LANGUAGES], keys.root_certificate()
        finally:
            use_home(before)
    started = time.perf_counter()
    missed = change(records, root, count, seed=seed)
    return {
        "edits": count,
        "found": count - len(missed),
        "missed": [vars(flip) for flip in missed],
        "seconds": round(time.perf_counter() - started, 1),
        "seed": seed,
        "records": [len(record) for record in records],
        "machine": machine(),
    }


def change(records: Sequence[bytes], root: x509.Certificate, count: int, *, seed: int) -> list[Flip]:
    """Change one byte at a time; gives the changes that the verifier did not report.

    Raises:
        ValueError: an unchanged record does not hold, so nothing can be shown with it.
    """
    for record in records:
        if not verify_pdf(record, root=root).ok:
            raise ValueError("an unchanged record does not hold")
    chance = random.Random(seed)  # noqa: S311 -- repeatable, guards nothing
    flips = [_flip(chance, records, turn) for turn in range(count)]
    shares = [flips[start : start + _SHARE] for start in range(0, count, _SHARE)]
    context = get_context("fork")  # the records are shared, not copied
    with ProcessPoolExecutor(
        os.cpu_count(), mp_context=context, initializer=_hold, initargs=(records, root)
    ) as processes:
        return [flip for missed in processes.map(_unreported, shares) for flip in missed]


_held: dict[str, Any] = {}


def _hold(records: Sequence[bytes], root: x509.Certificate) -> None:
    _held.update(records=records, root=root)


def _unreported(flips: Sequence[Flip]) -> list[Flip]:
    missed = []
    for flip in flips:
        changed = bytearray(_held["records"][flip.record])
        changed[flip.place] = flip.value
        if _holds(bytes(changed)):
            missed.append(flip)
    return missed


def _holds(record: bytes) -> bool:
    """Ask the verifier: first without its slowest demand, which can only add findings, then with all."""
    root = _held["root"]
    return verify_pdf(record, root=root, compare=False).ok and verify_pdf(record, root=root).ok


def _flip(chance: random.Random, records: Sequence[bytes], turn: int) -> Flip:
    """Choose a byte: anywhere, every third time inside a signature, where padding and letter case hide."""
    number = turn % len(records)
    record = records[number]
    place = chance.randrange(len(record))
    if turn % 3 == 0:
        place = chance.choice(_signature_holes(record))
    value = chance.choice([byte for byte in range(256) if byte != record[place]])
    return Flip(number, place, value)


def _signature_holes(record: bytes) -> range:
    last = record.rindex(b"/Contents <") + len(b"/Contents ")
    return range(last, record.index(b">", last) + 1)


def _sealed(layout: Layout) -> bytes:
    record, house = sample.record(layout, results=RESULTS), sample.house(layout)
    done = sample_signatures(canonical_bytes(record))
    shown = sample.evidence(SIGNERS)
    evidence = [replace(what, cms=one.signature.cms) for what, one in zip(shown, done, strict=True)]
    base = render_record(record, evidence=evidence, diagram=(), attachments=(), house=house)
    return sign_pdf(
        base, [PdfSignature.of(one.signature, one.wrapped_key) for one in done], now=clock.now()
    )
