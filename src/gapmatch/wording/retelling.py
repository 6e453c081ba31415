"""Sentences of stored results, told again in the language that is spoken now.

A run writes its sentences in the language of the settings. Whoever asks for one firm in another language
gets them made anew, from the stored frames, by the code that made them: so they are complete, and say the
same. A firm that has another status by now (the settings changed since the run) keeps the sentences
that were stored.
"""

from typing import NamedTuple

import polars as pl

from gapmatch.activity import estimate_activity
from gapmatch.ledger.visit_effects import resolve_visit_effects
from gapmatch.rank import rank_targets
from gapmatch.settings.load import Settings
from gapmatch.status.decide import decide_statuses
from gapmatch.store.frames import Frames

_GAP_SENTENCES = (
    *("status_reason", "operates_evidence", "headcount_basis", "headcount_conflict"),
    "lines_missing",
)
_TARGET_SENTENCES = ("reason", "policies")


class Basis(NamedTuple):
    """What a stored quarter was judged by: settings, the visits of the store, and when its run began."""

    quarter: str
    settings: Settings
    visits: pl.DataFrame
    began: str


def retold(frames: Frames, basis: Basis) -> dict[str, pl.DataFrame]:
    """Return the frames of a quarter with every sentence in the language that is spoken now."""
    quarter, settings, firms = basis.quarter, basis.settings, frames["firms"]
    known = basis.visits.filter(pl.col("at") <= basis.began)
    effects = resolve_visit_effects(firms, known, quarter)
    activity = estimate_activity(firms, quarter, settings, effects)
    gaps = decide_statuses(firms, frames["units"], frames["links"], activity, settings)
    targets = rank_targets(firms, gaps, activity, quarter, settings)
    return {
        **frames,
        "gaps": _with_sentences(frames["gaps"], gaps, "status", _GAP_SENTENCES),
        "targets": _with_sentences(frames["targets"], targets, "kind", _TARGET_SENTENCES),
    }


def _with_sentences(
    stored: pl.DataFrame, anew: pl.DataFrame, same: str, sentences: tuple[str, ...]
) -> pl.DataFrame:
    """Take the sentences of ``anew`` for every firm that has the same ``same`` in both."""
    told = anew.select(
        "firm",
        pl.col(same).cast(pl.String).alias("_same"),
        *(pl.col(sentence).alias(f"_{sentence}") for sentence in sentences),
    )
    joined = stored.join(told, on="firm", how="left", maintain_order="left")
    agrees = (pl.col(same).cast(pl.String) == pl.col("_same")).fill_null(value=False)
    return joined.with_columns(
        pl.when(agrees).then(f"_{sentence}").otherwise(sentence).alias(sentence)
        for sentence in sentences
    ).select(stored.columns)
