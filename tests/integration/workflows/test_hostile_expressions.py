"""Hostile expressions (URS-010): a cut of `qms chaos expressions`, and what its watch sees."""

import copy
from pathlib import Path

import pytest

from app.cli import chaos_expressions as chaos
from app.cli.hostile import ATTACKS
from workflows import expressions


@pytest.mark.urs("URS-010")
def test_no_hostile_expression_escapes_changes_a_fact_or_runs_over_its_budget():
    figures = chaos.measure(2_000, seed=20261122)
    assert figures["missed"] == []
    assert figures["edits"] >= 2_000
    assert figures["answered"] > 100
    assert figures["refused"] > 100
    assert figures["memory_mib"] <= chaos.MOST_MIB


@pytest.mark.urs("URS-010")
@pytest.mark.parametrize("source", ATTACKS)
def test_every_known_attack_ends_in_a_plain_value_or_a_refusal(source):
    tally = chaos.Tally()
    chaos.try_one(source, tally)
    assert tally.missed == []


@pytest.mark.parametrize(
    ("harm", "what"),
    [
        (lambda _source, given: given["d"].update(region="US"), "mutated"),
        (lambda _source, given: given["canary"].anything, "escaped"),
        (lambda _source, given: len(given["canary"]), "escaped"),
        (lambda _source, _given: Path("/etc/hostname").read_text("utf-8"), "escaped"),
        (lambda _source, _given: object(), "escaped"),
        (lambda _source, _given: {}["nothing"], "escaped"),
        (lambda _source, _given: [sum(range(2_000_000)) for _ in range(300)][:0], "over budget"),
    ],
)
def test_the_watch_sees_what_an_expression_must_not_do(monkeypatch, harm, what):
    monkeypatch.setattr(chaos, "_ATTEMPTS", (harm,))
    tally = chaos.Tally()
    chaos.try_one("1", tally)
    assert [missed["what"] for missed in tally.missed] == [what]


@pytest.mark.urs("URS-010")
def test_a_deep_value_made_of_shared_parts_is_not_walked_without_end():
    doubled = "(function(x) [x, x])("
    source = doubled * 19 + "[1]" + ")" * 19
    before = copy.deepcopy(chaos.facts()["d"])
    for text in (source, f"string({source})", f"flatten({source})", f"{source} = {source}"):
        with pytest.raises(expressions.ExpressionError):
            expressions.evaluate(text, {"d": before})
