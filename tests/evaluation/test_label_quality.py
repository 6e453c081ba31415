"""Labels that people gave, beside what the linkage and the estimates said without them."""

import polars as pl
import pytest

from gapmatch.api.frame_linkage import group_links
from gapmatch.evaluation.label_quality import join_pair_labels, measure_thresholds

LINKS = pl.DataFrame(
    {
        "firm": [0, 1, 2, 3],
        "unit": [0, 1, 2, None],
        "weight": [4.0, 60.0, -61.0, None],
        "probability": [0.9, 1.0, 0.0, None],
        "part_decision": [0.0, 60.0, -60.0, None],
        "decision": ["match", "match", "non_match", "non_match"],
    },
    schema_overrides={"firm": pl.UInt32, "unit": pl.UInt32},
)


def labels_of(*rows):
    schema = {"firm": pl.UInt32, "unit": pl.UInt32, "decision": pl.String}
    return join_pair_labels(LINKS, pl.DataFrame(rows, schema=schema, orient="row"))


def test_a_verdict_does_not_measure_itself():
    labels = labels_of((1, 1, "same"), (2, 2, "different"))
    assert labels["probability"].to_list() == pytest.approx([0.5, 1 / 3])


@pytest.mark.parametrize("decision", ["unsure", "disputed", "stale"])
def test_what_people_leave_open_is_no_label(decision):
    assert labels_of((0, 0, decision)).is_empty()


def test_a_pair_that_was_no_candidate_is_missed_by_every_threshold():
    labels = labels_of((0, 0, "same"), (3, 2, "same"))
    assert labels["probability"].to_list() == [0.9, None]
    assert measure_thresholds(labels)["missed"].min() == 1


def test_shares_of_nothing_are_unknown():
    quality = measure_thresholds(labels_of())
    assert quality.height == 51
    assert quality["precision"].null_count() == quality["recall"].null_count() == 51


def test_thresholds_count_right_wrong_and_missed():
    labels = pl.DataFrame({"probability": [0.9, 0.6, 0.2], "same": [True, False, True]})
    row = measure_thresholds(labels).filter(pl.col("threshold") == 0.5).row(0, named=True)
    assert (row["right"], row["wrong"], row["missed"]) == (1, 1, 1)
    assert (row["precision"], row["recall"], row["f1"]) == (0.5, 0.5, 0.5)
    assert row["precision_low"] < 0.5 < row["precision_high"]


def test_the_sample_has_labels_and_findings(sample):
    labels, findings = sample.labels(), sample.findings("2022Q3")
    assert set(labels["same"]) == {True, False}
    assert labels["name"].null_count() == labels["unit_name"].null_count() == 0
    assert sample.label_quality()["recall"].max() == 1.0
    assert findings.height
    assert findings["probability_uninsured"].null_count() == 0


def test_groups_are_whole_components_and_each_member_stands_once(sample):
    groups = sample.groups(min_probability=0.0)
    assert groups.unique(["side", "member"]).height == groups.height
    counted = groups.group_by("group").agg(
        (pl.col("side") == "tax").sum(), members=pl.len(), first="firms", second="units"
    )
    assert (
        counted["members"] == counted["first"].list.first() + counted["second"].list.first()
    ).all()
    assert groups["group"].to_list()[0] == 1
    assert groups["firms"].max() > 1, "branches share the candidate unit of their head office"


def test_no_links_are_no_groups():
    assert group_links(LINKS.clear(), pl.DataFrame()).is_empty()


def test_frames_become_pandas(sample):
    pytest.importorskip("pandas")
    frame = sample.gaps().to_pandas()
    assert len(frame) == sample.gaps().height
    assert {"status", "probability_uninsured"} <= set(frame.columns)
