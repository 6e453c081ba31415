"""复函.docx: the answer to the list that was handed down, its figures filled in."""

from collections.abc import Mapping
from pathlib import Path

from gapmatch.forms.guide import format_quarter
from gapmatch.i18n import _
from gapmatch.papers.templates import find_template
from gapmatch.papers.word_template import Values, WordTemplate
from gapmatch.results.quarter_figures import count_rows, count_verdicts, is_list_to_verify
from gapmatch.results.run_results import PublishInput
from gapmatch.vocabulary.labels import LISTED_VERDICTS, label_county

_COUNTED = ("firms", *LISTED_VERDICTS, "tier_a")
"""The template's ``tier_a`` are the confirmed firms among this quarter's visits."""
REPLY_WORDS = (
    *("quarter", "lists", "rows", "repeated", "unreadable", "later", "not_listed", *_COUNTED),
    *(f"{verdict}_share" for verdict in LISTED_VERDICTS),
    *("tier_a_others", "expected", "list_size", "rest", "other_visits"),
    *(f"counties.{word}" for word in ("number", "county", *_COUNTED)),
)
"""What may stand in the template, each in double braces."""


def make_reply(results: PublishInput, workspace: Path | None) -> tuple[str, bytes] | None:
    """Return name and content of the reply; ``None`` if the run's list is not one to verify."""
    if not is_list_to_verify(results):
        return None
    template = WordTemplate.from_file(find_template("reply", workspace), REPLY_WORDS)
    return _("复函.docx"), template.fill([_collect_values(results)])


def _collect_values(results: PublishInput) -> Values:
    counts = count_verdicts(results).rename({"confirmed_tier_a": "tier_a"})
    total: Mapping[str, int] = counts.drop("county").sum().row(0, named=True)
    numbers = {**count_rows(results), **total}
    named = {name: _format_number(number) for name, number in numbers.items()}
    shares = {
        f"{name}_share": _format_share(total[name], total["firms"]) for name in LISTED_VERDICTS
    }
    lists = [i["file"] for i in results.run_info.get("inputs", ()) if i.get("side") == "tax"]
    counties = [
        {
            "number": str(number),
            "county": label_county(row["county"]),
            **{name: _format_number(row[name]) for name in _COUNTED},
        }
        for number, row in enumerate(counts.iter_rows(named=True), 1)
    ]
    return {
        **named,
        **shares,
        "quarter": format_quarter(results.quarter),
        "lists": _("、").join(lists),
        "list_size": _describe_size(numbers["rows"] == numbers["firms"]).format(**named),
        "expected": _format_number(_sum_expected_persons(results)),
        "rest": _describe_rest(numbers).format(**named),
        "other_visits": _describe_other_visits(numbers["tier_a_others"]).format(**named),
        "counties": counties,
    }


def _describe_size(is_plain: bool) -> str:  # noqa: FBT001 - of two sentences
    """How long the list is; if every row is a firm, there is nothing to take away."""
    if is_plain:
        return _("名单共{firms}户。")
    return _(
        "名单共{rows}行，其中与其他行是同一户的{repeated}行、"
        "不是一户或没有名称和代码、无从核查的{unreadable}行，计{firms}户。"
    )


def _describe_rest(numbers: Mapping[str, int]) -> str:
    """What becomes of the confirmed firms that are not visited this quarter, if there are any."""
    later = _("；以后各季走访{later}户") if numbers["later"] else ""
    closed = _("；近期已走访或已办结、本季不再走访{not_listed}户") if numbers["not_listed"] else ""
    return later + closed


def _describe_other_visits(count: int) -> str:
    other = _("另有其他企业（险种不全、人数不足或待定）{tier_a_others}户一并走访。")
    return other if count else ""


def _sum_expected_persons(results: PublishInput) -> int:
    """Persons that this quarter's visits to confirmed firms are expected to insure."""
    confirmed = results.gaps.filter(verdict="confirmed").select("firm")
    first = results.targets.filter(tier="A").join(confirmed, on="firm", how="semi")
    return round(first["expected_new_enrollees"].fill_null(0).sum())


def _format_number(value: int) -> str:
    return f"{value:,}"


def _format_share(part: int, total: int) -> str:
    return f"{part / total:.1%}" if total else "—"
