"""Quarter on quarter: what changed for every firm, and totals that reconcile.

``compare_quarters`` is pure; the other two read the store.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from gapmatch.errors import StoreError
from gapmatch.i18n import _
from gapmatch.ledger.decisions import resolve_decisions
from gapmatch.ledger.entries import load_decisions
from gapmatch.ledger.identity import match_listed_firms, select_rows_of_firms
from gapmatch.schemas import INSURED_STATUSES, STATUSES
from gapmatch.store.runs import Store

Frames = Mapping[str, pl.DataFrame]

KINDS = (
    "newly_insured",
    "newly_uninsured",
    "gone",
    "new",
    "renamed",
    "moved",
    "status_changed",
    "link_changed",
)
_INSURED = tuple(status for status in INSURED_STATUSES if status != "lapsed")


@dataclass(frozen=True)
class Difference:
    """What changed between two quarters.

    ``firms``: one row per firm of either quarter: ``previous``, ``current`` (its ``firm`` in each,
    null: not in that list), ``by`` (how the two rows were found to be one firm), and ``code``,
    ``name``, ``county``, ``status``, ``unit_id``, ``unit_name`` each with ``_before`` and ``_now``;
    one yes-or-no column for each of ``KINDS``; ``link_reason``: ``decision``, ``input`` or
    ``settings``.

    ``totals``: ``line``, ``status``, ``firms`` (signed): uninsured before, what each other fate
    took from or added to it, uninsured now; the lines between add up from the first to the last.

    ``summary``: ``kind`` (of ``KINDS``), ``firms``.
    """

    firms: pl.DataFrame
    totals: pl.DataFrame
    summary: pl.DataFrame


@dataclass(frozen=True)
class QuarterSide:
    """One quarter: its frames (firms, units, gaps), settings (JSON) and RESOLVED decisions."""

    frames: Frames
    settings: str = ""
    decisions: pl.DataFrame | None = None


def compare_quarters(previous: QuarterSide, current: QuarterSide) -> Difference:
    """Compare two quarters; firms are found again by content, one to one."""
    firms = _select_compared(previous, "_before").join(
        match_listed_firms(_select_contents(previous), _select_contents(current)),
        on="previous",
        how="left",
    )
    firms = firms.join(
        _select_compared(current, "_now").rename({"previous": "current"}),
        on="current",
        how="full",
        coalesce=True,
    )
    firms = firms.with_columns(**_build_kinds()).with_columns(_link_reason(previous, current))
    shown = [f"{column}_{when}" for column in _SHOWN for when in ("before", "now")]
    firms = firms.select(
        "previous", "current", "by", *shown, *_REPEATS, *KINDS, "link_reason"
    ).sort("current", "previous", nulls_last=True)
    counts = [(kind, int(firms[kind].sum())) for kind in KINDS]
    summary = pl.DataFrame(counts, schema={"kind": pl.String, "firms": pl.Int64}, orient="row")
    return Difference(firms, _build_totals(firms), summary)


_SHOWN = ("code", "name", "county", "status", "unit_id", "unit_name")
_REPEATS = ("repeated_before", "repeated_now")
"""Whether the row lists a firm again that another row of its quarter stands for."""


def _select_contents(side: QuarterSide) -> pl.DataFrame:
    return select_rows_of_firms(side.frames["firms"])


def _select_compared(side: QuarterSide, when: str) -> pl.DataFrame:
    """Return ``previous`` (the firm) and what is compared, each column ending in ``when``."""
    firms = _select_contents(side).select(
        "firm",
        "code",
        "county",
        standard_name="name",
        repeated=pl.col("firm") != pl.col("original"),
    )
    names = _select_names(side.frames["firms"])
    gaps = side.frames["gaps"].select("firm", pl.col("status").cast(pl.String), "unit")
    units = side.frames["units"].select("unit", "unit_id", pl.col("name").alias("unit_name"))
    frame = (
        firms.join(names, on="firm")
        .join(gaps, on="firm", how="left")
        .join(units, on="unit", how="left")
    )
    columns = [*_SHOWN, "standard_name", "is_group", "repeated"]
    return frame.select(
        pl.col("firm").alias("previous"), *(pl.col(c).alias(f"{c}{when}") for c in columns)
    )


def _select_names(firms: pl.DataFrame) -> pl.DataFrame:
    """Return ``firm``, ``name``, ``is_group``: whether the name says that the firm leads a group.

    The standard name leaves that out, because lists do; in one firm's name from one quarter to the
    next it is a change of the name.
    """
    clean = pl.coalesce(*(c for c in ("clean_name", "name") if c in firms.columns))
    return firms.select("firm", "name", is_group=clean.str.contains("集团", literal=True))


def _build_kinds() -> dict[str, pl.Expr]:
    there, here = pl.col("previous").is_not_null(), pl.col("current").is_not_null()
    was, is_now = (pl.col(f"status_{when}") for when in ("before", "now"))
    uninsured_before, uninsured_now = (s.eq_missing(pl.lit("uninsured")) for s in (was, is_now))
    insured_now = is_now.is_in(_INSURED).fill_null(value=False)
    kinds = {
        "newly_insured": there & uninsured_before & insured_now,
        "newly_uninsured": there & uninsured_now & ~uninsured_before,
        "gone": ~here,
        "new": ~there,
        "renamed": there & here & (_is_different("standard_name") | _is_different("is_group")),
        "moved": there & here & _is_different("county"),
        "status_changed": there & here & _is_different("status"),
        "link_changed": there & here & _is_different("unit_id"),
    }
    # A firm counts once: as it is now, or as it was if it is gone; not one of its further rows.
    counts = ~pl.coalesce("repeated_now", "repeated_before")
    return {kind: counts & expression for kind, expression in kinds.items()}


def _is_different(column: str) -> pl.Expr:
    return pl.col(f"{column}_before").ne_missing(pl.col(f"{column}_now"))


def _link_reason(previous: QuarterSide, current: QuarterSide) -> pl.Expr:
    """Return why a link changed: a decision about the firm, its own input, else settings."""
    own_input = (
        _is_different("standard_name")
        | _is_different("code")
        | ~pl.col("unit_id_before").is_in(_list_unit_ids(current))
        | ~pl.col("unit_id_now").is_in(_list_unit_ids(previous))
    ).fill_null(value=False)
    reason = (
        pl.when(pl.col("current").is_in(_list_decided_firms(current)))
        .then(pl.lit("decision"))
        .when(own_input)
        .then(pl.lit("input"))
        .otherwise(pl.lit("settings" if previous.settings != current.settings else "input"))
    )
    return pl.when("link_changed").then(reason).alias("link_reason")


def _list_unit_ids(side: QuarterSide) -> list[str]:
    return side.frames["units"]["unit_id"].drop_nulls().to_list()


def _list_decided_firms(side: QuarterSide) -> list[int]:
    if side.decisions is None:
        return []
    decided = pl.col("decision").is_in(["same", "different"])
    return side.decisions.filter(decided)["firm"].to_list()


def _build_totals(firms: pl.DataFrame) -> pl.DataFrame:
    """Return the way between two quarters' uninsured, without rows that repeat a firm."""
    frame = firms.with_columns(
        was_own=_is_uninsured("before"),
        is_own=_is_uninsured("now"),
        fate=_describe_fate("now"),
        origin=_describe_fate("before"),
    )
    before, now = frame.filter("was_own"), frame.filter("is_own")
    lines = [
        pl.DataFrame({"line": ["before"], "status": ["uninsured"], "firms": [before.height]}),
        _count_fates(before.filter(~pl.col("is_own")), "fate", "became", -1),
        _count_fates(now.filter(~pl.col("was_own")), "origin", "was", 1),
        pl.DataFrame({"line": ["now"], "status": ["uninsured"], "firms": [now.height]}),
    ]
    return pl.concat(lines)


