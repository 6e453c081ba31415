"""Names written otherwise are found, and firms that share something with another are not taken for it.

All kinds at once in one invented prefecture; ``benchmarks/measure_kinds.py`` puts each there alone, and
four hundred pairs of those that are not one firm.
"""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

from measure_kinds import draw_edits, draw_others, judge
from name_kinds import EDITS, OTHERS

PAIRS = 9
REVIEWS = 2_000
"""So many that no kind takes reviews from another."""
NOT_FOUND = {
    "pinyin of one character": "one letter may stand for any character of its sound: another firm's as well",
    "region behind the trade name": "read as part of the trade name; in review where the list is short",
}


@pytest.fixture(scope="module")
def edits():
    return judge([*draw_edits(list(EDITS), PAIRS)], "names and counties", REVIEWS)


def test_names_written_otherwise_are_linked_or_looked_at(edits):
    lost = {found.kind: found.examples for found in edits if not found.is_recognised}
    assert len(edits) >= 100
    assert {kind: pairs for kind, pairs in lost.items() if kind not in NOT_FOUND} == {}


@pytest.mark.parametrize("layout", ["code on one side", "persons alone", "names and counties"])
def test_firms_that_share_something_with_another_are_not_linked_to_it(layout):
    kinds = judge([*draw_others(list(OTHERS), PAIRS)], layout, REVIEWS)
    assert len(kinds) >= 26
    assert {f.kind: f.examples for f in kinds if not f.is_told_apart} == {}
