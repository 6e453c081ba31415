"""The way from last quarter's uninsured firms to this quarter's, as bars that add up."""

import polars as pl

from gapmatch.i18n import _
from gapmatch.report.drawing.bars import Bar
from gapmatch.vocabulary.labels import list_status_labels


def build_total_bars(totals: pl.DataFrame) -> list[Bar]:
    """Return ``line``, ``status``, ``firms`` (signed) in words.

    The first and the last are totals.
    """
    return [Bar(_describe_line(line, status), firms) for line, status, firms in totals.rows()]


def _describe_line(line: str, status: str) -> str:
    if line in ("before", "now"):
        return _("上季疑似未参保") if line == "before" else _("本季疑似未参保")
    if status == "not_listed":
        return _("退出税务清册") if line == "became" else _("新进税务清册")
    words = _("转为{status}") if line == "became" else _("原为{status}")
    return words.format(status=list_status_labels()[status])
