"""Every construct that would not run as drawn has a tiny model here, named by the code of its refusal."""

from pathlib import Path

import pytest

import app.inventory.steps  # noqa: F401 - a tiny model calls its operations
from tests.factories import workflows as made
from workflows import analysis, bundle, compiler, elements, steps
from workflows.findings import CATALOGUE

HERE = Path(__file__).parent
REFUSED = sorted((HERE / "refused").glob("*.*"))
WARNED = sorted((HERE / "warned").glob("*.*"))
WITHOUT_A_PATH = {"static.never", "static.escalation"}
PLAYED = sorted((HERE / "played").glob("*.bpmn"))
RUNS = sorted((HERE / "runs").glob("*.bpmn"))
MODELS = sorted((HERE.parents[1] / "bpmn").glob("*/*.bpmn"))
WITHOUT_A_FILE = {
    "xml.malformed",
    "xml.too_large",
    "file.unknown",
    "file.not_bpmn",
    "file.not_dmn",
    "bundle.process_count",
    "engine.refused",
    "model.too_large",
    "static.too_large",  # tests/unit/workflows/test_large_models.py, as the next
    "static.combinations",
    "dmn.gap_unknown",  # tests/unit/workflows/test_coverage.py
}

assert steps  # its operations are named in the models


def report_of(path):
    if path.suffix == ".dmn":
        return compiler.check_table(path.name, path.read_bytes())
    return compiler.check_files({path.name: path.read_bytes()})


def errors_of(path):
    return report_of(path).errors


@pytest.mark.urs("URS-009")
@pytest.mark.parametrize("path", REFUSED, ids=lambda path: path.stem)
def test_a_model_that_would_not_run_as_drawn_is_refused_with_code_and_place(path):
    found = [finding for finding in errors_of(path) if finding.code == path.stem]
    assert found, f"found only {[finding.code for finding in errors_of(path)]}"
    assert all(finding.message and finding.hint for finding in found)
    assert all("%(" not in finding.message + finding.hint for finding in found)
    assert all(finding.line for finding in found)


@pytest.mark.urs("URS-009")
@pytest.mark.parametrize("path", REFUSED, ids=lambda path: path.stem)
def test_each_tiny_model_is_refused_for_its_own_reason_alone(path):
    allowed = {path.stem, "bundle.process_count", *ALSO.get(path.stem, ())}
    assert {finding.code for finding in errors_of(path)} <= allowed


ALSO = {
    "event_subprocess.flow": {"flow.implicit_split"},
    "id.missing": {"node.unreachable", "step.key", "task.no_lane"},
    "end.missing": {"end.unreachable"},
    "process.key": {"process.prefix"},
}


def test_every_code_of_the_catalogue_has_its_tiny_model():
    assert {path.stem for path in REFUSED + WARNED + PLAYED} | WITHOUT_A_FILE == set(CATALOGUE)


@pytest.mark.urs("URS-009")
@pytest.mark.parametrize("path", RUNS, ids=lambda path: path.stem)
def test_a_model_within_what_runs_is_accepted(path):
    assert errors_of(path) == []


@pytest.mark.parametrize("path", WARNED, ids=lambda path: path.stem)
def test_a_warning_does_not_keep_a_model_from_running(path):
    report = report_of(path)
    assert [finding.code for finding in report.findings] == [path.stem]
    assert report.executable


FILES = [
    ("xml.malformed", {"a.bpmn": b"<open>"}),
    ("xml.malformed", {"a.bpmn": "<ä/>".encode("latin-1")}),
    ("xml.too_large", {"a.bpmn": b" " * (2 * 1024 * 1024 + 1)}),
    ("file.unknown", {"a.exe": b""}),
    ("file.not_bpmn", {"a.bpmn": b"<definitions/>"}),
    ("file.not_dmn", {"a.dmn": b"<definitions/>"}),
    ("bundle.process_count", {}),
]


