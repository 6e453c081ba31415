"""A quarter in buckets without Spark: whatever the lists are like, it comes to what the local engine says."""

import random
import shutil
from functools import partial
from pathlib import Path

import polars as pl
import pytest
from here_cluster import HereCluster, here_engine, place_extracts
from invented_rows import enrollment_rows, tax_rows
from polars.testing import assert_frame_equal
from two_runs import run, small_tasks, tables

from gapmatch.errors import GateError, InputError
from gapmatch.linkage import load_shipped_model
from gapmatch.pipeline import Basis, Clock, Rows, assess, standardise
from gapmatch.read import Side, read_extract
from gapmatch.run.quarter_run import Sources
from gapmatch.settings.load import SparkSettings, load_settings
from gapmatch.spark.spark_engine import SparkEngine
from gapmatch.standardise.check_codes import CREDIT_CODE, ORGANISATION_CODE
from gapmatch.synth.plan import Plan
from gapmatch.synth.prefecture import make_prefecture
from gapmatch.synth.write import write_extracts

QUARTER = "2022Q4"
CODE = "91529901MA000012XE"
FRAMES = ("firms", "units", "links", "activity", "gaps", "targets")


@pytest.fixture
def assert_alike(tmp_path):
    return partial(_assert_alike, tmp_path)


def _assert_alike(folder: Path, rows: Rows, size: int) -> None:
    basis = Basis(load_settings(), load_shipped_model())
    local = assess(rows, QUARTER, basis)
    engine = SparkEngine(
        HereCluster(folder=folder), SparkSettings.model_construct(rows_a_task=size)
    )
    extracts = place_extracts(engine.cluster, rows, size)
    found = engine.assess(extracts, QUARTER, basis, Clock())
    for name in FRAMES:
        assert_frame_equal(getattr(found, name), getattr(local, name), check_exact=True)
    assert found.linkage == local.linkage
    assert found.notes == local.notes


@pytest.mark.parametrize("size", [50, pytest.param(331, marks=pytest.mark.long), 100_000])
def test_a_quarter_in_buckets_of_any_size_is_the_quarter_as_a_whole(small_rows, size, assert_alike):
    assert_alike(Rows(small_rows.tax.head(500), small_rows.enrollment.head(200)), size)


def firm(number, name, **more):
    return {"seq": str(number), "name": name, "status": "正常", "sales": 1e6, **more}


def test_firms_that_no_unit_is_like_get_a_row_each(assert_alike):
    tax = tax_rows([firm(n, f"云州县{c}石商贸有限公司") for n, c in enumerate("青白黑红")])
    units = enrollment_rows([{"name": "海滨渔业合作社"}, {"name": "某某托儿所"}])
    assert_alike(Rows(tax, units), 2)


def test_one_firm_and_one_unit_are_lists_too(assert_alike):
    name = "云州县青石商贸有限公司"
    assert_alike(Rows(tax_rows([firm(1, name)]), enrollment_rows([{"name": name}])), 1000)


def test_a_list_in_which_every_row_is_the_same_is_none_the_worse(assert_alike):
    name = "云州县青石商贸有限公司"
    tax = tax_rows([firm(n, name, is_duplicate=n > 0) for n in range(30)])
    assert_alike(Rows(tax, enrollment_rows([{"name": name}] * 3)), 7)


@pytest.mark.parametrize("size", [1, 3])
def test_a_firm_that_is_listed_several_times_is_one_firm_there_too(assert_alike, size):
    names = ["云州县青石商贸有限公司", "云州县碧水物流有限公司", "云州县白石砖厂"]
    again = [
        {"phone": "13800000001"},
        {"phone": "13800000001", "sales": 2e6},
        {"phone": "13800000001", "name": names[1]},
        {"is_duplicate": True},
    ]
    tax = [firm(n, name, taxpayer_code=None) for n, name in enumerate(names[1:])]
    tax += [firm(9, names[0], taxpayer_code=CODE) | change for change in again]
    units = enrollment_rows([{"name": names[0], "phone": "13800000001"}, {"name": names[2]}])
    assert_alike(Rows(tax_rows(tax), units), size)


def wild_rows(firms: int) -> Rows:
    """One owner and one agent's phone for many firms, one address for half of them, rows again and again.

    Other rows of a firm bear names that lie far apart in any order of contents.
    """
    draw = random.Random(7)
    tax, units = [], []
    for number in range(firms):
        trade = "".join(draw.choices("青白黑红石水山云金木海天", k=3))
        row = firm(
            number,
            f"{draw.choice(['云州县', '云州市', ''])}{trade}{draw.choice(['商贸', '建材', '物流'])}有限公司",
            taxpayer_code=make_code(number),
            county="云州市" if number % 10 else "青川县",
            legal_rep="王某某" if number % 3 == 0 else f"李{trade[0]}",
            phone="13800000001" if number % 4 == 0 else f"139{number:08}",
            address="云州市人民路1号" if number % 2 else f"云州市解放路{number}号",
            sales=float(number % 17) * 1e5,
        )
        tax.append(row)
        if number % 5 == 0:
            tax += [{**row, "is_duplicate": True}] * (number % 3)
        if number % 6 == 0:
            tax.append({**row, "name": f"{draw.choice('阿坝至')}{row['name']}", "sales": 3e6})
        if number % 7 == 0:
            tax += [{**row, "phone": None, "is_duplicate": n > 0} for n in range(2)]
        if number % 2:
            owner = {
                "legal_rep": row["legal_rep"],
                "phone": row["phone"],
                "address": row["address"],
            }
            units.append(
                {"name": row["name"].replace("云州", ""), "unit_id": f"U{number}", **owner}
            )
    units += [{**unit, "is_duplicate": True} for unit in units[::9]]
    draw.shuffle(tax)
    return Rows(tax_rows(tax), enrollment_rows(units))


