"""Charts: what they show adds up to the frames they are drawn from."""

import builtins
import sys

import polars as pl
import pytest

pytest.importorskip("altair", reason="the extra `charts` is not installed")
import altair as alt

from gapmatch.api import charts
from gapmatch.errors import GapmatchError
from gapmatch.report.drawing.bars import Bar, draw_part_bars, draw_steps, draw_waterfall, make_room
from gapmatch.report.drawing.theme import remove_legend
from gapmatch.results.breakdowns import (
    compute_capture_points,
    count_probability_bins,
    list_age_labels,
    list_size_labels,
)


@pytest.fixture(scope="module")
def drawn(sample):
    gaps, targets, links = sample.gaps(), sample.targets(), sample.links()
    match = links.filter(pl.col("decision") == "match").row(0, named=True)
    pairs = links.select("probability", same=pl.col("decision") == "match")
    return {
        "calibration": charts.calibration(pairs),
        "capture": charts.capture(targets, {"人数": pl.col("priority_headcount")}),
        "comparison_viewer": charts.comparison_viewer(links),
        "errors": charts.errors(sample.expected_errors()),
        "funnel": charts.funnel(gaps, targets),
        "gaps_by_age": charts.gaps_by_age(gaps),
        "gaps_by_county": charts.gaps_by_county(gaps),
        "gaps_by_industry": charts.gaps_by_industry(gaps),
        "gaps_by_size": charts.gaps_by_size(gaps),
        "group_sizes": charts.group_sizes(sample.groups()),
        "priorities": charts.priorities(targets),
        "probabilities": charts.probabilities(links),
        "quarters": charts.quarters({q: sample.gaps(q) for q in sample.quarters()}),
        "reliability": charts.reliability(
            pl.DataFrame(
                {
                    "stated": [0.02, 0.993],
                    "share": [0.01, 0.98],
                    "share_low": [0.0, 0.97],
                    "share_high": [0.03, 0.99],
                }
            )
        ),
        "statuses": charts.statuses(gaps),
        "threshold_cost": charts.threshold_cost(links),
        "threshold_quality": charts.threshold_quality(sample.label_quality()),
        "totals": charts.totals(sample.totals()),
        "waterfall": charts.waterfall(sample.parts(match["firm"], match["unit"])),
        "weights": charts.weights(sample.weights(), "name"),
    }


def values(chart):
    told = chart.to_dict()
    return told["datasets"][told["data"]["name"]]


@pytest.mark.parametrize("name", sorted({*charts.__all__} - {"show_in_notebook"}))
def test_every_chart_is_valid_vega_lite_with_rows_and_words(drawn, name):
    chart = drawn[name]
    assert isinstance(chart, alt.TopLevelMixin)
    told = chart.to_dict()  # checks against the grammar's schema
    assert told["description"]
    assert values(chart)


@pytest.mark.parametrize(
    "name", ["gaps_by_county", "gaps_by_industry", "gaps_by_size", "gaps_by_age"]
)
def test_the_bars_of_a_breakdown_add_up_to_the_uninsured(drawn, sample, name):
    uninsured = sample.gaps().filter(pl.col("status") == "uninsured").height
    assert sum(row["value"] for row in values(drawn[name])) == uninsured


def test_statuses_add_up_to_the_rows_of_the_tax_list(drawn, sample):
    assert sum(row["value"] for row in values(drawn["statuses"])) == sample.gaps().height


def test_the_funnel_narrows_from_the_tax_list_to_tier_a(drawn, sample):
    heights = [row["value"] for row in values(drawn["funnel"])]
    assert heights == sorted(heights, reverse=True)
    assert heights[0] == sample.gaps().height
    assert heights[-1] == sample.targets().filter(pl.col("tier") == "A").height


def test_every_best_candidate_is_in_one_bin(sample):
    links = sample.links()
    counted = sum(n for _low, _high, _words, n in count_probability_bins(links))
    assert counted == links["probability"].drop_nulls().len()


def test_a_chart_names_no_firm(drawn, sample):
    # The first targets' chart lists firms, that is what it is for.
    names = set(sample.gaps()["name"])
    for name in set(drawn) - {"priorities"}:
        text = str(drawn[name].to_dict())
        assert not [firm for firm in names if firm in text]


