"""The list that the province hands down: firms that pay tax and are said to insure nobody."""

import polars as pl
import pytest

from gapmatch.pipeline import Nobody
from gapmatch.run.quarter_run import Sources, run_quarter
from gapmatch.schemas import STATUSES
from gapmatch.status.decide import _VERDICT_OF
from test_sizes import prefecture_of

LISTED = 23_500
UNITS = 300


@pytest.fixture(scope="module")
def verified(small_rows, tmp_path_factory) -> pl.DataFrame:
    """``gaps.csv`` of a run on names and codes alone, few of the firms enrolled, nobody visited yet."""
    folder = tmp_path_factory.mktemp("verify")
    (folder / "gapmatch.toml").write_text('tax_list = "verify"\n', encoding="utf-8")
    listed = prefecture_of(small_rows, LISTED).tax
    listed.select(纳税人名称="name", 统一社会信用代码="credit_code").write_csv(folder / "名单.csv")
    units = small_rows.enrollment.head(UNITS)
    units.select(单位编号="unit_id", 单位名称="name", 统一社会信用代码="credit_code").write_csv(
        folder / "参保单位.csv"
    )
    sources = Sources([folder / "名单.csv"], [folder / "参保单位.csv"])
    summary = run_quarter("2022Q4", sources, folder, Nobody())
    assert (summary.out / "counties").is_dir()
    return pl.read_csv(summary.out / "gaps.csv", infer_schema_length=None)


def test_every_row_of_the_list_has_a_verdict(verified):
    assert verified.height == LISTED
    assert set(verified["verdict"]) <= {
        *("confirmed", "refuted", "not_operating", "to_settle", "outside")
    }


def test_every_status_has_a_verdict_of_its_own():
    assert set(_VERDICT_OF) == set(STATUSES)


def test_the_verdict_follows_from_the_status(verified):
    pairs = set(verified.select("status", "verdict").unique().rows())
    expected = {
        ("insured", "refuted"),
        ("uninsured", "confirmed"),
        ("dormant", "not_operating"),
        ("review", "to_settle"),
        ("out_of_scope", "outside"),
    }
    assert {p for p in pairs if p[0] in dict(expected)} <= expected
    assert ("insured", "refuted") in pairs
    assert ("uninsured", "confirmed") in pairs
