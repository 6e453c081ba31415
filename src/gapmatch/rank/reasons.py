"""Why this firm: a sentence built from the largest parts of its priority."""

import polars as pl

from gapmatch.i18n import _

_TOLD_PARTS = 2  # beside the gap itself, which is always told
TOLD = ("headcount", "operates", "enrolls")
"""Parts of the priority that a reason may tell."""


def with_usual(frame: pl.DataFrame) -> pl.DataFrame:
    """Add ``usual_<name>``: the median points of each part that a reason may tell, over all targets."""
    return frame.with_columns(
        pl.col(f"priority_{name}").median().alias(f"usual_{name}") for name in TOLD
    )


def with_reasons(frame: pl.DataFrame) -> pl.DataFrame:
    """Add ``reason``: the parts that lift the firm most above the usual target, then what is missing.

    A part lifts by its points less the median of all targets, so that what all firms have in common is not
    told. ``frame`` has what ``with_usual`` added to all of them. Every number stands in a column: declared, headcount, zero_months, factor_enrolls and
    what ``status_reason`` counts.
    """
    texts = {
        "headcount": _headcount(),
        "operates": _operates(),
        "enrolls": _enrolls(),
    }
    ordered = frame.with_columns(
        **{f"text_{name}": text for name, text in texts.items()}
    ).with_columns(**{f"behind_{name}": _behind(name) for name in texts})
    told = [_at_place(place, tuple(texts)) for place in range(_TOLD_PARTS)]
    return ordered.with_columns(
        reason=pl.concat_str(*told, pl.col("status_reason"), separator=_("，"), ignore_nulls=True)
    ).drop(f"{kind}_{name}" for kind in ("text", "behind") for name in texts)


def _behind(name: str) -> pl.Expr:
    """Return how far the part stays behind the median of all targets; endlessly where nothing is to tell."""
    behind = pl.col(f"usual_{name}") - pl.col(f"priority_{name}")
    told = pl.col(f"text_{name}").is_not_null()
    return pl.when(told).then(behind).otherwise(float("inf"))


def _at_place(place: int, names: tuple[str, ...]) -> pl.Expr:
    """Return the text that comes at ``place`` when the parts stand by ``behind_…``, ties in their order."""
    choices = []
    for index, name in enumerate(names):
        own = pl.col(f"behind_{name}")
        before = [own >= pl.col(f"behind_{other}") for other in names[:index]]
        after = [own > pl.col(f"behind_{other}") for other in names[index + 1 :]]
        ahead = pl.sum_horizontal(e.cast(pl.Int8) for e in before + after)
        choices.append(pl.when(ahead == place).then(f"text_{name}"))
    return pl.coalesce(choices)


def _headcount() -> pl.Expr:
    declared = pl.col("declared").cast(pl.Int64)
    estimate = pl.col("headcount").round(0).clip(lower_bound=1).cast(pl.Int64)
    agrees = (declared >= 1) & ((estimate - declared).abs() * 4 <= declared)
    new = pl.col("kind").is_in(["new_enrollment", "lapsed"])
    return (
        pl.when(new & pl.col("headcount_conflict").is_not_null())
        .then("headcount_conflict")
        .when(new & agrees)
        .then(pl.format(_("个税申报{}人"), declared))
        .when(new)
        .then(pl.format(_("估计用工约{}人（{}）"), estimate, "headcount_basis"))
    )


def _operates() -> pl.Expr:
    zero = pl.col("zero_months")
    percent = (100 * pl.col("probability_operates")).round(0).cast(pl.Int64)
    return (
        pl.when(zero == 0)
        .then(pl.lit(_("连续12个月正常申报")))
        .when(zero > 0)
        .then(pl.format(_("近12个月零申报{}个月"), zero))
        .otherwise(pl.format(_("在经营的可能性{}%"), percent))
    )


def _enrolls() -> pl.Expr:
    return (
        pl.when(pl.col("visit_outcome") == "refused")
        .then(pl.lit(_("以往走访拒不参保")))
        .when(pl.col("kind").is_in(["lines_missing", "headcount_short"]))
        .then(pl.lit(_("已有参保账户，补办即可")))
    )
