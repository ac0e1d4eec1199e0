"""The part of a table that CI takes has each of its rows and columns."""

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from tests.covering import covering

CELLS = st.lists(st.tuples(st.integers(0, 6), st.integers(10, 16)), unique=True)


@given(CELLS)
def test_each_row_and_each_column_is_taken(cells: list[tuple[int, int]]) -> None:
    taken = covering(cells)
    assert taken <= set(cells)
    assert {row for row, _column in taken} == {row for row, _column in cells}
    assert {column for _row, column in taken} == {column for _row, column in cells}


def test_of_a_full_table_no_more_is_taken_than_its_longer_side() -> None:
    assert len(covering([*product("abcdefg", range(4))])) == 7
    assert len(covering([*product("ab", range(4))])) == 4


def test_columns_are_taken_evenly() -> None:
    assert covering([*product("abcd", "xy")]) == {("a", "x"), ("b", "y"), ("c", "x"), ("d", "y")}
