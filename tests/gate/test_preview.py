"""What the gate would find is shown without a run, beside the last quarter if there is one."""

from sample_files import sources_of

from gapmatch.api.file_check import check_quarter_files


def test_a_repeated_quarter_shows_before_it_is_run(workspace):
    before = (workspace / "gapmatch.db").read_bytes()
    page = check_quarter_files(sources_of("2022Q3"), workspace, "2022Q4")
    assert page.facts["previous"] == "2022Q3"
    codes = {finding["code"] for finding in page.facts["gate"]}
    assert codes == {"same_content", "other_quarter_in_title"}
    name = next(e for e in page.facts["sides"]["tax"]["profile"] if e["column"] == "name")
    assert name["share_before"] == 1
    assert "2022Q3" in page.sections[-1].title
    assert (workspace / "gapmatch.db").read_bytes() == before
    assert not (workspace / "out" / "2022Q4").exists()
