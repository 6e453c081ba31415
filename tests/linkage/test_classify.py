"""Decisions follow from prices and a budget."""

import numpy as np
import polars as pl
import pytest
from linked_lists import decide

from gapmatch.linkage.classify import estimate_errors
from gapmatch.settings.load import LinkageSettings


def decided(probabilities, assigned=None, **prices):
    flags = np.array(assigned if assigned is not None else [True] * len(probabilities))
    return decide(np.array(probabilities), flags, LinkageSettings(**prices)).to_list()


@pytest.mark.parametrize(
    ("probability", "assigned", "prices", "decision", "why"),
    [
        (0.99, True, {}, "match", "sure"),
        (0.95, True, {}, "match", "looking costs more than the doubt"),
        (0.85, True, {}, "review", "looking is cheaper than a gap hidden with 15 %"),
        (0.10, True, {}, "review", "a false gap is dear: even little hope is looked at"),
        (0.01, True, {}, "non_match", "hardly any hope"),
        (0.99, False, {}, "review", "its unit went to another firm: never a match, nor uninsured"),
        (0.01, False, {}, "non_match", "no doubt about it"),
        (0.85, True, {"review_budget": 0}, "match", "nobody can look: the cheaper error"),
        (0.10, True, {"review_budget": 0}, "non_match", "nobody can look"),
        (0.99, False, {"review_budget": 0}, "non_match", "nobody can look, and it is not its unit"),
        (0.30, True, {"review_budget": 0}, "match", "a false gap costs three times a missed one"),
        (0.20, True, {"review_budget": 0}, "non_match", "but not four times"),
        (0.30, True, {"review_budget": 0, "price_false_gap": 1.0}, "non_match", "equal prices"),
        (0.60, True, {"review_budget": 0, "price_missed_gap": 9.0}, "non_match", "a missed gap is dear"),
        (0.85, True, {"price_review": 0.2}, "match", "looking is dear"),
        (0.995, True, {"price_review": 0.001}, "review", "looking is nearly free"),
    ],
)  # fmt: skip
def test_each_pair_gets_the_cheapest_decision(probability, assigned, prices, decision, why):
    assert decided([probability], [assigned], **prices) == [decision], why


def test_the_budget_goes_to_where_looking_saves_most():
    found = decided([0.85, 0.5, 0.25, 0.7, 0.999], review_budget=2)
    assert found == ["match", "review", "review", "match", "match"]


def test_the_budget_is_never_exceeded():
    found = decided(np.linspace(0.01, 0.99, 500).tolist(), review_budget=37)
    assert found.count("review") == 37


def test_no_pairs_need_no_decision():
    assert decided([]) == []


def test_a_higher_price_of_false_gaps_never_takes_a_match_away():
    probabilities = np.linspace(0, 1, 101).tolist()
    before = decided(probabilities, review_budget=0)
    after = decided(probabilities, review_budget=0, price_false_gap=10.0)
    assert all(a == "match" for b, a in zip(before, after, strict=True) if b == "match")


def test_the_expected_errors_are_sums_of_chances():
    links = pl.DataFrame(
        {
            "firm": [0, 1, 2, 2, 3],
            "decision": ["match", "review", "match", "non_match", "non_match"],
            "probability": [0.9, 0.5, 1.0, 0.4, 0.2],
        }
    )
    errors = estimate_errors(links)
    assert errors["missed_gaps"]["value"] == 0.1
    assert errors["matches_in_review"]["value"] == 0.5
    assert errors["false_gaps"]["value"] == 0.2, "firm 2 has a match; only firm 3 is open"
    assert errors["false_gaps"]["low"] == 0.0
    assert errors["false_gaps"]["high"] == pytest.approx(0.2 + 1.96 * 0.4, abs=0.06)


def test_expected_false_gaps_count_firms_whose_unit_nobody_would_recognise():
    linked = {"decision": "match", "relation": "same", "probability": 1.0, "level_name": "exact"}
    beside = {f"level_{c}": "missing" for c in ("code", "person", "phone")}
    rows = [{"firm": n, **linked, **beside} for n in range(1_400)]
    rows += [{**rows[0], "firm": n, "decision": "non_match", "probability": 0.0} for n in (1_400,)]
    alone = estimate_errors(pl.DataFrame(rows))["false_gaps"]
    assert 0 <= alone["low"] < 10 < alone["value"] < 40 < alone["high"]
    coded = estimate_errors(pl.DataFrame(rows).with_columns(level_code=pl.lit("same")))
    assert coded["false_gaps"]["value"] == 0
