import shutil
from hashlib import sha256
from pathlib import Path

import fastexcel
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from gapmatch.api.workspace import Workspace
from gapmatch.errors import StoreError
from gapmatch.pipeline import NullObserver
from gapmatch.synth.plan import Plan
from gapmatch.synth.prefecture import Prefecture, make_prefecture
from gapmatch.synth.sample_workspace import run_demo
from gapmatch.synth.write import write_demo, write_extracts, write_sample, write_workbook
from gapmatch.workspace_files import DATABASE_NAME

SAMPLE = Path(__file__).parents[2] / "data/sample"


@pytest.fixture(scope="module")
def small() -> Prefecture:
    return make_prefecture(Plan(firms=300))


def digests(folder: Path) -> dict[str, str]:
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest() for path in files}


def cells(path: Path) -> pl.DataFrame:
    return fastexcel.read_excel(path).load_sheet(0, header_row=None, dtypes="string").to_polars()


def test_the_same_prefecture_gives_the_same_bytes(small: Prefecture, tmp_path: Path) -> None:
    write_extracts(small, tmp_path / "one")
    write_extracts(small, tmp_path / "two")
    assert digests(tmp_path / "one") == digests(tmp_path / "two")


def test_the_committed_sample_is_what_the_generator_makes(tmp_path: Path) -> None:
    write_sample(tmp_path)
    made = {path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file()}
    for name in made:
        if name.suffix == ".xlsx":  # compressed bytes differ between builds of zlib
            assert_frame_equal(cells(tmp_path / name), cells(SAMPLE / name))
        else:
            assert (tmp_path / name).read_bytes() == (SAMPLE / name).read_bytes(), name
    assert {path.relative_to(SAMPLE) for path in SAMPLE.rglob("*.*") if path.is_file()} == made | {
        Path("README.md")
    }


def test_the_sample_is_small() -> None:
    assert sum(path.stat().st_size for path in SAMPLE.rglob("*") if path.is_file()) < 300_000


def test_a_standard_tax_list_has_titles_header_and_footer(
    small: Prefecture, tmp_path: Path
) -> None:
    files = write_extracts(small, tmp_path)["2022Q4"]
    sheet = cells(files.tax[0])
    first = sheet.to_series(0).to_list()
    assert first[:3] == ["正常申报纳税企业清册（2022年第4季度）", "数据来源：省级税务系统", "序号"]
    assert first[3:303] == [str(number) for number in range(1, 301)]
    assert first[303:] == ["合计", "注：本表仅供参保扩面工作使用"]


def test_an_enrollment_csv_is_gb18030(small: Prefecture, tmp_path: Path) -> None:
    files = write_extracts(small, tmp_path)["2022Q4"]
    text = files.enrollment[0].read_bytes().decode("gb18030")
    assert text.splitlines()[0].startswith("单位编号,单位名称,统一社会信用代码")
    assert len(text.splitlines()) == len(small.quarters["2022Q4"].enrollment) + 1


def test_a_demo_returns_where_its_files_are(tmp_path: Path) -> None:
    files = write_demo(tmp_path, firms=100)
    assert list(files) == ["2022Q3", "2022Q4"]
    for quarter in files.values():
        for path in (*quarter.tax, *quarter.enrollment, *quarter.registry, quarter.truth):
            assert path.is_file()


def test_a_demo_does_not_go_into_another_workspace(sample: Workspace, tmp_path: Path) -> None:
    shutil.copy(sample.path / DATABASE_NAME, tmp_path)
    with pytest.raises(StoreError) as refused:
        run_demo(300, tmp_path, NullObserver())
    assert "新的文件夹" in refused.value.remedy
    assert not (tmp_path / "extracts").exists()


def test_a_sheet_keeps_what_xml_could_break(tmp_path: Path) -> None:
    rows = [
        ("title",),
        ("a", "b"),
        ("<&>", 1),
        (" lead", None),
        (None, 3),
        ("\u200b尾", -4),
        ("end", None),
    ]
    write_workbook(tmp_path / "x.xlsx", rows)
    assert cells(tmp_path / "x.xlsx").rows() == [
        ("title", None), ("a", "b"), ("<&>", "1"), (" lead", None), (None, "3"), ("\u200b尾", "-4"), ("end", None),
    ]  # fmt: skip


def test_openpyxl_opens_the_workbook(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    write_workbook(tmp_path / "x.xlsx", [("名", "数"), ("甲", 2.5)])
    book = openpyxl.load_workbook(tmp_path / "x.xlsx")
    assert list(book.active.values) == [("名", "数"), ("甲", 2.5)]
    book.close()
