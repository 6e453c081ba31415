"""Doubt that the review budget cuts off is counted, with the errors that it is expected to cost."""

import polars as pl
import pytest

from gapmatch.linkage.links import select_reviews
from gapmatch.linkage.unreviewed import count_unreviewed, summarise_unreviewed

# firm, unit, decision, probability, what a look would save, doubted by a person
SETTLED = (
    (0, 0, "match", 0.9, 0.05, False),
    (0, 1, "non_match", 0.1, 0.04, False),
    (1, 2, "non_match", 0.3, 0.6, False),
    (2, 3, "match", 0.6, 0.3, False),
    (3, 4, "non_match", 0.2, 0.5, False),
    (3, 5, "non_match", 0.2, 0.35, False),
    (4, 6, "match", 0.5, 0.4, True),
    (5, 7, "match", 0.999, 0.0, False),
)


def settled(rows: tuple = SETTLED) -> pl.DataFrame:
    names = ["firm", "unit", "decision", "probability", "saved", "doubted"]
    keys = {"firm": pl.UInt32, "unit": pl.UInt32}
    return pl.DataFrame(rows, schema=names, orient="row").cast(keys)


@pytest.mark.parametrize(
    ("budget", "pairs", "false_gaps", "missed_gaps", "why"),
    [
        (0, 6, 0.7, 0.5, "nobody looks; what a person doubts is in review all the same"),
        (1, 5, 0.4, 0.5, "the dearest doubt is looked at"),
        (2, 4, 0.0, 0.5, "a firm in review is not called uninsured, whatever else is like it"),
        (9, 0, 0.0, 0.0, "all that wanted a look has one"),
    ],
)
def test_what_the_budget_leaves_is_counted_with_its_errors(
    budget, pairs, false_gaps, missed_gaps, why
):
    frame = settled()
    found = summarise_unreviewed(count_unreviewed(frame, select_reviews(frame, budget)))
    expected = {"pairs": pairs, "false_gaps": false_gaps, "missed_gaps": missed_gaps}
    assert found == pytest.approx(expected), why


def test_parts_of_the_lists_add_up_to_the_whole():
    frame = settled()
    reviews = select_reviews(frame, 2)
    parts = [frame.filter(pl.col("firm") % 2 == part) for part in (0, 1)]
    counts = pl.concat([count_unreviewed(part, reviews) for part in parts])
    assert summarise_unreviewed(counts) == summarise_unreviewed(count_unreviewed(frame, reviews))


def test_lists_without_pairs_leave_nothing():
    frame = settled(()).cast({"decision": pl.String, "probability": pl.Float64})
    frame = frame.cast({"saved": pl.Float64, "doubted": pl.Boolean})
    none = summarise_unreviewed(count_unreviewed(frame, select_reviews(frame, 3)))
    assert none == {"pairs": 0, "false_gaps": 0.0, "missed_gaps": 0.0}
