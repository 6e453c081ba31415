"""Measuring against a truth: figures that can be counted by hand."""

import polars as pl
import pytest

from gapmatch.errors import InputError
from gapmatch.evaluation.link_quality import (
    choose_true_units,
    join_truth,
    measure_calibration,
    measure_links,
    read_truth,
)

# Firm 0 and 1 are linked rightly, 2 wrongly, 3 is in review, 4 an enrolled firm said to be uninsured,
# 5 and 6 have no unit: 5 is said to be uninsured, 6 to be insured; 7 is a branch of an enrolled firm.
TRUE = ["a", "b", "c", "d", "e", None, None, None]
STATUS = ["insured", "lines_missing", "insured", "review", "uninsured", "uninsured", "lapsed", "covered_by_parent"]  # fmt: skip
FOUND = [
    (0, 0, "match", 1.0, "same"),
    (1, 1, "match", 0.9, "same"),
    (2, 7, "match", 0.8, "same"),
    (3, 3, "review", 0.5, "same"),
    (4, 4, "non_match", 0.1, "same"),
    (5, None, "non_match", None, "same"),
    (6, 6, "match", 0.9, "same"),
    (7, 0, "non_match", 0.0, "head_office"),
    (0, 5, "match", 0.0, "second_account"),
]
UNITS = pl.DataFrame(
    {"unit": range(8), "unit_id": list("abcdefgh")}, schema_overrides={"unit": pl.UInt32}
)
UINT = {"firm": pl.UInt32}


def quality():
    known = pl.DataFrame({"firm": range(8), "true_unit_id": TRUE}, schema_overrides=UINT)
    gaps = pl.DataFrame({"firm": range(8), "status": STATUS}, schema_overrides=UINT)
    columns = ["firm", "unit", "decision", "probability", "relation"]
    links = pl.DataFrame(
        FOUND, schema=columns, orient="row", schema_overrides={**UINT, "unit": pl.UInt32}
    )
    return measure_links(known, gaps, links, UNITS)


@pytest.mark.parametrize(
    ("figure", "value", "why"),
    [
        ("firms", 8, "all"),
        ("enrolled", 5, "a to e"),
        ("matches", 4, "0, 1, 2, 6; a second account is no claim of its own"),
        ("right_matches", 2, "0, 1"),
        ("precision", 2 / 4, "of the matches"),
        ("recall", 2 / 5, "of the enrolled"),
        ("f1", 2 * 0.5 * 0.4 / 0.9, "harmonic mean"),
        ("false_gaps", 1, "4"),
        ("false_gap_share", 1 / 5, "of the enrolled"),
        ("missed_gaps", 1, "6"),
        ("reviews", 1, "3"),
        ("review_share", 1 / 8, "of all"),
        ("enrolled_in_review", 1, "3"),
        ("covered_by_parent", 1, "7"),
    ],
)
def test_each_figure_is_what_one_counts_by_hand(figure, value, why):
    assert quality().as_dict()[figure] == pytest.approx(value), why


def test_the_calibration_error_is_the_mean_gap_between_said_and_right():
    told = pl.DataFrame(
        {
            "firm": [0, 1, 2, 3, 3],
            "unit": [0, 1, 2, 3, 4],
            "probability": [0.95, 0.95, 0.05, 0.45, 0.25],
            "found_unit": ["a", "b", "c", "d", "e"],
            "true_unit_id": ["a", "x", None, "d", "d"],
        }
    )
    # 0.9–1: said 0.95, right 0.5, two firms; 0–0.1: 0.05 and 0; 0.4–0.5: 0.45 and 1.
    assert measure_calibration(told) == pytest.approx((0.45 * 2 + 0.05 + 0.55) / 4)


