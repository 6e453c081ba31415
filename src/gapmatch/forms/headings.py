"""The headings of the lists in workbooks (``config/sheet_columns.csv``), of one list after another.

``rows.py`` gives the rows under those of a county.
"""

from functools import cache
from typing import Literal

from gapmatch.forms.keys import CHECK
from gapmatch.forms.sheet_model import Heading
from gapmatch.i18n import _, get_language
from gapmatch.resources import get_words, read_csv_rows
from gapmatch.vocabulary.labels import list_labels
from gapmatch.vocabulary.outcomes import list_outcome_choices

Lists = Literal[
    "visits",
    "evidence",
    "later",
    "unfinished",
    "correction",
    "review",
    "shortage",
    "recheck",
    "handover",
    "cases",
    "first_targets",
    "changes",
    "verified",
]
"""The lists of ``config/sheet_columns.csv``; those of a county's workbook come first."""

_FILLED_IN: tuple[Lists, ...] = (
    *("visits", "evidence", "later", "unfinished", "correction"),
    *("review", "shortage", "recheck", "handover"),
)

_read_columns = cache(lambda: read_csv_rows("sheet_columns.csv"))


def list_headings(name: Lists) -> tuple[Heading, ...]:
    """Return the columns of a list, in the current language."""
    own = tuple(_build_heading(row) for row in _read_columns() if row["list"] == name)
    if name != "later":
        return own
    number, firm, *rest = list_headings("visits")
    return (number, firm, *own, *rest)


def _build_heading(row: dict[str, str]) -> Heading:
    column, marks = row["column"], row["marks"].split("+")
    title = get_words(row, "label", get_language())
    is_entry = "entry" in marks
    return Heading(
        column,
        title.replace("|", "\n"),
        float(row["width"]),
        row["style"],
        entry=is_entry,
        hint=list_labels("entry_hint").get(column, "") if is_entry else "",
        choices=_list_choices(row["list"], column) if row["style"] == "choice" else (),
        marked="marked" in marks,
        printed="screen" not in marks,
    )


def _list_choices(name: str, column: str) -> tuple[str, ...]:
    if column == "verdict":
        return tuple(list_labels("review_verdict").values())
    return list_outcome_choices(name if name in ("recheck", "handover") else "visits")


def add_check(headings: tuple[Heading, ...]) -> tuple[Heading, ...]:
    """Return ``headings`` with the column that tells which cells were written into."""
    texts = (h.name for h in headings if h.style in ("text", "long") and not h.entry)
    return (
        *headings,
        Heading(CHECK + ",".join(("key", *texts)), _("系统校验（请勿改动）"), 10, "key"),
    )


def list_sheets_without_entries() -> list[str]:
    """Return the names of the sheets of a county's workbook that no one fills in."""
    return [_("说明"), _("走访依据"), _("人数不足与断缴"), _("数据")]


def list_known_headings() -> list[tuple[str, str]]:
    """Return machine name and heading of every column of every list, those of former forms too."""
    now = [(heading.name, heading.title) for name in _FILLED_IN for heading in list_headings(name)]
    former = [("date", _("日期")), ("outcome", _("处理结果")), ("code", _("代码"))]
    return [*now, (CHECK, _("系统校验（请勿改动）")), *former]
