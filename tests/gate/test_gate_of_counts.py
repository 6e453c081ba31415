"""Results too large for the store: the gate judges their files and counts before they are moved."""

import pytest
from invented_extracts import TAX_HEADER, TAX_ROWS, UNIT_HEADER, UNIT_ROWS, read_tax, read_units
from invented_extracts import write_csv as write

from gapmatch.errors import GateError
from gapmatch.pipeline import ParquetOnlyResult
from gapmatch.run.gate_check import accept_findings, find_doubts
from gapmatch.settings.load import Settings
from gapmatch.store.runs import Store

NONE_LEFT_OUT = {"pairs": 0, "false_gaps": 0.0, "missed_gaps": 0.0}


def list_doubts(folder, title, matches, min_firms=1):
    tax = write(folder / "税务.csv", [(title,), TAX_HEADER, *TAX_ROWS])
    units = write(folder / "参保.csv", [UNIT_HEADER, *UNIT_ROWS[:1]])
    result = ParquetOnlyResult(
        {"matches": matches, "reviews": 0, "unreviewed": NONE_LEFT_OUT},
        [],
        {"tax": {}, "enrollment": {}},
    )
    settings = Settings.model_validate(
        {"gate": {"min_firms": min_firms, "min_units_share": 0.5, "min_matched_share": 0.3}}
    )
    with Store.open(folder) as store:
        extracts = [read_tax(tax), read_units(units)]
        return find_doubts(store, "2022Q4", extracts, result, settings)


@pytest.mark.parametrize(
    ("title", "matches", "min_firms", "expected"),
    [
        ("2022年四季度清册", 1, 1, []),
        ("2022年四季度清册", 0, 1, ["few_units"]),
        ("2022年四季度清册", 0, 300, []),
        ("2021年一季度清册", 1, 1, ["other_quarter_in_title"]),
    ],
)
def test_files_and_counts_are_judged(tmp_path, title, matches, min_firms, expected):
    doubts = list_doubts(tmp_path, title, matches, min_firms)
    assert [doubt.code for doubt in doubts] == expected
    if expected:
        with pytest.raises(GateError):
            accept_findings(doubts, None)
