"""The periods that the rows of a sheet name (所属期, 季度): the newest, and rows of each."""

import re
from collections.abc import Iterator, Mapping

import polars as pl

from gapmatch.quarters import Quarter
from gapmatch.read.headers import Header
from gapmatch.read.knowledge import load_knowledge, strip_brackets
from gapmatch.read.months import NO_YEAR, parse_months
from gapmatch.read.read_model import ColumnMap
from gapmatch.read.values import format_texts

_MAX_SLIPS_SHARE = 0.01
_PERIOD = re.compile(
    r"(?:所属期|属期|所属时期|申报期|征期|统计期|数据期|报告期|季度|季)(?:间|止|末|名称|代码)?$"
)
_UP_TO = re.compile("最近|最后|最大|缴至|截止|费款|止$")
_QUARTER_NUMBER = r"^0?([1-4])(?:\.0)?$"


def find_newest_period(header: Header, rows: pl.DataFrame, columns: ColumnMap) -> str | None:
    """Return the newest month (YYYYMM) that columns of periods name, but for slips."""
    words = load_knowledge().layout["period_headers"]
    months = [
        parse_months(rows[f"c{index}"]).rename("month")
        for index, text in _list_unused(header, columns)
        if any(word in text for word in words)
    ]
    known = pl.concat([pl.Series("month", dtype=pl.String), *months]).drop_nulls()
    dated = known.filter(~known.str.starts_with(NO_YEAR)).sort(descending=True)
    return str(dated[int(_MAX_SLIPS_SHARE * len(dated))]) if len(dated) else None


def count_quarters(header: Header, rows: pl.DataFrame, columns: ColumnMap) -> dict[str, int]:
    """Return the rows of each quarter (2022Q4, or Q4 without a year) that a column names."""
    found: dict[str, int] = {}
    for index, text in _list_unused(header, columns):
        if _PERIOD.search(strip_brackets(text).strip()) and not found:
            found = _count_quarters_of(rows[f"c{index}"], is_number="季" in text)
    return found


def is_period_of_row(header: str) -> bool:
    """Whether a header names the period that a row is of, not up to which a unit paid (缴至)."""
    text = "".join(strip_brackets(header).split())
    return bool(_PERIOD.search(text)) and not _UP_TO.search(text)


def _list_unused(header: Header, columns: ColumnMap) -> Iterator[tuple[int, str]]:
    used = {match.index for match in columns.matches}
    for index, text in enumerate(header.texts[: header.width]):
        if text and index not in used:
            yield index, "".join(text.split())


def _count_quarters_of(cells: pl.Series, *, is_number: bool) -> dict[str, int]:
    texts = format_texts(cells)
    months = parse_months(cells)
    if is_number:
        # 3 below 季度 is the third quarter, and no March.
        number = texts.str.extract(_QUARTER_NUMBER).cast(pl.Int64, strict=False)
        ends = (number * 3).cast(pl.String).str.zfill(2)
        named = pl.select(pl.concat_str(pl.lit(NO_YEAR), ends)).to_series()
        months = named.zip_with(named.is_not_null(), months)
    return count_by_quarter(dict(months.drop_nulls().rename("m").value_counts().rows()))


def count_by_quarter(months: Mapping[str, int]) -> dict[str, int]:
    """Return rows by quarter of rows by month (YYYYMM; of no year: 0000MM)."""
    found: dict[str, int] = {}
    for month, rows in sorted(months.items()):
        number = (int(month[4:]) + 2) // 3
        year = int(month[:4])
        name = str(Quarter(year, number)) if year else f"Q{number}"
        found[name] = found.get(name, 0) + rows
    return found
