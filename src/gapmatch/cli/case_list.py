"""Cases on the terminal: which ones, as a list, and by county."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from gapmatch.cli.evaluation_report import build_drawn_section
from gapmatch.cli.usage_messages import UsageError, suggest_names
from gapmatch.i18n import _
from gapmatch.ledger.case_states import FINISHED_STATES
from gapmatch.reports import Page, Section
from gapmatch.vocabulary.labels import list_labels, list_progress_labels
from gapmatch.vocabulary.outcomes import load_outcomes

if TYPE_CHECKING:
    from gapmatch.run.earlier_quarters import DrawnRates


class Choice(NamedTuple):
    """Filters of the case list; ``None`` and ``False`` do not filter."""

    text: str | None = None
    county: str | None = None
    state: str | None = None
    outcome: str | None = None
    tier: str | None = None
    open_only: bool = False
    overdue: bool = False

    def select(self, cases: pl.DataFrame) -> pl.DataFrame:
        """Return the chosen rows of ``list_cases``; raise ``UsageError`` for an unknown value."""
        counties = cases["county"].drop_nulls().unique().sort().to_list()
        named = {
            "county": _resolve_name(self.county, {c: c for c in counties}),
            "state": _resolve_name(self.state, list_labels("case_state")),
            "outcome": _resolve_name(self.outcome, list_outcome_labels()),
            "tier": _resolve_name(self.tier and self.tier.upper(), {t: t for t in "ABC"}),
        }
        tests = [pl.col(column) == value for column, value in named.items() if value]
        # A visit to be followed up is not settled, whether the quarter lists the firm or not.
        begun = (pl.col("visits") > 0) & ~pl.col("state").is_in(FINISHED_STATES)
        tests += [pl.col("open") | begun] if self.open_only else []
        tests += [pl.col("overdue")] if self.overdue else []
        tests += [_match_case(self.text)] if self.text else []
        return cases.filter(*tests) if tests else cases


def _match_case(text: str) -> pl.Expr:
    return (
        (pl.col("number") == text.strip())
        | (pl.col("code") == text.strip().upper())
        | pl.col("name").str.contains(text.strip(), literal=True)
    )


def _resolve_name(typed: str | None, words: Mapping[str, str]) -> str | None:
    """Return the machine name that ``typed`` means, by itself or by its words."""
    if typed is None:
        return None
    known = {**{word: name for name, word in words.items()}, **{name: name for name in words}}
    if typed in known:
        return known[typed]
    choices = _("、").join(dict.fromkeys(words.values()))
    raise UsageError(
        _("没有这一项：{text}").format(text=typed),
        suggest_names(typed, known) or _("可选：{choices}").format(choices=choices),
    )


def list_outcome_labels() -> dict[str, str]:
    """Return code of an outcome to words."""
    return {code: outcome.label for code, outcome in load_outcomes().items()}


def build_cases_page(cases: pl.DataFrame, limit: int) -> Page:
    """Return the page of ``cases`` (rows of ``list_cases``), at most ``limit`` for a person."""
    shown = cases.head(limit) if limit else cases
    columns = ("number", "county", "name", "state", "tier", "outcome", "visited_on", "persons")
    words = shown.with_columns(
        pl.col("state").replace(list_labels("case_state")),
        pl.col("outcome").replace(list_outcome_labels()),
    )
    late = pl.when("overdue").then(pl.lit(_("逾期"))).otherwise(pl.lit(""))
    headings = (
        *(_("案件编号"), _("县区"), _("名称"), _("状态"), _("层级"), _("走访结果")),
        *(_("走访日期"), _("新增参保"), ""),
    )
    listed = Section("", words.select(*columns, late.alias("late")).rows(), headings)
    counted = Section("", _count_cases(cases, shown.height))
    sections = [listed, counted] if shown.height else [counted]
    hidden = ("target",)
    return Page(sections, {"cases": cases.drop(hidden).to_dicts()})


def _count_cases(cases: pl.DataFrame, shown: int) -> list[tuple[str, str]]:
    counts = dict(cases.group_by("state").len().rows())
    named = _("，").join(
        f"{word} {counts[s]:,}" for s, word in list_labels("case_state").items() if s in counts
    )
    rows = [(_("共 {count:,} 件").format(count=cases.height), named or _("没有符合条件的案件"))]
    late = int(cases["overdue"].sum())
    if late:
        rows.append((_("其中逾期未走访"), f"{late:,}"))
    if shown < cases.height:
        rows.append((_("只列出前 {shown} 件").format(shown=shown), _("全部列出：--limit 0")))
    return rows


def build_counties_page(
    progress: pl.DataFrame, county: str | None, drawn: "DrawnRates | None" = None
) -> Page:
    """Return ``progress`` by county as a table with its totals, and what ``drawn`` visits found."""
    words = {name: name for name in progress["county"].to_list()}
    name = _resolve_name(county, words)
    rows = progress.filter(pl.col("county") == name) if name else progress
    columns = list_progress_labels()
    totals = tuple(int(rows[column].sum()) for column in columns)
    body = [*rows.select("county", *columns).rows(), (_("合计"), *totals)]
    headings = (_("县区"), *columns.values())
    note = _("以上为现在的数；报告和工作簿中的截至运行时。")
    sections = [Section("", body, headings), Section("", [(note,)])]
    facts: dict[str, object] = {"counties": rows.to_dicts()}
    if drawn is not None:
        part = build_drawn_section(drawn.rates)
        sections.append(replace(part, title=f"{drawn.quarter}  {part.title}"))
        facts["drawn_at_random"] = {"quarter": drawn.quarter, "rates": drawn.rates.to_dicts()}
    return Page(sections, facts)
