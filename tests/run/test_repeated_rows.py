"""A county that sends its list twice has neither twice the firms nor twice the insured."""

import polars as pl
import pytest

from gapmatch.cli import main
from gapmatch.pipeline import NullObserver
from gapmatch.run.quarter_run import Sources, run_quarter

NAMES = ["遵义砚柘商贸有限公司", "遵义云岭矿业有限公司", "桐梓墨池养殖场"]
CODE = "91529901MA000012XE"


@pytest.fixture
def summary(tmp_path):
    tax = pl.DataFrame({"纳税人名称": NAMES, "行政区划": ["汇川区"] * 3, "个税申报人数": [3, 5, 2]})
    tax.write_csv(tmp_path / "tax.csv")
    tax.head(2).write_csv(tmp_path / "again.csv")
    pl.DataFrame({"单位名称": [NAMES[0]], "单位编号": ["1"]}).write_csv(tmp_path / "units.csv")
    files = [tmp_path / "tax.csv", tmp_path / "again.csv"]
    return run_quarter("2022Q4", Sources(files, [tmp_path / "units.csv"]), tmp_path, NullObserver())


def test_firms_are_counted_once_however_often_they_are_listed(summary, tmp_path):
    assert sum(county["firms"] for county in summary.by_county.values()) == 3
    assert pl.read_csv(tmp_path / "out" / "2022Q4" / "gaps.csv").height == 5, "every row is told"


def test_a_firm_that_is_listed_twice_is_explained_as_one(summary, tmp_path, capsys):
    assert main(["explain", NAMES[0], "--workspace", str(tmp_path)]) == 0
    assert NAMES[0] in capsys.readouterr().out


def test_a_name_that_several_firms_bear_is_no_answer(summary, tmp_path, capsys):
    assert main(["explain", "遵义", "--workspace", str(tmp_path)]) == 1
    assert "有 2 家符合" in capsys.readouterr().out


@pytest.fixture
def listed_again(tmp_path):
    """A firm with two registration numbers, one of them ended, and a firm of its own."""
    tax = {
        "纳税人名称": [NAMES[0], "遵义砚柘商贸有限责任公司", NAMES[1]],
        "纳税人识别号": [CODE, CODE, None],
        "纳税人状态": ["注销", "正常", "正常"],
        "联系电话": ["13800000001", "13800000002", None],
        "个税申报人数": [3, 3, 5],
    }
    pl.DataFrame(tax).write_csv(tmp_path / "tax.csv")
    units = {"单位名称": [NAMES[0]], "单位编号": ["1"], "统一社会信用代码": [CODE]}
    pl.DataFrame(units).write_csv(tmp_path / "units.csv")
    sources = Sources([tmp_path / "tax.csv"], [tmp_path / "units.csv"])
    return run_quarter("2022Q4", sources, tmp_path, NullObserver())


def test_a_firm_that_is_listed_twice_has_one_link_and_one_status_at_both_rows(
    listed_again, tmp_path
):
    out = tmp_path / "out" / "2022Q4"
    gaps = pl.read_csv(out / "gaps.csv").sort("tax_row")
    links = pl.read_csv(out / "links.csv").sort("tax_row")
    assert gaps["status"].to_list() == ["insured", "insured", "uninsured"]
    assert gaps["same_firm_tax_row"].count() == 1
    assert links.filter(pl.col("decision") == "match")["tax_row"].to_list() == [1, 2]
    assert sum(county["firms"] for county in listed_again.by_county.values()) == 2
    assert listed_again.quality["matches"] == 1, "a firm is counted once"


def test_units_that_are_listed_again_insure_no_more_persons_and_ask_no_more_questions(tmp_path):
    tax = {"纳税人名称": NAMES, "行政区划": ["汇川区"] * 3, "个税申报人数": [40, 40, 40]}
    pl.DataFrame(tax).write_csv(tmp_path / "tax.csv")
    units = pl.DataFrame(
        {
            "单位编号": ["D1", "D2", "D3"],
            "单位名称": [NAMES[0], "遵义云岭矿业集团有限公司", "遵义他山商贸有限公司"],
            "养老保险人数": [20, 20, 40],
            "失业保险人数": [20, 20, 40],
        }
    )
    again = units.with_columns(pl.col("单位名称").str.replace("遵义", "遵义 "))
    lists = {"once": units, "again": pl.concat([again.reverse(), units, units.head(2)])}
    found = {}
    for name, listed in lists.items():
        folder = tmp_path / name
        folder.mkdir()
        listed.write_csv(folder / "units.csv")
        sources = Sources([tmp_path / "tax.csv"], [folder / "units.csv"])
        run_quarter("2022Q4", sources, folder, NullObserver())
        out = folder / "out" / "2022Q4"
        decided = ("taxpayer_name", "unit_id", "decision", "probability")
        judged = ("taxpayer_name", "status", "insured_count", "probability_uninsured")
        found[name] = [
            pl.read_csv(out / "links.csv").select(decided).sort("taxpayer_name", "unit_id"),
            pl.read_csv(out / "gaps.csv").select(judged).sort("taxpayer_name"),
        ]
    for once, twice in zip(*found.values(), strict=True):
        assert once.equals(twice)
    assert found["once"][1]["insured_count"].drop_nulls().to_list()[0] == 20
