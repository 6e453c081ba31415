"""Character sets: never further apart than the texts are."""

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from gapmatch.linkage.character_sets import build_character_sets, may_be_near

_texts = st.text(st.sampled_from("遵义云岭商贸有限公司12AB"), max_size=9)


@settings(max_examples=60, deadline=None)
@given(pairs=st.lists(st.tuples(_texts, _texts), min_size=1, max_size=20), edits=st.integers(1, 3))
def test_texts_within_the_edits_are_always_near(pairs, edits):
    left, right = (pl.Series(side, dtype=pl.String) for side in zip(*pairs, strict=True))
    near = may_be_near(build_character_sets(left), build_character_sets(right), edits)
    within = np.array([OSA.distance(a, b) <= edits for a, b in pairs])
    assert (near | ~within).all()


def test_most_other_names_are_far():
    left, right = pl.Series(["遵义云岭商贸有限公司"]), pl.Series(["铜仁碧水建材经营部"])
    assert not may_be_near(build_character_sets(left), build_character_sets(right), 2).any()


def test_null_and_nothing_have_no_characters():
    assert build_character_sets(pl.Series([None, "", "云"], dtype=pl.String))[:2].to_list() == [
        0,
        0,
    ]
    assert build_character_sets(pl.Series([], dtype=pl.String)).is_empty()
