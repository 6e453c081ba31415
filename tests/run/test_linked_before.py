"""Last quarter's link is evidence in this one: the firm is no gap unasked."""

import shutil

import polars as pl
import pytest

from gapmatch.cli import main
from gapmatch.ledger.entries import ReviewDecision
from gapmatch.ledger.filled_rows import Pair
from gapmatch.ledger.review_queue import load_review_queue, record_decision
from gapmatch.pipeline import NullObserver
from gapmatch.run.quarter_run import RunOptions, Sources, run_quarter
from gapmatch.store.runs import Store

CODE, OTHER_CODE = "91520303MA67JH4BXL", "91520303MA6XKFLJ7L"
FIRM, UNIT = "遵义砚柘商贸有限公司", "遵义砚柘酒业有限公司"
NO_CODE = {"code": None}
TAX = {"name": FIRM, "code": CODE}
ENROLLED = {"unit_id": "D1", "name": UNIT, "code": CODE}
CASES = [
    # tax rows, units, status of the firm, why
    ([TAX], [ENROLLED], "insured", "the code proves it again"),
    ([TAX | NO_CODE], [ENROLLED], "review", "the code is lost in the tax list"),
    ([TAX | {"code": "9152**********4BXL"}], [ENROLLED], "review", "the code is masked"),
    ([TAX], [ENROLLED | NO_CODE], "review", "the code is lost among the units"),
    ([TAX], [ENROLLED | {"code": None, "name": "云岭门市"}], "review", "and the unit is renamed"),
    ([TAX | {"name": "遵义他山商贸有限公司"}], [ENROLLED | NO_CODE], "review", "the firm is renamed"),
    ([TAX | NO_CODE], [ENROLLED | {"unit_id": None}], "review", "the list has no numbers"),
    ([TAX | NO_CODE], [], "uninsured", "the unit is gone"),
    ([TAX | NO_CODE, {"name": UNIT, "code": CODE}], [ENROLLED], "uninsured",
     "the unit is another firm's by its code"),
    ([TAX | NO_CODE, {"name": UNIT, "code": None}], [ENROLLED], "review",
     "the unit is another firm's by its name alone"),
    ([TAX | NO_CODE], [ENROLLED, {"unit_id": "D7", "name": FIRM, "code": None}], "insured",
     "another unit is the firm's"),
    ([TAX | {"code": OTHER_CODE}], [ENROLLED], "uninsured", "the firm has another code now"),
    ([TAX | NO_CODE], [ENROLLED | {"code": OTHER_CODE}], "uninsured", "the unit has another code"),
    ([TAX | NO_CODE], [{"unit_id": "D1", "name": "汇川春晓药店", "code": OTHER_CODE}], "uninsured",
     "numbers are those of rows"),
]  # fmt: skip


def run(folder, quarter, tax, units):
    rest = [{"name": f"遵义{word}建材有限公司", "code": None} for word in ("墨池", "松涛", "云锦")]
    listed = pl.DataFrame([*tax, *rest], schema={"name": str, "code": str})
    listed.with_columns(county=pl.lit("汇川区"), workers=pl.lit(9)).rename(
        {
            "name": "纳税人名称",
            "code": "统一社会信用代码",
            "county": "所属区县",
            "workers": "从业人数",
        }
    ).write_csv(folder / "tax.csv")
    others = [{"unit_id": f"E{n}", "name": f"汇川第{n}幼儿园", "code": None} for n in range(3)]
    schema = {"unit_id": str, "name": str, "code": str}
    pl.DataFrame([*units, *others], schema=schema).with_columns(insured=pl.lit(9)).rename(
        {
            "unit_id": "单位编号",
            "name": "单位名称",
            "code": "统一社会信用代码",
            "insured": "养老保险人数",
        }
    ).write_csv(folder / "units.csv")
    # Without a budget nothing is reviewed for the names' sake.
    (folder / "gapmatch.toml").write_text("[linkage]\nreview_budget = 0\n")
    sources = Sources([folder / "tax.csv"], [folder / "units.csv"])
    accepted = RunOptions(accept="小名单，文件相同")
    run_quarter(quarter, sources, folder, NullObserver(), accepted)
    gaps = pl.read_csv(folder / "out" / quarter / "gaps.csv")
    return gaps.row(by_predicate=pl.col("tax_row") == 1, named=True)


@pytest.fixture(scope="module")
def last_quarter(tmp_path_factory):
    folder = tmp_path_factory.mktemp("linked")
    assert run(folder, "2022Q3", [TAX], [ENROLLED])["status"] == "insured"
    return folder


@pytest.fixture
def workspace(last_quarter, tmp_path):
    return shutil.copytree(last_quarter, tmp_path / "workspace")


@pytest.mark.parametrize(("tax", "units", "status", "why"), CASES)
def test_a_link_that_a_code_proved_last_quarter_is_reviewed_if_it_is_lost(
    workspace, tax, units, status, why
):
    gap = run(workspace, "2022Q4", tax, units)
    assert gap["status"] == status, why
    if status == "review":
        assert "上季度" in gap["status_reason"]
        assert (gap["unit_name"], gap["unit_id"]) == (units[0]["name"], units[0]["unit_id"])


def test_a_link_by_name_is_remembered_too_if_it_was_as_good_as_certain(tmp_path):
    """The firm, of one code, has a new name since; the unit has no code and its old name."""
    unit = ENROLLED | {"code": None, "name": FIRM}
    assert run(tmp_path, "2022Q3", [TAX], [unit])["status"] == "insured"
    gap = run(tmp_path, "2022Q4", [TAX | {"name": "遵义他山文化传媒有限公司"}], [unit])
    assert (gap["status"], gap["unit_name"]) == ("review", FIRM)


def test_the_first_quarter_of_a_workspace_knows_of_no_link(tmp_path):
    assert run(tmp_path, "2022Q4", [TAX | NO_CODE], [ENROLLED])["status"] == "uninsured"


def test_a_lost_link_stays_in_review_until_a_person_decides(workspace, capsys):
    lost = ([TAX | NO_CODE], [ENROLLED])
    for quarter in ("2022Q4", "2023Q1"):
        assert run(workspace, quarter, *lost)["status"] == "review", quarter
    assert main(["explain", FIRM, "--workspace", str(workspace)]) == 0
    assert "上季度相连" in capsys.readouterr().out
    with Store.open(workspace) as store:
        pair = load_review_queue(store, "王审核").row(0, named=True)
        wanted = Pair(*(pair[field] for field in Pair._fields))
        record_decision(store, ReviewDecision(wanted, "different", "王审核", "2023Q1"))
    assert run(workspace, "2023Q2", *lost)["status"] == "uninsured"
