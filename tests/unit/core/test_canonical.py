import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from core.canonical import canonical_json

texts = st.text(st.characters(exclude_categories=["Cs"]))
numbers = st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False)
leaves = st.none() | st.booleans() | texts | numbers
values = st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(texts, inner), max_leaves=20)


@pytest.mark.urs("URS-020", "URS-024")
@settings(max_examples=1500, deadline=None)
@given(values)
def test_every_value_is_written_as_the_rfc_says(value: object) -> None:
    assert canonical_json(value) == rfc8785.dumps(value)


def test_control_signs_are_escaped_as_the_rfc_says() -> None:
    signs = {"signs": "".join(map(chr, range(0x20))) + '\x7f\x80"\\/\u2028😀'}
    assert canonical_json(signs) == rfc8785.dumps(signs)


@pytest.mark.parametrize("value", ["\ud800", 2**53, {"n": -(2**60)}, float("nan"), b"bytes"])
def test_what_has_no_canonical_form_is_refused(value: object) -> None:
    with pytest.raises(ValueError):
        canonical_json(value)
