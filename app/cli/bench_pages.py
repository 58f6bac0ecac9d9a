"""What Lighthouse says of the main pages: speed and accessibility, desk and phone, in both languages.

Lighthouse's own settings for the two devices, throttling by simulation (`simulate`, its default): the page is
loaded once as fast as the machine can and the figures are computed for a slow network and processor, so that
they hold on a loaded machine too. The server is a scratch demo plant on this machine.
"""

import json
import os
import re
import shutil
import statistics
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.access.routes import DEMO_PASSWORD
from app.cli.output import CannotCheck, machine
from app.cli.scratch import ROOT, running, scratch_folder
from app.cli.visit import Visitor

TOOL = ROOT / "scripts" / "lighthouse" / "node_modules" / "lighthouse"
NODE = ROOT / ".venv" / "bin" / "node"
LEAST_PERFORMANCE, LEAST_ACCESSIBILITY = 0.95, 1.0
GREEN = 0.9
SECONDS, TRIES = 180, 3
MISSING = "Lighthouse is not installed. Type:  python3 scripts/setup.py bench"
DEVICES: dict[str, list[str]] = {"desktop": ["--preset=desktop"], "phone": ["--form-factor=mobile"]}
LANGUAGES = ("en", "zh")
PAGES: dict[str, tuple[str, ...]] = {
    "": ("/login",),
    "qa": ("/inbox", "/inbox/*", "/cases", "/cases/*", "/records", "/records/*", "/stock", "/lots/*",
           "/lots/*/trace", "/items", "/items/*", "/suppliers", "/imports", "/imports/catalog.items/new",
           "/me", "/me/notices", "/statement"),
    "auditor": ("/audit", "/audit/verify", "/processes", "/processes/lot_release"),
    "keeper": ("/receipts", "/receipts/new", "/receipts/*", "/output/new", "/orders", "/orders/*",
               "/work-orders", "/work-orders/*"),
    "owner": ("/models", "/models/*", "/models/new", "/models/operations"),
    "admin": ("/admin/jobs", "/admin/operation", "/admin/clock", "/admin/house", "/admin/house/*", "/sites",
              "/sites/*", "/notices"),
    "secadmin": ("/admin/people", "/admin/people/*", "/admin/people/new", "/admin/people/rules"),
}
"""Whose eyes see which page; `*` is the first entry of the list before it."""
QUICK: dict[str, tuple[str, ...]] = {"qa": ("/inbox", "/inbox/*")}
ENTRY = re.compile(r"/[0-9a-f-]{36}$")
LISTS = {"/lots/*": "/stock"}
"""The list that leads to a page when it is not the page's own parent."""


@dataclass(frozen=True)
class Score:
    """One page as one reader's device shows it; weights in KiB, times in milliseconds."""

    page: str
    language: str
    device: str
    performance: float
    accessibility: float
    kib: float
    largest_paint_ms: float
    faults: list[str]

    @property
    def holds(self) -> bool:
        """Whether the page is as good as promised."""
        return self.performance >= LEAST_PERFORMANCE and self.accessibility >= LEAST_ACCESSIBILITY


def measure(*, quick: bool = False) -> dict[str, Any]:
    """Score every page; the worst and the median first, then each page.

    Raises:
        CannotCheck: Lighthouse or Chromium is not installed, or Lighthouse could not read a page.
    """
    chromium = shutil.which("chromium")
    if not TOOL.exists() or not chromium:
        raise CannotCheck(MISSING if chromium else "Chromium is not installed. Type:  make test")
    with scratch_folder() as folder, running(folder) as product:
        scores = list(_scores(product.url, chromium, QUICK if quick else PAGES))
    return {
        "worst_performance": min(score.performance for score in scores),
        "median_performance": statistics.median(score.performance for score in scores),
        "worst_accessibility": min(score.accessibility for score in scores),
        "below": [f"{one.page} {one.language} {one.device}" for one in scores if not one.holds],
        "pages": {f"{one.page} {one.language} {one.device}": _plain(one) for one in scores},
        "lighthouse": json.loads((TOOL / "package.json").read_text("utf-8"))["version"],
        "throttling": "simulate",
        "machine": machine(),
        "size": {"pages": len(scores), "quick": quick},
    }


