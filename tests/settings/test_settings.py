"""Settings as a whole: what is wrong is said in words, with where and what was probably meant."""

import time
import tomllib
from contextlib import nullcontext

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from gapmatch.errors import SettingsError
from gapmatch.i18n import use_language
from gapmatch.settings.load import Settings, load_settings

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
    ('[statuses.words]\nnorma = ["正常"]', "statuses.words", "normal", "normal"),
    ('[statuses.payment]\nactive = [""]', "statuses.payment", "文字太短", "too short"),
    ("[gate]\nmin_firms = 1e400", "gate.min_firms", "应为整数", "whole number"),
    ("[linkage]\nprice_review = nan", "linkage.price_review", "应为数字", "a number"),
    ("[linkage]\nreview_budget = true", "linkage.review_budget", "应为整数", "whole number"),
    ("[gate]\nmax_level_ratio = 1e300", "gate.max_level_ratio", "数值过大", "too large"),
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


PASTED = [
    ('[columns.tax]\n# name = ["列"]\n[run]\n\n[columns.tax]\nname = ["户"]\n', "below the empty one"),
    ('[columns.tax]\nname = ["户"]\n[run]\n[ columns.tax ] # mine\n', "above the empty one"),
    ('[columns.tax]\n[columns.tax]\n[columns.tax]\nname = ["户"]\n', "three times"),
    ('[columns.tax]\r\n[run]\r\n[columns.tax]\r\nname = ["户"]\r\n', "lines of Windows"),
    ('[columns."tax"]\n[columns.tax]\nname = ["户"]\n', "in quotes"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "why"), PASTED)
def test_a_block_may_be_pasted_beside_the_empty_section_of_init(tmp_path, text, why):
    file = tmp_path / "gapmatch.toml"
    file.write_bytes(text.encode())
    assert load_settings(file).columns["tax"] == {"name": ["户"]}, why


REPEATED = [
    ("[run]\n[linkage]\nreview_budget = 1\n[linkage]\nprice_review = 2\n", "[linkage]", (2, 4), "a section"),
    ('[capacity]\ndefault = 4\n\n"兴义市" = 5\ndefault = 6\n', "capacity.default", (2, 5), "a setting"),
    ('language = "zh"\nlanguage = "en"\n', "language", (1, 2), "outside of sections"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "name", "lines", "why"), REPEATED)
def test_what_stands_twice_is_told_with_both_lines(tmp_path, text, name, lines, why):
    file = tmp_path / "gapmatch.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load_settings(file)
    assert f"{name} 写了两次" in caught.value.message, why
    for told in (caught.value.message, caught.value.remedy):
        assert all(f"第 {line} 行" in told for line in lines)
    assert "删除该文件" not in caught.value.remedy


def test_all_that_is_wrong_is_told_at_once_with_the_line_of_each(tmp_path):
    file = tmp_path / "gapmatch.toml"
    text = "[linkage]\n\nreview_budget = -1 # few\nprice_reviw = 2\n[gate]\nmin_firms = 0\n"
    text += '[columns.tax]\n"530101197001011234" = 1\n'
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load_settings(file)
    for words in ("4 处错误", "第 3 行 linkage.review_budget", "第 4 行", "第 6 行 gate.min_firms"):
        assert words in caught.value.message
    assert "price_review" in caught.value.remedy
    assert "530101197001011234" not in caught.value.message


ODD = [
    *("nan", "inf", "-inf", "-1", "0", "1e308", "1" + "0" * 30, "true", '"x"', '""', "[]", "{}"),
    *("[[1]]", '["x"]', "{a = {b = 1}}", "2022-12-31", '"\\u0000"', '[""]', '{"" = ""}', "0.5"),
]


def list_paths(model, above=()):
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from list_paths(kind, (*above, name))
        yield ".".join((*above, name))


PATHS = [*list_paths(Settings), "statuses.words.normal", "policies.rules.x", "columns.tax.name"]


def load_or_refuse(file, text):
    file.write_text(text, encoding="utf-8")
    try:
        return load_settings(file)
    except SettingsError as error:
        return error.message + error.remedy


LEAVES = [p for p in PATHS if not any(q.startswith(f"{p}.") for q in PATHS)]


