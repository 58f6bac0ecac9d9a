"""20,000 requests that no honest browser sends, half of them on each database; prints what came of them.

Not part of `make test`: `make chaos` runs it. QMS_FUZZ_REQUESTS asks for another number, QMS_FUZZ_SEED for
other dice.
"""

import json
import os
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.fuzz.again import way_back
from tests.fuzz.plant import make_plant
from tests.fuzz.walk import fuzz

REQUESTS = int(os.environ.get("QMS_FUZZ_REQUESTS", "20000"))
SEED = int(os.environ.get("QMS_FUZZ_SEED", "20261122"))


@pytest.mark.chaos
@pytest.mark.urs("URS-020", "URS-025", "URS-028")
def test_twenty_thousand_requests_break_no_answer_and_leave_nothing_half_done(
    database: Engine, home: Path, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    plant = make_plant()
    with way_back(database, home, request) as put_back:
        report = fuzz(plant, REQUESTS // 2, chance=SEED, put_back=put_back)
    with capsys.disabled():
        print(json.dumps({"database": database.dialect.name, "seed": SEED, **report.as_figures()}))
    assert (report.server_errors, report.half_done, report.faults) == ([], [], [])
    assert set(report.by_route) == set(plant.endpoints())