def _plain(score: Score) -> dict[str, Any]:
    told = {"performance": score.performance, "accessibility": score.accessibility, "kib": score.kib}
    return {**told, "largest_paint_ms": score.largest_paint_ms, "faults": score.faults}


def _scores(url: str, chromium: str, pages: dict[str, tuple[str, ...]]) -> Iterator[Score]:
    for login, paths in pages.items():
        for language in LANGUAGES:
            visitor = Visitor(url, language=language)
            if login:
                visitor.sign_in(login, DEMO_PASSWORD)
                visitor.submit(visitor.get("/me").form("/language"), {"language": language})
            for path in paths:
                address = _address(visitor, path)
                for device in DEVICES:
                    yield _score(visitor, address, path, device, chromium)


def _address(visitor: Visitor, path: str) -> str:
    """The page itself, or the one of the first entry of its list."""
    start, star, rest = path.partition("*")
    if not star:
        return visitor.address + path
    links = visitor.get(LISTS.get(start + star, start.rstrip("/"))).links(start)
    entries = [link for link in links if ENTRY.search(link)]
    if not entries:
        raise CannotCheck(f"the demo plant has no entry for {path}")
    return entries[0] + rest


def _score(visitor: Visitor, address: str, path: str, device: str, chromium: str) -> Score:
    report = _report(visitor, address, device, chromium)
    categories, audits = report["categories"], report["audits"]
    failed = [
        one["id"]
        for name in ("accessibility", "performance")
        for one in categories[name]["auditRefs"]
        if one["weight"] and (audits[one["id"]]["score"] or 0) < GREEN
        and audits[one["id"]]["scoreDisplayMode"] not in ("notApplicable", "manual", "informative")
    ]
    return Score(
        path,
        visitor.language,
        device,
        categories["performance"]["score"] or 0,
        categories["accessibility"]["score"] or 0,
        round(audits["total-byte-weight"]["numericValue"] / 1024, 1),
        round(audits["largest-contentful-paint"].get("numericValue", 0)),
        failed,
    )


def _report(visitor: Visitor, address: str, device: str, chromium: str) -> dict[str, Any]:
    """What Lighthouse says of one page; it is asked again when it missed the page's start, as it may.

    Raises:
        CannotCheck: it could not read the page; its own words say why.
    """
    with tempfile.TemporaryDirectory(prefix="qms-lighthouse-") as folder:
        headers, report = Path(folder) / "headers.json", Path(folder) / "report.json"
        headers.write_text(json.dumps({"Cookie": visitor.cookies(), "Accept-Language": visitor.language}))
        command = [str(NODE), str(TOOL / "cli" / "index.js"), address, "--quiet", *DEVICES[device]]
        command += ["--only-categories=performance,accessibility", "--throttling-method=simulate"]
        command += ["--output=json", f"--output-path={report}", f"--extra-headers={headers}"]
        command += ["--no-enable-error-reporting", "--chrome-flags=--headless=new --no-sandbox"]
        said = ""
        for _ in range(TRIES):
            said = _lighthouse(command, chromium)
            if report.exists() and not (found := json.loads(report.read_text("utf-8"))).get("runtimeError"):
                return _of_the_page(found, address)
    raise CannotCheck(f"Lighthouse could not read {address}: {said[-800:]}")


def _lighthouse(command: list[str], chromium: str) -> str:
    environment = {**os.environ, "CHROME_PATH": chromium}
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, timeout=SECONDS
    )
    return done.stderr.strip()


def _of_the_page(found: dict[str, Any], address: str) -> dict[str, Any]:
    if not found["finalDisplayedUrl"].startswith(address):
        raise CannotCheck(f"{address} led to {found['finalDisplayedUrl']}")
    return found
