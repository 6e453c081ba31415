"""Firms worth a visit, in the order of what a visit is expected to bring."""

import polars as pl

from gapmatch.quarters import Quarter
from gapmatch.rank.expected import FACTORS, KIND_OF_STATUS, add_factors, add_gains, add_priority
from gapmatch.rank.policies import add_cost, add_policies, add_risks
from gapmatch.rank.reasons import REASON_PARTS, add_median_points, add_reasons
from gapmatch.rank.tiers import assign_tiers
from gapmatch.schemas import TARGETS, UNKNOWN_COUNTY
from gapmatch.settings.load import Settings

_NO_VISITS = (
    "new",
    "carried",
    "assigned",
    "contacted",
)  # outcomes of cases that no one called on yet
_MORE = (
    "town_visited",
    *(f"factor_{name}" for name in FACTORS),
    *(f"priority_{name}" for name in FACTORS),
    *("priority_kind", "new_enrollees", "gain_pension", "gain_unemployment", "gain_injury"),
    *("monthly_base", "subsidy_unverified", "policy_ids", "risk_ids", "reason_codes", "size_class"),
)

_OWN = tuple(column for column in TARGETS if column not in ("reason", "policies", "risks"))
"""Columns of TARGETS that hold no sentences; ``wording.sentences`` adds the others."""

ORDERED = (
    *("firm", "county_name", "kind", "priority", "expected_new_enrollees"),
    *(f"priority_{name}" for name in REASON_PARTS),
)
"""Columns of scored targets that their order follows from."""


def rank_targets(
    firms: pl.DataFrame,
    gaps: pl.DataFrame,
    activity: pl.DataFrame,
    quarter: str,
    settings: Settings,
) -> pl.DataFrame:
    """Return ``TARGETS`` by rank: firms uninsured, lapsed, lacking lines or headcount.

    ``firms`` is ``FIRMS``, ``gaps`` what ``decide_statuses`` and ``activity`` what
    ``estimate_activity`` returned. Firms visited or settled lately are left out (``_is_resting``),
    and so are rows that repeat another row. More columns: ``factor_<name>`` and ``priority_<name>``
    for uninsured, operates, headcount, enrolls; ``priority_kind``; ``gain_<line>`` (persons),
    ``new_enrollees``, ``monthly_base`` (yuan a person), ``subsidy_unverified`` (yuan),
    ``policy_ids``, ``risk_ids``, ``town_visited``, ``size_class``.
    """
    scored = score_targets(firms, gaps, activity, quarter, settings)
    return describe_targets(order_targets(scored, quarter, settings), quarter, settings)


def score_targets(
    firms: pl.DataFrame,
    gaps: pl.DataFrame,
    activity: pl.DataFrame,
    quarter: str,
    settings: Settings,
) -> pl.DataFrame:
    """Return each target with its features and priority, independently of the others.

    Frames as for ``rank_targets``.
    """
    candidates = select_candidates(firms, gaps, activity)
    ready = candidates.filter(~_is_resting(quarter, settings.ranking.recheck_quarters))
    return add_priority(add_factors(ready, settings.ranking), settings.ranking)


def order_targets(scored: pl.DataFrame, quarter: str, settings: Settings) -> pl.DataFrame:
    """Return all targets by rank.

    Adds ``rank``, ``county_rank``, ``tier``, ``drawn_at_random``, ``usual_<name>``.

    ``scored`` has ``ORDERED`` of every target; more columns stay.
    """
    ranked = scored.sort(
        "priority", "expected_new_enrollees", "firm", descending=[True, True, False]
    ).with_columns(rank=pl.int_range(1, pl.len() + 1, dtype=pl.UInt32))
    return add_median_points(assign_tiers(ranked, settings.capacity, quarter, settings.ranking))


def describe_targets(ordered: pl.DataFrame, quarter: str, settings: Settings) -> pl.DataFrame:
    """Return TARGETS of ordered targets: with costs, policies and reasons, each firm for itself."""
    priced = add_cost(ordered, settings.policies.rates)
    offered = add_policies(
        _add_policy_columns(priced), settings.policies, Quarter.parse(quarter).next().first_day
    )
    warned = add_risks(offered, settings.policies.risks)
    return TARGETS.complete(add_reasons(warned).select(*_OWN, *_MORE))


def select_candidates(
    firms: pl.DataFrame, gaps: pl.DataFrame, activity: pl.DataFrame
) -> pl.DataFrame:
    """Return the features of each firm whose status makes a target, and its gains.

    Frames as for ``rank_targets``. Adds kind, ``gain_<line>`` and ``new_enrollees`` (persons).
    """
    taken = {"firm", *activity.columns}
    own = gaps.select(
        "firm",
        *(c for c in gaps.columns if c not in taken),
        status_text=pl.col("status").cast(pl.String),
    ).drop("status")
    named = firms.filter(pl.col("duplicate_of").is_null()).select(
        "firm",
        pl.col("county_name").fill_null(UNKNOWN_COUNTY),
        "legal_form",
        "branch",
        town_visited="town",
    )
    joined = (
        named.join(own, on="firm", maintain_order="left")
        .rename({"status_text": "status"})
        .filter(pl.col("status").is_in(list(KIND_OF_STATUS)))
        .join(activity, on="firm", how="left", maintain_order="left")
        .with_columns(kind=pl.col("status").replace_strict(KIND_OF_STATUS, default=None))
    )
    return add_gains(joined)


def _is_resting(quarter: str, recheck_quarters: int) -> pl.Expr:
    """Whether the firm rests.

    Until its recheck date, or so many quarters after a visit without one. The quarter is a number
    before polars sees it: an expression of literals compared with columns that are null throughout
    collapses to one value a chunk from 16,384 rows on.
    """
    now = Quarter.parse(quarter).index
    visited = ~pl.col("visit_outcome").is_in(_NO_VISITS)
    until = pl.coalesce(
        _convert_quarter(pl.col("visit_due")),
        pl.when(visited).then(_convert_quarter(pl.col("visit_quarter")) + recheck_quarters),
    )
    return (until > now).fill_null(value=False)


def _add_policy_columns(frame: pl.DataFrame) -> pl.DataFrame:
    form = pl.col("legal_form").fill_null("")
    return frame.with_columns(
        county=pl.col("county_name"),
        insured_count=pl.col("insured_count").fill_null(0),
        cooperative=form.str.contains("合作社"),
        lacks_injury=pl.col("gain_injury") > 0,
    )


def _convert_quarter(quarter: pl.Expr) -> pl.Expr:
    """Return ``Quarter.index`` of a column of quarters; null for what is none."""
    year = quarter.str.slice(0, 4).cast(pl.Int64, strict=False)
    return 4 * year + quarter.str.slice(5, 1).cast(pl.Int64, strict=False) - 1