def make_code(number: int) -> str:
    organisation = f"MA{number:06}"
    body = f"91520300{organisation}{ORGANISATION_CODE.compute_check_character(organisation)}"
    return body + CREDIT_CODE.compute_check_character(body)


@pytest.mark.parametrize("size", [5, 64])
def test_wild_lists_come_to_the_same_in_buckets(assert_alike, size):
    rows = wild_rows(90)
    repeats = standardise(rows, None)[0]["duplicate_of"].drop_nulls()
    assert len(repeats) > 40
    assert_alike(rows, size)


def test_firms_of_which_none_is_a_target_leave_an_empty_list(assert_alike):
    tax = tax_rows(
        [firm(n, f"云州县{c}石商贸有限公司", status="注销") for n, c in enumerate("青白黑")]
    )
    assert_alike(Rows(tax, enrollment_rows([{"name": "某某托儿所"}])), 2)


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    folder = tmp_path_factory.mktemp("extracts")
    plan = Plan(seed=2, firms=150, quarters=(QUARTER,), prefectures=("520400",))
    files = write_extracts(make_prefecture(plan), folder)[QUARTER]
    return Sources(files.tax, files.enrollment, files.registry)


def test_workers_have_the_market_registration_and_the_language_of_the_settings(
    sources, tmp_path, monkeypatch
):
    monkeypatch.setattr("gapmatch.spark.spark_engine.start_engine", here_engine)
    for name, master in (("local", None), ("spark", "local[2]")):
        small_tasks(tmp_path / name, 'language = "en"')
        run(QUARTER, sources, tmp_path / name, master)
    assert tables(tmp_path / "spark", QUARTER) == tables(tmp_path / "local", QUARTER)
    targets = pl.read_csv(tmp_path / "spark/out" / QUARTER / "targets.csv")
    assert targets.height > 0


def test_results_that_stay_parquet_have_all_firms_and_are_gated_by_contents(
    sources, tmp_path, monkeypatch
):
    monkeypatch.setattr("gapmatch.spark.spark_engine.start_engine", here_engine)
    small_tasks(tmp_path / "before")
    run(QUARTER, sources, tmp_path / "before")
    shutil.copytree(tmp_path / "before", tmp_path / "after")
    again = tmp_path / "参保另存.csv"
    again.write_bytes(sources.enrollment[0].read_bytes() + b"\r\n")
    saved = Sources(sources.tax, [again], sources.registry)
    (tmp_path / "new").mkdir()
    for name in ("after", "new"):
        (tmp_path / name / "gapmatch.toml").write_text(
            "[spark]\nstore_firms = 0\n[gate]\nmin_firms = 1\n"
        )
    with pytest.raises(GateError, match=again.name):
        run("2023Q1", saved, tmp_path / "after", "local[2]")
    run(QUARTER, saved, tmp_path / "new", "local[2]")
    gaps = pl.read_parquet(tmp_path / "new/parquet" / QUARTER / "gaps" / "*.parquet")
    assert gaps.height == read_extract(Side.TAX, sources.tax, {}).rows.height


def test_steps_that_another_run_left_are_removed_before_they_can_be_taken_for_ours(
    tmp_path, assert_alike
):
    for name in ("read-tax", "fedcba9876543210-8"):
        (tmp_path / name).mkdir()
    name = "云州县青石商贸有限公司"
    assert_alike(Rows(tax_rows([firm(1, name)]), enrollment_rows([{"name": name}])), 1000)
    assert (tmp_path / "read-tax").exists()
    assert not (tmp_path / "fedcba9876543210-8").exists()


def test_a_source_that_could_not_be_read_is_read_again_by_the_next_run(tmp_path, monkeypatch):
    forgotten = []
    monkeypatch.setattr(HereCluster, "forget_step", lambda cluster, step: forgotten.append(step))
    file = tmp_path / "税务.csv"
    file.write_bytes(b"")
    engine = SparkEngine(HereCluster(folder=tmp_path), SparkSettings())
    with pytest.raises(InputError, match="文件是空的"):
        engine.read(Side.TAX, [file], load_settings())
    assert forgotten == ["read-tax"]


def test_a_list_too_large_for_workbooks_is_not_verified(tmp_path):
    tax = tax_rows([firm(1, "云州县青石商贸有限公司"), firm(2, "云州县白石商贸有限公司")])
    rows = Rows(tax, enrollment_rows([{"name": "某某托儿所"}]))
    verify = load_settings().model_copy(update={"tax_list": "verify"})
    engine = SparkEngine(HereCluster(folder=tmp_path), SparkSettings(store_firms=1))
    extracts = place_extracts(engine.cluster, rows, 1)
    with pytest.raises(InputError, match="2 行，超过 1 行") as refused:
        engine.assess_to_parquet(extracts, QUARTER, Basis(verify, load_shipped_model()), Clock())
    assert "store_firms" in refused.value.remedy
