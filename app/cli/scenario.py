"""`qms scenario`: a whole story on a scratch product of its own, through HTTP only."""

import argparse
import hashlib
import json
import time
from pathlib import Path
from typing import Any

from cryptography import x509

from app.cli.onboarding import Newcomer
from app.cli.output import Subparsers, add_json, emit
from app.cli.scratch import NotRunning, Product, running, scratch_folder
from app.cli.visit import UnexpectedPage
from signatures.verify import verify_pdf


def register(subparsers: Subparsers) -> None:
    """Add `qms scenario onboarding`."""
    group = subparsers.add_parser("scenario", help="a whole story on a scratch product")
    verbs = group.add_subparsers(metavar="NAME", required=True)
    onboarding = verbs.add_parser("onboarding", help="empty installation, lists, first released lot")
    onboarding.add_argument("--language", choices=("en", "zh"), default="en", help="of the newcomer's pages")
    onboarding.add_argument("--keep", action="store_true", help="keep the scratch folder with its records")
    add_json(onboarding)
    onboarding.set_defaults(run=_onboarding)


def _onboarding(arguments: argparse.Namespace) -> int:
    start = time.monotonic()
    with scratch_folder(keep=arguments.keep) as folder:
        document = _follow(folder, arguments.language)
    document["seconds"] = round(time.monotonic() - start, 1)
    lines = [*document["moves"], *([document["reason"]] if document["reason"] else [])]
    for record in document["records"]:
        lines.append(f"{'ok  ' if record['ok'] else 'FAIL'} {record['path']}")
    emit(document, lines, as_json=arguments.json)
    return 0 if document["ok"] else 1


def _follow(folder: Path, language: str) -> dict[str, Any]:
    document: dict[str, Any] = {"ok": False, "cases": [], "records": [], "moves": [], "reason": None}
    home = folder / "home"
    try:
        with running(home, {"QMS_DEMO": "0"}) as product:
            newcomer = Newcomer(product.url, home, language, document["moves"])
            case, pdfs, root = newcomer.follow()
            number = case.rpartition("/")[2]
            document["cases"] = [{"number": number, "process": "lot_release", "state": "completed"}]
            document["records"] = [_checked(pdf, root, folder) for pdf in pdfs]
            whole = _audit_holds(product)
    except (UnexpectedPage, NotRunning) as failure:
        document["reason"] = str(failure)[-2000:]
        return document
    document["ok"] = whole and bool(pdfs) and all(one["ok"] for one in document["records"])
    return document


def _audit_holds(product: Product) -> bool:
    answer = product.qms("audit", "verify", "--json")
    return answer.returncode == 0 and bool(json.loads(answer.stdout)["ok"])


def _checked(pdf: bytes, root: bytes, folder: Path) -> dict[str, Any]:
    """Keep a record and verify it against the root that was handed over at the set-up."""
    answer = verify_pdf(pdf, root=x509.load_pem_x509_certificate(root))
    path = folder / f"{answer.record or answer.sha256}.pdf"
    path.write_bytes(pdf)
    signatures = [
        {"signer": one.signer, "meaning": one.meaning_code, "ok": one.ok} for one in answer.signatures
    ]
    sha256 = hashlib.sha256(pdf).hexdigest()
    return {"path": str(path), "sha256": sha256, "ok": answer.ok, "signatures": signatures}
