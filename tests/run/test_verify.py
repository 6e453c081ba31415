"""The list that the province hands down: firms that pay tax and are said to insure nobody."""

from pathlib import Path

import fastexcel
import polars as pl
import pytest

from gapmatch.errors import GateError
from gapmatch.pipeline import NullObserver
from gapmatch.read.cell_cleaning import clean_cells
from gapmatch.run.quarter_run import RunOptions, Sources, run_quarter
from gapmatch.schemas import STATUSES, map_statuses
from gapmatch.settings.ranking import GapSettings
from gapmatch.status.decide import _is_unsure
from gapmatch.vocabulary.labels import list_labels
from test_sizes import prefecture_of

UNITS = 300


@pytest.fixture(scope="module", params=[2_000, pytest.param(23_500, marks=pytest.mark.long)])
def listed(request) -> int:
    """How many firms the province lists."""
    return request.param


@pytest.fixture(scope="module")
def answer(listed, small_rows, tmp_path_factory) -> Path:
    """The results of a run on names and codes alone, few of the firms enrolled, nobody visited yet."""
    folder = tmp_path_factory.mktemp("verify")
    (folder / "gapmatch.toml").write_text('tax_list = "verify"\n', encoding="utf-8")
    firms = prefecture_of(small_rows, listed).tax
    firms.select(纳税人名称="name", 统一社会信用代码="credit_code").write_csv(folder / "名单.csv")
    units = small_rows.enrollment.head(UNITS)
    units.select(单位编号="unit_id", 单位名称="name", 统一社会信用代码="credit_code").write_csv(
        folder / "参保单位.csv"
    )
    sources = Sources([folder / "名单.csv"], [folder / "参保单位.csv"])
    summary = run_quarter("2022Q4", sources, folder, NullObserver())
    assert (summary.out / "counties").is_dir()
    return summary.out


@pytest.fixture(scope="module")
def verified(answer) -> pl.DataFrame:
    return pl.read_csv(answer / "gaps.csv", infer_schema_length=None)


def test_every_row_of_the_list_has_a_verdict(verified, listed):
    assert verified.height == listed
    assert set(verified["verdict"]) <= {
        *("confirmed", "refuted", "not_operating", "to_settle", "outside")
    }


def test_every_status_has_a_verdict_of_its_own():
    assert set(map_statuses("verdict")) == set(STATUSES)


@pytest.mark.parametrize(
    ("cause", "uninsured", "operates", "unsure", "why"),
    [
        ("uninsured", 0.99, 0.9, False, "no unit is near, and it operates"),
        ("uninsured", 0.7, 0.9, True, "a doubtful unit that no reviewer had time for"),
        ("uninsured", 0.99, 0.3, True, "whether it operates is anybody's guess"),
        ("insured", 0.02, None, False, "a unit that is surely its own"),
        ("insured", 0.4, 0.9, True, "a match that was merely the cheaper error"),
        ("lapsed", 0.4, 0.9, True, "the unit that lapsed may be another firm's"),
        ("covered_by_parent", 0.3, 0.9, True, "the head office may be another firm's"),
        ("visit_covered", 0.9, 0.9, False, "a visitor saw it"),
        ("dormant", 0.99, 0.05, False, "what is not operating is not asked for"),
        ("public_body", None, None, False, "what is out of scope needs no probability"),
    ],
)
def test_what_is_unsure_is_to_be_settled(cause, uninsured, operates, unsure, why):
    numbers = {"probability_uninsured": pl.Float64, "probability_operates": pl.Float64}
    schema = numbers | {"unclear": pl.String}
    frame = pl.DataFrame(
        {
            "cause": [cause],
            "probability_uninsured": [uninsured],
            "probability_operates": [operates],
            "is_nameless": [False],
            "unclear": [None],
        },
        schema_overrides=schema,
    )
    assert frame.select(_is_unsure(GapSettings())).item() is unsure, why


def test_the_verdict_follows_from_the_status(verified):
    pairs = set(verified.select("status", "verdict").unique().rows())
    expected = {
        ("insured", "refuted"),
        ("uninsured", "confirmed"),
        ("uninsured", "to_settle"),
        ("insured", "to_settle"),
        ("dormant", "not_operating"),
        ("review", "to_settle"),
        ("out_of_scope", "outside"),
    }
    assert {p for p in pairs if p[0] in dict(expected)} <= expected
    assert ("insured", "refuted") in pairs
    assert ("uninsured", "confirmed") in pairs


def test_the_answer_has_every_row_of_the_list_in_its_order(answer):
    workbook = fastexcel.read_excel(answer / "核查结果.xlsx")
    told = workbook.load_sheet(0, header_row=3, dtypes="string").to_polars()
    listed = pl.read_csv(answer.parents[1] / "名单.csv", infer_schema=False)
    assert told.columns[:2] == listed.columns
    assert told.select(listed.columns).equals(clean_cells(listed))
    assert set(told["结论"]) <= set(list_labels("verdict").values())
    assert (answer / "复函.docx").is_file()


@pytest.fixture
def other_list(small_rows, tmp_path) -> Sources:
    """A list of another prefecture, three rows of this one among it, and the bureau's units."""
    units = small_rows.enrollment.head(UNITS)
    units.select(单位编号="unit_id", 单位名称="name", 县区="county").write_csv(
        tmp_path / "单位.csv"
    )
    own = small_rows.tax.filter(pl.col("county").is_not_null()).head(3)
    rows = [(f"五华区青石{n}号商贸有限公司", "昆明市五华区", 20) for n in range(60)]
    rows += [(name, county, 20) for name, county in own.select("name", "county").rows()]
    listed = pl.DataFrame(rows, ("企业名称", "县区", "申报用工人数"), orient="row")
    listed.write_csv(tmp_path / "名单.csv")
    (tmp_path / "gapmatch.toml").write_text('tax_list = "verify"\n', encoding="utf-8")
    return Sources([tmp_path / "名单.csv"], [tmp_path / "单位.csv"])


def test_another_prefectures_list_is_not_confirmed(other_list, tmp_path):
    with pytest.raises(GateError) as stopped:
        run_quarter("2022Q4", other_list, tmp_path, NullObserver())
    assert [finding["code"] for finding in stopped.value.findings] == ["rows_elsewhere"]
    assert not (tmp_path / "out" / "2022Q4").exists()
    options = RunOptions(accept="省里合并下发")
    accepted = run_quarter("2022Q4", other_list, tmp_path, NullObserver(), options)
    gaps = pl.read_csv(accepted.out / "gaps.csv", infer_schema_length=None)
    elsewhere = gaps.filter(pl.col("taxpayer_name").str.starts_with("五华区"))
    assert elsewhere["verdict"].unique().to_list() == ["outside"]
    assert elsewhere["status_reason"].str.contains("昆明市").all()
