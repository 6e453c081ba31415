"""One row per firm: does it operate, how many work there, of which industry and size is it."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from gapmatch.activity.amounts import Floats, Readings, compute_turnover_ratio, scale_amounts
from gapmatch.activity.industry import FACTS, classify_industries, classify_sections, classify_sizes
from gapmatch.activity.mixture import GRID, HONEST, UNDER, Mixture, compute_posterior, fit_mixture
from gapmatch.activity.operates import (
    build_operates_features,
    compute_typical_wage,
    list_evidence_codes,
    score_operates,
)
from gapmatch.schemas import LINES
from gapmatch.settings.load import Settings
from gapmatch.settings.ranking import ActivitySettings
from gapmatch.vocabulary.notes import Note
from gapmatch.vocabulary.rules import choose_first

_SLICE_ROWS = 3_000  # firms over the grid: small enough to stay in the processor's cache
_LOW, _HIGH = 0.1, 0.9
_WORKERS = np.where(GRID < 1, 0.0, GRID)


def estimate_headcounts(amounts: pl.DataFrame, learned: Mixture) -> pl.DataFrame:
    """Return firm, headcount, headcount_low, headcount_high (80 % interval) and what they rest on.

    ``amounts`` has firm, section, declared, wages, turnover, probability_operates; ``learned``:
    of ``fit_mixture``. ``by_wages`` and ``by_turnover`` are the persons that the wage bill and
    the turnover stand for, taken alone.
    """
    readings = Readings.from_amounts(amounts)
    starts = range(0, len(readings), _SLICE_ROWS)
    parts = [
        _summarise_posterior(
            *compute_posterior(readings.take(slice(start, start + _SLICE_ROWS)), learned)
        )
        for start in starts
    ]
    estimates = np.concatenate(parts) if parts else np.empty((0, 5))
    by_turnover = (np.log(np.maximum(readings.turnover, 1.0)) - learned.sales[readings.section]) / (
        learned.slope
    )
    return amounts.select(
        "firm",
        pl.Series("headcount", estimates[:, 0]),
        pl.Series("headcount_low", estimates[:, 1]),
        pl.Series("headcount_high", estimates[:, 2]),
        pl.Series("declared_honestly", estimates[:, 3]),
        pl.Series("declared_under", estimates[:, 4]),
        pl.Series("usual_wage", np.exp(learned.wage[readings.section])),
        by_wages=pl.Series(readings.wages / np.exp(learned.wage[readings.section])).fill_nan(None),
        by_turnover=pl.when(pl.col("turnover") > 0).then(pl.Series(np.exp(by_turnover))),
    )


def _summarise_posterior(sizes: Floats, kinds: Floats) -> Floats:
    """Return mean, 10 % and 90 % quantile, P(honest), P(under-declared), one row per firm."""
    below = sizes.cumsum(axis=1)
    low = _WORKERS[(below < _LOW).sum(axis=1).clip(max=len(GRID) - 1)]
    high = _WORKERS[(below < _HIGH).sum(axis=1).clip(max=len(GRID) - 1)]
    # Not a product of matrices: its last digits depend on the number and place of the rows.
    mean = (sizes * _WORKERS).sum(axis=1)
    return np.stack(
        [mean, np.minimum(low, mean), np.maximum(high, mean), kinds[:, HONEST], kinds[:, UNDER]],
        axis=1,
    )


_MAX_PERSONS = 1e9
"""More persons than there are: estimates from absurd amounts are capped here."""


def explain_headcounts(estimates: pl.DataFrame, settings: ActivitySettings) -> pl.DataFrame:
    """Return firm, the persons that each source implies, and whether the sources contradict.

    * ``basis_declared``, ``basis_wages``, ``basis_turnover``: whole persons, null without the
      source;
    * ``conflict_code``: unpaid, thin_pay, low_sales, undeclared; null if nothing contradicts;
    * ``conflict_pay``: the yearly wage of a declared head, yuan.

    ``estimates`` has what ``estimate_headcounts`` returns and declared, wages, turnover.
    """
    return estimates.select(
        "firm",
        basis_declared=pl.col("declared").cast(pl.Int64),
        basis_wages=_round_persons("by_wages", pl.col("wages") > 0),
        basis_turnover=_round_persons("by_turnover", pl.col("turnover") > 0),
        conflict_code=_classify_conflict(settings),
        conflict_pay=pl.when(pl.col("declared") > 0).then(
            (pl.col("wages") / pl.col("declared")).round(0).cast(pl.Int64, strict=False)
        ),
    )


def _classify_conflict(settings: ActivitySettings) -> pl.Expr:
    declared, estimate = pl.col("declared"), pl.col("headcount")
    far = (declared - estimate).abs() >= settings.conflict_persons
    more = far & (declared >= settings.conflict_factor * estimate)
    fewer = far & (estimate >= settings.conflict_factor * declared)
    thin = pl.col("by_wages") < declared / settings.conflict_factor
    rules = {
        "unpaid": (declared >= settings.conflict_persons) & (pl.col("wages") == 0),
        "thin_pay": more & thin,
        "low_sales": more,
        "undeclared": fewer,
    }
    return choose_first(rules.items())


def _round_persons(column: str, known: pl.Expr) -> pl.Expr:
    persons = pl.col(column).round(0).clip(1, _MAX_PERSONS).cast(pl.Int64)
    return pl.when(known).then(persons)


MAX_TRAINING_FIRMS = 200_000
"""Firms that a list's usual wages and sizes are learned from; of longer lists every so many-th."""


