"""Columns that seem to say who is in and who is out, and that nothing reads: they are named.

The header has a word for a status (首次停保日期, 解除非正常日期), the cells are days, marks of yes
and no, or statuses.
"""

import re
from collections.abc import Mapping

import polars as pl

from gapmatch.read import values
from gapmatch.read.column_contents import get_texts
from gapmatch.read.knowledge import join_lines, load_knowledge
from gapmatch.read.read_model import Match, Side

UNREAD = "unread_status"
_MIN_SHARE = 0.8
_MIN_WORDED_SHARE = 0.5
_OF_NO_STATUS = re.compile(
    r"人数|人员|金额|[数额率费]$|基数|编号|号码|电话|文号|姓名|名称|经办|地址"
)


def find_unread_statuses(
    headers: Mapping[int, str], body: pl.DataFrame, side: Side
) -> tuple[Match, ...]:
    """Return the columns among ``headers``, which nothing reads, that look like statuses."""
    if side is Side.REGISTRY:
        return ()
    words = load_knowledge().polarity["unread"][side.value]
    found = []
    for index, header in headers.items():
        text = join_lines(header)
        if not any(word in text for word in words) or _OF_NO_STATUS.search(text):
            continue
        if _hold_statuses(get_texts(body, index), side):
            found.append(Match(index, header, UNREAD, 0, index))
    return tuple(found)


def _hold_statuses(texts: pl.Series, side: Side) -> bool:
    """Whether most texts are days, nearly all yes or no, or half of them words for statuses."""
    known = load_knowledge()
    if texts.is_empty():
        return False
    over = known.stopped if side is Side.ENROLLMENT else known.ended
    worded = texts.str.contains_any(list(over))
    active = texts.str.contains_any([*known.active, *known.registered])
    marks = texts.str.to_uppercase().is_in([*known.yes, *known.no])
    is_worded = bool(worded.any()) and int((worded | active).sum()) >= _MIN_WORDED_SHARE * len(
        texts
    )
    least = _MIN_SHARE * len(texts)
    return (
        is_worded
        or int(marks.sum()) >= least
        or len(texts) - values.parse_dates(texts).null_count() >= least
    )
