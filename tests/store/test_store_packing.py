"""Frames come back from their short form as they were, whatever their texts look like."""

from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapmatch.store.packing import pack, unpack, unpack_rows

TEXTS = st.one_of(st.none(), st.text("=0a贵𠮷 |", max_size=6))

ROWS = (
    ("甲厂", "甲厂", "the same text"),
    ("黔东甲厂", "甲厂", "the end of its guess"),
    ("甲厂", "乙厂", "another text"),
    ("甲厂", "", "an empty text, which ends every guess"),
    ("甲厂", None, "no text"),
    (None, "甲厂", "no guess"),
    ("甲厂", "=0", "a text that looks like a mark"),
    ("甲厂", "==0", "a text that looks like a text behind a mark"),
    ("=", "=", "a mark whose guess is one"),
    ("𠮷甲厂", "甲厂", "a character of four bytes is one"),
)


@pytest.mark.parametrize(("name", "clean_name", "why"), ROWS)
def test_a_text_comes_back_whatever_its_guess(
    name: str | None, clean_name: str | None, why: str
) -> None:
    frame = pl.DataFrame({"name": [name], "clean_name": [clean_name]}, schema_overrides=_TEXT)
    assert unpack(pack(frame)).equals(frame), why


_TEXT = {"name": pl.String, "clean_name": pl.String}


@given(st.lists(st.tuples(TEXTS, TEXTS, TEXTS, TEXTS, TEXTS), max_size=8))
def test_columns_come_back_that_are_guessed_from_one_another(rows: list[tuple[str, ...]]) -> None:
    names = ("taxpayer_code", "credit_code", "code_text", "uscc", "organisation")
    frame = pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")
    assert unpack(pack(frame)).equals(frame)


COUNTS = (
    ([0, 1, 2, 7], "numbers that count up"),
    ([7, 2, 1, 0], "numbers that count down"),
    ([2**32 - 1, 0], "the largest number, then the smallest"),
    ([*range(400), *range(400)], "two sides after one another"),
    ([1, None, 3], "a number that is missing"),
    ([], "no row"),
)


@pytest.mark.parametrize(("numbers", "why"), COUNTS)
def test_numbers_come_back_with_their_type(numbers: list[int | None], why: str) -> None:
    frame = pl.DataFrame({"key": numbers}, schema={"key": pl.UInt32})
    back = unpack(pack(frame))
    assert back.equals(frame), why
    assert back.schema == frame.schema, why


def test_some_columns_are_read_with_what_they_were_guessed_from() -> None:
    frame = pl.DataFrame(
        {
            "open_date": [date(2020, 1, 1)],
            "taxpayer_code": ["91520115MA6DKKCY4L"],
            "credit_code": [None],
            "code_text": ["91520115MA6DKKCY4L"],
            "uscc": ["91520115MA6DKKCY4L"],
        },
        schema_overrides={"credit_code": pl.String},
    )
    back = unpack(pack(frame), ["uscc", "open_date", "no_such_column"])
    assert back.equals(frame.select("uscc", "open_date"))


@pytest.mark.parametrize("numbers", [[3], [0, 3], [9], []])
def test_some_rows_are_read_as_if_all_were(numbers: list[int]) -> None:
    names = ["黔甲厂", "=0", None, "黔乙厂", "黔乙厂"]
    frame = pl.DataFrame(
        {"unit": [0, 2, 3, 3, 7], "name": names, "clean_name": [n and n[-2:] for n in names]},
        schema_overrides={"unit": pl.UInt32},
    )
    rows = unpack_rows(pack(frame), "unit", numbers)
    assert rows.equals(frame.filter(pl.col("unit").is_in(numbers)))


def test_a_text_that_the_frame_repeats_is_written_once() -> None:
    names = [f"黔东南甲乙丙丁第{number}食品厂" for number in range(5_000)]
    one = pl.DataFrame({"name": names, "other": [""] * len(names)})
    two = one.with_columns(pl.col("name").str.tail(-3).alias("clean_name")).drop("other")
    assert len(pack(two)) < len(pack(one)) * 1.05
