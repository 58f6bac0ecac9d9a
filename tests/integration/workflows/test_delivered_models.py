"""The delivered models, each of them: what is drawn can run."""

import pytest

import app.factory
from tests.factories import workflows as made
from workflows import compiler

assert app.factory  # the rooms register what the models call


@pytest.mark.urs("URS-001", "URS-004")
def test_every_delivered_model_can_run_as_drawn() -> None:
    folders = sorted(path.name for path in made.MODELS.iterdir() if path.is_dir())
    reports = {key: compiler.check_files(made.folder(key), known_form=made.known_form) for key in folders}
    errors = {key: [finding.code for finding in report.errors] for key, report in reports.items()}
    assert {key: codes for key, codes in errors.items() if codes} == {}
    assert all(report.executable for report in reports.values())
    assert {"lot_release", "scar", "supplier_approval", "change_control"} <= set(folders)
