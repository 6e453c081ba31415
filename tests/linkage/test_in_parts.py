"""What may be done in parts, on many machines, comes to what is done as a whole."""

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gapmatch.linkage.agreement import measure_agreement, weigh
from gapmatch.linkage.assign import assign
from gapmatch.linkage.block import MAX_KEY_PAIRS, block, cap_frequent_keys, join_by_key
from gapmatch.linkage.connected import group_connected
from gapmatch.linkage.deletions import KeyFilter, build_deletion_keys
from gapmatch.linkage.link_lists import add_manual_decisions, make_lists, read_manual_decisions
from gapmatch.linkage.links import settle
from gapmatch.linkage.nearest import (
    NearestFirms,
    Postings,
    compute_partial_scores,
    extract_tokens,
    name_lengths,
    number_places,
    select_highest,
    select_nearest_names,
)
from gapmatch.settings.load import LinkageSettings

KEYS = st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 900)), min_size=1, max_size=5)


def keyed(counts, side):
    """So many firms (or units) behind each key, every one with a number of its own."""
    keys = [key for key, count in counts for _ in range(count)]
    return pl.DataFrame(
        {side: range(len(keys)), "key": keys}, schema={side: pl.UInt32, "key": pl.String}
    )


def in_parts(frame, parts, side):
    """Each part thinned for itself, as tasks do that hold a part of the list."""
    cut = [frame.filter(pl.col(side) % parts == part) for part in range(parts)]
    return pl.concat([cap_frequent_keys(part, side) for part in cut])


@given(KEYS, KEYS, st.integers(1, 4))
@example([("a", 5_000)], [("a", 1)], 2)
@example([("a", MAX_KEY_PAIRS)], [("a", 1)], 1)
@example([("a", 1)], [("a", 3_000), ("b", 2)], 3)
@settings(max_examples=60)
def test_keys_that_thousands_share_pair_and_are_told_alike_however_they_travel(left, right, parts):
    firms, units = keyed(left, "firm"), keyed(right, "unit")
    pairs, told = join_by_key(firms, units)
    thin = [in_parts(side, parts, key) for side, key in ((firms, "firm"), (units, "unit"))]
    thin_pairs, thin_told = join_by_key(*thin)
    assert thin_pairs.sort("firm", "unit").equals(pairs.sort("firm", "unit"))
    assert thin_told.cast({"firms": pl.Int64, "units": pl.Int64}).equals(
        told.cast({"firms": pl.Int64, "units": pl.Int64})
    )


def test_of_a_key_that_everybody_shares_little_travels():
    firms = keyed([("a", 100_000), ("b", 3)], "firm")
    assert cap_frequent_keys(firms, "firm").height == 4


@pytest.mark.parametrize("parts", [1, 2, 7])
def test_scores_by_parts_of_the_bigrams_choose_the_same_firms(small_lists, parts):
    firms, units, index = small_lists
    sides = ((firms, index.firm_rows, index.firms), (units, index.unit_rows, index.units))
    tokens = [
        extract_tokens(rows, number_places(s, own), index.vocabulary) for s, rows, own in sides
    ]
    scores = []
    for part in range(parts):
        # A bigram and all of its places lie together.
        cut = [(t.token >> 20) % parts == part for t in tokens]
        left, right = (Postings(t.row[c], t.token[c]) for t, c in zip(tokens, cut, strict=True))
        scores.append(compute_partial_scores(left, right, index.vocabulary.idf))
    lengths = [name_lengths(rows, index.vocabulary) for _side, rows, _own in sides]
    best = select_nearest_names(pl.concat(scores), *lengths, 5)
    found = pl.DataFrame(
        {
            "firm": index.firms[best["firm_name"].to_numpy()],
            "unit": index.units[best["unit_name"].to_numpy()],
        },
        schema={"firm": pl.UInt32, "unit": pl.UInt32},
    ).unique()
    whole = NearestFirms.from_lists(firms, units, index).pairs(5)
    assert found.sort("firm", "unit").equals(whole.sort("firm", "unit"))
    assert whole.height > 1_000


SCORED = st.tuples(st.integers(0, 4), st.sampled_from([0.15, 0.5, 0.5 + 1e-12, 1.0]))


@given(st.lists(SCORED, max_size=60), st.integers(1, 4))
def test_the_highest_scores_of_each_group_win_and_lower_ties_of_equal_ones(scored, count):
    groups = np.array([group for group, _score in scored], dtype=np.int64)
    scores = np.array([score for _group, score in scored], dtype=np.float64)
    ties = np.arange(len(scored))[::-1].copy()
    order = np.lexsort((ties, -np.round(scores, 9), groups)).tolist()
    wanted = [
        place
        for at, place in enumerate(order)
        if (groups[order[:at]] == groups[place]).sum() < count
    ]
    assert select_highest(groups, scores, ties, count).tolist() == wanted


PAIRS = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), unique=True, max_size=80)


@given(PAIRS, st.integers(1, 20))
def test_what_is_connected_stays_together(pairs, size):
    frame = pl.DataFrame(pairs, schema={"firm": pl.UInt32, "unit": pl.UInt32}, orient="row")
    told = frame.join(group_connected(frame, size), on="firm", how="left")
    assert told.height == frame.height
    assert told["together"].null_count() == 0
    for key in ("firm", "unit"):
        assert told.group_by(key).agg(pl.col("together").n_unique())["together"].max() in (1, None)