@pytest.mark.urs("URS-009")
@pytest.mark.parametrize(("code", "files"), FILES, ids=[code for code, _ in FILES])
def test_files_that_are_no_models_are_refused(code, files):
    assert code in {finding.code for finding in compiler.check_files(files).errors}


@pytest.mark.urs("URS-010")
def test_entities_are_neither_expanded_nor_fetched():
    bomb = b'<!DOCTYPE d [<!ENTITY a "aaaa"><!ENTITY b SYSTEM "file:///etc/hostname">]><d>&a;&b;</d>'
    assert {finding.code for finding in compiler.check_files({"a.bpmn": bomb}).errors} <= {
        "xml.doctype",
        "xml.malformed",
    }


@pytest.mark.urs("URS-009")
@pytest.mark.parametrize("path", PLAYED, ids=lambda path: path.stem)
def test_playing_every_path_finds_what_the_checks_cannot_see(path):
    files = {path.name: path.read_bytes()}
    assert compiler.check_files(files).errors == []
    assert path.stem in {finding.code for finding in analysis.explore(files)}


@pytest.mark.urs("URS-009")
@pytest.mark.parametrize(
    "path", [one for one in PLAYED if one.stem not in WITHOUT_A_PATH], ids=lambda path: path.stem
)
def test_a_finding_comes_with_a_path_that_can_be_drawn(path):
    files = {path.name: path.read_bytes()}
    finding = next(one for one in analysis.explore(files) if one.code == path.stem)
    model = elements.read_process(bundle.read(files).roots[path.name].find(elements.bpmn_tag("process")))
    nodes = model.elements
    assert nodes[finding.path[0]].kind == "startEvent"
    assert finding.path == tuple(key for key in finding.path if key in nodes)
    follows = {(flow.source, flow.target) for flow in model.flows}
    for place, key in enumerate(finding.path[1:], start=1):
        assert any((earlier, key) in follows for earlier in finding.path[:place])


@pytest.mark.urs("URS-009")
def test_a_loop_without_a_way_out_is_shown_with_the_way_into_it():
    path = HERE / "refused" / "end.unreachable.bpmn"
    found = compiler.check_files({path.name: path.read_bytes()}).errors
    assert all(finding.path[-1] == finding.element for finding in found if finding.code == path.stem)


@pytest.mark.urs("URS-009")
@pytest.mark.parametrize("path", [*RUNS, *MODELS], ids=lambda path: path.stem)
def test_playing_every_path_finds_no_fault_in_sound_models(path):
    found = analysis.explore({path.name: path.read_bytes()})
    assert {finding.code for finding in found} <= {"static.escalation"}


def test_playing_gives_up_loudly_when_there_are_too_many_states(monkeypatch):
    monkeypatch.setattr(analysis, "MOST_MARKINGS", 3)
    path = HERE / "runs" / "rework.bpmn"
    found = analysis.explore({path.name: path.read_bytes()})
    given_up = [finding for finding in found if finding.code == "static.too_large"]
    assert [(finding.element, finding.severity) for finding in given_up] == [("trial", "warning")]
    assert all(finding.line for finding in given_up)
    assert "steps that wait for ever" in given_up[0].message
    assert {finding.code for finding in found} <= {"static.too_large", "static.escalation"}


@pytest.mark.urs("URS-009")
@pytest.mark.parametrize(("condition", "noted"), [("true", False), ("work.decision = 'a'", True)])
def test_a_choice_needs_a_way_that_is_always_open(condition, noted):
    files = made.process(
        made.start(),
        made.user("work"),
        made.gateway("inclusive", "ask"),
        made.user("always"),
        made.user("sometimes"),
        made.gateway("inclusive", "asked"),
        made.end(),
        made.flows("begin>work>ask", "always>asked>done", "sometimes>asked"),
        made.flow("ask", "always", condition),
        made.flow("ask", "sometimes", "work.decision = 'b'"),
        tasks=["work", "always", "sometimes"],
    )
    report = compiler.check_files(files, known_form=made.known_form)
    assert report.errors == []
    assert ("gateway.no_default" in {finding.code for finding in report.findings}) is noted
