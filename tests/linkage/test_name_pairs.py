"""Labelled pairs of names (``tests/cases/name_pairs.csv``): what the engine says of them on names alone.

Each pair stands in the lists of a whole prefecture, since how rare a name is can only be told among
others. Both rows lie in one county of the region that the name begins with and have nothing else that
could be compared. Pairs that would disturb each other (the same name in several cases) are judged in
separate rounds.
"""

from collections import Counter, defaultdict
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
import pytest
from invented_rows import enrollment_rows, tax_rows
from linked_lists import decide, lists_of
from rapidfuzz.fuzz import ratio

from gapmatch.linkage.block import block
from gapmatch.linkage.compare import compare
from gapmatch.linkage.frequencies import compute_rarities
from gapmatch.linkage.levels import LADDERS
from gapmatch.linkage.weights import compute_parts, gather_evidence
from gapmatch.settings.load import LinkageSettings
from gapmatch.standardise.divisions import Gazetteer
from gapmatch.standardise.sides_of_extracts import standardise_firms, standardise_units

FILE = Path(__file__).parents[1] / "cases" / "name_pairs.csv"
CASES = pl.read_csv(FILE, infer_schema=False).with_row_index("case").to_dicts()
STRONG = [case for case in CASES if case["strength"] == "STRONG"]
HOME = "520000"
ALIKE = 80
"""Names this much alike (in percent) are not judged in one round."""
FLOORS = {
    ("same", "MEDIUM"): 0.7,
    ("different", "MEDIUM"): 0.6,
    ("same", "WEAK"): 0.6,
    # One trade name and place with a word for the trade more: in real lists nearly always one firm.
    ("different", "WEAK"): 0.2,
}
"""Least share of the doubtful cases that come out as labelled; more is better, all is not possible."""


class Verdict(NamedTuple):
    """What the engine says of a pair."""

    probability: float
    decision: str
    level: str


def find_home(case):
    """That of the background, unless it does not know a region: the province that a name begins with.

    A reader of regions is made for each home, which takes half a second.
    """
    names, gazetteer = (case["name_a"], case["name_b"]), Gazetteer.load()
    if all(gazetteer.split_prefix(name, HOME) for name in names):
        return HOME
    prefixes = [gazetteer.split_prefix(name) for name in names]
    codes = [prefix.division.code for prefix in prefixes if prefix and prefix.division]
    return f"{codes[0][:2]}0000" if codes else HOME


def standard_rows():
    """FIRMS and UNITS of all cases, standardised at home each; ``seq`` and ``unit_id`` say the case."""
    by_home = defaultdict(list)
    for case in CASES:
        by_home[find_home(case)].append(case)
    firms, units = [], []
    for home, cases in by_home.items():
        at = {"division_code": home, "county": "本县"}
        tax = [{"seq": str(c["case"]), "name": c["name_a"], **at} for c in cases]
        enrolled = [{"unit_id": str(c["case"]), "name": c["name_b"], **at} for c in cases]
        firms.append(standardise_firms(tax_rows(tax), None))
        units.append(standardise_units(enrollment_rows(enrolled), home))
    return pl.concat(firms), pl.concat(units)


def rounds():
    """Cases in groups whose names do not disturb each other."""
    found = []
    for case in CASES:
        for group in found:
            if not any(disturb(case, other) for other in group):
                group.append(case)
                break
        else:
            found.append([case])
    return found


def disturb(case, other):
    return any(
        ratio(a, b) > ALIKE
        for a in (case["name_a"], case["name_b"])
        for b in (other["name_a"], other["name_b"])
    )


def numbered(key, background, own):
    return pl.concat([background, own]).drop(key).with_row_index(key).select(background.columns)


def judge(cases, background, rows, model):
    """Return case → verdict, each pair weighed as if nothing else competed."""
    wanted = [str(case["case"]) for case in cases]
    own_firms = rows[0].filter(pl.col("seq").is_in(wanted)).sort("seq")
    own_units = rows[1].filter(pl.col("unit_id").is_in(wanted)).sort("unit_id")
    firms = numbered("firm", background[0], own_firms)
    units = numbered("unit", background[1], own_units)
    lists = lists_of(firms, units)
    count = len(cases)
    pairs = pl.DataFrame({"firm": firms["firm"].tail(count), "unit": units["unit"].tail(count)})
    compared = compare(pairs, *lists).with_columns(settled=pl.lit(0.0))
    rarity = compute_rarities(compared, lists.firms, lists.units, lists.index)
    evidence = gather_evidence(compared, rarity, (firms.height, units.height))
    weight = np.sum(list(compute_parts(model, evidence).values()), axis=0)
    odds = np.where(evidence.eligible, np.exp2(weight), 0.0)
    probability = odds / (1 + odds)
    decisions = decide(probability, evidence.eligible, LinkageSettings())
    levels = [LADDERS["name"][place] for place in compared["name"]]
    said = zip(probability.tolist(), decisions, levels, strict=True)
    return dict(zip(own_firms["seq"], (Verdict(*v) for v in said), strict=True))


@pytest.fixture(scope="module")
def rows():
    return standard_rows()


@pytest.fixture(scope="module")
def verdicts(small_sides, small_linkage, rows):
    found = {}
    for group in rounds():
        found |= judge(group, small_sides, rows, small_linkage.model)
    return found


def agrees(case, verdict):
    """A pair that is the same is more likely than not; one that is not is no match."""
    if case["verdict"] == "same":
        return verdict.probability >= 0.5
    return verdict.decision != "match"


@pytest.mark.parametrize("case", STRONG, ids=lambda c: f"{c['case']}-{c['verdict']}")
def test_a_clear_case_comes_out_as_labelled(verdicts, case):
    verdict = verdicts[str(case["case"])]
    assert agrees(case, verdict), (case["name_a"], case["name_b"], case["why"], verdict)


def test_every_pair_that_is_clearly_the_same_is_a_candidate(small_sides, rows):
    firms = numbered("firm", small_sides[0], rows[0])
    units = numbered("unit", small_sides[1], rows[1])
    lists = lists_of(firms, units)
    candidates = block(*lists, LinkageSettings().candidates_per_unit).pairs
    met = candidates.join(firms.select("firm", "seq"), on="firm").join(
        units.select("unit", "unit_id"), on="unit"
    )
    proposed = set(met.filter(pl.col("seq") == pl.col("unit_id"))["seq"])
    same = [case for case in STRONG if case["verdict"] == "same"]
    missed = [(c["name_a"], c["name_b"]) for c in same if str(c["case"]) not in proposed]
    assert missed == []


def test_most_doubtful_cases_come_out_as_labelled(verdicts):
    doubtful = [case for case in CASES if case["strength"] != "STRONG"]
    kinds = Counter((c["verdict"], c["strength"]) for c in doubtful)
    right = Counter(
        (c["verdict"], c["strength"]) for c in doubtful if agrees(c, verdicts[str(c["case"])])
    )
    shares = {kind: right[kind] / count for kind, count in kinds.items()}
    assert {kind: share for kind, share in shares.items() if share < FLOORS[kind]} == {}, shares


def test_there_are_enough_cases_and_each_says_why():
    assert len(CASES) >= 200
    assert all(case["why"] for case in CASES)
    assert {case["verdict"] for case in CASES} == {"same", "different"}
    assert {case["strength"] for case in CASES} == {"STRONG", "MEDIUM", "WEAK"}
    pairs = [(case["name_a"], case["name_b"]) for case in CASES]
    assert len(set(pairs)) == len(pairs)
