"""The comparison with other tools measures what it says, and every tool gets the same frames."""

import sys
from pathlib import Path

import polars as pl
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

import peer_linkers
import peers
import real_lists

SAME = "91990100MA6TEXTA77"


def side(key: str, names: list[str], codes: list[str | None]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            key: range(len(names)),
            "name": names,
            "clean_name": names,
            "standard_name": names,
            "credit_code": codes,
            "taxpayer_code": [None] * len(names),
            "uscc": codes,
            "uscc_valid": [code is not None for code in codes],
            "organisation": [code and code[8:17] for code in codes],
            "organisation_valid": [code is not None for code in codes],
        },
        schema_overrides={key: pl.UInt32, "taxpayer_code": pl.String, "uscc": pl.String},
    )


FIRMS = side("firm", ["砚溪柘商贸有限公司", "翎柘坤药业有限公司", "霁澜朵食品有限公司", "穗禾璟茶厂", "栎岷建材厂", "榆坤朗酒店"],
             [SAME, None, None, None, None, None])  # fmt: skip
UNITS = side("unit", ["旧名字有限公司", "翎柘坤药业有限公司", "霁澜朵食品公司", "岚汐养殖场", "柘桂源水泥厂", "沐筠阔学校"],
             [SAME, None, None, None, None, None])  # fmt: skip


@pytest.mark.parametrize(
    ("tool", "pairs"),
    [
        ("lookup as given", {(0, 0), (1, 1)}),
        ("lookup cleaned", {(0, 0), (1, 1)}),
        ("rapidfuzz ratio", {(0, 0), (1, 1)}),
        ("rapidfuzz WRatio", {(0, 0), (1, 1)}),
    ],
)
def test_tools_match_by_code_and_by_name(tool: str, pairs: set[tuple[int, int]]) -> None:
    links = peer_linkers.LINKERS[tool](FIRMS, UNITS)
    assert links.schema == peer_linkers.LINKED
    found = links.filter(pl.col("decision") == "match").select("firm", "unit").rows()
    assert pairs <= set(found) <= pairs | {(2, 2)}


def test_one_firm_goes_to_one_unit_the_best_first() -> None:
    pairs = pl.DataFrame(
        {"firm": [0, 0, 1, 1], "unit": [0, 1, 0, 1], "score": [0.9, 0.8, 0.95, 0.1]},
        schema_overrides={"firm": pl.UInt32, "unit": pl.UInt32},
    )
    links = peer_linkers._one_to_one(pairs, 0.5)
    assert links.select("firm", "unit").rows() == [(1, 0), (0, 1)]


def test_quality_counts_both_errors_and_finds_the_best_threshold() -> None:
    links = pl.DataFrame(
        {
            "firm": [0, 1, 2, 3],
            "unit": [0, 1, 2, 3],
            "found_unit": ["a", "b", "c", "d"],
            "score": [9.0, 8.0, 7.0, 6.0],
            "probability": [1.0, 1.0, 0.6, 0.4],
            "decision": ["match", "match", "match", "non_match"],
        }
    )
    truth = pl.DataFrame({"firm": [0, 1, 2, 3, 4], "true_unit_id": ["a", "b", None, "d", "e"]})
    quality = peers.quality(links, truth)
    assert (quality["precision"], quality["recall"]) == (2 / 3, 0.5)
    assert (quality["false_gaps"], quality["missed_gaps"], quality["reviews"]) == (2, 1, 0)
    assert quality["best_f1"] == pytest.approx(6 / 8)
    assert quality["calibration_error"] == pytest.approx((0 + 0.6 + 0.6) / 4)


def test_a_variant_hides_columns_but_keeps_their_types() -> None:
    rows = pl.DataFrame({"credit_code": [SAME], "name": ["砚溪柘商贸有限公司"]})
    hidden = peers._hide(rows, ["credit_code"])
    assert hidden.schema == rows.schema
    assert hidden["credit_code"].null_count() == 1


def test_other_tools_get_the_threshold_that_the_truth_would_choose() -> None:
    truth = pl.DataFrame({"firm": [0, 1, 2, 3], "true_unit_id": ["a", "b", None, "d"]})
    links = pl.DataFrame(
        {
            "firm": [0, 1, 2],
            "score": [95.0, 80.0, 75.0],
            "probability": [0.9999, 0.9, 0.001],
            "found_unit": ["a", "b", "c"],
        }
    ).join(truth, on="firm")
    score = real_lists.score_links("names", "some tool", links, truth)
    assert (score.precision, score.recall, score.f1) == pytest.approx((1.0, 2 / 3, 0.8))
    assert score.false_gaps == 1, "firm 3, which the tool proposes nothing for"
    assert (score.sure, score.sure_enrolled) == (2, 1), "firms 2 and 3, of which 3 is enrolled"
    unsure = links.with_columns(probability=pl.lit(None, pl.Float64))
    assert real_lists.score_links("names", "another", unsure, truth).sure is None
