import threading
from datetime import datetime

import pytest
from sqlalchemy import Engine

from core import db, numbers
from core.actor import Actor
from core.errors import NotFound


@pytest.mark.urs("URS-144")
def test_a_rolled_back_number_is_given_again(database: Engine, keeper: Actor, now: datetime) -> None:
    with db.unit_of_work(keeper, now=now) as session:
        numbers.define(session, "record", prefix="R")
        assert numbers.take(session, "record", site_code="SZ", now=now) == "SZ-R-2026-0001"

    def crash() -> None:
        with db.unit_of_work(keeper, now=now) as session:
            assert numbers.take(session, "record", site_code="SZ", now=now) == "SZ-R-2026-0002"
            raise RuntimeError("crash")

    with pytest.raises(RuntimeError, match="crash"):
        crash()
    with db.unit_of_work(keeper, now=now) as session:
        assert numbers.take(session, "record", site_code="SZ", now=now) == "SZ-R-2026-0002"


@pytest.mark.urs("URS-144")
def test_each_site_and_year_counts_from_one(database: Engine, keeper: Actor, now: datetime) -> None:
    with db.unit_of_work(keeper, now=now) as session:
        numbers.define(session, "record", prefix="R")
        numbers.define(session, "record", site_code="SH", prefix="REC", digits=6)
        assert numbers.take(session, "record", site_code="SZ", now=now) == "SZ-R-2026-0001"
        assert numbers.take(session, "record", site_code="SH", now=now) == "SH-REC-2026-000001"
        assert numbers.take(session, "record", site_code="SZ", now=now.replace(year=2027)) == "SZ-R-2027-0001"


def test_an_undefined_series_is_refused(database: Engine, keeper: Actor, now: datetime) -> None:
    work = db.unit_of_work(keeper, now=now)
    with pytest.raises(NotFound, match=r"number\.series_unknown"), work as session:
        numbers.take(session, "nothing", site_code="SZ", now=now)


@pytest.mark.urs("URS-144")
def test_four_threads_never_share_a_number(database: Engine, keeper: Actor, now: datetime) -> None:
    with db.unit_of_work(keeper, now=now) as session:
        numbers.define(session, "record", prefix="R")
    taken: list[str] = []
    together = threading.Barrier(4)

    def take_many() -> None:
        together.wait()  # all four want the first number of the year
        for _ in range(10):
            with db.unit_of_work(keeper, now=now) as session:
                number = numbers.take(session, "record", site_code="SZ", now=now)
            taken.append(number)

    threads = [threading.Thread(target=take_many) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == [f"SZ-R-2026-{n:04d}" for n in range(1, 41)]
