"""Doubt that the review budget cuts off is a warning if it costs an error."""

import pytest

from gapmatch.gate.findings import WARNING
from gapmatch.gate.inspect_lists import find_exhausted_review_budget
from gapmatch.settings.gate_thresholds import GateSettings
from gapmatch.wording.note_sentences import describe_finding


@pytest.mark.parametrize(
    ("false_gaps", "missed_gaps", "expected", "why"),
    [
        (0.0, 0.0, [], "nothing was cut off"),
        (0.6, 0.3, [], "less than one error"),
        (0.6, 0.4, ["review_budget_exhausted"], "one error of either kind"),
    ],
)
def test_doubt_that_was_cut_off_is_a_warning_if_it_costs_an_error(
    false_gaps, missed_gaps, expected, why
):
    unreviewed = {"pairs": 40, "false_gaps": false_gaps, "missed_gaps": missed_gaps}
    found = find_exhausted_review_budget(unreviewed, 300, GateSettings())
    assert [finding.code for finding in found] == expected, why
    assert {finding.severity for finding in found} <= {WARNING}
    for finding in found:
        assert "40" in describe_finding(finding.code, finding.values, "zh")
