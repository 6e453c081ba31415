"""Unbiased estimates for all targets, with intervals, from the visits drawn at random."""

import numpy as np
import polars as pl

RATES = ("uninsured", "operating", "enrolled")
_FINDINGS: dict[str, tuple[bool | None, bool | None, bool | None]] = {
    # outcome: uninsured, operating, enrolled after the visit; None: the visit does not say
    "enrolled": (True, True, True),
    "refused": (True, True, False),
    "resident_only": (True, True, False),
    "no_staff": (True, True, False),
    "matched_late": (False, True, False),
    "parent_insured": (False, True, False),
    "dispatch": (False, True, False),
    "dormant": (None, False, False),
    "deregistered": (None, False, False),
    "unreachable": (None, False, False),
    "moved": (None, None, False),
}


def classify_visits(outcomes: pl.DataFrame) -> pl.DataFrame:
    """Return firm, uninsured, operating, enrolled of visited firms whose case is over."""
    closed = outcomes.filter(pl.col("outcome").is_in(list(_FINDINGS)))
    return closed.select(
        "firm",
        *(
            pl.col("outcome")
            .replace_strict({o: found[place] for o, found in _FINDINGS.items()}, default=None)
            .cast(pl.Boolean)
            .alias(rate)
            for place, rate in enumerate(RATES)
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
