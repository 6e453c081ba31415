"""Learning from visits: adopted on a clear gain only, reproducible, readable."""

import numpy as np
import polars as pl
import pytest

from gapmatch.errors import GapmatchError, SettingsError
from gapmatch.rank.training import train
from gapmatch.run.model_training import replace_scorecards, write_model
from gapmatch.settings.load import load_settings

pytest.importorskip("sklearn", reason="the extra learn is not installed")

SETTINGS = load_settings()
CARDS = {"operates": SETTINGS.activity.operates, "enrolls": SETTINGS.ranking.enrolls}


def invented_visits(count, seed=3, effect=4.0):
    """Visits over six quarters; section A is far less willing than the scorecard knows, by ``effect``."""
    random = np.random.default_rng(seed)
    farm, zero = random.random(count) < 0.5, random.random(count)
    operating = random.random(count) < 1 / (1 + np.exp(-3 + 6 * zero))
    enrolls = random.random(count) < 1 / (1 + np.exp(-(0.8 - effect * farm)))
    persons = np.round(np.exp(random.normal(1.5, 0.6, count)))
    features = {
        **{f"operates:{n}": np.zeros(count) for n in CARDS["operates"].coefficients},
        **{f"enrolls:{n}": np.zeros(count) for n in CARDS["enrolls"].coefficients},
        "operates:zero_filing": zero,
        "operates:regular_filing": 1 - zero,
        "enrolls:section_A": farm.astype(float),
    }
    outcome = np.select([~operating, enrolls], ["dormant", "enrolled"], "refused")
    return pl.DataFrame(
        {
            "quarter": [f"202{1 + n % 6 // 4}Q{n % 6 % 4 + 1}" for n in range(count)],
            "firm": np.arange(count, dtype=np.uint32),
            "outcome": outcome,
            "new_insured": np.where(outcome == "enrolled", persons, 0.0),
            "factor_headcount": persons,
            **features,
        }
    )


def test_what_visits_show_clearly_is_adopted_and_captures_more():
    learned = train(invented_visits(1500), CARDS)
    assert learned.adopted
    assert learned.figures["captured"] > learned.figures["captured_scorecard"] + 0.01
    assert learned.cards["enrolls"].coefficients["section_A"] < -1
    assert (
        learned.figures["enrolls_calibration_error"]
        < learned.figures["enrolls_calibration_error_scorecard"]
    )


def test_visits_that_show_nothing_new_change_nothing():
    assert not train(invented_visits(1500, effect=0.0), CARDS).adopted


def test_the_order_of_the_visits_changes_nothing():
    visits = invented_visits(400)
    assert train(visits, CARDS) == train(visits.reverse(), CARDS)


@pytest.mark.parametrize(
    ("visits", "why"),
    [
        (invented_visits(150), "too few visits"),
        (
            invented_visits(600).filter(quarter="2021Q1"),
            "a single quarter has nothing to be held out",
        ),
    ],
)
def test_too_little_to_learn_from_is_told(visits, why):
    with pytest.raises(GapmatchError, match="不足以学习"):
        train(visits, CARDS)


def test_where_every_visited_firm_operates_the_scorecard_stays():
    visits = invented_visits(600).filter(pl.col("outcome") != "dormant")
    assert train(visits, CARDS).cards["operates"] == CARDS["operates"]


def test_a_model_file_comes_back_as_settings_and_is_reproducible(tmp_path):
    learned = train(invented_visits(1500), CARDS)
    one, other = tmp_path / "one.json", tmp_path / "other.json"
    write_model(one, learned)
    write_model(other, train(invented_visits(1500), CARDS))
    assert one.read_bytes() == other.read_bytes()
    settings = replace_scorecards(SETTINGS, one)
    assert settings.ranking.enrolls.coefficients == learned.cards["enrolls"].coefficients


def test_the_scorecard_stays_available(tmp_path):
    write_model(tmp_path / "m.json", train(invented_visits(1500), CARDS))
    ranking = SETTINGS.ranking.model_copy(update={"model": "scorecard"})
    own = SETTINGS.model_copy(update={"ranking": ranking})
    assert replace_scorecards(own, tmp_path / "m.json") == own


def test_without_a_model_file_the_scorecard_is_used(tmp_path):
    assert replace_scorecards(SETTINGS, tmp_path / "none.json") == SETTINGS


@pytest.mark.parametrize(
    "content", ["", "{}", "[1]", '{"format": 99}', '{"format": 1, "operates": {"intercept": "x"}}']
)
def test_a_damaged_model_file_is_one_clear_error(tmp_path, content):
    file = tmp_path / "m.json"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(SettingsError, match="排序模型文件无法使用"):
        replace_scorecards(SETTINGS, file)
