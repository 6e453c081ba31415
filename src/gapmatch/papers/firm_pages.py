"""The text of slips and letters: one page for each firm, in plain language."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

import polars as pl

from gapmatch.forms.guide import format_quarter
from gapmatch.forms.rows import (
    build_firm_rows,
    put_follow_ups_first,
    select_follow_ups,
    select_unfinished,
    select_visits,
)
from gapmatch.forms.widths import measure_text
from gapmatch.i18n import _
from gapmatch.papers.word_template import Item
from gapmatch.quarters import Quarter
from gapmatch.results.run_results import PublishInput, PublishOptions
from gapmatch.results.tables import select_unit_columns
from gapmatch.schemas import LINES
from gapmatch.settings.ranking import PoliciesSettings, PolicyRule
from gapmatch.vocabulary.labels import label_county, list_labels, list_section_labels
from gapmatch.vocabulary.outcomes import list_outcome_choices
from gapmatch.wording.sentences import describe_risk

PAGE_WORDS = (
    *("quarter", "county", "rank", "tier", "case", "name", "code", "industry", "town", "contact"),
    *("address", "why", "attention", "cost", "policies", "risks", "outcomes", "unit_name"),
    "unit_id",
)
"""What may stand in the templates of slips and letters, each in double braces."""
_MOST_LINES = 4
"""As many policies, or risks, as fit on the page with everything else."""
_MONTHS = 12
_BOXES = 5
"""Tab stops in a line of boxes to tick."""
_BOX_WIDTH = 18
"""Half-width characters of a box that ends before the next stop."""

Firm = Mapping[str, Any]


class PageUse(NamedTuple):
    """Who reads the pages, and on which day: offers that have ended by then are left out."""

    to_firm: bool = False
    """It is a letter."""
    day: date | None = None
    """``None``: the day on which the visits begin."""


def select_firms(
    results: PublishInput, options: PublishOptions, tiers: Sequence[str]
) -> pl.DataFrame:
    """Return the targets of ``tiers`` with their page contents, by county, then in the order of
    the lists of the county's workbook: whoever holds both finds a firm in the other.
    """
    own = ("insured_count", "missing", "shortage", "conflict_code", "basis_declared")
    gaps = results.gaps.select("firm", "unit", *(c for c in own if c in results.gaps.columns))
    rows = build_firm_rows(results, options)
    listed = select_visits(results, rows)
    follow_ups = select_follow_ups(select_unfinished(results, rows), listed)
    visits = put_follow_ups_first(listed, follow_ups).drop("insured_count")
    sections = results.firms.select("firm", "section")
    kinds = results.targets.select("firm", pl.col("kind").alias("kind_code"))
    return (
        visits.filter(pl.col("tier_code").is_in(list(tiers)))
        .join(gaps, on="firm", how="left", maintain_order="left")
        .join(sections, on="firm", how="left", maintain_order="left")
        .join(kinds, on="firm", how="left", maintain_order="left")
        .join(select_unit_columns(results), on="unit", how="left", maintain_order="left")
    )


def make_pages(
    firms: pl.DataFrame, quarter: str, policies: PoliciesSettings, use: PageUse
) -> Iterator[Item]:
    """Yield the words of each firm's page, in the order of ``firms``."""
    subject = _("贵单位") if use.to_firm else _("该企业")
    shared = {"quarter": format_quarter(quarter), "outcomes": _list_outcome_boxes()}
    first_day = Quarter.parse(quarter).next().first_day
    offers = _list_offers(policies, first_day, max(first_day, use.day or first_day))
    risks = {name: describe_risk(risk) for name, risk in policies.risks.items()}
    sections = list_section_labels()
    for firm in firms.iter_rows(named=True):
        yield {
            **shared,
            "county": label_county(firm["county"]),
            "rank": str(firm["county_rank"]),
            "tier": _("{tier} 层").format(tier=firm["tier_code"])
            + (_("（抽查）") if firm["drawn_at_random"] else ""),
            "case": firm["case_number"] or "",
            "industry": sections.get(firm["section"] or "", ""),
            "contact": " ".join((firm["contact_lines"] or "").split()),
            **{name: firm[name] or "" for name in _PLAIN},
            **{name: _SPACE_IN_CHINESE.sub("", firm[name] or "") for name in _NAMES},
            "why": _describe_reason(firm).format(subject=subject, **_collect_reason_facts(firm)),
            "attention": "" if use.to_firm else _describe_attention(firm),
            "cost": _describe_cost(firm),
            "policies": _join_named(firm.get("policy_ids"), offers)
            or _("没有另外的优惠，按规定参保缴费。"),
            "risks": _join_named(firm.get("risk_ids"), risks)
            or _("依照《社会保险法》第八十四条、第八十六条处理。"),
        }


_PLAIN = ("code", "town", "address", "unit_id")
_NAMES = ("name", "unit_name")
_SPACE_IN_CHINESE = re.compile(r"(?<=[^\x00-\x7f])\s+(?=[^\x00-\x7f])")
"""A slip of whoever typed the name; no letter is addressed with it."""


