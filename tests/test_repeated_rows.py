"""A county that sends its list twice does not have twice the firms."""

import polars as pl
import pytest

from gapmatch.cli import main
from gapmatch.pipeline import Nobody
from gapmatch.run.quarter_run import Sources, run_quarter

NAMES = ["遵义砚柘商贸有限公司", "遵义云岭矿业有限公司", "桐梓墨池养殖场"]


@pytest.fixture
def summary(tmp_path):
    tax = pl.DataFrame({"纳税人名称": NAMES, "行政区划": ["汇川区"] * 3, "个税申报人数": [3, 5, 2]})
    tax.write_csv(tmp_path / "tax.csv")
    tax.head(2).write_csv(tmp_path / "again.csv")
    pl.DataFrame({"单位名称": [NAMES[0]], "单位编号": ["1"]}).write_csv(tmp_path / "units.csv")
    files = [tmp_path / "tax.csv", tmp_path / "again.csv"]
    return run_quarter("2022Q4", Sources(files, [tmp_path / "units.csv"]), tmp_path, Nobody())


def test_firms_are_counted_once_however_often_they_are_listed(summary, tmp_path):
    assert sum(county["firms"] for county in summary.by_county.values()) == 3
    assert pl.read_csv(tmp_path / "out" / "2022Q4" / "gaps.csv").height == 5, "every row is told"


def test_a_firm_that_is_listed_twice_is_explained_as_one(summary, tmp_path, capsys):
    assert main(["explain", NAMES[0], "--workspace", str(tmp_path)]) == 0
    assert NAMES[0] in capsys.readouterr().out


def test_a_name_that_several_firms_bear_is_no_answer(summary, tmp_path, capsys):
    assert main(["explain", "遵义", "--workspace", str(tmp_path)]) == 1
    assert "有 2 家符合" in capsys.readouterr().out
