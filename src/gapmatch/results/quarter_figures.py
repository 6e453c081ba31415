"""Every figure that is printed of a quarter, counted in one place: a pure function of its results.

Tables of the terminal, the report, workbooks and letters count with the functions below it
(``count_by_status``, ``count_verdicts``), or show what the ledger counted (``progress``).
"""

from collections.abc import Mapping

import polars as pl

from gapmatch.results.figures import count_by_status, join_firm_statuses
from gapmatch.results.run_results import PublishInput
from gapmatch.results.verification import count_rows, count_verdicts, is_list_to_verify
from gapmatch.schemas import STATUSES
from gapmatch.vocabulary.figure_labels import CONFIRMED_PARTS, PROGRESS_FIGURES
from gapmatch.vocabulary.listed_verdicts import LISTED_VERDICTS

FIGURES = pl.Schema({"county": pl.String, "figure": pl.String, "value": pl.Float64})
"""One row per county and figure; a null county stands for all of them."""

_OF_STATUSES = (
    *("firms", *STATUSES, "targets", "tier_a", "expected", "expected_tier_a"),
    "headcount_uninsured",
)
_OF_PROGRESS = tuple(name for name in PROGRESS_FIGURES if name != "targets")
"""Targets are counted from the targets."""


def count_figures(results: PublishInput) -> pl.DataFrame:
    """Return FIGURES of a quarter, by code: firms, persons where the code's words name them.

    Left out is what is not known: progress without a ledger, verdicts if the list is not one to
    verify, ``change_…`` without an earlier quarter.
    """
    statuses = join_firm_statuses(results)
    parts = [
        _melt(count_by_status(statuses, "county"), _OF_STATUSES),
        _melt(count_by_status(statuses), _OF_STATUSES),
    ]
    if results.progress is not None:
        parts.append(_melt(results.progress, _OF_PROGRESS))
        parts.append(_melt(results.progress.select(pl.col(_OF_PROGRESS).sum()), _OF_PROGRESS))
    if is_list_to_verify(results):
        verdicts = count_verdicts(results)
        names = (*LISTED_VERDICTS, *CONFIRMED_PARTS)
        parts += [_melt(verdicts, names), _melt(verdicts.select(pl.col(names).sum()), names)]
        parts.append(_build_totals({f"list_{k}": n for k, n in count_rows(results).items()}))
    if results.changes is not None:
        kinds = results.changes.select("kind", "firms").rows()
        parts.append(_build_totals({f"change_{kind}": n for kind, n in kinds}))
    return pl.concat(parts).sort("county", "figure", nulls_last=False)


def select_totals(figures: pl.DataFrame) -> dict[str, float]:
    """Return code → value over all counties."""
    return dict(figures.filter(pl.col("county").is_null()).select("figure", "value").rows())


def pivot_counties(figures: pl.DataFrame) -> pl.DataFrame:
    """Return one row per ``county``, one column per figure; null: not known."""
    own = figures.filter(pl.col("county").is_not_null())
    wide = own.pivot("figure", index="county", values="value", maintain_order=True)
    missing = [name for name in _OF_STATUSES if name not in wide.columns]
    return wide.with_columns(pl.lit(None, pl.Float64).alias(name) for name in missing)


def _melt(counts: pl.DataFrame, names: tuple[str, ...]) -> pl.DataFrame:
    frame = counts if "county" in counts.columns else counts.with_columns(county=None)
    long = frame.select(pl.col("county").cast(pl.String), pl.col(names).cast(pl.Float64)).unpivot(
        on=names, index="county", variable_name="figure"
    )
    return long.match_to_schema(FIGURES)


def _build_totals(numbers: Mapping[str, int]) -> pl.DataFrame:
    rows = [(None, name, float(number)) for name, number in numbers.items()]
    return pl.DataFrame(rows, schema=FIGURES, orient="row")
