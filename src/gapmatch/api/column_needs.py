"""Which columns a list needs, in words, and an empty table that has them all."""

import io
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from gapmatch.i18n import _, get_language
from gapmatch.resources import read_csv_rows

NEEDS = ("required", "wanted", "optional")
_WIDTH = 22
_MADE = datetime(2000, 1, 1)
"""The same table has the same bytes."""


class ColumnNeed(NamedTuple):
    """Columns of a list that are needed for one thing; ``without``: what follows if they lack."""

    columns: Sequence[str]
    """Canonical columns."""
    label: str
    need: str
    """One of ``NEEDS``."""
    without: str


def list_column_needs(side: str) -> list[ColumnNeed]:
    """Return the columns that a list of ``side`` should have, most needed first."""
    rows = [row for row in read_csv_rows("column_needs.csv") if row["side"] == side]
    is_english = get_language() == "en"
    suffix = "_en" if is_english else ""
    needs = [
        ColumnNeed(
            columns=row["columns"].replace("|", " ").split(),
            label=row["label_en"] if is_english else _label_columns(side, row["columns"]),
            need=row["need"],
            without=row[f"without{suffix}"],
        )
        for row in rows
    ]
    return sorted(needs, key=lambda one: NEEDS.index(one.need))


def list_need_labels() -> dict[str, str]:
    """Return each of ``NEEDS`` in words."""
    return dict(zip(NEEDS, (_("必需"), _("最好有"), _("可有")), strict=True))


def build_empty_table(side: str) -> bytes:
    """Return a workbook with the headers of ``side`` alone; a comment says what each is for."""
    import xlsxwriter

    labels, needs = list_need_labels(), list_column_needs(side)
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    book.set_properties({"created": _MADE})
    sheet = book.add_worksheet()
    bold = book.add_format({"bold": True, "bottom": 1})
    cells = [(column, one) for one in needs for column in one.columns]
    for place, (column, one) in enumerate(cells):
        comment = _("{need}。缺了：{without}").format(need=labels[one.need], without=one.without)
        sheet.write_string(0, place, _list_headers(side)[column], bold)
        sheet.write_comment(0, place, comment)
    # Codes and phones are texts: Excel cuts long numbers after fifteen digits.
    sheet.set_column(0, len(cells) - 1, _WIDTH, book.add_format({"num_format": "@"}))
    sheet.freeze_panes(1, 0)
    book.close()
    return buffer.getvalue()


def _label_columns(side: str, columns: str) -> str:
    """Return the headers of columns that belong together, or of which one is enough."""
    headers = _list_headers(side)
    groups = [group.split() for group in columns.split("|")]
    return _("或").join(_("、").join(headers[column] for column in group) for group in groups)


def _list_headers(side: str) -> dict[str, str]:
    """Return the first header of each column: it is read as the column in any language."""
    from gapmatch.read import Side
    from gapmatch.read.knowledge import load_knowledge

    return dict(load_knowledge().labels[Side(side)])
