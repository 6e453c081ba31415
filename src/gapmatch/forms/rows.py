"""The rows of the lists in a county workbook: one frame per list, for all counties at once.

Each frame has a column ``county`` and one column for every heading of ``headings.py`` that is not
filled in by hand, in the order in which the sheet shows the rows.
"""

from collections.abc import Mapping

import polars as pl

from gapmatch.forms.keys import build_firm_key
from gapmatch.forms.pairs import compare_review_pairs
from gapmatch.i18n import _
from gapmatch.ledger.case_progress import UNFINISHED
from gapmatch.ledger.identity import SEPARATOR
from gapmatch.privacy import mask_person, mask_phone
from gapmatch.quarters import Quarter
from gapmatch.results.policy_texts import name_briefly
from gapmatch.results.quarter_figures import order_counties
from gapmatch.results.run_results import PublishInput, PublishOptions
from gapmatch.results.tables import (
    add_cases,
    select_filled,
    select_firm_columns,
    select_unit_columns,
)
from gapmatch.schemas import INSURED_COLUMNS, UNKNOWN_COUNTY
from gapmatch.vocabulary.labels import list_labels, list_status_labels
from gapmatch.vocabulary.outcomes import list_outcomes_with, load_outcomes

SHORTAGES = ("under_enrolled", "lines_missing", "lapsed")


def build_firm_rows(results: PublishInput, options: PublishOptions) -> pl.DataFrame:
    """Return the columns on a firm that every list has, with its key, without repeated rows."""
    common = select_firm_columns(results).rename({"taxpayer_name": "name", "taxpayer_code": "code"})
    own = results.firms.filter(pl.col("duplicate_of").is_null())
    more = own.select("firm", "address", "open_date", _format_contact(options), build_firm_key())
    return common.join(more, on="firm")


def select_visits(results: PublishInput, firms: pl.DataFrame) -> pl.DataFrame:
    """Return the ``firms`` to visit by tier, town (the most promising first) and rank."""
    estimates = results.gaps.select("firm", _format_interval(), "headcount", "insured_count")
    frame = (
        add_cases(results.targets)
        .join(firms, on="firm")
        .join(estimates, on="firm", how="left")
        .with_columns(
            _translate_codes("kind", list_labels("kind")),
            _compute_town_weight(),
            name_briefly(results.targets, "policies"),
            name_briefly(results.targets, "risks"),
            _select_positive_cost(),
            _format_case(),
        )
    )
    order = ["county", "tier", "town_weight", "town", "county_rank", "rank"]
    down = [column == "town_weight" for column in order]
    return (
        frame.sort(order, descending=down, nulls_last=True)
        .with_columns(_describe_visit_task().alias("task"), pl.col("tier").alias("tier_code"))
        .with_columns(_label_tier(), pl.lit(value=False).alias("is_follow_up"))
    )


def select_follow_ups(unfinished: pl.DataFrame, visits: pl.DataFrame) -> pl.DataFrame:
    """Return visited open cases, targets too, as the visit list has them, due ones first."""
    cases = unfinished.filter(pl.col("outcome").is_not_null())
    ranks = visits.select("key", "county_rank").unique("key", keep="first", maintain_order=True)
    return (
        cases.join(ranks, on="key", how="left", maintain_order="left")
        .with_columns(pl.lit(value=True).alias("is_follow_up"))
        .sort("county", "town", "due", "number", nulls_last=True)
    )


def put_follow_ups_first(visits: pl.DataFrame, follow_ups: pl.DataFrame) -> pl.DataFrame:
    """Return ``visits`` by county, those that are ``follow_ups`` first, as the sheets list them."""
    places = follow_ups.select("key").unique(maintain_order=True).with_row_index("follow_up")
    return (
        visits.join(places, on="key", how="left", maintain_order="left")
        .sort("county", "follow_up", nulls_last=True, maintain_order=True)
        .drop("follow_up")
    )


def select_handed_over(unfinished: pl.DataFrame, effect: str) -> pl.DataFrame:
    """Return the open cases whose last outcome refers them to another authority (``effect``)."""
    cases = unfinished.filter(pl.col("outcome").is_in(list_outcomes_with(effect)))
    labels = {o.code: o.label for o in load_outcomes().values()}
    # The list goes out when the next quarter has begun: an answer takes its first month at least.
    due = pl.max_horizontal("due", pl.col("next_quarter") + pl.duration(days=30))
    task = pl.format(
        _("{}走访：{}。请核查处理，{}前回复"),
        pl.concat_str("visited_on", pl.lit(" ")).fill_null(""),
        pl.col("outcome").replace(labels),
        pl.concat_str(due.dt.to_string("%Y-%m-%d"), pl.lit(" ")),
    )
    return cases.with_columns(task.alias("task")).sort("county", "town", "number", nulls_last=True)


def select_unlisted_cases(unfinished: pl.DataFrame, visits: pl.DataFrame) -> pl.DataFrame:
    """Return the open cases that no one visited and that the quarter's targets do not have."""
    cases = unfinished.filter(pl.col("outcome").is_null())
    return cases.join(visits, on="key", how="anti", maintain_order="left").sort(
        "county", "town", "number", nulls_last=True
    )


