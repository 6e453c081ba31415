"""The frames that stages hand to each other: what a table promises, completes and refuses."""

import polars as pl
import pytest

from gapmatch.schemas import ALIAS_PARTS, FIRMS, UNITS, Column, Table, load_tables

SMALL = Table(
    "Small",
    "a table for this test",
    {"key": Column(pl.UInt32, "a number"), "name": Column(pl.String, "a text")},
)


@pytest.mark.parametrize("table", load_tables().values(), ids=lambda t: t.name)
def test_every_table_and_column_says_what_it_means(table):
    assert table.meaning.endswith(".") or table.name.islower()
    assert all(column.meaning for column in table.columns.values())
    table.check(table.empty())


def test_completing_adds_what_is_missing_casts_types_and_keeps_what_is_more():
    frame = SMALL.complete(pl.DataFrame({"more": [1.5], "key": [7]}))
    assert frame.columns == ["key", "name", "more"]
    assert frame.row(0) == (7, None, 1.5)
    SMALL.check(frame)


@pytest.mark.parametrize(
    ("frame", "said", "why"),
    [
        (pl.DataFrame({"key": [1]}), "name", "a column is missing"),
        (pl.DataFrame({"key": ["1"], "name": ["a"]}), "key", "a column is of another type"),
    ],
)
def test_a_broken_promise_names_the_table_and_the_column(frame, said, why):
    with pytest.raises(TypeError, match="Small") as caught:
        SMALL.check(frame)
    assert said in str(caught.value), why


def test_checking_hands_the_frame_on_untouched():
    frame = SMALL.complete(pl.DataFrame({"key": [1]}))
    assert SMALL.check(frame) is frame


def test_both_sides_carry_the_parts_of_a_name_that_are_compared():
    for table in (FIRMS, UNITS):
        parts = table.schema["alias_parts"].inner
        assert tuple(field.name for field in parts.fields) == ALIAS_PARTS
        assert set(ALIAS_PARTS) <= set(table.columns)
