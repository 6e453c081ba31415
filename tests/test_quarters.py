"""Quarters: what is read as one, and counting in them."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapmatch.errors import SettingsError
from gapmatch.quarters import Quarter

INDEXES = st.integers(4 * 1010, 4 * 2989)
"""Ten years within what is read as a quarter, so that neighbours are quarters too."""


@pytest.mark.parametrize("text", ["2022", "2022Q5", "2022Q0", "22Q4", "2022Q44", "2022Q4\n", ""])
def test_what_is_no_quarter_is_refused_with_a_remedy(text):
    with pytest.raises(SettingsError, match="季度写法有误"):
        Quarter.parse(text)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2022Q1", date(2022, 1, 1), date(2022, 3, 31)),
        ("2022q2", date(2022, 4, 1), date(2022, 6, 30)),
        ("2022Q4", date(2022, 10, 1), date(2022, 12, 31)),
    ],
)
def test_a_quarter_has_a_first_and_a_last_day(text, first, last):
    quarter = Quarter.parse(text)
    assert (quarter.first_day, quarter.last_day) == (first, last)


@given(INDEXES, st.integers(-40, 40))
def test_quarters_follow_one_another_as_their_texts_and_days_do(index, steps):
    quarter = Quarter.from_index(index)
    later = quarter.next(steps)
    assert later.index - index == steps
    assert (later > quarter) == (str(later) > str(quarter)) == (steps > 0)
    assert Quarter.parse(str(quarter)) == quarter
    assert quarter.next().first_day == quarter.last_day + timedelta(days=1)


@given(st.dates())
def test_every_day_lies_in_its_quarter(day):
    quarter = Quarter.from_day(day)
    assert quarter.first_day <= day
    assert quarter.index == 4 * day.year + (day.month - 1) // 3
