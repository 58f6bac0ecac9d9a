"""A whole product on PostgreSQL does the main job, connected as the role that owns nothing."""

import json

import pytest

from app.cli import main


@pytest.mark.postgres
@pytest.mark.urs("URS-020", "URS-025", "URS-130")
def test_the_main_job_holds_on_a_postgresql_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["check", "install", "--postgresql", "--json"])
    report = json.loads(capsys.readouterr().out)
    assert [step for step in report["steps"] if not step["ok"]] == []
    assert (status, report["ok"]) == (0, True)
    assert len(report["records"]) >= 7
