"""How the engine's store compares: with the library as it comes, and with bpmn-engine; ratios of one run."""

import statistics
import sys
from pathlib import Path
from typing import Any

from app.cli.output import machine
from app.cli.scratch import scratch_folder
from workflows.bench import measures, peer

CASES, QUICK_CASES = 200, 20
ROUNDS, QUICK_ROUNDS = 1_000, 100
PEER_TURNS, PEER_CASES = 3, 20


def measure(*, quick: bool = False) -> dict[str, Any]:
    """Measure steps, long loops and the peer, each pair turn by turn on scratch storage."""
    cases, rounds = (QUICK_CASES, QUICK_ROUNDS) if quick else (CASES, ROUNDS)
    with scratch_folder() as folder:
        step = measures.step_ratio(folder, cases)
        loop = measures.rework(folder, rounds)
        against_peer = _against_peer(folder)
    return {
        "step_ratio_vs_plain": step["ratio"],
        "step_ratio_vs_bpmn_engine": against_peer,
        "loop1000_ratio_vs_plain": loop["ratio"],
        "loop1000_flatness": loop["flatness"],
        "step": step,
        "loop": loop,
        "machine": machine(),
        "size": {"cases": cases, "rounds": rounds, "quick": quick},
    }


def _against_peer(folder: Path) -> float | None:
    own, other = [], []
    try:
        peer.fetch(folder)
        for turn in range(PEER_TURNS):
            room = folder / f"turn{turn}"
            room.mkdir()
            own.append(measures.step_ratio(room, PEER_CASES)["own_ms"])
            other.append(peer.step_ms(folder, PEER_CASES))
    except peer.NoPeer as wrong:
        print(f"bpmn-engine is not measured: {wrong}", file=sys.stderr)
        return None
    return round(statistics.median(other) / statistics.median(own), 1)
