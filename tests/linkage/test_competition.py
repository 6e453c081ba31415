"""Probabilities of pairs that compete for firms and units, beside a count of all matchings."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gapmatch.linkage.weights import Evidence, compute_competing_probability

WEIGHTS = st.floats(-8, 30).map(lambda bits: round(bits, 2))


def make_evidence(pairs):
    firm, unit = (np.array(side, dtype=np.int64) for side in zip(*pairs, strict=True))
    count = len(pairs)
    return Evidence({}, {}, firm, unit, (9, 9), np.zeros(count), np.ones(count, dtype=bool))


def count_matchings(pairs, weights):
    """Return the share of all matchings, weighed by their odds, that hold each pair."""
    total, of_pair = 0.0, np.zeros(len(pairs))
    for size in range(len(pairs) + 1):
        for chosen in combinations(range(len(pairs)), size):
            firms, units = ({pairs[i][side] for i in chosen} for side in (0, 1))
            if len(firms) == len(units) == size:
                odds = float(np.prod([2.0 ** weights[i] for i in chosen]))
                total += odds
                of_pair[list(chosen)] += odds
    return of_pair / total


CHAIN = [(0, 0), (1, 0), (1, 1), (2, 1), (2, 2)]
"""Each pair competes with its neighbours alone."""


@pytest.mark.parametrize("pairs", [CHAIN[:2], CHAIN[:3], CHAIN[:4], CHAIN])
@given(weights=st.lists(WEIGHTS, min_size=5, max_size=5))
@settings(max_examples=25, deadline=None)
def test_pairs_without_a_circle_are_as_probable_as_all_matchings_make_them(pairs, weights):
    weights = np.array(weights[: len(pairs)])
    expected = count_matchings(pairs, weights)
    found = compute_competing_probability(weights, make_evidence(pairs))
    assert found == pytest.approx(expected, abs=1e-6)


def test_two_firms_with_equal_claims_on_two_units_are_near_one_half():
    circle = [(0, 0), (0, 1), (1, 0), (1, 1)]
    found = compute_competing_probability(np.full(4, 20.0), make_evidence(circle))
    assert found == pytest.approx(np.full(4, 0.5), abs=0.15)


def test_a_unit_that_is_surely_another_firms_takes_nothing_from_a_firms_own():
    """A branch registered under its head office's code: the head office has a unit of its own."""
    head_office, branch = 0, 1
    pairs = [(head_office, 0), (head_office, 1), (branch, 0)]
    weights = np.array([22.5, 17.2, 53.0])
    assert compute_competing_probability(weights, make_evidence(pairs))[1] > 0.999
