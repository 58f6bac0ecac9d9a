"""What a check or a scenario reports: steps with their seconds, and PDF records that it verified itself."""

import hashlib
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from cryptography import x509

from app.cli.visit import UnexpectedPage
from signatures.findings import CheckedSignature
from signatures.verify import verify_pdf


@dataclass(frozen=True)
class Step:
    """One thing that was done: whether it holds, how long it took, and why not."""

    name: str
    ok: bool
    seconds: float
    reason: str | None = None


@dataclass(frozen=True)
class CheckedRecord:
    """A PDF record that was made: where it lies, its hash, whether it verifies, who signed it as what."""

    path: str
    sha256: str
    ok: bool
    signatures: list[dict[str, object]]


@dataclass
class Report:
    """What was found; it holds when every step and record does, and records are there as ``wanted``."""

    wanted: int = 1
    steps: list[Step] = field(default_factory=list)
    records: list[CheckedRecord] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether nothing is missing and nothing fails."""
        whole = len(self.records) >= self.wanted
        return whole and all(step.ok for step in self.steps) and all(record.ok for record in self.records)

    @property
    def reason(self) -> str | None:
        """Why the first step that does not hold does not, with its name; None while every one holds."""
        return next((f"{step.name}: {step.reason}" for step in self.steps if not step.ok), None)

    def document(self) -> dict[str, Any]:
        """The report as JSON has it."""
        steps, records = ([asdict(one) for one in kept] for kept in (self.steps, self.records))
        return {"ok": self.ok, "steps": steps, "records": records}

    def lines(self) -> list[str]:
        """The report as text."""
        lines = [f"{'ok  ' if one.ok else 'FAIL'} {one.seconds:8.2f} s  {one.name}" for one in self.steps]
        lines += [f"     {step.reason}" for step in self.steps if step.reason]
        for record in self.records:
            signers = ", ".join(f"{one['signer']} ({one['meaning'] or 'seal'})" for one in record.signatures)
            lines.append(f"{'ok  ' if record.ok else 'FAIL'} {Path(record.path).name}  {signers}")
        return lines

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time a step; one that fails ends what is under way.

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

    def keep(self, pdfs: Sequence[bytes], root: bytes, folder: Path) -> None:
        """Keep records under their numbers, each verified against a root certificate (PEM).

        Raises:
            UnexpectedPage: one does not verify.
        """
        trusted = x509.load_pem_x509_certificate(root)
        folder.mkdir(exist_ok=True)
        found = [_checked(pdf, trusted, folder) for pdf in pdfs]
        self.records += found
        bad = [Path(one.path).name for one in found if not one.ok]
        if bad:
            raise UnexpectedPage(f"do not verify: {', '.join(bad)}")


def _checked(pdf: bytes, root: x509.Certificate, folder: Path) -> CheckedRecord:
    answer = verify_pdf(pdf, root=root)
    path = folder / f"{answer.record or answer.sha256}.pdf"
    path.write_bytes(pdf)
    signatures = [_signature(one) for one in answer.signatures]
    return CheckedRecord(str(path), hashlib.sha256(pdf).hexdigest(), answer.ok, signatures)


def _signature(one: CheckedSignature) -> dict[str, object]:
    facts = {"signer": one.signer, "meaning": one.meaning_code, "time": one.time}
    return {**facts, "level": one.level, "ok": one.ok}
