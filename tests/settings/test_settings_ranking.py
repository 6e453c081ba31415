"""Settings of statuses, ranking, capacity and policies: one clear error at load time."""

import pytest

from gapmatch.errors import SettingsError
from gapmatch.settings.load import load_settings
from gapmatch.settings.ranking import ENROLLS_FEATURES, OPERATES_FEATURES

POLICY = """
[policies.rules.mine]
title = "自定"
who = "{who}"
amount = "{amount}"
text = "说明"
source = "通知"
valid_from = 2022-01-01
valid_until = 2022-12-31
"""

BAD = [
    ('[capacity]\n"兴义士" = 3', ["兴义士", "兴义市"], "an unknown county, with the nearest"),
    ("[capacity]\ndefault = -1", ["capacity"], "no visits below none"),
    ('[capacity]\ntotal = 20\n"兴义市" = 30', ["20", "30"], "a total below what one county has"),
    ('[capacity]\ndefault = "many"', ["应为整数"], "visits are counted"),
    (
        '[ranking.weights]\noperates = "高"',
        ["ranking.weights.operates", "应为数字"],
        "a weight is a number",
    ),
    ("[ranking.weights]\noperate = 1", ["operate", "operates"], "a misspelt weight"),
    ("[ranking.lines]\npension = 0.9", ["1"], "weights of the lines add up to 1"),
    (
        "[activity.operates.coefficients]\nzero_filling = -1",
        ["zero_filling", "zero_filing"],
        "a misspelt feature",
    ),
    (
        "[ranking.enrolls.coefficients]\nlarge_firms = 1",
        ["large_firms", "large_firm"],
        "a misspelt feature",
    ),
    (POLICY.format(who="headcoun > 3", amount="0"), ["headcoun", "headcount"], "a misspelt column"),
    (POLICY.format(who="headcount >", amount="0"), ["headcount >"], "no expression"),
    (POLICY.format(who="headcount", amount="0"), ["是或否"], "who qualifies is yes or no"),
    (POLICY.format(who="true", amount="county"), ["数字"], "an amount is a number"),
    (POLICY.format(who="sum(headcount) > 3", amount="0"), ["逐户"], "each firm by itself"),
    (POLICY.format(who="read_csv('x') = 1", amount="0"), ["read_csv"], "no files"),
]


@pytest.mark.parametrize(("text", "words", "why"), BAD)
def test_a_bad_setting_is_one_clear_error(tmp_path, text, words, why):
    file = tmp_path / "gapmatch.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as error:
        load_settings(file)
    assert all(word in str(error.value) for word in words), why


def test_a_workspace_changes_single_values(tmp_path):
    file = tmp_path / "gapmatch.toml"
    file.write_text(
        '[capacity]\n"兴义市" = 60\n[policies.rates]\nbase_low = 4200', encoding="utf-8"
    )
    settings = load_settings(file)
    assert settings.capacity == {"default": 40, "minimum": 5, "兴义市": 60}
    assert settings.policies.rates.base_low == 4200
    assert settings.policies.rates.pension_employer == 0.16


def test_the_shipped_scorecards_weigh_every_known_feature():
    settings = load_settings()
    assert set(settings.activity.operates.coefficients) == set(OPERATES_FEATURES)
    assert set(settings.ranking.enrolls.coefficients) == set(ENROLLS_FEATURES[:8])
