"""What other prices and another review budget would decide, reckoned from stored links."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from gapmatch.linkage.classify import choose_cheapest, estimate_errors, select_for_review
from gapmatch.settings.load import LinkageSettings


@dataclass(frozen=True)
class PriceEstimate:
    """Decisions under some prices, and what they are expected to leave behind.

    ``errors``: ``estimate_errors``; ``open_firms``: firms without match and review; ``wanted``:
    pairs that are worth a review, whatever the budget, and those that people left open.
    """

    matches: int
    reviews: int
    wanted: int
    open_firms: int
    errors: dict[str, dict[str, float]]

    def as_dict(self) -> dict[str, Any]:
        """Return the figures as plain values."""
        counts = {
            "matches": self.matches,
            "reviews": self.reviews,
            "wanted": self.wanted,
            "open_firms": self.open_firms,
        }
        return {**counts, **self.errors}


def decide_again(
    links: pl.DataFrame, settings: LinkageSettings, own: LinkageSettings
) -> tuple[pl.Series, int]:
    """Return the decision of every link under ``settings``, and how many are worth a review.

    ``own``: the settings that the links were decided under; with them every decision is the stored
    one. With others it is exact as far as the links go: who has which unit stays as it was, and
    pairs that are not stored (a firm's second and later candidates that were neither matched nor
    reviewed) cannot come up. Pairs that people decided or doubted stay as they are.
    """
    fixed = links.select(_is_fixed()).to_series()
    again, _wanted = _decide(links, own, fixed)
    return _decide(links, settings, fixed | (again != links["decision"]))


def _decide(
    links: pl.DataFrame, settings: LinkageSettings, fixed: pl.Series
) -> tuple[pl.Series, int]:
    probability = links["probability"].fill_null(0.0).to_numpy()
    is_same = links["lost_to"].is_null() & (links["relation"] == "same").fill_null(value=False)
    assigned = ((links["decision"] == "match") | is_same).to_numpy()
    decision, saved = choose_cheapest(probability, assigned, settings)
    is_closed = (fixed | links["unit"].is_null()).to_numpy()
    saved = np.where(is_closed, 0.0, saved)
    looked_at = select_for_review(saved, settings.review_budget)
    frame = pl.DataFrame({"stored": links["decision"], "decision": decision, "fixed": fixed})
    again = frame.with_columns(pl.Series("review", looked_at)).select(
        pl.when("fixed")
        .then("stored")
        .when("review")
        .then(pl.lit("review"))
        .otherwise("decision")
        .alias("decision")
    )
    return again["decision"], int((saved > 0).sum())


def _is_fixed() -> pl.Expr:
    """Return which links no price changes: second accounts, and what people decided."""
    decided = pl.col("part_decision").fill_null(0.0) != 0.0
    return (decided | (pl.col("relation") == "second_account")).fill_null(value=False)


def estimate_prices(
    links: pl.DataFrame, settings: LinkageSettings, own: LinkageSettings
) -> PriceEstimate:
    """Return what ``settings`` would decide on ``links`` that ``own`` settings decided."""
    decision, wanted = decide_again(links, settings, own)
    again = links.with_columns(decision.alias("decision"))
    decided_firms = again.filter(pl.col("decision") != "non_match")["firm"]
    reviews = int((decision == "review").sum())
    return PriceEstimate(
        matches=int((decision == "match").sum()),
        reviews=reviews,
        wanted=wanted + reviews - min(wanted, settings.review_budget),
        open_firms=links["firm"].n_unique() - decided_firms.n_unique(),
        errors=estimate_errors(again),
    )
