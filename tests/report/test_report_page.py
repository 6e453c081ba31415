"""The report: one page that needs nothing else."""

import re
from dataclasses import replace
from itertools import pairwise

import polars as pl
import pytest
from invented_prefecture import nothing, prefecture

from gapmatch.report.html import Figures
from gapmatch.report.page import render_report
from gapmatch.results.quarter_figures import count_defect_kinds


@pytest.fixture(scope="module")
def page():
    return render_report(prefecture(600).complete_frames())


def test_without_a_runtime_the_report_asks_nothing_of_the_network_and_runs_nothing(page):
    assert not re.search(r"https?://|<script|<link|<img|@import|url\(", page)


def test_the_statuses_add_up_to_the_rows_of_the_tax_list(page):
    adds, whole = re.search(r"每行恰有一种状态：([\d, +]+) = ([\d,]+) 行", page).groups()
    assert sum(int(n.replace(",", "")) for n in adds.split(" + ")) == int(whole.replace(",", ""))


def test_each_step_of_the_funnel_is_the_one_before_less_what_it_names(page):
    values = [int(v.replace(",", "")) for v in re.findall(r"</span><b>([\d,]+)</b></div>", page)]
    notes = re.findall(r"<small>减去 ([^<]*)</small>", page)
    taken = [sum(int(n) for n in re.findall(r" (\d+)", note)) for note in notes]
    assert [a - b for a, b in pairwise(values)] == taken


def test_defects_of_a_kind_are_summed_up_with_an_example():
    twice = pl.DataFrame(
        {
            "source_file": ["参保.csv"] * 3,
            "defect": ["同一代码出现 2 次（第 9 行）", "同一代码出现 2 次（第 4 行）", "没有代码"],
            "consequence": ["请核对", "请核对", "照常读入"],
            "kind": ["duplicate_code", "duplicate_code", "missing_code"],
        }
    )
    rows = count_defect_kinds(replace(prefecture(20), defects=twice).complete_frames()).rows()
    assert [(row[1], row[3]) for row in rows] == [
        ("如：同一代码出现 2 次（第 4 行）", 2),
        ("没有代码", 1),
    ]


def test_firms_that_state_no_county_are_called_to_be_assigned():
    shown = render_report(prefecture(20, ("云溪区", "未知")).complete_frames())
    assert "县区未填（待分派）" in shown
    assert "未知" not in shown


def test_quality_warnings_and_changes_are_shown(page):
    for text in ("预计误列户数", "2～13", "差错会多一些", "不再在纳税名单中", "减去"):
        assert text in page


def test_a_name_cannot_bring_markup_into_the_report():
    page = render_report(prefecture(20, ("<script>alert(1)</script>",)).complete_frames())
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_a_report_without_any_row_still_says_so():
    page = render_report(nothing().complete_frames())
    assert "= 0 行" in page


def test_a_report_without_facts_about_the_run_is_whole():
    assert "</html>" in render_report(
        replace(prefecture(20), run_info={}, changes=None).complete_frames()
    )


def test_unknown_founding_dates_and_headcounts_are_groups_of_their_own():
    results = prefecture(20)
    firms = results.firms.with_columns(pl.lit(None).cast(pl.Date).alias("open_date"))
    gaps = results.gaps.with_columns(pl.lit(None).cast(pl.Float64).alias("headcount"))
    assert (
        render_report(replace(results, firms=firms, gaps=gaps).complete_frames()).count(">不详<")
        == 2
    )


def test_each_figure_keeps_its_plain_form_and_is_drawn_where_scripts_run():
    results = prefecture(600).complete_frames()
    plain, drawn = render_report(results), render_report(results, "/* runtime */")
    figures = drawn.count('class="figure"')
    assert figures == drawn.count('"width":"container"') > 4
    assert drawn.count('class="fill"') == plain.count('class="fill"')


def test_names_inside_a_chart_cannot_end_its_script():
    page = render_report(prefecture(20, ("</script><b>",)).complete_frames(), "/* runtime */")
    scripts = re.findall(r"<script.*?</script>", page, re.DOTALL)
    assert len(scripts) == page.count("</script>") == 3
    assert "\\u003c/script>" in page


def test_the_way_to_this_quarter_and_the_visits_are_told():
    totals = pl.DataFrame(
        {
            "line": ["before", "became", "was", "now"],
            "status": ["uninsured", "insured", "not_listed", "uninsured"],
            "firms": [10, -3, 2, 9],
        }
    )
    progress = pl.DataFrame(
        {"county": ["东岭县", "白石县"]}
        | {c: [9, 0] for c in ("targets", "visited", "closed", "enrolled", "persons")}
        | {c: [1, 0] for c in ("refused", "overdue")}
    )
    results = replace(prefecture(20), totals=totals, progress=progress).complete_frames()
    page = render_report(results, "/* runtime */")
    for text in ("现为“已参保”", "新进名单即疑似未参保", "走访与结果", "参保 9 户、9 人"):
        assert text in page
    assert ">上季<" not in page, "nothing is known of last quarter: no columns of dashes"


def test_without_any_visit_there_is_no_section_of_visits():
    assert "走访与结果" not in render_report(prefecture(20).complete_frames())


def test_a_figure_without_rows_takes_no_place():
    assert Figures("/* runtime */").show({}, "") == ""


def test_the_annex_shows_each_column_as_it_was_read_beside_the_last_quarter():
    entry = {"rows": 200, "filled": 150, "distinct": 90, "valid": 120, "share_before": 0.5}
    profile = {
        "tax": [{**entry, "column": "name", "examples": ["甲城试验商行", "乙县<b>厂"]}],
        "enrollment": [
            {**entry, "column": "unit_id", "valid": None, "share_before": None, "examples": []}
        ],
    }
    results = prefecture(20)
    shown = render_report(
        replace(results, run_info={**results.run_info, "profile": profile}).complete_frames()
    )
    annex = shown[shown.index("各列概况") :]
    for text in ("税务清册，200 行", "75.0%", "50.0%", "80.0%", "甲城试验商行 … 乙县&lt;b&gt;厂"):
        assert text in annex
    assert "单位编号" in annex


def test_a_run_without_a_profile_has_no_such_page(page):
    assert "各列概况" not in page