def test_a_capture_curve_rises_from_nothing_to_everything():
    targets = pl.DataFrame(
        {"firm": [1, 2, 3], "priority": [3.0, 2.0, 1.0], "expected_new_enrollees": [5.0, 3.0, 2.0]}
    )
    points = compute_capture_points(targets, pl.col("priority"))
    assert points == [(0.0, 0.0), (1.0, 0.5), (2.0, 0.8), (3.0, 1.0)]


def test_a_waterfall_ends_where_its_parts_lead():
    spec = draw_waterfall([Bar("甲", 5.0), Bar("乙", -2.0)], Bar("合计", 3.0), "")
    rows = spec["data"]["values"]
    assert [(row["start"], row["end"]) for row in rows] == [(0, 5), (5, 3), (0, 3)]


def test_steps_lead_from_the_first_total_to_the_last():
    spec = draw_steps([Bar("上季", 10), Bar("减", -3), Bar("加", 1), Bar("本季", 8)], "户数")
    rows = spec["data"]["values"]
    assert [row["end"] for row in rows] == [10, 7, 8, 8]
    assert "不从零起" in spec["layer"][0]["encoding"]["x"]["axis"]["title"]


def test_bands_are_named_once_each_and_leave_no_hole():
    assert list_size_labels() == [
        *("不足 1 人", "1～4 人", "5～9 人", "10～19 人", "20～49 人", "50～99 人"),
        *("100～299 人", "300 人以上"),
    ]
    assert len(set(list_age_labels())) == 6


@pytest.mark.parametrize(
    ("value", "label"), [(0.4, "不足 1 人"), (4.4, "1～4 人"), (4.6, "5～9 人")]
)
def test_persons_are_rounded_before_they_are_banded(value, label):
    from gapmatch.results.breakdowns import build_size_band

    frame = pl.DataFrame({"headcount": [value, None]})
    assert frame.select(build_size_band()).to_series().to_list() == [label, None]


def test_without_altair_an_analyst_is_told_what_to_install(sample, monkeypatch):
    monkeypatch.delitem(sys.modules, "altair")
    real = builtins.__import__

    def missing(name, *rest):
        if name == "altair":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(GapmatchError, match=r"requirements/charts\.txt"):
        charts.statuses(sample.gaps())


def test_a_chart_without_its_legend_says_nothing_of_one_and_keeps_its_data():
    spec = draw_part_bars([("甲县", {"a": 2.0, "b": 1.0})], {"a": "#000", "b": "#fff"}, "户数", {})
    bare = remove_legend(spec)
    assert bare["layer"][0]["encoding"]["color"]["legend"] is None
    assert bare["data"] == spec["data"]


def test_the_axis_leaves_room_for_the_longest_text_behind_a_bar():
    short, long = (make_room(0, 10, [text]) for text in ("1", "新增 1,000 人"))
    assert short["domainMin"] == 0
    pixels = [
        float(s["domainMax"]["expr"].split("width - ")[1].split(",")[0]) for s in (short, long)
    ]
    assert pixels[0] < 20 < 90 < pixels[1]


def test_a_pattern_is_drawn_with_parts_that_add_up_to_its_weight(drawn):
    patterns = {}
    for row in values(drawn["comparison_viewer"]):
        patterns.setdefault((row["pattern"], row["total"]), []).append(row["weight"])
    assert 1 < len(patterns) <= 20
    for (_pattern, total), weights in patterns.items():
        assert sum(weights) == pytest.approx(total)


def test_no_pairs_are_no_patterns(sample):
    chart = charts.comparison_viewer(sample.links().clear())
    assert chart.to_dict()["description"]


def test_a_click_on_the_legend_shows_one_line(drawn):
    chart = drawn["threshold_cost"].to_dict()
    assert [param["name"] for param in chart["params"]] == ["picked_line"]
    assert "params" not in drawn["gaps_by_county"].to_dict()


def test_a_notebook_gets_a_chart_that_reacts_and_a_picture(drawn):
    before = alt.renderers.active
    try:
        charts.show_in_notebook()
        shown = alt.renderers.get()(drawn["threshold_quality"].to_dict())
    finally:
        alt.renderers.enable(before)
    assert "<svg" in shown["image/svg+xml"]
    assert any(kind.startswith("application/vnd.vegalite.v") for kind in shown)
