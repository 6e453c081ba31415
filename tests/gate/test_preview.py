"""What the gate would find is shown without a run, beside the last quarter if there is one."""

from pathlib import Path

from gapmatch.api.quarter_check import check_quarter_files
from gapmatch.pipeline import NullObserver
from gapmatch.run.quarter_run import Sources, run_quarter

SAMPLE = Path(__file__).parents[2] / "data" / "sample"


def sources_of(quarter: str) -> Sources:
    folder = SAMPLE / quarter
    return Sources([folder / "正常纳税企业清册.xlsx"], [folder / "参保单位.csv"])


def test_a_repeated_quarter_shows_before_it_is_run(tmp_path):
    run_quarter("2022Q3", sources_of("2022Q3"), tmp_path, NullObserver())
    before = (tmp_path / "gapmatch.db").read_bytes()
    page = check_quarter_files(sources_of("2022Q3"), tmp_path, "2022Q4")
    assert page.facts["previous"] == "2022Q3"
    codes = {finding["code"] for finding in page.facts["gate"]}
    assert codes == {"same_content", "other_quarter_in_title"}
    name = next(e for e in page.facts["sides"]["tax"]["profile"] if e["column"] == "name")
    assert name["share_before"] == 1
    assert "2022Q3" in page.sections[-1].title
    assert (tmp_path / "gapmatch.db").read_bytes() == before
    assert not (tmp_path / "out" / "2022Q4").exists()