def select_unfinished(results: PublishInput, firms: pl.DataFrame) -> pl.DataFrame:
    """Return the unfinished cases with current data of the firm and the next step."""
    given = results.unfinished
    cases = UNFINISHED.to_frame(eager=True) if given is None else given
    parts = (pl.col(column).fill_null("") for column in ("code", "standard_name"))
    key = pl.concat_str(pl.lit("tax"), *parts, separator=SEPARATOR).alias("key")
    status = results.gaps.select("firm", pl.col("status").cast(pl.String))
    current = (
        firms.join(status, on="firm", how="left")
        .select("key", "town", "address", "contact_lines", "status")
        .unique("key", keep="first", maintain_order=True)
    )
    coming = Quarter.parse(results.quarter).next()
    return (
        cases.with_columns(key, _choose_county_with_workbook(results))
        .join(current, on="key", how="left", maintain_order="left")
        .with_columns(
            compute_due_day(results.quarter).alias("due"),
            pl.lit(coming.first_day).alias("next_quarter"),
        )
        .with_columns(_follow_up_task().alias("task"), pl.col("number").alias("case"))
    )


def compute_due_day(quarter: str) -> pl.Expr:
    """By when the next step of a case is due: so many days after its visit, or next quarter."""
    days = {o.code: o.days for o in load_outcomes().values()}
    waiting = pl.col("outcome").replace_strict(days, default=None, return_dtype=pl.Int64)
    due = pl.col("visited_on").str.to_date(strict=False) + pl.duration(days=waiting)
    return due.fill_null(pl.lit(Quarter.parse(quarter).next().last_day))


def _choose_county_with_workbook(results: PublishInput) -> pl.Expr:
    """Return a case's county; if it has no workbook (no firm any more), the first that has."""
    counties = order_counties(results)
    spare = UNKNOWN_COUNTY if UNKNOWN_COUNTY in counties or not counties else counties[0]
    known = pl.col("county").is_in(counties)
    return pl.when(known).then("county").otherwise(pl.lit(spare)).alias("county")


def list_next_steps() -> dict[str, str]:
    """Return what is to be done about an unfinished case, by its last outcome."""
    confirm = _("核实是否已登记缴费")
    return {
        o.code: o.next_step or (confirm if o.effect == "expect_link" else _("再次走访"))
        for o in load_outcomes().values()
    }


def _choose_next_step() -> pl.Expr:
    """The next step by the last outcome; of a promised unit, what the list of units has of it."""
    missing = _("参保名单中仍没有找到，核实是否已登记缴费")
    found = {
        "lines_missing": _("已有参保单位，仍缺险种，核实缺的险种"),
        "under_enrolled": _("已有参保单位，人数仍不足，核实未参保的人"),
        "lapsed": _("已有参保单位，但已停缴，核实是否恢复缴费"),
        "review": _("参保名单中有疑似的单位，请在待核实表里认定"),
    }
    status = pl.col("status")
    state = status.replace_strict(found, default=missing, return_dtype=pl.String)
    promised = pl.col("outcome").is_in(list_outcomes_with("expect_link")) & status.is_not_null()
    return pl.when(promised).then(state).otherwise(pl.col("outcome").replace(list_next_steps()))


def _follow_up_task() -> pl.Expr:
    """What was found last, what is to be done, and by when."""
    labels = {o.code: o.label for o in load_outcomes().values()}
    late = pl.when(pl.col("due") < pl.col("next_quarter")).then(pl.lit(_("，已过期")))
    due = pl.format(
        _("（{} 前{}）"), pl.col("due").dt.to_string("%Y-%m-%d"), late.otherwise(pl.lit(""))
    )
    day = pl.concat_str(pl.lit(" "), "visited_on").fill_null("")
    visited = pl.format(
        _("【待跟进】{}{}。{}{}"), pl.col("outcome").replace(labels), day, _choose_next_step(), due
    )
    status = pl.col("status").replace(list_status_labels())
    listed = pl.format(_("曾列入走访，本季为“{}”；核实后填写结果{}"), status, due)
    gone = pl.format(_("曾列入走访，本季已不在纳税名单中；核实去向后填写结果{}"), due)
    return pl.coalesce(visited, listed, gone)


def _describe_visit_task() -> pl.Expr:
    """Why the firm is visited, in one line; the list of evidence has the rest."""
    drawn = pl.when(pl.col("drawn_at_random").fill_null(value=False)).then(pl.lit(_("【抽查】")))
    size = pl.format(_("估计用工 {} 人"), pl.col("headcount").round(0).cast(pl.Int64))
    people = pl.col("expected_new_enrollees").round(0).cast(pl.Int64)
    gain = pl.when(people > 0).then(pl.format(_("预计新增 {} 人"), people))
    facts = pl.concat_str("kind", size, gain, separator=_("，"), ignore_nulls=True)
    return pl.concat_str(drawn.fill_null(""), facts)


