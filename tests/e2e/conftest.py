"""A started product of the tests' own, and a real browser on it."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
READY_SECONDS = 240
DESKTOP, PHONE = {"width": 1366, "height": 900}, {"width": 390, "height": 844}


@dataclass(frozen=True)
class Product:
    """A product that runs: where it listens and where it keeps its things."""

    url: str
    home: Path
    process: "subprocess.Popen[str]"


@contextmanager
def running(home: Path) -> Iterator[Product]:
    """Start the product on `home` and a free port, as `make run` does, and end it as Ctrl-C does.

    Raises:
        AssertionError: it does not become ready, or does not end cleanly.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "QMS_HOME": str(home), "PORT": str(port), "QMS_DEMO": "1"}
    command = [sys.executable, "-m", "app.cli", "run"]
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    lines: list[str] = []
    ready = threading.Event()
    reader = threading.Thread(target=_read, args=(process, lines, ready), daemon=True)
    reader.start()
    try:
        assert ready.wait(READY_SECONDS), "".join(lines)
        assert process.poll() is None, "".join(lines)
        yield Product(f"http://127.0.0.1:{port}", home, process)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        process.wait(30)
        reader.join(5)
    assert process.returncode == 0, "".join(lines)


def _read(process: "subprocess.Popen[str]", lines: list[str], ready: threading.Event) -> None:
    assert process.stdout
    for line in process.stdout:
        lines.append(line)
        if re.search(r"\bReady\b", line):
            ready.set()
    ready.set()


@pytest.fixture(scope="session")
def product() -> Iterator[Product]:
    """The demo plant, started once for all browser tests."""
    home = Path(tempfile.mkdtemp(prefix="qms-e2e-"))
    with running(home) as started:
        yield started
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium without a window."""
    executable = shutil.which("chromium")
    assert executable, "Chromium is not installed; type: make test (or apt-get install chromium)"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def pictures() -> Path:
    """Where screenshots go, to be looked at by people; QMS_PICTURES keeps them."""
    folder = Path(os.environ.get("QMS_PICTURES") or tempfile.mkdtemp(prefix="qms-pictures-"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def visitor(browser: Browser, product: Product) -> Iterator[Callable[..., Page]]:
    """Open a browser window of its own: `visitor(language="zh", size=PHONE)`; page errors fail the test."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def open_window(*, language: str = "en", size: dict[str, int] | None = None) -> Page:
        locale = {"en": "en-GB", "zh": "zh-CN"}[language]
        context = browser.new_context(
            base_url=product.url, locale=locale, viewport=size or DESKTOP, accept_downloads=True
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(f"{page.url}: {error}"))
        page.on("console", lambda said: errors.append(f"{page.url}: {said.text}") if _is_fault(said) else None)
        return page

    yield open_window
    for context in contexts:
        context.close()
    assert errors == []


def _is_fault(said) -> bool:  # type: ignore[no-untyped-def]
    """A script error or a refusal by the content security policy; a 4xx that a test provokes is none."""
    return said.type == "error" and "Failed to load resource" not in said.text
