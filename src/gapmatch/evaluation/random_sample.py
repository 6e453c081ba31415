"""Unbiased estimates for all targets, with intervals, from the visits drawn at random."""

import numpy as np
import polars as pl

from gapmatch.vocabulary.outcomes import list_findings

RATES = ("uninsured", "operating", "enrolled")


def classify_visits(outcomes: pl.DataFrame) -> pl.DataFrame:
    """Return firm, uninsured, operating, enrolled of visited firms whose case is over."""
    closed = outcomes.filter(pl.col("outcome").is_in(list(list_findings("enrolled"))))
    findings = {rate: list_findings(rate) for rate in RATES}
    return closed.select(
        "firm",
        *(
            pl.col("outcome").replace_strict(of, default=None, return_dtype=pl.Boolean).alias(rate)
            for rate, of in findings.items()
        ),
    )


def estimate_rates(visited: pl.DataFrame, targets: pl.DataFrame) -> pl.DataFrame:
    """Return one row per rate: ``rate``, ``share``, ``low``, ``high`` (95 % interval), ``visits``.

    ``visited`` has firm, uninsured, operating, enrolled (booleans, null: not known) for visited
    firms; ``targets`` has firm, county_name, drawn_at_random for the quarter that they were drawn
    in. Each county draws from its own targets, so its firms count by targets per drawn and visited
    firm; the interval is Clopper and Pearson's (1934) for the effective number of visits (Kish
    1965).
    """
    size = pl.len().over("county_name")
    drawn = targets.with_columns(size=size).filter("drawn_at_random").join(visited, on="firm")
    weighed = drawn.with_columns(weight=pl.col("size") / pl.len().over("county_name"))
    return pl.DataFrame([_estimate_rate(weighed.filter(pl.col(r).is_not_null()), r) for r in RATES])


def _estimate_rate(drawn: pl.DataFrame, rate: str) -> dict[str, str | float | int | None]:
    from scipy.special import betaincinv

    weight = drawn["weight"].to_numpy()
    if not len(weight):
        return {"rate": rate, "share": None, "low": None, "high": None, "visits": 0}
    share = float(np.average(drawn[rate].to_numpy(), weights=weight))
    effective = float(weight.sum() ** 2 / (weight**2).sum())
    hits = share * effective
    low = float(betaincinv(hits, effective - hits + 1, 0.025)) if share > 0 else 0.0
    high = float(betaincinv(hits + 1, effective - hits, 0.975)) if share < 1 else 1.0
    return {"rate": rate, "share": share, "low": low, "high": high, "visits": len(weight)}
