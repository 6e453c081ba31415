"""One row per firm: does it operate, how many work there, of which industry and size is it."""

import polars as pl

from gapmatch.activity.amounts import comparable_amounts
from gapmatch.activity.headcount import estimate_headcounts, headcount_words
from gapmatch.activity.industry import FACTS, classify_industries, section_facts
from gapmatch.activity.operates import evidence_text, operates_features, score_operates
from gapmatch.activity.size_class import size_classes
from gapmatch.settings import Settings


def estimate_activity(
    firms: pl.DataFrame, quarter: str, settings: Settings, visits: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Return one row per row of ``firms`` (``FIRMS``), in its order.

    * ``probability_operates`` and its evidence: ``operates_evidence`` in words, ``operates_…`` the
      log-odds that each feature adds;
    * ``headcount``, ``headcount_low``, ``headcount_high`` (persons, 80 % interval),
      ``headcount_basis``, ``headcount_conflict`` (null: none), and the single readings ``declared``,
      ``by_wages``, ``by_turnover`` (persons), ``wages``, ``turnover`` (yuan a year), ``usual_wage``;
    * ``section``, ``division``, ``injury_class``, ``deferral``, ``size_class``, ``age_months``.

    * ``visit_outcome``, ``visit_effect``, ``visit_active``, ``visit_due``, ``visit_quarter``: the firm's
      last visit, nulls without one.

    ``visits`` has the last visit of each firm that was ever visited: firm, outcome, effect, active, due,
    visit_quarter (codes and effects as in ``config/outcomes.csv``). Raises ``SettingsError`` for a
    quarter that is none.
    """
    amounts = comparable_amounts(firms, quarter)
    scored = score_operates(operates_features(firms, amounts, visits, settings), settings)
    facts = _industry_facts(firms)
    known = pl.concat(
        [
            amounts,
            facts.drop("firm"),
            scored.select(
                "probability_operates",
                pl.col("^operates_.*$"),
                evidence_text(scored, amounts).alias("operates_evidence"),
            ),
        ],
        how="horizontal",
    )
    counts = estimate_headcounts(known, settings.activity)
    full = pl.concat([known, counts.drop("firm")], how="horizontal")
    words = headcount_words(full, settings.activity).drop("firm")
    sizes = size_classes(full).drop("firm")
    whole = pl.concat([full, words, sizes], how="horizontal").drop("sme")
    return whole.join(_last_visits(visits), on="firm", how="left", maintain_order="left")


def _last_visits(visits: pl.DataFrame | None) -> pl.DataFrame:
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


def _industry_facts(firms: pl.DataFrame) -> pl.DataFrame:
    """Return firm and the facts of its industry text, else of the section that standardising found."""
    by_text = firms.select("firm", "industry", given="section").join(
        classify_industries(firms["industry"].unique()),
        on="industry",
        how="left",
        maintain_order="left",
    )
    by_section = by_text.select("firm", section="given").join(
        section_facts(firms["section"].unique()),
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
