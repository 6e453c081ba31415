"""The report's section on a list that was handed down to be verified.

From its rows to the visits.
"""

from collections.abc import Sequence

from gapmatch.i18n import _
from gapmatch.report import html
from gapmatch.report.drawing.bars import Bar
from gapmatch.results.run_results import PublishInput
from gapmatch.results.verification import (
    BridgeLine,
    build_bridge,
    count_verdicts,
    is_list_to_verify,
)
from gapmatch.vocabulary.labels import label_county
from gapmatch.vocabulary.listed_verdicts import explain_listed_verdicts, label_listed_verdicts

_COLOUR = "#5d7a99"


def verification_section(results: PublishInput) -> str:
    """Return the bridge and the counties; nothing if the list is not one to verify."""
    if not is_list_to_verify(results):
        return ""
    labels, meanings = label_listed_verdicts(), explain_listed_verdicts()
    counts = count_verdicts(results)
    columns = ("firms", *labels, "tier_a")
    totals = counts.select(columns).sum().row(0)
    return html.render_section(
        _("名单核查：从名单到本季走访"),
        html.render_funnel(_steps(build_bridge(results))),
        html.render_table(
            (_("县（市、区）"), _("名单户数"), *labels.values(), _("属实，本季走访")),
            [
                (label_county(county), *(html.format_number(n) for n in row))
                for county, *row in counts.select("county", *columns).rows()
            ],
            (_("合计"), *(html.format_number(n) for n in totals)),
        ),
        *(
            html.render_paragraph(
                _("{word}：{meaning}").format(word=labels[v], meaning=meanings[v]), "soft"
            )
            for v in labels
        ),
        html.render_paragraph(_("逐户的结论和依据见 核查结果.xlsx。"), "soft"),
    )


def _steps(lines: Sequence[BridgeLine]) -> list[Bar]:
    """Return the totals of the bridge, each with what was taken from the one before."""
    steps: list[Bar] = []
    less: list[BridgeLine] = []
    for line in lines:
        if line.is_total:
            named = _("、").join(f"{part.label} {html.format_number(part.firms)}" for part in less)
            remark = _("减去 {named}").format(named=named) if named else ""
            steps.append(Bar(line.label, line.firms, remark, _COLOUR))
            less = []
        elif line.firms:
            less.append(line)
    return steps
