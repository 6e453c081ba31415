"""The page of figures in a county workbook."""

from collections.abc import Mapping, Sequence

import polars as pl
from xlsxwriter.utility import xl_range_abs

from gapmatch.forms.headings import list_headings
from gapmatch.forms.sheet_model import FIRST_ROW, Block, FigureSheet, Formula, Heading
from gapmatch.i18n import _
from gapmatch.vocabulary.labels import list_figure_labels, list_status_labels


def build_county_figures(
    place: str, totals: pl.DataFrame, towns: pl.DataFrame, counts: Mapping[str, int]
) -> FigureSheet:
    """Return the county's figures: progress, firms by status, towns.

    ``totals`` is the county's row of ``count_by_status``, ``towns`` has one row per town;
    ``counts`` is the length of each list by its role.
    """
    return FigureSheet(
        _("数据"),
        _("{place}  数据").format(place=place),
        _("“进展”随走访名单的填写自动更新。"),
        (_build_progress_block(counts), _build_status_block(totals), _build_town_block(towns)),
    )


def _build_progress_block(counts: Mapping[str, int]) -> Block:
    """Formulas over the entries in the lists of visits."""
    lists = (
        (_("走访名单"), list_headings("visits"), counts["visits"]),
        (_("后续名单"), list_headings("later"), counts["later"]),
    )
    outcomes = [_locate_entries("outcome", *place) for place in lists]
    persons = [_locate_entries("persons", *place) for place in lists]
    visited = "+".join(f"COUNTA({cells})" for cells in outcomes)
    return Block(
        _("进展"),
        (Heading("item", _("项目"), 28), Heading("value", _("数量"), 12, "integer")),
        (
            (_("走访名单户数"), counts["visits"]),
            (_("后续名单户数"), counts["later"]),
            (_("已填走访结果的户数"), Formula(f"={visited}", 0)),
            (_("走访后新增参保人数"), Formula(f"=SUM({','.join(persons)})", 0)),
        ),
    )


def _locate_entries(name: str, sheet: str, headings: Sequence[Heading], rows: int) -> str:
    """Return the range of the cells to fill in under a heading of a list."""
    column = [heading.name for heading in headings].index(name)
    last = FIRST_ROW + max(rows, 1) - 1
    return f"'{sheet}'!{xl_range_abs(FIRST_ROW, column, last, column)}"


def _build_status_block(totals: pl.DataFrame) -> Block:
    row = totals.row(0, named=True)
    share = row["firms"] or 1
    lines = tuple((label, row[s], row[s] / share) for s, label in list_status_labels().items())
    return Block(
        _("纳税户按状态"),
        (
            Heading("status", _("状态"), 22),
            Heading("firms", _("户数"), 12, "integer"),
            Heading("share", _("占比"), 10, "percent"),
        ),
        lines,
        _("合计"),
    )


def _build_town_block(towns: pl.DataFrame) -> Block:
    shown = towns.sort("expected", "town", descending=[True, False], nulls_last=True)
    labels = list_figure_labels()
    columns = ("firms", "uninsured", "targets", "tier_a", "expected")
    lines = (
        (town or _("（未填乡镇）"), *values)
        for town, *values in shown.select("town", *columns).iter_rows()
    )
    return Block(
        _("按乡镇（街道）"),
        (
            Heading("town", _("乡镇（街道）"), 22),
            *(Heading(name, labels[name], 12, "integer") for name in columns[:-1]),
            Heading("expected", labels["expected"], 20, "decimal"),
        ),
        tuple(lines),
        _("合计"),
    )