def read_setting(found, path):
    """Return what a setting is in the end."""
    value = found.model_dump(mode="json")
    for name in path.split("."):
        value = value[name]
    return value


@pytest.mark.parametrize("value", ODD)
def test_an_odd_value_of_each_setting_is_taken_or_named_with_its_line(tmp_path, value):
    file = tmp_path / "gapmatch.toml"
    found = load_or_refuse(file, "".join(f"{path} = {value}\n" for path in LEAVES))
    assert isinstance(found, str)
    assert "Input" not in found
    assert "should" not in found
    given_value = tomllib.loads(f"x = {value}")["x"] if "\\u0000" not in value else value
    for line, path in enumerate(LEAVES, 1):
        if f"第 {line} 行 {path}" in found:
            continue
        alone = load_or_refuse(file, f"{path} = {value}\n")
        if isinstance(alone, str):  # what holds for several settings together
            assert f"第 1 行 {path.rpartition('.')[0]}" in alone, path
        elif given_value != {}:  # an empty table changes nothing
            found_value = read_setting(alone, path)
            if path.startswith("statuses.words"):  # before the shipped ones
                found_value = found_value[: len(given_value)]
            assert found_value == given_value, path


def test_a_workspaces_status_words_come_before_the_shipped_ones_and_have_one_meaning(tmp_path):
    file = tmp_path / "gapmatch.toml"
    file.write_text(
        '[statuses.payment]\nstopped = ["挂起"]\nactive = ["封存"]\n'
        '[statuses.scope]\npublic_codes = ["11"]\n',
        encoding="utf-8",
    )
    found, shipped = load_settings(file).statuses, load_settings().statuses
    assert found.payment["stopped"][0] == "挂起"
    assert found.payment["active"][0] == "封存"
    assert set(shipped.payment["stopped"]) - set(found.payment["stopped"]) == {"封存"}
    assert found.words == shipped.words
    assert found.scope["public_codes"] == ["11"], "a list of codes is replaced"


def test_an_unknown_setting_is_named_with_its_line_in_each_section(tmp_path):
    sections = sorted({path.rpartition(".")[0] for path in LEAVES})
    text = "".join(f"{section}{'.' if section else ''}unknown = 1\n" for section in sections)
    found = load_or_refuse(tmp_path / "gapmatch.toml", text)
    assert isinstance(found, str)
    assert [n for n, _section in enumerate(sections, 1) if f"第 {n} 行" not in found] == []


@given(st.dictionaries(st.sampled_from(PATHS), st.sampled_from(ODD), min_size=1, max_size=3))
@settings(max_examples=60)
def test_any_settings_are_taken_or_refused_in_words(tmp_path_factory, given_values):
    text = "".join(f"{path} = {value}\n" for path, value in given_values.items())
    found = load_or_refuse(tmp_path_factory.mktemp("odd") / "gapmatch.toml", text)
    assert isinstance(found, Settings) or ("Input" not in found and "valid " not in found), text


@pytest.mark.parametrize(
    ("text", "is_refused", "why"),
    [
        (".".join(["a"] * 50_000) + " = 1", True, "a setting"),
        ("[" + ".".join(["a"] * 50_000) + "]", True, "a section"),
        ("ranking = {" + " . ".join(['"="'] * 50_000) + " = 1}", True, "inside a table, quoted"),
        ("# " + "." * 50_000, False, "a line of points in a comment"),
        ("[columns.tax]\nname = ['" + "." * 100 + "']", False, "a header of points"),
    ],
)
def test_names_of_very_many_parts_are_refused_at_once(tmp_path, text, is_refused, why):
    (tmp_path / "gapmatch.toml").write_text(text, encoding="utf-8")
    began = time.perf_counter()
    with pytest.raises(SettingsError) if is_refused else nullcontext():
        load_settings(tmp_path / "gapmatch.toml")
    assert time.perf_counter() - began < 5, why


def test_deeply_nested_settings_are_refused(tmp_path):
    assert isinstance(load_or_refuse(tmp_path / "a.toml", "a = " + "[" * 50_000), str)
    assert isinstance(load_or_refuse(tmp_path / "a.toml", "a = " + "1" * 5_000), str)
