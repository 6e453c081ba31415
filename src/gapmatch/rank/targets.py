"""Firms worth a visit, in the order of what a visit is expected to bring, with reasons."""

import polars as pl

from gapmatch.quarters import Quarter
from gapmatch.rank.expected import FACTORS, KIND_OF_STATUS, add_factors, add_gains, add_priority
from gapmatch.rank.policies import add_cost, add_policies, add_risks
from gapmatch.rank.tiers import assign_tiers
from gapmatch.schemas import TARGETS, UNKNOWN_COUNTY
from gapmatch.settings.load import Settings
from gapmatch.vocabulary.outcomes import list_outcomes_before_visit
from gapmatch.vocabulary.rules import choose_first

_NAMED_PARTS = 2  # besides the gap itself, which is always named
REASON_PARTS = ("headcount", "operates", "enrolls")
"""Parts of the priority that a reason may name."""
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
    """Return each target with its features and priority; frames as for ``rank_targets``."""
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
    """Return each target with its features, kind, ``gain_<line>`` and ``new_enrollees``."""
    taken = {"firm", *activity.columns}
    statuses = gaps.select(
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
        named.join(statuses, on="firm", maintain_order="left")
        .rename({"status_text": "status"})
        .filter(pl.col("status").is_in(list(KIND_OF_STATUS)))
        .join(activity, on="firm", how="left", maintain_order="left")
        .with_columns(kind=pl.col("status").replace_strict(KIND_OF_STATUS, default=None))
    )
    return add_gains(joined)


def _is_resting(quarter: str, recheck_quarters: int) -> pl.Expr:
    """Whether its recheck date is to come, or so many quarters since a visit are not over.

    The quarter is a number
    before polars sees it: an expression of literals compared with columns that are null throughout
    collapses to one value a chunk from 16,384 rows on.
    """
    now = Quarter.parse(quarter).index
    visited = ~pl.col("visit_outcome").is_in(list_outcomes_before_visit())
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


def add_median_points(frame: pl.DataFrame) -> pl.DataFrame:
    """Add ``usual_<name>``: the median points, over all targets, of each part of a reason."""
    return frame.with_columns(
        pl.col(f"priority_{name}").median().alias(f"usual_{name}") for name in REASON_PARTS
    )


def add_reasons(frame: pl.DataFrame) -> pl.DataFrame:
    """Add ``reason_codes``: what lifts the firm most above the median target, joined by a comma.

    A part lifts by its points less the median of all targets, so that what all firms have in common
    is not named. ``frame`` has what ``add_median_points`` added to all of them.
    """
    codes = {
        "headcount": _choose_headcount_code(),
        "operates": _choose_operates_code(),
        "enrolls": _choose_enrolls_code(),
    }
    ordered = frame.with_columns(
        **{f"code_{name}": code for name, code in codes.items()}
    ).with_columns(**{f"behind_{name}": _compute_shortfall(name) for name in codes})
    named = [_pick_code(place, tuple(codes)) for place in range(_NAMED_PARTS)]
    return ordered.with_columns(
        reason_codes=pl.concat_str(*named, separator=",", ignore_nulls=True)
    ).drop(f"{kind}_{name}" for kind in ("code", "behind") for name in codes)


def _compute_shortfall(name: str) -> pl.Expr:
    """Return how far the part stays behind the median of all targets; endlessly without a code."""
    behind = pl.col(f"usual_{name}") - pl.col(f"priority_{name}")
    has_code = pl.col(f"code_{name}").is_not_null()
    return pl.when(has_code).then(behind).otherwise(float("inf"))


def _pick_code(place: int, names: tuple[str, ...]) -> pl.Expr:
    """Return the code at ``place`` of the parts sorted by ``behind_…``, ties in their order."""
    choices = []
    for index, name in enumerate(names):
        behind = pl.col(f"behind_{name}")
        before = [behind >= pl.col(f"behind_{other}") for other in names[:index]]
        after = [behind > pl.col(f"behind_{other}") for other in names[index + 1 :]]
        ahead = pl.sum_horizontal(e.cast(pl.Int8) for e in before + after)
        choices.append(pl.when(ahead == place).then(f"code_{name}"))
    return pl.coalesce(choices)


def _choose_headcount_code() -> pl.Expr:
    declared = pl.col("declared").cast(pl.Int64)
    estimate = pl.col("headcount").round(0).clip(lower_bound=1).cast(pl.Int64)
    agrees = (declared >= 1) & ((estimate - declared).abs() * 4 <= declared)
    new = pl.col("kind").is_in(["new_enrollment", "lapsed"])
    rules = {
        "conflict": new & pl.col("conflict_code").is_not_null(),
        "declared": new & agrees,
        "estimated": new & estimate.is_not_null(),
    }
    return choose_first(rules.items())


def _choose_operates_code() -> pl.Expr:
    zero, operates = pl.col("zero_months"), pl.col("probability_operates")
    rules = {
        "regular_filing": zero == 0,
        "zero_filing": zero > 0,
        "operates": operates.is_not_null(),
    }
    return choose_first(rules.items())


def _choose_enrolls_code() -> pl.Expr:
    has_account = pl.col("kind").is_in(["lines_missing", "headcount_short"])
    rules = {"refused": pl.col("visit_outcome") == "refused", "has_account": has_account}
    return choose_first(rules.items())
