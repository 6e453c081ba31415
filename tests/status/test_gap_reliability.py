"""What a run states about its gaps, held against the truth."""

import polars as pl
import pytest
from invented_firms import firms_of, links_of, units_of

from gapmatch.evaluation.gap_reliability import compare_stated_false_gaps, measure_reliability
from gapmatch.evaluation.name_difference import count_by_difference
from gapmatch.schemas import GAPS

PARTS = ("region", "trade_name", "trade_industry", "branch", "numbers")


def truth_of(*units: str | None) -> pl.DataFrame:
    rows = {"firm": range(len(units)), "true_unit_id": units}
    return pl.DataFrame(rows, schema={"firm": pl.UInt32, "true_unit_id": pl.String})


def gaps_of(*rows: tuple[str, float | None]) -> pl.DataFrame:
    frame = pl.DataFrame(rows, schema=["status", "probability_uninsured"], orient="row")
    return GAPS.complete(frame.with_row_index("firm"))


def test_a_band_says_what_was_stated_and_what_is_true():
    known = truth_of(None, None, None, "a", "b", "c", None, None)
    gaps = gaps_of(
        *[("uninsured", 0.992), ("dormant", 0.994), ("uninsured", 0.990), ("uninsured", 0.992)],
        *[("insured", 0.01), ("review", 0.5), ("covered_by_parent", 0.02), ("insured", None)],
    )
    low, middle, high = measure_reliability(known, gaps).to_dicts()
    assert (low["low"], low["high"], low["firms"], low["share"]) == (0.0, 0.5, 1, 0.0)
    assert (middle["low"], middle["firms"]) == (0.5, 1), "bounds belong to the band above"
    assert (high["low"], high["firms"], high["uninsured"], high["share"]) == (0.99, 4, 3, 0.75)
    assert high["stated"] == pytest.approx(0.992)
    assert (high["share_low"], high["share_high"]) == pytest.approx((0.3006, 0.9544), abs=1e-4)


def test_without_firms_there_are_no_bands():
    assert measure_reliability(truth_of(), gaps_of()).height == 0


@pytest.mark.parametrize(
    ("probability", "holds", "why"),
    [(0.5, True, "one of two, and one is true"), (0.000001, False, "no false gap was expected")],
)
def test_the_stated_interval_holds_the_truth_or_does_not(probability, holds, why):
    firms = firms_of({}, {}, {"duplicate_of": 0})
    links = links_of(
        (0, 0, "non_match", probability, "same"), (1, 1, "non_match", probability, "same")
    )
    found = compare_stated_false_gaps(truth_of("a", None, "a"), firms, links)
    assert found.truth == 1, "a firm that is listed twice counts once"
    assert found.holds is holds, why
    part = compare_stated_false_gaps(truth_of("a"), firms, links)
    assert part.holds is None, "the truth knows one of two firms"


def test_errors_are_counted_by_how_the_names_differ():
    name = dict.fromkeys(PARTS, "")
    firms = firms_of(
        *({**name, "clean_name": n, "core": n, "aliases": []} for n in ("甲石", "乙石", "丙石"))
    )
    units = units_of(
        {**name, "clean_name": "甲石", "core": "甲石", "aliases": [], "unit_id": "a"},
        {**name, "clean_name": "某县乙石", "region": "某县", "core": "乙石", "aliases": [], "unit_id": "b"},
        {**name, "clean_name": "丁木林", "core": "丁木林", "aliases": [], "unit_id": "c"},
    )  # fmt: skip
    gaps = gaps_of(("insured", 0.0), ("review", 0.5), ("uninsured", 0.9))
    found = count_by_difference(truth_of("a", "b", "c"), firms, units, gaps)
    assert found.rows() == [("same", 1, 0, 0), ("region", 1, 1, 0), ("other", 1, 0, 1)]
