"""Weights: more agreement never weighs less, parts add up, and a model file says the same when read again."""

import json
from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gapmatch.errors import SettingsError
from gapmatch.linkage import load_model, load_shipped_model, save_model
from gapmatch.linkage.levels import LADDERS, ORDER
from gapmatch.linkage.weights import (
    compute_competing_probability,
    compute_parts,
    gather_chance,
    gather_evidence,
    refine,
)

FIRMS, UNITS = 300, 120


def random_pairs(seed, count):
    """Compared pairs whose levels mean nothing at all; a seed says how lopsided they are."""
    random = np.random.default_rng(seed)
    cells = random.choice(FIRMS * UNITS, count, replace=False)
    columns = {"firm": cells // UNITS, "unit": cells % UNITS}
    for comparison, ladder in LADDERS.items():
        share = random.dirichlet(np.full(len(ladder), random.choice([0.05, 0.5, 5.0])))
        columns[comparison] = random.choice(len(ladder), count, p=share)
    frame = pl.DataFrame(columns).with_columns(settled=pl.lit(0.0))
    return frame.cast({"firm": pl.UInt32, "unit": pl.UInt32})


def refined_on(seed, count=600):
    random = np.random.default_rng(seed)
    rarity = pl.DataFrame(
        {c: random.integers(1, 20, count) / FIRMS for c in ("name", "code", "person", "phone")}
    )
    evidence = gather_evidence(random_pairs(seed, count), rarity, (FIRMS, UNITS))
    found = {c: int(random.integers(0, UNITS)) for c in ("code", "person", "phone", "address")}
    chance = gather_chance(random_pairs(seed + 1, count), found)
    return refine(load_shipped_model(), evidence, chance), evidence


def chains():
    return [(c, chain) for c, several in ORDER.items() for chain in several]


def assert_ordered(model, firms):
    for comparison, chain in chains():
        weights = model.weights(comparison, firms)
        told = [weights[LADDERS[comparison].index(name)] for name in chain]
        for above, below in pairwise(told):
            assert above >= below - 1e-4, (comparison, chain, told)  # model files are rounded


@given(st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_more_agreement_never_lowers_a_weight_whatever_the_lists_say(seed):
    model, _evidence = refined_on(seed)
    assert_ordered(model, FIRMS)


@pytest.mark.parametrize("level", ["two_edits", "industry_conflict", "different"])
def test_guesses_do_not_confirm_each_other(level):
    count = 4_000
    pairs = pl.DataFrame({"firm": range(count), "unit": range(count)}).with_columns(
        **{c: pl.lit(ladder.index("missing")) for c, ladder in LADDERS.items()}, settled=pl.lit(0.0)
    )
    alike = pairs.with_columns(
        name=pl.when(pl.col("firm") < 400).then(LADDERS["name"].index(level)).otherwise(0),
        person=pl.lit(0),
        phone=pl.lit(0),
    )
    evidence = gather_evidence(alike, pl.DataFrame(), (count, count))
    chance = gather_chance(pairs, dict.fromkeys(("code", "person", "phone", "address"), 0))
    shipped = load_shipped_model()
    found = refine(shipped, evidence, chance)
    place = LADDERS["name"].index(level)
    assert found.m["name"][place] <= 2 * shipped.m["name"][place]


@pytest.mark.parametrize("level", ["core", "typo", "wording"])
def test_a_handful_of_names_that_nearly_agree_may_be_chance(level):
    """The lists fit either, and the first guess must not settle it: 台州旺能 and 三门旺能 are two."""
    place, shipped = LADDERS["name"].index(level), load_shipped_model()
    pairs = pl.DataFrame({"firm": range(1_000), "unit": range(1_000)}).with_columns(
        **{c: pl.lit(ladder.index("missing")) for c, ladder in LADDERS.items()}, settled=pl.lit(0.0)
    )
    alike = pairs.with_columns(name=pl.when(pl.col("firm") < 5).then(place).otherwise(0))
    evidence = gather_evidence(alike, pl.DataFrame(), (5_000, 5_000))
    chance = gather_chance(pairs, dict.fromkeys(("code", "person", "phone", "address"), 0))
    assert refine(shipped, evidence, chance).u["name"][place] > shipped.u["name"][place] / 12


def test_the_shipped_model_weighs_agreement_in_order():
    assert_ordered(load_shipped_model(), 23_500)


@pytest.mark.parametrize(("firms", "units"), [(1, 1), (1, 1000), (1000, 1)])
def test_lists_without_a_single_candidate_still_weigh_agreement_in_order(firms, units):
    none = random_pairs(1, 10).clear()
    evidence = gather_evidence(none, pl.DataFrame(), (firms, units))
    chance = gather_chance(random_pairs(2, 10), dict.fromkeys(("code", "person", "phone"), 0))
    assert_ordered(refine(load_shipped_model(), evidence, chance), firms)


def test_the_parts_of_every_link_add_up_to_its_weight(small_linkage):
    links = small_linkage.links.filter(pl.col("unit").is_not_null())
    told = pl.sum_horizontal(c for c in links.columns if c.startswith("part_"))
    assert links.select((told - pl.col("weight")).abs().max()).item() < 1e-5


@given(st.integers(0, 10_000))
@settings(max_examples=10, deadline=None)
def test_refining_twice_on_the_same_pairs_gives_the_same_model(seed):
    (one, _), (other, _) = refined_on(seed), refined_on(seed)
    assert one.matched_share == other.matched_share
    assert all((one.m[c] == other.m[c]).all() and (one.u[c] == other.u[c]).all() for c in LADDERS)


@given(st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_the_probabilities_of_what_competes_add_up_to_one_at_most(seed):
    model, evidence = refined_on(seed)
    weight = np.sum(list(compute_parts(model, evidence).values()), axis=0)
    probability = compute_competing_probability(weight, evidence)
    assert ((probability >= 0) & (probability <= 1)).all()
    assert np.bincount(evidence.unit, probability).max() <= 1 + 1e-9
    assert np.bincount(evidence.firm, probability).max() <= 1 + 1e-9


def test_any_slice_of_pairs_weighs_what_it_weighs_in_the_whole():
    pairs = random_pairs(5, 200)
    rarity = pl.DataFrame({"name": np.full(200, 3 / FIRMS)})
    whole = compute_parts(load_shipped_model(), gather_evidence(pairs, rarity, (FIRMS, UNITS)))
    some = gather_evidence(pairs.slice(50, 20), rarity.slice(50, 20), (FIRMS, UNITS))
    for name, weights in compute_parts(load_shipped_model(), some).items():
        assert (weights == whole[name][50:70]).all(), name


# -- model files


@given(seed=st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_a_refined_model_can_be_written_and_read_again(tmp_path_factory, seed):
    path = tmp_path_factory.mktemp("model") / "model.json"
    model, _evidence = refined_on(seed)
    save_model(model, path)
    read = load_model(path)
    for comparison in LADDERS:
        np.testing.assert_allclose(read.m[comparison], model.m[comparison], rtol=1e-5)
        np.testing.assert_allclose(read.u[comparison], model.u[comparison], rtol=1e-5)


def test_writing_what_was_read_gives_the_same_bytes(tmp_path):
    first, second = tmp_path / "1.json", tmp_path / "2.json"
    save_model(load_shipped_model(), first)
    save_model(load_model(first), second)
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize("earlier", [1, 2])
def test_a_model_of_an_earlier_format_gets_the_shipped_share_of_later_levels(tmp_path, earlier):
    path = tmp_path / "model.json"
    save_model(load_shipped_model(), path)
    content = json.loads(path.read_text(encoding="utf-8")) | {"format": earlier}
    for table in (content["m"], content["u"]):
        del table["name"]["letter_conflict"]
    path.write_text(json.dumps(content), encoding="utf-8")
    place = LADDERS["name"].index("letter_conflict")
    assert load_model(path).m["name"][place] == load_shipped_model().m["name"][place]


def drop(*path):
    def change(model):
        for key in path[:-1]:
            model = model[key]
        del model[path[-1]]

    return change


def put(value, *path):
    def change(model):
        for key in path[:-1]:
            model = model[key]
        model[path[-1]] = value

    return change


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (put(99, "format"), "another version"),
        (drop("format"), "no version"),
        (drop("m"), "no m at all"),
        (drop("u", "code"), "a comparison is missing"),
        (drop("m", "name", "exact"), "a level is missing"),
        (drop("matched_share"), "the prior is missing"),
        (put(0.0, "m", "name", "exact"), "a probability of zero weighs minus infinity"),
        (put(-0.5, "u", "name", "exact"), "a negative probability"),
        (put(float("nan"), "u", "name", "exact"), "not a number"),
        (put("viel", "u", "name", "exact"), "a word"),
        (put(None, "m", "code"), "null in place of a table"),
        (put(0.0, "matched_share"), "a prior of zero"),
        (put(1.0, "matched_share"), "a prior of one"),
        (put(float("nan"), "matched_share"), "a prior that is no number"),
    ],
)
def test_a_damaged_model_file_is_refused_with_its_path_and_a_remedy(tmp_path, change, why):
    path = tmp_path / "model.json"
    save_model(load_shipped_model(), path)
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load_model(path)
    assert str(path) in caught.value.message, why
    assert caught.value.remedy


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff\xfe\x00", b'"model"'])
def test_what_is_no_model_is_refused(tmp_path, content):
    path = tmp_path / "model.json"
    path.write_bytes(content)
    with pytest.raises(SettingsError):
        load_model(path)


def test_a_model_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(SettingsError):
        load_model(tmp_path / "none.json")
