"""What somebody wrote or marked on a returned sheet elsewhere than in the cells to fill in.

Nothing of it is taken in: each function tells it in sentences.
"""

import re
from collections.abc import Iterator, Mapping, Sequence, Set

from xlsxwriter.utility import xl_col_to_name

from gapmatch.forms.keys import CHECK, list_changed_columns
from gapmatch.forms.returned_cells import SheetCells
from gapmatch.forms.returned_lists import (
    ENTRIES,
    ReturnedList,
    Row,
    get_cell,
    is_our_heading,
    name_heading,
)
from gapmatch.forms.unread_contents import UnreadContents
from gapmatch.i18n import _
from gapmatch.privacy import mask_numbers
from gapmatch.read.knowledge import load_knowledge

_MAX_ROWS_NAMED = 30
"""Rows with texts written into other cells that are named one by one."""
_REMARKS_BELOW = frozenset({"注", "备注", "说明"})


def describe_unread_contents(contents: UnreadContents, *, is_list: bool) -> Iterator[str]:
    """Yield what a sheet holds that is not taken in."""
    if not is_list:
        yield _("没有认出企业和结果，本表没有导入")
    if contents.comments:
        yield _("有 {n} 条批注没有导入；请把结果填在单元格里").format(n=contents.comments)
    if contents.drawings:
        yield _("有图片或文本框，没有导入；请把结果填在单元格里")


def describe_texts_above(rows: Sequence[Row], ours: Set[str]) -> Iterator[str]:
    """Yield what is written above the headings; ``ours`` are titles and notes of lists."""
    for row in rows:
        texts = [text for text in row if text]
        if sum(map(is_our_heading, texts)) > 1:
            return
        for text in texts:
            own = max(filter(text.startswith, ours), default="", key=len)
            if added := mask_numbers(text.removeprefix(own).strip()):
                yield _("表头上方写的“{text}”没有导入；请填在黄色列").format(text=added)


def describe_unknown_columns(rows: Sequence[Row], found: ReturnedList) -> Iterator[str]:
    """Yield the columns of a list that are none of ours and hold something."""
    if found.by_contents or not found.first:
        return
    above = rows[max(0, found.first - 2) : found.first]  # machine names, headings
    ours = {
        i  # of columns to fill in that stand twice, one is read: the other is none of ours
        for row in above
        for i, text in enumerate(row)
        if text and name_heading(text) not in {None, *ENTRIES}
    }
    filled = {i for row in rows[found.first : found.last] for i, text in enumerate(row) if text}
    if unknown := sorted(filled - ours - set(found.columns.values()) - set(found.choices)):
        names = _("、").join(get_cell(above[-1], i) or xl_col_to_name(i) for i in unknown)
        yield _("以下各列没有导入：{columns}").format(columns=mask_numbers(names))


def describe_loose_text(sheet: SheetCells, place: int, columns: Mapping[str, int]) -> Iterator[str]:
    """Yield what is written in a row without firm and entries; sums and signatures are nothing."""
    row = sheet.rows[place]
    firms = [columns[name] for name in ("name", "code") if name in columns]
    texts = [text.strip() for text in row if text and text.strip()]
    if not texts or ("key" not in columns and any(get_cell(row, i) for i in firms)):
        return
    layout = load_knowledge().layout
    words = {*layout["totals"], *layout["footers"]} - _REMARKS_BELOW
    if re.split(r"[:：]", texts[0])[0] not in words:
        yield _("第 {row} 行不是名单上的企业，没有导入：{text}").format(
            row=sheet.grid.get_row_number(place), text=mask_numbers(" ".join(texts))
        )


def describe_coloured_rows(rows: Sequence[int]) -> Iterator[str]:
    """Yield the numbers of the rows that are coloured, and say nothing else."""
    if rows:
        yield _("第 {rows} 行只涂了颜色，没有填结果，没有导入；请把颜色的意思填在黄色列").format(
            rows=_format_row_numbers(rows)
        )


def describe_changed_cells(sheet: SheetCells, found: ReturnedList) -> Iterator[str]:
    """Yield what was written into cells that no one fills in, row by row."""
    names = sheet.rows[found.first - 2] if found.first > 1 else ()
    at = {name: i for i, name in enumerate(names) if name}
    check = next((name for name in at if name.startswith(CHECK)), None)
    if check is None:
        return
    changed: dict[int, list[str]] = {}
    for place in range(found.first, found.end):
        shown = {name: sheet.get_text(place, i) for name, i in at.items()}
        if columns := list_changed_columns(check, shown[check], shown):
            changed[sheet.grid.get_row_number(place)] = [
                _("“{column}”改成了“{text}”").format(
                    column=sheet.get_text(found.first - 1, at[name]) or name,
                    text=mask_numbers(shown[name]) or "—",
                )
                for name in columns
            ]
    if len(changed) > _MAX_ROWS_NAMED:
        yield _(
            "第 {rows} 行的企业信息与发出时不同，可能只排序了部分列；改动没有导入，请核对"
        ).format(rows=_format_row_numbers(list(changed)))
        return
    for row, cells in changed.items():
        yield _(
            "第 {row} 行的{cells}，没有导入；走访结果请填在黄色列，信息有误的请写在备注"
        ).format(row=row, cells=_("、").join(cells))


def _format_row_numbers(rows: Sequence[int]) -> str:
    """Return row numbers in words, runs of them as 5–9."""
    runs: list[list[int]] = []
    for row in rows:
        if runs and row == runs[-1][-1] + 1:
            runs[-1].append(row)
        else:
            runs.append([row])
    return _("、").join(f"{r[0]}–{r[-1]}" if len(r) > 1 else str(r[0]) for r in runs)
