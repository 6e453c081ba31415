"""The report's section on a list that was handed down to be verified: from its rows to the visits."""

from gapmatch.i18n import _
from gapmatch.report import html
from gapmatch.results.run_results import PublishInput
from gapmatch.results.verification import bridge_lines, count_verdicts, is_list_to_verify
from gapmatch.vocabulary.labels import label_county
from gapmatch.vocabulary.listed_verdicts import listed_verdict_labels, listed_verdict_meanings


def verification_section(results: PublishInput) -> str:
    """Return the bridge and the counties; nothing if the list is not one to verify."""
    if not is_list_to_verify(results):
        return ""
    labels, meanings = listed_verdict_labels(), listed_verdict_meanings()
    lines = [(label, _signed(firms)) for label, firms in bridge_lines(results)]
    counts = count_verdicts(results)
    columns = ("firms", *labels, "tier_a")
    totals = counts.select(columns).sum().row(0)
    return html.render_section(
        _("名单核查：从名单到本季走访"),
        html.render_table((_("项目"), _("户（行）数")), lines),
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


def _signed(firms: int) -> str:
    """Return a number as it is added or subtracted, with a true minus."""
    return html.format_number(firms).replace("-", "−")
