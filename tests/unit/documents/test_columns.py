import pytest

from documents.columns import breadth, is_tight, widths


def test_a_hanzi_is_as_wide_as_two_letters() -> None:
    assert breadth("合格 Pass") == 9


def test_a_short_column_gets_what_it_needs_and_long_ones_share_the_rest() -> None:
    name, value, remark = widths(["Name", "Value", "Remark"], [["x" * 40], ["4.11"], ["y" * 80]])
    assert value < name < remark
    assert name + value + remark == pytest.approx(100, abs=0.1)


def test_columns_too_many_for_the_page_are_all_narrowed() -> None:
    shares = widths([f"h{n}" for n in range(20)], [["x" * 14]] * 19 + [["y" * 60]])
    assert sum(shares) == pytest.approx(100, abs=0.2)
    assert min(shares) > 2


def test_an_empty_table_has_columns() -> None:
    assert is_tight([])
    assert sum(widths(["One", "另一个"], [[], []])) == pytest.approx(100, abs=0.1)