def _is_uninsured(when: str) -> pl.Expr:
    is_uninsured = (pl.col(f"status_{when}") == "uninsured") & ~pl.col(f"repeated_{when}")
    return is_uninsured.fill_null(value=False)


def _describe_fate(when: str) -> pl.Expr:
    """Return the status of a firm, ``not_listed``, or ``repeated`` if another row stands for it."""
    return (
        pl.when(f"repeated_{when}")
        .then(pl.lit("repeated"))
        .otherwise(pl.col(f"status_{when}").fill_null("not_listed"))
    )


def _count_fates(firms: pl.DataFrame, column: str, line: str, sign: int) -> pl.DataFrame:
    place = {status: place for place, status in enumerate(STATUSES)}
    counts = firms.group_by(pl.col(column).alias("status")).len()
    counts = counts.sort(pl.col("status").replace_strict(place, default=len(place)), "status")
    return counts.select(
        pl.lit(line).alias("line"), "status", (pl.col("len").cast(pl.Int64) * sign).alias("firms")
    )


def compare_stored_quarters(store: Store, previous: str, current: str) -> Difference:
    """Compare two quarters that ``store`` holds.

    Raises ``StoreError`` if it does not, or if one tax list is one to verify and the other is not:
    a firm that is in one of them alone has neither come nor gone.
    """
    sides = _load_side(store, previous), _load_side(store, current)
    if store.read_list_kind(previous) != store.read_list_kind(current):
        raise _build_mixed_error(store, previous, current)
    return compare_quarters(*sides)


