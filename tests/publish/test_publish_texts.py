"""Names, masks and marked differences."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapmatch.forms.difference import mark_differences
from gapmatch.forms.file_names import make_file_stem, make_file_stems
from gapmatch.forms.keys import CHECK, build_checks, list_changed_columns
from gapmatch.forms.sheet_model import Marked
from gapmatch.privacy import mask_person, mask_phone
from gapmatch.results.policy_texts import collect_texts, name_briefly, split_policies

FILE_NAMES = [
    ("云溪区", "云溪区", "an ordinary county"),
    ("云溪/东岭", "云溪_东岭", "a slash would be a folder"),
    ("云溪*?", "云溪__", "wildcards"),
    ("CON", "CON_", "a device of Windows"),
    ("云溪区. ", "云溪区", "Windows drops a final dot and blank"),
    ("..", "_", "the folder above"),
    ("", "_", "no name"),
    ("县" * 300, "县" * 60, "Windows paths are short"),
]


@pytest.mark.parametrize(("county", "stem", "why"), FILE_NAMES)
def test_a_county_gives_a_file_name_that_windows_takes(county, stem, why):
    assert make_file_stem(county) == stem, why


def test_counties_that_would_share_a_file_name_are_numbered():
    assert make_file_stems(["a/b", "a*b", "A_B"]) == {
        "A_B": "A_B",
        "a*b": "a_b (2)",
        "a/b": "a_b (3)",
    }


CELLS = [
    ("甲公司", "甲公司", False, "as it was"),
    (None, "", False, "an empty cell"),
    ("甲\n乙 丙", "甲乙丙", False, "line breaks and blanks that a program took off"),
    ("甲\u3000乙\u00a0丙\u2003丁\x85", "甲乙丙丁", False, "blanks of every kind"),
    ("='甲'&\"乙\"", "甲乙", False, "what programs put around a text"),
    ("甲公司", "甲工司", True, "another character"),
    ("", "甲", True, "a cell that was filled in"),
    (3, "3", False, "a number"),
]


@pytest.mark.parametrize(("cell", "came_back", "changed", "why"), CELLS)
def test_a_check_tells_which_cell_somebody_wrote_into(cell, came_back, changed, why):
    check = build_checks(pl.DataFrame({"key": ["tax|1|甲"], "name": [cell]}))[0]
    shown = {"key": "tax|1|甲", "name": came_back}
    assert list_changed_columns(CHECK + "key,name", check, shown) == ["name"] * changed, why


PHONES = [
    ("13812345678", "138****5678", "a mobile phone"),
    ("0851-86123456", "085****3456", "a line with its area code"),
    ("86123", "****23", "a short number"),
    ("无", "*", "no number"),
    ("  ", None, "blank"),
    (None, None, "missing"),
]


@pytest.mark.parametrize(("phone", "shown", "why"), PHONES)
def test_a_phone_is_shown_without_its_middle(phone, shown, why):
    frame = pl.DataFrame({"phone": [phone]}, schema={"phone": pl.String})
    assert frame.select(mask_phone("phone")).item() == shown, why


PERSONS = [
    ("张三", "张*", "two characters"),
    ("欧阳小明", "欧**", "no more than two stars"),
    ("张", "张", "one character"),
    (" ", None, "blank"),
    (None, None, "missing"),
]


@pytest.mark.parametrize(("name", "shown", "why"), PERSONS)
def test_a_person_is_shown_by_the_first_character(name, shown, why):
    frame = pl.DataFrame({"name": [name]}, schema={"name": pl.String})
    assert frame.select(mask_person("name")).item() == shown, why


DIFFERENCES = [
    (
        "晨光商贸",
        "辰光商贸",
        ((("晨", True), ("光商贸", False)), (("辰", True), ("光商贸", False))),
    ),
    ("晨光（贵州）", "晨光(贵州)", ("晨光（贵州）", "晨光(贵州)")),
    ("晨光", "晨光店", ("晨光", (("晨光", False), ("店", True)))),
    ("晨光", None, ("晨光", "")),
    (  # a word at another place
        "晨光（东岭县）石化",
        "东岭县晨光石化",
        (
            (("晨光", False), ("（", True), ("东岭县", False), ("）", True), ("石化", False)),
            "东岭县晨光石化",
        ),
    ),
    (  # digits at another place
        "9152A27长坡",
        "91A2752长坡",
        (
            (("91", False), ("52", True), ("A27长坡", False)),
            (("91A27", False), ("52", True), ("长坡", False)),
        ),
    ),
    ("9152A", "待补", ("9152A", "待补")),
    (
        "云溪市东岭县晨光建筑工程有限公司门市部",
        "晨光建筑",
        ((("云溪市东岭县", True), ("晨光建筑", False), ("工程有限公司门市部", True)), "晨光建筑"),
    ),
]


@pytest.mark.parametrize(("left", "right", "shown"), DIFFERENCES)
def test_the_characters_that_differ_are_marked(left, right, shown):
    wanted = tuple(s if isinstance(s, str) else Marked(s) for s in shown)
    assert mark_differences(left, right) == wanted


@given(st.text(max_size=30), st.text(max_size=30))
def test_marking_changes_no_character(left, right):
    for text, shown in zip((left, right), mark_differences(left, right), strict=True):
        joined = shown if isinstance(shown, str) else "".join(t for t, _ in shown.fragments)
        assert joined == text


POLICIES = [
    ("返还：六成；补贴：五千元", [("返还", "六成"), ("补贴", "五千元")], "two policies"),
    ("返还：六成；逐年核定", [("返还", "六成；逐年核定")], "a semicolon inside a wording"),
    ("降低费率", [("降低费率", "")], "a name without a wording"),
]


@pytest.mark.parametrize(("text", "items", "why"), POLICIES)
def test_a_policy_is_told_apart_from_its_wording(text, items, why):
    assert split_policies(text) == items, why


def test_a_list_names_policies_and_the_guide_words_each_once():
    targets = pl.DataFrame({"policies": ["返还：六成；补贴：五千元", "返还：六成", None]})
    assert targets.select(name_briefly(targets, "policies"))["policies"].to_list() == [
        "返还、补贴",
        "返还",
        None,
    ]
    assert collect_texts(targets, "policies") == (("补贴", "五千元"), ("返还", "六成"))
