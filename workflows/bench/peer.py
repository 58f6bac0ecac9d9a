"""bpmn-engine 25, the nearest engine for Node, doing the same round trip; fetched to be measured."""

import json
import shutil
import statistics
import subprocess
from pathlib import Path

from workflows.bench.stores import MODELS

PACKAGE = "bpmn-engine@25.0.1"
_SCRIPT = Path(__file__).parent / "peer.js"
_SECONDS = 300


class NoPeer(Exception):
    """The peer cannot be measured here; the text says why."""


def fetch(folder: Path) -> None:
    """Install the peer into a scratch folder.

    Raises:
        NoPeer: there is no Node, or the package cannot be had.
    """
    if shutil.which("node") is None or shutil.which("npm") is None:
        raise NoPeer("Node is not installed")
    shutil.copy(_SCRIPT, folder)
    command = ["npm", "install", "--silent", "--ignore-scripts", "--no-audit", "--no-fund", PACKAGE]
    try:
        _run([*command, "--prefix", str(folder)], folder)
    except NoPeer as wrong:
        raise NoPeer(f"{PACKAGE} cannot be installed: {wrong}") from wrong


def step_ms(folder: Path, cases: int) -> float:
    """Give the median of a step of the approval, in ms; the state goes through JSON, no database.

    Raises:
        NoPeer: it does not run.
    """
    printed = _run(["node", _SCRIPT.name, str(MODELS / "approval.js.bpmn"), str(cases)], folder)
    times: list[float] = json.loads(printed)["times"]
    return statistics.median(times)


def _run(command: list[str], folder: Path) -> str:
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=_SECONDS, check=True
        )
    except (subprocess.SubprocessError, OSError) as wrong:
        raise NoPeer(str(getattr(wrong, "stderr", None) or wrong).strip()[-300:]) from wrong
    return done.stdout
