"""One row per firm: does it operate, how many work there, of which industry and size is it."""

from dataclasses import dataclass

import polars as pl

from gapmatch.activity.amounts import Readings, compute_turnover_ratio, scale_amounts
from gapmatch.activity.headcount import estimate_headcounts, explain_headcounts
from gapmatch.activity.industry import FACTS, classify_industries, classify_sections, classify_sizes
from gapmatch.activity.mixture import Mixture, fit_mixture
from gapmatch.activity.operates import (
    build_operates_features,
    compute_typical_wage,
    list_evidence_codes,
    score_operates,
)
from gapmatch.schemas import LINES
from gapmatch.settings.load import Settings
from gapmatch.vocabulary.notes import Note

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
        own = firms.filter(is_training_firm(pl.col("firm"), firms.height))
        baseline = fit_baseline(own, quarter, settings, visits)
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
    found = pl.col("section").is_not_null()
    return pl.concat(
        [by_text, by_section.drop("firm").rename({name: f"other_{name}" for name in FACTS})],
        how="horizontal",
    ).select(
        "firm",
        *(pl.when(found).then(name).otherwise(f"other_{name}").alias(name) for name in FACTS),
    )


INPUTS = (
    *("declared_headcount", "declared_wages", "sales", "tax_paid", "zero_filing_months"),
    *("open_date", "industry"),
)
"""Columns of the tax list whose absence is noted, in the order of the notes."""


def find_missing_inputs(firms: pl.DataFrame, units: pl.DataFrame | None = None) -> list[Note]:
    """Return one note per column that is empty throughout."""
    notes = [Note(f"no_{column}") for column in INPUTS if _is_empty(firms, column)]
    lines = [f"{line}_insured" for line in LINES]
    if units is not None and all(_is_empty(units, column) for column in lines):
        known = not _is_empty(units, "insured_total")
        notes.append(Note("no_insured_lines" if known else "no_insured_persons"))
    return notes


def _is_empty(frame: pl.DataFrame, column: str) -> bool:
    if column == "open_date" and "registry_open_date" in frame.columns:
        return _is_empty(frame.drop("registry_open_date"), column) and _is_empty(
            frame.select(pl.col("registry_open_date")).rename({"registry_open_date": "other"}),
            "other",
        )
    return frame.height > 0 and (
        column not in frame.columns or frame[column].null_count() == frame.height
    )
