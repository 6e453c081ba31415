"""The report's section on a list handed down to be verified: from its rows to the visits."""

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
from gapmatch.vocabulary.figure_labels import list_verdict_figures
from gapmatch.vocabulary.labels import label_county
from gapmatch.vocabulary.listed_verdicts import explain_listed_verdicts, label_listed_verdicts

_COLOUR = "#5d7a99"


def draw_verification_bridge(results: PublishInput) -> str:
    """Return the way from the list's rows to the visits; nothing if it is not one to verify."""
    if not is_list_to_verify(results):
        return ""
    return html.render_funnel(_steps(build_bridge(results)))


def verification_section(results: PublishInput) -> str:
    """Return the verdicts by county, and what each means; nothing without such a list."""
    if not is_list_to_verify(results):
        return ""
    labels, meanings = label_listed_verdicts(), explain_listed_verdicts()
    titles = {"firms": _("名单户数"), **list_verdict_figures()}
    counts = count_verdicts(results)
    totals = counts.select(titles.keys()).sum().row(0)
    return html.render_section(
        _("名单核查：各县（市、区）的结论"),
        html.render_table(
            (_("县（市、区）"), *titles.values()),
            [
                (label_county(county), *(html.format_number(n) for n in row))
                for county, *row in counts.select("county", *titles).rows()
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
    changes: list[BridgeLine] = []
    for line in lines:
        if line.is_total:
            steps.append(Bar(line.label, line.firms, _describe_changes(changes), _COLOUR))
            changes = []
        elif line.firms:
            changes.append(line)
    return steps


def _describe_changes(changes: Sequence[BridgeLine]) -> str:
    """What was taken from the total above, or added to it; empty if nothing was."""
    named = _("、").join(f"{part.label} {html.format_number(part.firms)}" for part in changes)
    if not named:
        return ""
    words = _("加上 {named}") if changes[0].is_added else _("减去 {named}")
    return words.format(named=named)
