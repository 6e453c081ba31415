"""Stored sentences, told again in another language."""

import re
from pathlib import Path

import polars as pl
import pytest

from gapmatch.i18n import speaking
from gapmatch.settings.load import load_settings
from gapmatch.store.runs import Store
from gapmatch.wording.retelling import Basis, retold

QUARTER = "2022Q4"
NAMED = re.compile("“[^”]*”|\"[^\"]*\"|'[^']*'")


@pytest.fixture(scope="module")
def stored(sample):
    with Store.open(Path(sample.path)) as store:
        began, language = store.made(QUARTER)
        assert language == "zh"
        settings = load_settings(sample.path / "gapmatch.toml")
        return store.results(QUARTER), Basis(QUARTER, settings, store.visits(), began)


def again(stored, language):
    with speaking(language):
        return retold(*stored)


def test_in_the_language_of_the_run_the_sentences_stay_as_they_were_stored(stored):
    told = again(stored, "zh")
    for name, frame in stored[0].items():
        assert told[name].equals(frame), name


def test_in_english_no_sentence_is_left_in_chinese(stored):
    told = again(stored, "en")
    sentences = [
        *(told["gaps"][c] for c in ("status_reason", "operates_evidence", "headcount_basis")),
        *(told["targets"][c] for c in ("reason", "policies")),
    ]
    for column in sentences:
        for text in column.drop_nulls().unique().to_list():
            assert not re.search("[一-鿿]", NAMED.sub("", text)), text


def test_figures_and_order_are_not_touched(stored):
    told = again(stored, "en")
    for name in ("gaps", "targets"):
        kept = stored[0][name].select(~pl.selectors.string())
        assert told[name].select(kept.columns).equals(kept)
        assert told[name].columns == stored[0][name].columns


def test_a_firm_with_another_status_by_now_keeps_its_sentence(stored):
    frames, basis = stored
    changed = frames["gaps"].with_columns(
        pl.lit("review").cast(frames["gaps"].schema["status"]).alias("status")
    )
    told = again(({**frames, "gaps": changed}, basis), "en")
    others = frames["gaps"]["status"] != "review"
    assert told["gaps"].filter(others).equals(changed.filter(others))