@dataclass(frozen=True)
class Baseline:
    """What is usual in a list: wage (yuan a year and head), turnover per yuan of tax, sizes."""

    wage: float
    turnover_per_tax: float
    learned: Mixture


def is_training_firm(firm: pl.Expr, firms: int) -> pl.Expr:
    """Return which of ``firms`` firms, which are numbered by content, others are learned from."""
    return firm % max(1, -(-firms // MAX_TRAINING_FIRMS)) == 0


def fit_baseline(
    firms: pl.DataFrame, quarter: str, settings: Settings, visits: pl.DataFrame | None = None
) -> Baseline:
    """Return typical figures of ``firms``: FIRMS, or those that ``is_training_firm`` selects."""
    amounts = scale_amounts(firms, quarter)
    wage = compute_typical_wage(amounts, settings)
    scored = score_operates(
        build_operates_features(firms, amounts, visits, settings, wage), settings
    )
    known = pl.concat(
        [
            amounts,
            _look_up_industry_facts(firms).drop("firm"),
            scored.select("probability_operates"),
        ],
        how="horizontal",
    )
    learned = fit_mixture(Readings.from_amounts(known), settings.activity)
    return Baseline(wage, compute_turnover_ratio(amounts), learned)


def estimate_activity(
    firms: pl.DataFrame,
    quarter: str,
    settings: Settings,
    visits: pl.DataFrame | None = None,
    baseline: Baseline | None = None,
) -> pl.DataFrame:
    """Return one row per row of ``firms`` (``FIRMS``), in its order.

    * ``probability_operates`` and its evidence: ``evidence_codes`` (features, joined by a comma),
      ``operates_…`` the log-odds that each feature adds;
    * ``headcount``, ``headcount_low``, ``headcount_high`` (persons, 80 % interval),
      ``basis_…``, ``conflict_…`` (see ``explain_headcounts``), and the single readings
      ``declared``, ``by_wages``, ``by_turnover`` (persons), ``wages``, ``turnover`` (yuan a year),
      ``usual_wage``;
    * ``section``, ``division``, ``injury_class``, ``deferral``, ``size_class``, ``age_months``.

    * ``visit_outcome``, ``visit_effect``, ``visit_active``, ``visit_due``, ``visit_quarter``: the
      firm's last visit, nulls without one.

    ``visits`` has the last visit of each firm that was ever visited: firm, outcome, effect, active,
    due, visit_quarter (codes and effects as in ``config/outcomes.csv``). ``baseline``: typical
    figures in the whole list if ``firms`` are a part of it. Raises ``SettingsError`` for a quarter
    that is none.
    """
    if baseline is None:
        training_firms = firms.filter(is_training_firm(pl.col("firm"), firms.height))
        baseline = fit_baseline(training_firms, quarter, settings, visits)
    amounts = scale_amounts(firms, quarter, baseline.turnover_per_tax)
    features = build_operates_features(firms, amounts, visits, settings, baseline.wage)
    scored = score_operates(features, settings)
    facts = _look_up_industry_facts(firms)
    known = pl.concat(
        [
            amounts,
            facts.drop("firm"),
            scored.select(
                "probability_operates", pl.col("^operates_.*$"), list_evidence_codes(scored)
            ),
        ],
        how="horizontal",
    )
    counts = estimate_headcounts(known, baseline.learned)
    full = pl.concat([known, counts.drop("firm")], how="horizontal")
    sources = explain_headcounts(full, settings.activity).drop("firm")
    sizes = classify_sizes(full).drop("firm")
    complete = pl.concat([full, sources, sizes], how="horizontal").drop("sme")
    return complete.join(_select_last_visits(visits), on="firm", how="left", maintain_order="left")


def _select_last_visits(visits: pl.DataFrame | None) -> pl.DataFrame:
    if visits is None:
        return pl.DataFrame(
            schema={"firm": pl.UInt32}
            | {f"visit_{n.removeprefix('visit_')}": t for n, t in _VISIT.items()}
        )
    return visits.select(
        "firm",
        *(
            pl.col(name).cast(dtype).alias(f"visit_{name.removeprefix('visit_')}")
            for name, dtype in _VISIT.items()
        ),
    )


_VISIT = {
    "outcome": pl.String,
    "effect": pl.String,
    "active": pl.Boolean,
    "due": pl.String,
    "visit_quarter": pl.String,
}


def _look_up_industry_facts(firms: pl.DataFrame) -> pl.DataFrame:
    """Return firm and the facts of its industry text, else of the section from its name."""
    by_text = firms.select("firm", "industry", given="section").join(
        classify_industries(firms["industry"].unique()),
        on="industry",
        how="left",
        maintain_order="left",
    )
    by_section = by_text.select("firm", section="given").join(
        classify_sections(firms["section"].unique()),
        on="section",
        how="left",
        maintain_order="left",
    )
    has_section = pl.col("section").is_not_null()
    return pl.concat(
        [by_text, by_section.drop("firm").rename({name: f"other_{name}" for name in FACTS})],
        how="horizontal",
    ).select(
        "firm",
        *(pl.when(has_section).then(name).otherwise(f"other_{name}").alias(name) for name in FACTS),
    )


INPUTS = (
    *("declared_headcount", "declared_wages", "sales", "tax_paid", "zero_filing_months"),
    *("open_date", "industry"),
)
"""Columns of the tax list whose absence is noted, in the order of the notes."""


def find_missing_inputs(firms: pl.DataFrame, units: pl.DataFrame | None = None) -> list[Note]:
    """Return one note per column that is empty throughout."""
    missing = [column for column in INPUTS if _is_empty(firms, column)]
    if {"sales", "tax_paid"} <= set(missing):
        # Tax stands for sales only where there is any.
        missing = [c for c in missing if c != "tax_paid"]
        missing[missing.index("sales")] = "amounts"
    notes = [Note(f"no_{column}") for column in missing]
    lines = [f"{line}_insured" for line in LINES]
    if units is not None and all(_is_empty(units, column) for column in lines):
        known = not _is_empty(units, "insured_total")
        notes.append(Note("no_insured_lines" if known else "no_insured_persons"))
    return notes


def _is_empty(frame: pl.DataFrame, column: str) -> bool:
    if column == "open_date" and "registry_open_date" in frame.columns:
        rest = frame.drop("registry_open_date")
        return _is_empty(rest, column) and _is_empty(frame, "registry_open_date")
    return frame.height > 0 and (
        column not in frame.columns or frame[column].null_count() == frame.height
    )
