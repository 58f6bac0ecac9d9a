"""A newcomer follows the README on an empty installation, in each language, to the first released lot.

On SQLite, which an installation starts with; tests/e2e/test_set_up.py sets one up on PostgreSQL as well, and
test_installation.py does the main job there.
"""

import json

import pytest

from app.cli import main


@pytest.mark.urs("URS-020", "URS-028", "URS-120", "URS-122")
@pytest.mark.parametrize("language", ["en", "zh"])
def test_an_empty_installation_comes_to_its_first_release(
    language: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status = main(["scenario", "onboarding", "--language", language, "--json"])
    report = json.loads(capsys.readouterr().out)
    assert report["reason"] is None
    assert (status, report["ok"]) == (0, True)
    meanings = [one["meaning"] for record in report["records"] for one in record["signatures"]]
    assert {"inspected", "released"} <= set(meanings)
    assert len(report["moves"]) == 10