def _build_mixed_error(store: Store, previous: str, current: str) -> StoreError:
    comparable = store.find_comparable_quarter(current)
    remedy = _("核查名单请另用一个工作区：gapmatch init ../核查，再在那里运行 --verify。")
    if comparable:
        remedy = _("{current} 可以与 {comparable} 对比。").format(
            current=current, comparable=comparable
        )
    return StoreError(
        _(
            "{previous} 和 {current} 的名单不是一种：一个是税务清册，一个是上级下发、待核查的名单；"
            "只在一份名单上的企业，不等于新增或退出，不能对比"
        ).format(previous=previous, current=current),
        remedy,
    )


def compare_with_previous(store: Store, quarter: str, frames: Frames) -> Difference | None:
    """Compare ``quarter``, whose ``frames`` are new, with the stored one before it, if any.

    A list to verify is compared with such a list alone, as is any other tax list with its kind.
    """
    previous = store.find_comparable_quarter(quarter)
    return (
        compare_quarters(_load_side(store, previous), _build_side(store, quarter, frames))
        if previous
        else None
    )


_IDENTITY = (
    *("name", "clean_name", "standard_name", "county_name", "unit_id", "duplicate_of"),
    *("code_text", "taxpayer_code", "credit_code", "org_code"),
    *("uscc", "uscc_valid", "organisation", "organisation_valid"),
)
_COMPARED = {
    "firms": ("firm", *_IDENTITY),
    "units": ("unit", *_IDENTITY),
    "gaps": ("firm", "status", "unit"),
}
"""Columns that two quarters are compared by, and that decisions are found again by."""
_DECISIVE = ("read", "columns", "linkage", "gap", "statuses")
"""Sections of the settings that may change which unit a firm has."""


def _load_side(store: Store, quarter: str) -> QuarterSide:
    frames = {name: store.result(quarter, name, columns) for name, columns in _COMPARED.items()}
    return _build_side(store, quarter, frames)


def _build_side(store: Store, quarter: str, frames: Frames) -> QuarterSide:
    sql = "SELECT r.settings FROM quarters q JOIN runs r ON r.id = q.run WHERE q.quarter = ?"
    every = json.loads(store.db.execute(sql, [quarter]).fetchone()[0])
    settings = json.dumps([every.get(section) for section in _DECISIVE], sort_keys=True)
    decisions = resolve_decisions(frames["firms"], frames["units"], load_decisions(store.db))
    return QuarterSide(frames, settings, decisions)
