import copy
import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Invalid
from documents.records import canonical_bytes, check_record, content_hash, moment_text
from tests.factories import documents as made

GOLDEN = Path(__file__).with_name("golden")
SUMS = dict(reversed(line.split()) for line in (GOLDEN / "SHA256SUMS").read_text().splitlines())

texts = st.text(st.characters(exclude_categories=("Cs",)))
trees = st.recursive(
    texts | st.none(), lambda inner: st.lists(inner) | st.dictionaries(texts, inner), max_leaves=12
)


@pytest.mark.urs("URS-020")
@pytest.mark.parametrize("name", sorted(SUMS))
def test_every_record_ever_written_keeps_its_bytes_hash_and_schema(name: str) -> None:
    data = (GOLDEN / name).read_bytes()
    assert hashlib.sha256(data).hexdigest() == SUMS[name]
    assert canonical_bytes(json.loads(data)) == data
    check_record(json.loads(data))


def test_keys_are_sorted_by_utf16_units_as_rfc_8785_asks() -> None:
    assert canonical_bytes({"\ufb33": "1", "😀": "2", "ö": "3", "1": "4", "\r": "5"}).decode() == (
        '{"\\r":"5","1":"4","ö":"3","😀":"2","\ufb33":"1"}'
    )


@given(st.dictionaries(texts, trees))
def test_reading_and_writing_again_gives_the_same_bytes(mapping: dict) -> None:
    data = canonical_bytes(mapping)
    assert canonical_bytes(json.loads(data)) == data


@pytest.mark.parametrize("value", [1, 1.5, True, datetime(2026, 1, 1, tzinfo=UTC), b"x", {"a"}])
def test_a_value_that_is_not_text_is_refused_with_its_place(value: object) -> None:
    with pytest.raises(Invalid) as refusal:
        canonical_bytes({"rows": [{"value": value}]})
    assert refusal.value.code == "record.not_text"
    assert refusal.value.facts["place"] == "record.rows[0].value"


@pytest.mark.urs("URS-022")
def test_the_hash_of_what_was_shown_changes_with_every_word_of_it() -> None:
    content = made.content(2)
    before = content_hash(content)
    assert content_hash(copy.deepcopy(content)) == before
    content["entered"][1]["table"]["rows"][0][3] = "4.12"
    assert content_hash(content) != before


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("number",), ""),
        (("schema",), "qms.record/2"),
        (("created_at",), "2026-11-22 08:10"),
        (("language",), "de"),
        (("extra",), "x"),
        (("title",), {"en": "only one"}),
        (("content", "surprise"), "x"),
        (("content", "prior"), [{"number": "1", "sha256": "abc"}]),
        (
            ("content", "attachments"),
            [{"name": "a", "sha256": "0" * 64, "size": "1 kB", "media_type": "x/y"}],
        ),
    ],
)
def test_what_the_schema_does_not_know_is_refused(path: tuple[str, ...], value: object) -> None:
    record = made.record()
    node = record
    for step in path[:-1]:
        node = node[step]
    node[path[-1]] = value
    with pytest.raises(Invalid) as refusal:
        check_record(record)
    assert refusal.value.code == "record.schema"


def test_a_moment_is_written_in_utc_and_a_naive_one_refused() -> None:
    assert (
        moment_text(datetime.fromisoformat("2026-11-22T16:10:05.25+08:00")) == "2026-11-22T08:10:05.250000Z"
    )
    with pytest.raises(ValueError, match="zone"):
        moment_text(datetime(2026, 11, 22))
