"""Two languages: the command line's and the workspace's."""

import json
import re
import threading
import tomllib

import fastexcel
import polars as pl
import pytest

from gapmatch.cli import main
from gapmatch.i18n import _, get_language, set_language, use_language
from gapmatch.pipeline import NullObserver
from gapmatch.resources import find_config_file, read_csv_rows
from gapmatch.run.quarter_run import Sources, run_quarter
from gapmatch.synth.write import write_demo
from gapmatch.vocabulary.outcomes import load_outcomes, parse_outcome, parse_verdict

HAN = re.compile("[一-鿿，。；：（）、]")


def test_a_language_is_used_for_the_block_alone():
    assert _("未知错误") == "未知错误"
    with use_language("en"):
        assert get_language() == "en"
        assert _("请检查路径。") == "Check the path."
        with use_language("zh"):
            assert _("请检查路径。") == "请检查路径。"
        assert get_language() == "en"
    assert get_language() == "zh"


def test_a_language_changes_back_when_the_block_fails():
    with pytest.raises(ValueError, match="no"), use_language("en"):
        raise ValueError("no")
    assert get_language() == "zh"


def test_other_threads_go_on_in_the_language_of_the_process():
    heard = []
    with use_language("en"):
        thread = threading.Thread(target=lambda: heard.append(get_language()))
        thread.start()
        thread.join()
    assert heard == ["zh"]


@pytest.fixture(scope="module")
def made_up(tmp_path_factory):
    folder = tmp_path_factory.mktemp("extracts")
    quarters = write_demo(folder, 300)
    return max(quarters), quarters[max(quarters)]


@pytest.fixture(scope="module", params=["zh", "en"])
def written(request, made_up, tmp_path_factory):
    """The summary of a run whose settings say one language, at a terminal that speaks the other."""
    quarter, files = made_up
    workspace = tmp_path_factory.mktemp(request.param)
    (workspace / "gapmatch.toml").write_text(f'language = "{request.param}"', encoding="utf-8")
    set_language("en" if request.param == "zh" else "zh")
    try:
        sources = Sources(files.tax, files.enrollment, files.registry)
        return request.param, run_quarter(quarter, sources, workspace, NullObserver())
    finally:
        set_language("zh")


def test_what_a_run_writes_is_in_the_language_of_the_settings(written):
    language, summary = written
    told = {
        name: pl.read_csv(summary.out / f"{name}.csv", infer_schema_length=0)
        for name in ("gaps", "targets", "defects", "links")
    }
    texts = [
        *told["gaps"].select("operates_evidence", "headcount_basis").unpivot()["value"],
        *told["targets"]["policies"],
        *told["defects"]["consequence"],
    ]
    found = {bool(HAN.search(text)) for text in texts if text}
    assert found == {language == "zh"}


def test_the_notes_of_a_run_are_in_the_language_of_the_terminal(written):
    language, summary = written
    info = json.loads((summary.out / "run.json").read_text(encoding="utf-8"))
    assert len(info["warnings"]) == len(summary.warnings) > 0
    assert all(bool(HAN.search(w)) == (language == "zh") for w in info["warnings"])
    assert all(bool(HAN.search(w)) != (language == "zh") for w in summary.warnings)


def test_an_english_workbook_says_nothing_in_chinese_but_data(written):
    language, summary = written
    if language == "zh":
        pytest.skip("this one is Chinese throughout")
    path = sorted((summary.out / "counties").glob("*.xlsx"))[0]
    book = fastexcel.read_excel(path.read_bytes())
    assert book.sheet_names[:9] == [
        *("Visits", "Notes", "Grounds", "Later list", "Review", "Shortages", "Recheck"),
        *("Other open cases", "Figures"),
    ]
    assert (summary.out / "summary.xlsx").is_file()
    notes = book.load_sheet("Notes", header_row=None, dtypes="string").to_polars()
    cells = [cell for row in notes.rows()[1:] for cell in row if cell]
    assert [cell for cell in cells if HAN.search(cell)] == []
    for name in (book.sheet_names[0], *book.sheet_names[2:8]):
        sheet = book.load_sheet(name, header_row=None, dtypes="string").to_polars()
        headings = next(row for row in sheet.iter_rows() if sum(map(bool, row)) > 5)
        assert not [cell for cell in headings if cell and HAN.search(cell)]


def test_the_page_says_which_language_it_is_in(written):
    language, summary = written
    page = (summary.out / "report.html").read_text(encoding="utf-8")
    assert f'<html lang="{"zh-CN" if language == "zh" else "en"}">' in page


def test_a_comparison_is_written_in_the_language_of_the_settings(written, monkeypatch, capsys):
    language, summary = written
    workspace = summary.out.parents[1]
    monkeypatch.setenv("GAPMATCH_LANG", "en" if language == "zh" else "zh")
    try:
        assert main(["diff", summary.quarter, summary.quarter, "--workspace", str(workspace)]) == 0
    finally:
        set_language("zh")
    out = capsys.readouterr().out
    assert ("变化.xlsx" if language == "zh" else "changes.xlsx") in out
    assert ("Written:" if language == "zh" else "已写出：") in out


@pytest.mark.parametrize("spoken", ["zh", "en"])
@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("同一单位", "same"),
        ("same", "same"),
        ("不是同一单位", "different"),
        ("cannot tell", "unsure"),
    ],
)
def test_verdicts_come_back_in_either_language(spoken, text, verdict):
    with use_language(spoken):
        assert parse_verdict(text) == verdict


@pytest.mark.parametrize("spoken", ["zh", "en"])
def test_outcomes_come_back_in_either_language(spoken):
    with use_language(spoken):
        for outcome in load_outcomes().values():
            assert parse_outcome(outcome.label_zh) == parse_outcome(outcome.label_en) == outcome


@pytest.mark.parametrize("name", ["policies.toml", "comparisons.toml"])
def test_what_officials_read_from_the_configuration_is_there_in_english(name):
    given = tomllib.loads(find_config_file(name).read_text(encoding="utf-8"))
    if name == "policies.toml":
        told = [text for r in given["rules"].values() for text in (r["title_en"], r["text_en"])]
        assert not [text for text in told if ": " in text or "; " in text]
    else:
        told = [
            level["en"]
            for ladder in given.values()
            for level in ladder.values()
            if isinstance(level, dict) and "zh" in level
        ]
    assert told
    assert not [text for text in told if HAN.search(text)]


def test_every_label_is_there_in_english():
    files = ("outcomes.csv", "labels.csv", "firm_statuses.csv", "industry_sections.csv")
    rows = [row for name in files for row in read_csv_rows(name)]
    told = [row["label_en"] for row in rows]
    told += [row["meaning_en"] for row in rows if row.get("meaning")]
    assert not [text for text in told if not text or HAN.search(text)]
