"""Folders of Parquet files through the program itself."""

import pytest

from gapmatch.synth.plan import Plan
from gapmatch.synth.prefecture import convert_to_rows, make_prefecture
from gapmatch.synth.write import write_extracts

QUARTER = "2022Q4"


@pytest.fixture
def folder(tmp_path):
    """Return the command that runs a small prefecture whose tax list is a folder of Parquet files."""
    plan = Plan(seed=5, firms=60, quarters=(QUARTER,), prefectures=("520400",))
    prefecture = make_prefecture(plan)
    files = write_extracts(prefecture, tmp_path / "extracts")[QUARTER]
    tax, _enrollment, _registry = convert_to_rows(prefecture.quarters[QUARTER])
    headed = tax.select(
        纳税人名称="name",
        纳税人识别号="taxpayer_code",
        区县="county",
        申报人数="declared_headcount",
    )
    (tmp_path / "税务").mkdir()
    for number, part in enumerate(headed.iter_slices(20)):
        part.write_parquet(tmp_path / f"税务/part-{number}.parquet")
    return ("run", QUARTER, "--tax", "税务", "--enrollment", *files.enrollment, "-w", "w")


def contents(folder):
    return {p: p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_one_broken_file_ends_the_run_and_leaves_earlier_results_whole(say, tmp_path, folder):
    assert say(*folder, "--quiet").code == 0
    before = contents(tmp_path / "w")
    broken = tmp_path / "税务/part-1.parquet"
    broken.write_bytes(broken.read_bytes()[:200])
    said = say(*folder)
    assert said.code == 1
    assert "Parquet 文件已损坏：税务/part-1.parquet" in said.err
    assert "重新导出" in said.err
    assert "Traceback" not in said.err
    assert contents(tmp_path / "w") == before
