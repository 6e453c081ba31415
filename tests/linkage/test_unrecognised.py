"""How many enrolled firms nobody would recognise: what proves it, and what the interval owes to ignorance."""

import polars as pl
import pytest

from gapmatch.linkage.unrecognised import (
    StrangeNames,
    compute_unrecognised_share,
    count_evidence,
    estimate_unrecognised,
)

SAME = {"level_name": "exact", "level_own_name": "exact"}
STRANGE = {"level_name": "different", "level_own_name": "different"}
BY_OTHER_NAME = {"level_name": "exact", "level_own_name": "different"}
CODED = {"level_code": "same"}
PERSONS = {"level_person": "same", "level_phone": "same"}


def links(*kinds):
    """LINKS of so many firms of each kind: (number, what is not as usual)."""
    usual = {
        **{"decision": "match", "relation": "same", "probability": 1.0},
        **{"level_code": "missing", "level_person": "missing", "level_phone": "missing"},
    }
    rows = [{**usual, **kind} for number, kind in kinds for _ in range(number)]
    return pl.DataFrame(rows).with_row_index("firm")


def test_without_a_second_key_real_lists_speak():
    found = estimate_unrecognised(links((1000, SAME)))
    prior = StrangeNames.load()
    assert found.expected == pytest.approx(1000 * prior.alpha / (prior.alpha + prior.beta))
    assert found.variance > found.expected  # the share itself is not known


@pytest.mark.parametrize(
    ("more", "fewer", "why"),
    [
        ((40, STRANGE | CODED), (40, SAME | CODED), "equal codes prove strange names"),
        ((40, STRANGE | PERSONS), (40, SAME | PERSONS), "so do person and phone, without codes"),
        ((40, SAME), (40, SAME | {"level_phone": "same"}), "a phone brings a firm to light"),
        ((8, SAME), (8, BY_OTHER_NAME), "so does a former name"),
    ],
)
def test_the_lists_at_hand_move_the_estimate(more, fewer, why):
    many, few = (
        estimate_unrecognised(links((1000, SAME), (60, SAME | CODED), kind)).expected
        for kind in (more, fewer)
    )
    assert many > few, why


def test_former_names_that_found_some_leave_others_unknown():
    found = estimate_unrecognised(links((100, SAME), (50, BY_OTHER_NAME)))
    assert found.expected == pytest.approx(50 * StrangeNames.load().lost_per_found)


def test_the_expected_firms_are_shared_out_among_those_without_a_link():
    some = links((1000, SAME), (100, {**STRANGE, "decision": "non_match"}))
    expected = estimate_unrecognised(some).expected
    assert compute_unrecognised_share(count_evidence(some)) == pytest.approx(
        expected / 100, abs=1e-6
    )


def test_links_of_earlier_runs_can_still_be_estimated():
    earlier = links((1000, SAME | CODED), (100, SAME)).drop("level_own_name")
    assert estimate_unrecognised(earlier).expected > 0
