"""The trail is read in words: every table, column and event has a name in both languages."""

import re
from pathlib import Path

import pytest
from flask_babel import force_locale

from app import factory
from app.web import wording
from core.db import Base

APP = Path(factory.__file__).parent
CHINESE = re.compile("[\u4e00-\u9fff]")
ALIKE = {"id", "capa_id", "gtin", "sha256"}
"""Not shown, and called the same in both languages."""
EVENT = re.compile(r'(?:record|_note|_tell)\(\s*\w+(?:\.\w+)?,\s*(?:\w+,\s*)?"([a-z_]+\.[a-z_]+)"')


@pytest.mark.urs("URS-024", "URS-143")
def test_everything_that_the_trail_names_has_a_name_in_both_languages() -> None:
    audited = [table for table in Base.metadata.tables.values() if table.info.get("audit") is not False]
    columns = {one.name for table in audited for one in table.columns if one.info.get("audit") != "omit"}
    files = [path for floor in ("app", "workflows") for path in APP.parent.glob(f"{floor}/**/*.py")]
    events = {event for path in files for event in EVENT.findall(path.read_text())}
    assert len(events) > 40, "the pattern still finds them"
    with factory.create_app(testing=True).test_request_context(), force_locale("zh"):
        raw = [one.name for one in audited if not CHINESE.search(wording.table_name(one.name))]
        raw += [one for one in columns if not CHINESE.search(wording.column_name(one))]
        raw += [one for one in events if not CHINESE.search(wording.action_name(one))]
    assert sorted(set(raw) - ALIKE) == []