@given(PAIRS, st.integers(1, 20), st.randoms())
def test_groups_depend_neither_on_the_order_of_pairs_nor_are_they_larger_than_they_must_be(
    pairs, size, random
):
    frame = pl.DataFrame(pairs, schema={"firm": pl.UInt32, "unit": pl.UInt32}, orient="row")
    shuffled = list(pairs)
    random.shuffle(shuffled)
    again = pl.DataFrame(shuffled, schema={"firm": pl.UInt32, "unit": pl.UInt32}, orient="row")
    assert group_connected(frame, size).equals(group_connected(again, size))
    one = group_connected(frame, 1)
    largest = frame.join(one, on="firm").group_by("together").len()["len"].max() or 0
    sizes = frame.join(group_connected(frame, size), on="firm").group_by("together").len()["len"]
    assert (sizes.max() or 0) < size + largest


@pytest.fixture(scope="module")
def weighed(small_sides, small_linkage):
    lists = make_lists(*small_sides)
    blocked = block(lists.firms, lists.units, lists.index, LinkageSettings().candidates_per_unit)
    pairs = add_manual_decisions(blocked.pairs, read_manual_decisions(None))
    return weigh(measure_agreement(pairs, lists), small_linkage.model, lists.totals).sort(
        "firm", "unit"
    )


@pytest.mark.parametrize("size", [1, 50, 1_000])
def test_pairs_settled_group_by_group_are_settled_as_on_the_whole(weighed, size):
    together = group_connected(weighed, size)
    told = weighed.join(together, on="firm", how="left", maintain_order="left")
    groups = told.partition_by("together", include_key=False)
    # Of groups of one component there are too many to settle each: every seventh, in one go.
    some = groups if size > 1 else groups[::7]
    settings_ = LinkageSettings()
    parts = pl.concat([settle(group, settings_) for group in some]).sort("firm", "unit")
    whole = settle(weighed, settings_).join(
        parts.select("firm", "unit"), on=["firm", "unit"], how="semi", maintain_order="left"
    )
    assert parts.equals(whole)
    assert parts.height > 50


WEIGHED = st.dictionaries(
    st.tuples(st.integers(0, 12), st.integers(0, 12)),
    st.sampled_from([-2.0, -0.5, 0.5, 1.0, 3.0, 3.25, 7.0]),
    max_size=40,
)


@given(WEIGHED, st.integers(1, 8))
@settings(max_examples=300)
def test_ties_are_broken_in_a_group_as_on_the_whole(weights, size):
    pairs = sorted(weights)
    frame = pl.DataFrame(pairs, schema={"firm": pl.UInt32, "unit": pl.UInt32}, orient="row")
    together = frame.join(
        group_connected(frame, size), on="firm", how="left", maintain_order="left"
    )
    firm, unit = (frame[c].to_numpy().astype(np.int64) for c in ("firm", "unit"))
    weight = np.array([weights[pair] for pair in pairs])
    whole, parts = assign(firm, unit, weight), np.zeros(len(pairs), dtype=bool)
    for group in together["together"].unique():
        own = (together["together"] == group).to_numpy()
        parts[own] = assign(firm[own], unit[own], weight[own])
    assert parts.tolist() == whole.tolist()


def test_no_pair_at_all_is_settled_too(weighed):
    assert settle(weighed.clear(), LinkageSettings()).height == 0
    assert group_connected(weighed.clear(), 10).height == 0


TEXT = st.text("云州青石商贸0123456789AZ", min_size=4, max_size=18)


@st.composite
def slips(draw):
    """A text, and the same with one character wrong, missing, extra, or two swapped."""
    text = draw(TEXT)
    place = draw(st.integers(0, len(text) - 1))
    other = draw(st.sampled_from("云州青石商贸0123456789AZ"))
    kind = draw(st.sampled_from(["same", "wrong", "missing", "extra", "swapped"]))
    changed = {
        "same": text,
        "wrong": text[:place] + other + text[place + 1 :],
        "missing": text[:place] + text[place + 1 :],
        "extra": text[:place] + other + text[place:],
        "swapped": text[:place] + text[place : place + 2][::-1] + text[place + 2 :],
    }
    return text, changed[kind]


def keys_of(*texts, met=None):
    frame = pl.DataFrame(
        {"firm": range(len(texts)), "text": texts}, schema={"firm": pl.UInt32, "text": pl.String}
    )
    return build_deletion_keys(frame, 3, 19, met)


@given(slips())
@settings(max_examples=300)
def test_texts_within_one_slip_share_a_key(texts):
    text, changed = texts
    assert set(keys_of(text)["key"]) & set(keys_of(changed)["key"])


@given(slips(), st.lists(TEXT, max_size=20))
def test_who_asks_only_for_keys_that_the_other_side_has_misses_none(texts, others):
    text, changed = texts
    of_units = keys_of(changed, *others)["key"]
    met = KeyFilter.from_keys(of_units)
    wanted = set(keys_of(text)["key"]) & set(of_units)
    assert wanted <= set(keys_of(text, met=met)["key"])
    assert wanted


@given(st.lists(st.integers(0, 2**64 - 1), max_size=200))
def test_a_key_that_was_met_is_never_said_to_be_missing(keys):
    series = pl.Series("key", keys, dtype=pl.UInt64)
    met = KeyFilter.from_keys(series)
    assert bool(np.all(met.has(series.to_numpy())))


def test_nearly_all_keys_that_were_not_met_are_left_out():
    random = np.random.default_rng(1)
    keys = random.integers(0, 2**63, 20_000).astype(np.uint64)
    met = KeyFilter.from_keys(pl.Series("key", keys[:10_000]))
    assert met.has(keys[10_000:]).mean() < 0.03


def test_an_empty_side_has_met_nothing():
    met = KeyFilter.from_keys(pl.Series("key", [], dtype=pl.UInt64))
    assert not met.has(np.arange(5, dtype=np.uint64)).any()
    assert keys_of("云州青石", met=met).height == 0
