"""Settings as a whole: what is wrong is said in words, with where and what was probably meant."""

import pytest

from gapmatch.errors import SettingsError
from gapmatch.i18n import use_language
from gapmatch.settings.load import load_settings

WRONG = [
    ('language = "fr"', "language", "只能是 zh、en", "must be one of zh, en"),
    ("[linkage]\nprice_false_gap = 0", "linkage.price_false_gap", "应大于 0", "above 0"),
    ("[linkage]\nreview_budget = -1", "linkage.review_budget", "不能小于 0", "not be below 0"),
    ("[read]\nrefused_share_limit = 2", "read.refused_share_limit", "不能大于 1", "not be above 1"),
    ("[linkage]\nreview_budget = 1.5", "linkage.review_budget", "应为整数", "whole number"),
    ('[linkage]\nprice_review = "高"', "linkage.price_review", "应为数字", "a number"),
    ("[linkage]\nmodel = 3", "linkage.model", "应为引号中的文字", "quotation marks"),
    ("linkage = 3", "linkage", "应为一节", "a section"),
    ('[columns.tax]\nname = "名称"', "columns.tax.name", "应为方括号中的列表", "a list"),
    ("[linkage]\nreview_budgit = 3", "linkage.review_budgit", "review_budget", "review_budget"),
    ("[linkages]\nreview_budget = 3", "linkages", "linkage", "linkage"),
    ('[capacity]\n"兴义士" = 3', "capacity", "是不是：", "did you mean: "),
]


@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize(("text", "where", "chinese", "english"), WRONG)
def test_a_wrong_setting_is_told_in_words_where_it_stands(
    tmp_path, text, where, chinese, english, place
):
    file = tmp_path / "gapmatch.toml"
    file.write_text(text, encoding="utf-8")
    language, words = (("zh", chinese), ("en", english))[place]
    with use_language(language), pytest.raises(SettingsError) as caught:
        load_settings(file)
    assert str(file) in caught.value.message
    assert where in caught.value.message
    assert words in str(caught.value)
    assert "Input should" not in str(caught.value)


def test_a_broken_file_is_told_with_its_line(tmp_path):
    file = tmp_path / "gapmatch.toml"
    file.write_text("language = fr\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="line 1"):
        load_settings(file)
