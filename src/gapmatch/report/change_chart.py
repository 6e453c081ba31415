"""The way from last quarter's uninsured firms to this quarter's, as bars that add up."""

import polars as pl

from gapmatch.i18n import _
from gapmatch.report.drawing.bars import Bar
from gapmatch.vocabulary.figure_labels import describe_fate


def build_total_bars(totals: pl.DataFrame) -> list[Bar]:
    """Return ``line``, ``status``, ``firms`` (signed) in words.

    The first and the last are totals.
    """
    return [Bar(_describe_line(line, status), firms) for line, status, firms in totals.rows()]


def _describe_line(line: str, status: str) -> str:
    if line in ("before", "now"):
        return _("上季疑似未参保") if line == "before" else _("本季疑似未参保")
    return describe_fate(line, status)
