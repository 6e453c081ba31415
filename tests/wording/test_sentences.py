"""Sentences of results, made from codes and numbers in any language."""

import re
from pathlib import Path

import polars as pl
import pytest

from gapmatch.settings.load import load_settings
from gapmatch.store.runs import Store
from gapmatch.vocabulary.notes import Note
from gapmatch.wording.note_sentences import describe_notes
from gapmatch.wording.sentences import add_sentences

QUARTER = "2022Q4"
NAMED = re.compile("“[^”]*”|\"[^\"]*\"|'[^']*'")
GAP_SENTENCES = (
    *("status_reason", "operates_evidence", "headcount_basis", "headcount_conflict"),
    "lines_missing",
)
TARGET_SENTENCES = ("reason", "policies")
CODES = ("evidence_codes", "reason_codes")


@pytest.fixture(scope="module")
def stored(sample):
    with Store.open(Path(sample.path)) as store:
        _began, language = store.get_run_origin(QUARTER)
        assert language == "zh"
        return store.results(QUARTER), load_settings(sample.path / "gapmatch.toml")


def test_in_the_language_of_the_run_the_sentences_are_those_that_were_stored(stored):
    frames, settings = stored
    worded = add_sentences(frames, settings, "zh")
    for name, frame in frames.items():
        assert worded[name].equals(frame), name


def test_in_english_no_sentence_is_left_in_chinese(stored):
    worded = add_sentences(*stored, "en")
    sentences = [
        *(worded["gaps"][c] for c in GAP_SENTENCES),
        *(worded["targets"][c] for c in TARGET_SENTENCES),
    ]
    for column in sentences:
        for text in column.drop_nulls().unique().to_list():
            assert not re.search("[一-鿿]", NAMED.sub("", text)), text


def test_another_language_has_a_sentence_wherever_the_first_has_one(stored):
    worded = add_sentences(*stored, "en")
    for name, columns in (("gaps", GAP_SENTENCES), ("targets", TARGET_SENTENCES)):
        for column in columns:
            nulls = stored[0][name][column].is_null()
            assert worded[name][column].is_null().equals(nulls), column


def test_figures_and_order_are_not_touched(stored):
    worded = add_sentences(*stored, "en")
    for name in ("gaps", "targets"):
        figures = stored[0][name].select(~pl.selectors.string())
        assert worded[name].select(figures.columns).equals(figures)
        assert worded[name].columns == stored[0][name].columns


def test_a_quarter_that_was_stored_without_codes_has_its_sentences_still(stored):
    frames, settings = stored
    old = {name: frame.drop(CODES, strict=False) for name, frame in frames.items()}
    worded = add_sentences(old, settings, "en")
    for name, frame in old.items():
        assert worded[name].equals(frame), name


def test_a_policy_that_is_no_longer_known_keeps_its_stored_text(stored):
    frames, settings = stored
    without = settings.model_copy(
        update={"policies": settings.policies.model_copy(update={"rules": {}})}
    )
    worded = add_sentences(frames, without, "en")
    assert worded["targets"]["policies"].equals(frames["targets"]["policies"])


@pytest.mark.parametrize(
    ("note", "language", "sentence"),
    [
        (
            Note("no_phones", {"side": "tax"}),
            "en",
            "Linking without phones, no such column in: Tax list",
        ),
        (Note("no_phones", {"side": "tax"}), "zh", "比对未使用电话：税务清册没有该列"),
        (
            Note("common_keys", {"keys": ({"key": "{甲}", "firms": 9, "units": 2},)}),
            "zh",
            "以下值为太多企业共有，未据此配对，仅凭其他信息比对：{甲}（9 户、2 个单位）",
        ),
    ],
)
def test_a_note_is_worded_in_the_language_that_is_asked_for(note, language, sentence):
    assert describe_notes([note], language) == [sentence]


@pytest.mark.parametrize(
    ("branch", "ask", "why"),
    [
        ("松桃分店", True, "its head office may insure its workers, in no list"),
        ("", False, "a firm of its own"),
        (None, False, "no name to tell"),
    ],
)
def test_a_branch_without_a_unit_is_to_be_asked_for_its_head_office(stored, branch, ask, why):
    frames, settings = stored
    uninsured = frames["gaps"].filter(pl.col("status") == "uninsured").head(1)
    firm = frames["firms"].join(uninsured.select("firm"), on="firm", how="semi")
    firm = firm.with_columns(pl.lit(branch, pl.String).alias("branch"))
    worded = add_sentences({**frames, "firms": firm, "gaps": uninsured}, settings, "zh")
    assert ("总公司" in worded["gaps"]["status_reason"][0]) == ask, why