def select_reviews(results: PublishInput) -> pl.DataFrame:
    """Return the pairs to be settled; a firm's candidates stand together under one number."""
    pairs = compare_review_pairs(results)
    next_firm = (pl.col("firm") != pl.col("firm").shift()).fill_null(value=True)
    return pairs.with_columns(
        next_firm.cast(pl.Int64).cum_sum().over("county").alias("number"),
        pl.col("tax_name").alias("name"),
        pl.coalesce("tax_code_text", "tax_taxpayer_code").alias("code"),
        pl.coalesce("enrollment_code_text", "enrollment_credit_code").alias("enrollment_code"),
        pl.col("tax_address").alias("address"),
        pl.col("enrollment_unit_id").alias("unit_id"),
        _describe_evidence(),
    )


def select_shortages(results: PublishInput, firms: pl.DataFrame) -> pl.DataFrame:
    """Return firms that insure too few workers, in too few lines, or no more; worst first."""
    units = select_unit_columns(results).join(
        results.units.select("unit", *INSURED_COLUMNS, "last_paid_month"), on="unit"
    )
    ranks = results.targets.select("firm", "county_rank")
    frame = (
        results.gaps.filter(pl.col("status").cast(pl.String).is_in(SHORTAGES))
        .join(firms, on="firm")
        .join(units, on="unit", how="left")
        .join(ranks, on="firm", how="left")
        .with_columns(_compute_shortfall(), pl.col("status").cast(pl.String))
        # The lines of a unit that stopped are those of the time before.
        .with_columns(pl.when(pl.col("status") != "lapsed").then(pl.col(INSURED_COLUMNS)))
    )
    order = ["county", "place", "shortfall", "code", "name", "firm"]
    return (
        frame.with_columns(_place("status", SHORTAGES))
        .sort(order, descending=[column == "shortfall" for column in order], nulls_last=True)
        .with_columns(_translate_codes("status", list_status_labels()))
    )


def select_rechecks(results: PublishInput, firms: pl.DataFrame) -> pl.DataFrame:
    """Return firms without a sign of operation, by town; the likeliest to operate first."""
    frame = results.gaps.filter(pl.col("status").cast(pl.String) == "dormant").join(
        firms, on="firm"
    )
    order = ["county", "town", "probability_operates", "code", "name", "firm"]
    down = [column == "probability_operates" for column in order]
    return frame.sort(order, descending=down, nulls_last=True)


def _format_contact(options: PublishOptions) -> pl.Expr:
    """Who to ask for: name and phone in two lines, masked unless asked for in full."""
    person = pl.coalesce(select_filled("legal_rep"), select_filled("contact"))
    full = (person, pl.col("phone"))
    masked = (pl.coalesce(mask_person("legal_rep"), mask_person("contact")), mask_phone("phone"))
    shown = full if options.with_contacts else masked
    return pl.concat_str(*shown, separator="\n", ignore_nulls=True).alias("contact_lines")


def _format_interval() -> pl.Expr:
    low, high = (pl.col(f"headcount_{end}").round(0).cast(pl.Int64) for end in ("low", "high"))
    words = _("{low}～{high}").format(low="{}", high="{}")
    return pl.format(words, low, high).alias("interval")


def _compute_shortfall() -> pl.Expr:
    """Workers without insurance; a negative number means nothing to the reader."""
    short = pl.col("headcount").round(0).cast(pl.Int64) - pl.col("insured_count")
    return pl.when(short > 0).then(short).alias("shortfall")


def _format_case() -> pl.Expr:
    """The number of the firm's case, and below it whether it is new."""
    state = pl.col("case_state").replace(list_labels("case_state"))
    return pl.concat_str("case_number", state, separator="\n", ignore_nulls=True).alias("case")


def _select_positive_cost() -> pl.Expr:
    """Return the yearly cost; a nought of a firm that has nobody to add argues for nothing."""
    return pl.when(pl.col("enrolling_cost") > 0).then("enrolling_cost").alias("enrolling_cost")


def _compute_town_weight() -> pl.Expr:
    """People that all visits in a town may insure, in the firm's county and tier."""
    people = pl.col("expected_new_enrollees").sum().round(6)
    return people.over("county", "tier", "town").alias("town_weight")


def _label_tier() -> pl.Expr:
    drawn = pl.col("drawn_at_random").fill_null(value=False)
    by_lot = pl.format("{}\n{}", "tier", pl.lit(_("（抽查）")))
    return pl.when(drawn).then(by_lot).otherwise("tier").alias("tier")


def _describe_evidence() -> pl.Expr:
    """The parts of the weight; first of all what else the unit may be to the firm."""
    relation = pl.col("relation").replace(list_labels("relation"))
    return (
        pl.when(pl.col("relation").is_in(["head_office", "linked_before"]))
        .then(pl.format("[{}] {}", relation, "evidence"))
        .otherwise("evidence")
        .alias("evidence")
    )


def _translate_codes(column: str, words: Mapping[str, str]) -> pl.Expr:
    """Replace machine names; one that is not known stays as it is."""
    return pl.col(column).replace(dict(words)).alias(column)


def _place(column: str, order: tuple[str, ...]) -> pl.Expr:
    places = {name: place for place, name in enumerate(order)}
    return pl.col(column).replace_strict(places, default=None).alias("place")
