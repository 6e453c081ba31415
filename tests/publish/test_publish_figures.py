"""Counts that pages and workbooks show: firms, not rows of a list."""

import polars as pl

from gapmatch.results.quarter_figures import count_by_status

ROWS = {
    "firm": [0, 1, 2],
    "county": ["云溪区", "云溪区", "云溪区"],
    "status": ["uninsured", "insured", "uninsured"],
    "headcount": [4.0, 9.0, 4.0],
    "is_repeat": [False, False, True],
    "tier": ["A", None, None],
    "expected": [1.5, None, None],
}


def test_a_row_that_repeats_another_is_no_firm_of_its_own():
    counted = count_by_status(pl.DataFrame(ROWS), "county").row(0, named=True)
    assert (counted["firms"], counted["uninsured"], counted["insured"]) == (2, 1, 1)
    assert counted["headcount_uninsured"] == 4.0
