"""Rates from visits drawn by lot, in words for the terminal and the report."""

import polars as pl

from gapmatch.i18n import _
from gapmatch.vocabulary.figure_labels import list_drawn_rate_labels


def list_rate_lines(rates: pl.DataFrame) -> list[tuple[str, int, str, str]]:
    """Return words, number of visits, share and its interval for each rate."""
    words = list_drawn_rate_labels()
    return [
        (
            words[row["rate"]],
            row["visits"],
            _("尚无结果") if row["share"] is None else f"{row['share']:.1%}",
            "" if row["share"] is None else f"{row['low']:.1%} – {row['high']:.1%}",
        )
        for row in rates.iter_rows(named=True)
    ]


def list_rate_headings() -> tuple[str, ...]:
    """Return the headings over ``list_rate_lines``."""
    return (_("走访目标中"), _("抽查走访户数"), _("比例"), _("95% 区间"))
