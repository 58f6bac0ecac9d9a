"""Entries of the trail written before refusals stood there in both languages are read like the newer ones."""

import pytest

from app.web.refusals import in_both

SAID = {"en": "There is no such site.", "zh": "没有该场所。"}


@pytest.mark.urs("URS-024", "URS-143")
@pytest.mark.parametrize("written", [SAID, SAID["en"]], ids=["both", "old"])
def test_what_was_answered_is_told_in_both_languages_however_old_the_entry(written: object) -> None:
    told = in_both({"code": "site.unknown", "sentence": written})
    assert told["sentence"]["en"] == SAID["en"]
    assert told["sentence"]["zh"] != SAID["en"]
    assert in_both({"code": "x"}) == {"code": "x"}
