"""The cut of `qms chaos kills` for every day: the real product, both databases, a few kills, a few steps."""

import pytest

from app.cli import chaos_kills

KILLS, STEPS, SEED = 2, 3, 11


@pytest.mark.postgres
@pytest.mark.urs("URS-130")
def test_whatever_is_killed_every_record_is_there_once() -> None:
    figures = chaos_kills.measure(KILLS, STEPS, engines=chaos_kills.ENGINES, seed=SEED, together=True)
    wrong = {name: figures[name] for name in ("lost", "doubled", "corrupt", "faults", "dead_letters")}
    assert wrong == dict.fromkeys(wrong, 0), figures["by_engine"]
    assert figures["chain_ok"]
    assert figures["recovery_seconds_max"] <= chaos_kills.RECOVERED_WITHIN
    assert figures["kills"] >= KILLS
    assert figures["steps"] >= STEPS
