"""The gate in a run: nothing is written until a person says why the quarter is right."""

import json

import polars as pl
import pytest
from invented_quarter import quarter_frames, record, write_run
from sample_files import REGISTRY, SAMPLE, sources_of

from gapmatch.errors import GateError
from gapmatch.gate.findings import STOP, WARNING, GateFinding
from gapmatch.pipeline import NullObserver
from gapmatch.run.gate_check import _find_newer_quarter, _find_other_kind, accept_findings
from gapmatch.run.quarter_run import RunOptions, Sources, run_quarter
from gapmatch.settings.load import Settings
from gapmatch.store.runs import Store


def test_two_honest_quarters_pass_and_their_registration_may_be_the_same(workspace):
    summary = run_quarter("2022Q4", sources_of("2022Q4"), workspace, NullObserver())
    info = json.loads((summary.out / "run.json").read_text(encoding="utf-8"))
    assert [f for f in info["gate"]["findings"] if f["severity"] == "stop"] == []
    with Store.open(workspace) as store:
        assert sorted(store.quarters()) == ["2022Q3", "2022Q4"]


def test_last_quarters_files_are_stopped_and_leave_everything_as_it_was(workspace):
    with pytest.raises(GateError) as stopped:
        run_quarter("2022Q4", sources_of("2022Q3"), workspace, NullObserver())
    assert "2022Q3" in stopped.value.message
    assert "--accept" in stopped.value.remedy
    assert not (workspace / "out" / "2022Q4").exists()
    with Store.open(workspace) as store:
        assert store.quarters() == ["2022Q3"]


def test_a_stop_that_is_accepted_is_logged_with_name_and_reason(workspace):
    options = RunOptions(accept="两季相同，已与税务核对")
    summary = run_quarter("2022Q4", sources_of("2022Q3"), workspace, NullObserver(), options)
    info = json.loads((summary.out / "run.json").read_text(encoding="utf-8"))
    assert info["gate"]["reason"] == "两季相同，已与税务核对"
    assert info["gate"]["accepted_at"]
    assert any("两季相同" in warning for warning in summary.warnings)
    assert "两季相同" in (summary.out / "report.html").read_text(encoding="utf-8")
    with Store.open(workspace) as store:
        logged = json.loads(store.runs().filter(pl.col("quarter") == "2022Q4")["counts"][0])
        accepted = store.frame("SELECT quarter, run, reason, findings FROM acceptances")
    assert logged["gate"]["reason"] == "两季相同，已与税务核对"
    assert accepted.row(0)[:3] == ("2022Q4", summary.run, "两季相同，已与税务核对")
    assert "same_content" in accepted["findings"][0]


STOPPED = [GateFinding("same_content", STOP, {"file": "a.csv", "quarter": "2022Q3"})]


@pytest.mark.parametrize("reason", [None, "", "  ", "\u3000", "——。"])
def test_a_reason_has_words(reason):
    with pytest.raises(GateError):
        accept_findings(STOPPED, reason)
    assert accept_findings(STOPPED, " 已核对 ").reason == "已核对"


def test_last_quarters_list_in_another_format_is_known(workspace, tmp_path):
    text = (SAMPLE / "2022Q3" / "参保单位.csv").read_text(encoding="gb18030")
    header, *lines = text.splitlines()
    other = tmp_path / "清册.csv"
    other.write_text("\n".join([header, *sorted(lines)]), encoding="utf-8")
    given = Sources(sources_of("2022Q4").tax, [other], [REGISTRY])
    summary = run_quarter("2022Q4", given, workspace, NullObserver())
    assert any("清册.csv" in warning and "2022Q3" in warning for warning in summary.warnings)


def test_running_a_quarter_again_with_its_own_files_is_no_repetition(workspace):
    summary = run_quarter("2022Q3", sources_of("2022Q3"), workspace, NullObserver())
    assert summary.run > 1


def test_a_list_to_verify_does_not_replace_the_quarters_own_run(workspace):
    sources = sources_of("2022Q3")
    with pytest.raises(GateError) as stopped:
        run_quarter("2022Q3", sources, workspace, NullObserver(), RunOptions(verify=True))
    assert "核查上级名单" in stopped.value.message
    assert "另用一个工作区" in stopped.value.message
    with Store.open(workspace) as store:
        assert (store.current_run_id("2022Q3"), store.read_list_kind("2022Q3")) == (1, "discover")
    assert not (workspace / "out" / "2022Q3" / "核查结果.xlsx").exists()
    accepted = RunOptions(verify=True, accept="原来的季度作废")
    assert run_quarter("2022Q3", sources, workspace, NullObserver(), accepted).run == 2
    with Store.open(workspace) as store:
        assert store.find_replaced_run("2022Q3").run == 1


@pytest.mark.parametrize(
    ("quarter", "found", "why"),
    [
        ("2022Q2", ["older_quarter"], "before the newest, and new"),
        ("2022Q3", [], "run again"),
        ("2022Q4", [], "the next one"),
    ],
)
def test_a_quarter_before_the_newest_is_named(tmp_path, quarter, found, why):
    with Store.open(tmp_path) as store:
        write_run(store, record("2022Q3", {}), quarter_frames())
        findings = list(_find_newer_quarter(store, quarter))
    assert [(f.code, f.severity) for f in findings] == [(code, WARNING) for code in found], why


@pytest.mark.parametrize(
    ("held", "quarter", "kind", "found", "why"),
    [
        ({}, "2022Q3", "verify", None, "nothing is there yet"),
        ({"2022Q3": "discover"}, "2022Q3", "verify", "other_list_run", "its own run stands"),
        ({"2022Q3": "verify"}, "2022Q3", "discover", "other_list_run", "the other way round"),
        ({"2022Q3": "discover"}, "2022Q3", "discover", None, "run again"),
        ({"2022Q3": "verify"}, "2022Q3", "verify", None, "verified again"),
        ({"2022Q3": "discover"}, "2022Q4", "verify", "other_list", "beside a quarter"),
        ({"2022Q4": "verify"}, "2022Q3", "discover", "other_list", "a quarter before it"),
        ({"2022Q3": "discover"}, "2022Q4", "discover", None, "the next quarter"),
        (
            {"2022Q2": "verify", "2022Q3": "discover"},
            "2022Q3",
            "discover",
            None,
            "it was warned of when they were mixed",
        ),
        ({"2022Q2": None}, "2022Q3", "discover", None, "an older version wrote no kind"),
        ({"2022Q2": None}, "2022Q2", "verify", "other_list_run", "an older version's quarter"),
    ],
)
def test_another_kind_of_list_is_named(tmp_path, held, quarter, kind, found, why):
    with Store.open(tmp_path) as store:
        for at, given in held.items():
            write_run(store, record(at, {"tax_list": given} if given else {}), quarter_frames())
        findings = list(_find_other_kind(store, quarter, Settings(tax_list=kind)))
    assert [f.code for f in findings] == ([found] if found else []), why
    assert all((f.severity == STOP) == (f.code == "other_list_run") for f in findings)