def _describe_reason(firm: Firm) -> str:
    """Why the firm is on the list, in words that a visitor can read to it; facts in braces."""
    of_kind = {
        "lines_missing": _("{subject}已为 {insured} 人参保，但没有参加{lines}保险。"),
        "headcount_short": _(
            "{subject}申报个人所得税的职工有 {declared} 人，参加社会保险的只有 {insured} 人，相差 "
            "{short} 人。"
        ),
        "lapsed": _(
            "{subject}曾经参加社会保险（单位编号 {unit}），现在没有人参保或已停止缴费；"
            "目前正常申报纳税，{staff}。"
        ),
    }
    new = _("{subject}正常申报纳税，{staff}，但社会保险系统中没有找到{subject}的参保登记。")
    return of_kind.get(firm["kind_code"], new)


def _collect_reason_facts(firm: Firm) -> dict[str, object]:
    people, declared = _round_persons(firm["headcount"]), firm.get("basis_declared")
    staff = (
        _("申报了 {n} 人的个人所得税").format(n=declared)
        if declared
        else _("从纳税情况看约有 {n} 人在岗").format(n=people)
    )
    return {
        "insured": firm["insured_count"] or 0,
        "lines": _name_missing_lines(firm),
        "declared": declared or people,
        "short": firm["shortage"] or 0,
        "unit": firm["unit_id"] or "—",
        "staff": staff,
    }


def _name_missing_lines(firm: Firm) -> str:
    names = list_labels("line")
    return _("、").join(names[line] for line in (firm["missing"] or "").split(",") if line in names)


def _describe_attention(firm: Firm) -> str:
    """What the visitor should look at on the spot; empty if nothing. The firm may read it too."""
    conflicts = {
        "unpaid": _("申报人数与工资对不上，请现场核实实际用工。"),
        "thin_pay": _("申报人数与工资对不上，请现场核实实际用工。"),
        "low_sales": _("申报人数与销售额对不上，请现场核实实际用工。"),
        "undeclared": _("申报人数少于经营规模，请现场核实实际用工。"),
    }
    drawn = _("本户为随机抽查，请照常走访。") if firm["drawn_at_random"] else ""
    return conflicts.get(firm.get("conflict_code") or "", "") + drawn


def _describe_cost(firm: Firm) -> str:
    """What enrolling costs a month, for one worker and for all; empty if it is not known."""
    persons = max((firm.get(f"gain_{line}") or 0.0 for line in LINES), default=0.0)
    one = firm.get("monthly_cost") or _compute_monthly_cost(firm, persons)
    if not one or not firm.get("monthly_base"):
        return ""
    one = round(one)
    number = _count_uninsured(firm, persons)
    rate = _("单位缴费约每人每月 {one:,} 元（按月缴费基数 {base:,.0f} 元估算）")
    total = _("；约 {number:,} 人全部办理，单位每月共约 {total:,} 元") if number > 1 else ""
    text = rate + total + _("。实际金额以经办机构核定为准。")
    return text.format(one=one, base=firm["monthly_base"], number=number, total=one * number)


def _compute_monthly_cost(firm: Firm, persons: float) -> float | None:
    """Return the cost of one worker and month from the yearly one: older quarters hold no other."""
    if not firm["enrolling_cost"] or persons <= 0:
        return None
    return float(firm["enrolling_cost"]) / _MONTHS / persons


def _count_uninsured(firm: Firm, persons: float) -> int:
    """Return the number of workers that the reason names as not insured, so that both agree."""
    kind = firm["kind_code"]
    if kind in ("headcount_short", "lines_missing"):
        named = firm["shortage"] if kind == "headcount_short" else firm["insured_count"]
        return int(named or _round_persons(persons))
    return int(firm.get("basis_declared") or _round_persons(firm["headcount"] or persons))


def _round_persons(persons: float | None) -> int:
    return max(1, round(persons or 0))


def _list_offers(policies: PoliciesSettings, begin: date, day: date) -> dict[str, str]:
    """Return rule → sentence, for rules in force when the visits begin and on the day of use."""
    return {
        name: _describe_offer(rule)
        for name, rule in policies.rules.items()
        if rule.valid_from <= begin and rule.valid_until >= day
    }


def _describe_offer(rule: PolicyRule) -> str:
    return _("{title}{mark}：{text}（{source}，至 {until}）").format(
        title=rule.choose("title"),
        mark="" if rule.verified else _("（未核对原文）"),
        text=rule.choose("text"),
        source=rule.choose("source"),
        until=rule.valid_until.isoformat(),
    )


def _join_named(ids: str | None, sentences: Mapping[str, str]) -> str:
    """Return the sentences that ``ids`` name, each on a line, as many as fit on the page."""
    chosen = [sentences[name] for name in (ids or "").split(",") if name in sentences]
    return "\n".join(f"· {text[:1].upper()}{text[1:]}" for text in chosen[:_MOST_LINES])


def _list_outcome_boxes() -> str:
    """The outcomes to tick, in lines; the template has the tab stops.

    A long one reaches beyond its stop: the tab behind it leads to the next.
    """
    lines: list[list[str]] = []
    place = _BOXES
    for box in (f"□ {label}" for label in list_outcome_choices("visits")):
        stops = 1 if measure_text(box) <= _BOX_WIDTH else 2
        if place + stops > _BOXES:
            lines.append([])
            place = 0
        lines[-1].append(box)
        place += stops
    return "\n".join("\t".join(line) for line in lines)
