"""What the inputs of a form begin with: facts of the case, and what an author had entered before."""

import pytest

from forms.beginnings import begin
from forms.definition import problems
from forms.loader import load
from forms.render import fields
from forms.validate import Saved, read

WANTED = {
    "wanted": {
        "title": "Too hard",
        "severity": 4,
        "source": "deviation",
        "lots": [{"lot": "L1", "quantity": 2}],
    }
}


@pytest.mark.urs("URS-006")
def test_the_triage_of_a_capa_begins_with_what_the_message_said() -> None:
    begun = begin(load("capa_triage"), WANTED | {"wanted": WANTED["wanted"] | {"from": "DEV-1"}})
    assert begun == {
        "title": ["Too hard"],
        "source": ["deviation"],
        "source_reference": ["DEV-1"],
        "severity": ["4"],
        "lots.0.lot": ["L1"],
    }


def test_what_the_field_cannot_hold_and_what_is_not_there_begins_empty() -> None:
    triage = load("capa_triage")
    assert begin(triage, {}) == begin(triage, {"wanted": None}) == {}
    assert "source" not in begin(triage, {"wanted": {"source": "gossip", "title": "x" * 500}})
    assert len(begin(triage, {"wanted": {"title": "x" * 500}})["title"][0]) == 120


def test_an_author_who_gets_his_step_back_finds_what_he_had_entered() -> None:
    triage = load("capa_triage")
    assert begin(triage, WANTED, {"title": "As I wrote", "attachments": ["0" * 64]}) == {
        "title": ["As I wrote"]
    }


def test_what_is_measured_or_typed_twice_never_begins_for_anybody() -> None:
    schema = dict(load("capa_triage").schema)
    measured = {**schema["properties"]["severity"], "x-original": True}
    schema["properties"] = {**schema["properties"], "severity": measured}
    assert problems(schema) == ["severity: what is given, measured or typed twice begins empty"]


@pytest.mark.urs("URS-143")
def test_what_it_began_with_stands_beside_a_field_that_was_changed() -> None:
    triage = load("capa_triage")
    begun = begin(triage, WANTED)
    same = read(triage, Saved(begun), prefill={})
    assert "As it came" not in fields(triage, same, {}, lang="en", prefill={}, begun=begun)
    changed = read(triage, Saved(begun | {"title": ["Too soft"], "source": ["audit"]}), prefill={})
    page = fields(triage, changed, {}, lang="en", prefill={}, begun=begun)
    assert "As it came: Too hard" in page
    assert "As it came: Deviation" in page