def test_links_that_are_as_right_as_they_say_have_no_calibration_error():
    told = pl.DataFrame(
        {
            "firm": range(10),
            "unit": range(10),
            "probability": [0.9] * 10,
            "found_unit": ["a"] * 10,
            "true_unit_id": ["a"] * 9 + ["b"],
        }
    )
    assert measure_calibration(told) == pytest.approx(0)


# -- the truth's file


@pytest.mark.parametrize(
    ("rows", "expected", "why"),
    [
        ("1,a\n1,b", ["b", None], "the unit that it was linked to, in the second row"),
        ("1,b\n1,a", ["b", None], "and in the first"),
        ("1,a;b", ["b", None], "both in a cell"),
        ("1,a；b、c", ["b", None], "with Chinese marks"),
        ("1,d\n1,a", ["a", None], "none of them found: the first number"),
        ("1,a\n1,c", ["c", None], "an account that was found beside another"),
        ("1,\n1,a", ["a", None], "a blank row says nothing"),
        ("1,", [None, None], "not enrolled"),
    ],
)  # fmt: skip
def test_any_unit_of_a_firm_is_right_and_the_firm_counts_once(tmp_path, rows, expected, why):
    truth = read_truth(written(tmp_path / "t.csv", f"tax_seq,unit_id\n{rows}\n2,\n"))
    links = pl.DataFrame(
        [(0, 1, "match", 0.9, "same"), (0, 2, "match", 0.0, "second_account")],
        schema=["firm", "unit", "decision", "probability", "relation"],
        orient="row",
        schema_overrides={**UINT, "unit": pl.UInt32},
    )
    known = choose_true_units(join_truth(FIRMS, truth), links, UNITS)
    assert known["true_unit_id"].to_list() == expected, why
    assert known["firm"].to_list() == [0, 1], why


FIRMS = pl.DataFrame(
    {"firm": [0, 1], "seq": ["1", "2"], "source_file": ["甲.xlsx", "乙.xlsx"], "data_row": [1, 1]},
    schema_overrides=UINT,
)


def written(path, text, encoding="utf-8"):
    path.write_text(text, encoding=encoding)
    return path


def test_a_truth_by_number_is_joined_by_number(tmp_path):
    truth = read_truth(written(tmp_path / "t.csv", "tax_seq,unit_id,employees\n2,b,7\n9,c,1\n"))
    joined = join_truth(FIRMS, truth)
    assert joined.to_dicts() == [{"firm": 1, "true_unit_id": "b", "true_employees": "7"}]


def test_a_truth_by_file_and_row_is_joined_by_both(tmp_path):
    text = "source_file,data_row,unit_id\n乙.xlsx,1,\n甲.xlsx,1,a\n"
    joined = join_truth(FIRMS, read_truth(written(tmp_path / "t.csv", text)))
    assert joined.to_dicts() == [
        {"firm": 0, "true_unit_id": "a"},
        {"firm": 1, "true_unit_id": None},
    ]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "empty"),
        ("tax_seq\n1\n", "no unit"),
        ("unit_id\na\n", "no key"),
        ("source_file,unit_id\n甲,a\n", "half a key"),
    ],
)
def test_a_file_that_is_no_truth_is_refused_with_a_remedy(tmp_path, text, why):
    with pytest.raises(InputError) as caught:
        read_truth(written(tmp_path / "t.csv", text))
    assert caught.value.remedy, why


def test_a_truth_in_another_encoding_is_refused_with_a_remedy(tmp_path):
    path = written(tmp_path / "t.csv", "tax_seq,unit_id\n一,甲\n", "gb18030")
    with pytest.raises(InputError) as caught:
        read_truth(path)
    assert "UTF-8" in caught.value.remedy


def test_a_truth_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(InputError):
        read_truth(tmp_path / "none.csv")


def test_a_truth_of_another_quarter_is_refused(tmp_path):
    truth = read_truth(written(tmp_path / "t.csv", "tax_seq,unit_id\n77,a\n"))
    with pytest.raises(InputError):
        join_truth(FIRMS, truth)
