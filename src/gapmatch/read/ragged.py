"""Lines of text with more or fewer fields than the header: mended beyond doubt, or refused."""

import re
from collections.abc import Sequence
from itertools import pairwise

import polars as pl

from gapmatch.errors import InputError
from gapmatch.i18n import _
from gapmatch.read import values
from gapmatch.read.knowledge import COUNTS, DATES, NUMBERS, is_firm_name
from gapmatch.read.months import get_date_parser
from gapmatch.read.read_model import ColumnMap, Finding, Grid, SheetPlace
from gapmatch.schemas import CODES

# If more than this share of lines do not fit the header, the whole file is refused.
_MAX_MISFIT_SHARE = 0.2
# So many of the rows must hold what their columns are for, if a reading is to be believed.
_MIN_FIT_SHARE = 0.9
_MIN_NAMED_SHARE = 0.6
_MAX_SAMPLE = 300


def straighten(
    grid: Grid, rows: pl.DataFrame, columns: ColumnMap, width: int, place: SheetPlace
) -> tuple[pl.DataFrame, list[Finding]]:
    """Return ``rows`` with lines of too many or too few fields mended, and what was found.

    A line has too many fields if a text contains the delimiter; in lists of firms that is the
    address, so its parts are joined again if all columns then hold what they are for. Of single
    lines that cannot be mended only name and code are read; ``width`` is the number of headers.

    Raises ``InputError`` if most lines do not fit and cannot be mended.
    """
    if grid.widths is None or rows.is_empty():
        return rows, []
    fields = grid.widths.gather(rows["place"])
    surplus = [c for c in rows.columns if c.startswith("c") and int(c[1:]) >= width]
    long = pl.Series([False] * rows.height)
    if surplus:
        long = rows.select(pl.any_horizontal(pl.col(surplus).is_not_null())).to_series()
    short = fields < width
    rows, findings = _mend_long(rows, long, columns, width, place)
    rows, others = _judge_short(rows, short, columns, width, place)
    return rows, findings + others


def _mend_long(
    rows: pl.DataFrame, long: pl.Series, columns: ColumnMap, width: int, place: SheetPlace
) -> tuple[pl.DataFrame, list[Finding]]:
    if not long.any():
        return rows, []
    if int(long.sum()) > _MAX_MISFIT_SHARE * rows.height + 1:
        return _mend_most(rows, long, columns, width, place)
    names = [c for c in rows.columns if c.startswith("c") and c[1:].isdecimal()]
    lines = rows.filter(long).select(names).rows()
    # If names of firms can be distinguished from other texts, a line may be joined at its name,
    # too.
    informative = (
        _compute_mean(_has_name(rows.filter(~long).head(_MAX_SAMPLE), columns)) >= _MIN_NAMED_SHARE
    )
    mended = [
        _find_only_way(list(cells), columns, width, informative=informative) for cells in lines
    ]
    good = pl.Series([line is not None for line in mended], dtype=pl.Boolean)
    new = [line or list(cells) for line, cells in zip(mended, lines, strict=True)]
    fixed = _replace_rows(rows, long, names, new)
    return _clear_shifted(fixed, _combine_masks(long, ~good), columns), _report_long(
        rows, long, good
    )


def _mend_most(
    rows: pl.DataFrame, long: pl.Series, columns: ColumnMap, width: int, place: SheetPlace
) -> tuple[pl.DataFrame, list[Finding]]:
    """Mend a file most of whose lines are too long at the address, or refuse it."""
    if _has_unnamed_columns(rows.filter(long), columns):
        facts: dict[str, str | int] = {"count": int(long.sum()), "columns": width}
        shifted = _may_be_shifted(rows.filter(long), columns, width)
        kind = "columns_may_be_shifted" if shifted else "column_without_header"
        return rows, [Finding(kind, rows.filter(long)["source_row"][0], facts=facts)]
    address = [m.index for m in columns.columns.get("address", ())][:1]
    if address and not _are_numbers(rows.filter(long), address[0] + 1):
        mended = _mend(rows, long, width, address[0])
        own = mended.filter(long)
        fits = _is_fitting(own, columns)
        if (
            _compute_mean(fits) >= _MIN_FIT_SHARE
            and _compute_mean(_has_name(own, columns)) >= _MIN_NAMED_SHARE
        ):
            return _clear_shifted(mended, _combine_masks(long, ~fits), columns), _report_long(
                rows, long, fits
            )
    raise _build_misfit_error(rows.filter(long), width, place, _("多"))


def _are_numbers(rows: pl.DataFrame, index: int) -> bool:
    """Whether what would be joined to the address is numbers: another column then has commas."""
    texts = rows[f"c{index}"].drop_nulls()
    return int(texts.str.contains(r"^[\d.]+$").sum()) * 2 > len(texts)


def _compute_mean(flags: pl.Series) -> float:
    return float(flags.mean() or 0.0)  # type: ignore[arg-type]


def _has_name(rows: pl.DataFrame, columns: ColumnMap) -> pl.Series:
    """Return which rows have the name of a firm: shifted columns have only parts of it."""
    name = rows[f"c{columns.columns['name'][0].index}"]
    return pl.Series([bool(t) and is_firm_name(t) for t in name], dtype=pl.Boolean)


def _find_only_way(
    cells: list[str | None], columns: ColumnMap, width: int, *, informative: bool
) -> list[str | None] | None:
    """Return a line joined at its name, address or an amount, if exactly one way fits."""
    last = max(i for i, cell in enumerate(cells) if cell is not None)
    extra = last + 1 - width
    amounts = [m.index for c in NUMBERS for m in columns.columns.get(c, ())]
    texts = [
        m.index for c in ("name", "address")[not informative :] for m in columns.columns.get(c, ())
    ]
    ways = []
    for at in (*texts, *amounts):
        parts = [cell or "" for cell in cells[at : at + extra + 1]]
        if at in amounts and not re.fullmatch(r"-?\d{1,3}(,\d{3})+(\.\d+)?", ",".join(parts)):
            continue
        ways.append(_join_cells(cells, at, width))
    if not ways:
        return None
    names = [f"c{i}" for i in range(len(cells))]
    frame = pl.DataFrame(ways, schema=dict.fromkeys(names, pl.String), orient="row")
    good = _is_fitting(frame, columns)
    good = good & _has_name(frame, columns) if informative else good
    fitting = [way for way, fit in zip(ways, good, strict=True) if fit]
    return fitting[0] if len(fitting) == 1 else None


def _judge_short(
    rows: pl.DataFrame, short: pl.Series, columns: ColumnMap, width: int, place: SheetPlace
) -> tuple[pl.DataFrame, list[Finding]]:
    """Accept short lines: exports that omit trailing blanks have many of them."""
    if not short.any():
        return rows, []
    fits = _is_fitting(rows.filter(short), columns)
    if int(short.sum()) > _MAX_MISFIT_SHARE * rows.height + 1:
        if float(fits.mean() or 0.0) < _MIN_FIT_SHARE:  # type: ignore[arg-type]
            raise _build_misfit_error(rows.filter(short), width, place, _("少"))
        return rows, []
    picked = rows.filter(short).select("source_row", "c0").rows()
    findings = [Finding("too_few_fields", row, value=value) for row, value in picked]
    return _clear_shifted(rows, _combine_masks(short, ~fits), columns), findings


def _combine_masks(mask: pl.Series, inside: pl.Series) -> pl.Series:
    """Return where ``mask`` holds and, of these, ``inside`` holds."""
    found = iter(inside.to_list())
    return pl.Series([bool(m) and bool(next(found)) for m in mask], dtype=pl.Boolean)


def _has_unnamed_columns(rows: pl.DataFrame, columns: ColumnMap) -> bool:
    """Whether there are columns without a header behind the others, and nothing is shifted.

    All lines are then equally long, no number is cut at its thousands, and something behind the
    address (a number, a date, a phone) shows that it stands where it should.
    """
    cells = [c for c in rows.columns if c.startswith("c") and c[1:].isdecimal()]
    widths = rows.select(
        pl.max_horizontal(pl.when(pl.col(c).is_not_null()).then(int(c[1:])) for c in cells)
    ).to_series()
    even = max(widths.value_counts()["count"].to_list())
    pieces = rows.select(
        pl.any_horizontal(
            pl.col(one).cast(pl.String).str.contains(r"^-?\d{1,3}$")
            & pl.col(two).cast(pl.String).str.contains(r"^\d{3}(\.\d+)?$")
            for one, two in pairwise(cells)
        )
    ).to_series()
    shown = [m for m in columns.matches if m.canonical in (*NUMBERS, *DATES, "phone", *CODES)]
    address = max((m.index for m in columns.columns.get("address", ())), default=-1)
    return (
        even >= _MIN_FIT_SHARE * rows.height
        and float(pieces.fill_null(value=False).mean() or 0.0) < 1 - _MIN_FIT_SHARE  # type: ignore[arg-type]
        and any(m.index > address for m in shown)
        and _compute_fit_share(rows, columns) >= _MIN_FIT_SHARE
    )


def _may_be_shifted(rows: pl.DataFrame, columns: ColumnMap, width: int) -> bool:
    """Whether the value too many may stand before the last column that is read.

    So it is if all columns hold what they are for without one of them: numbers look like numbers.
    """
    sample = rows.head(_MAX_SAMPLE)
    last = max(match.index for match in columns.matches)
    cells = [f"c{index}" for index in range(width + 1)]
    if not set(cells) <= set(sample.columns):
        return False
    for at in range(last + 1):
        left = [c for c in cells if c != f"c{at}"]
        moved = sample.with_columns(
            pl.col(one).alias(two) for one, two in zip(left, cells, strict=False)
        )
        worded = [m for c in ("address", "name") for m in columns.columns.get(c, ())]
        has_words = all(
            moved[f"c{m.index}"].cast(pl.String).str.contains(r"\p{L}").fill_null(value=True).all()
            for m in worded
        )
        if has_words and _compute_fit_share(moved, columns) >= _MIN_FIT_SHARE:
            return True
    return False


def _compute_fit_share(rows: pl.DataFrame, columns: ColumnMap) -> float:
    return float(_is_fitting(rows, columns).mean() or 0.0)  # type: ignore[arg-type]


def _is_fitting(rows: pl.DataFrame, columns: ColumnMap) -> pl.Series:
    """Return for each row whether each column holds what it is for; blanks do."""
    good = pl.Series([True] * rows.height, dtype=pl.Boolean)
    for match in columns.matches:
        texts = values.format_texts(rows[f"c{match.index}"])
        good &= texts.is_null() | _can_hold(match.canonical, texts)
    return good


def _can_hold(canonical: str, texts: pl.Series) -> pl.Series:
    nothing = texts.str.contains(r"^[-—/\\.]*$") | texts.str.contains("^(?i)(null|无|nan)$")
    if canonical in NUMBERS:
        numbers = values.parse_numbers(texts)
        integral = numbers == numbers.round() if canonical in COUNTS else numbers.is_not_null()
        return integral.fill_null(value=False) | nothing
    if canonical in DATES:
        return get_date_parser(canonical)(texts).is_not_null() | nothing
    if canonical in CODES:
        return texts.str.contains(r"^[='\"]*[0-9A-Za-z\-]{6,22}['\"]*$") | nothing
    if canonical == "phone":
        return texts.str.contains(r"\d{5}") | nothing
    if canonical in ("name", "county", "legal_rep", "tax_office"):
        return ~texts.str.contains(r"^[\d.,\-/ ]+$")
    return pl.Series([True] * len(texts), dtype=pl.Boolean)


def _report_long(rows: pl.DataFrame, long: pl.Series, fits: pl.Series) -> list[Finding]:
    picked = rows.filter(long).select("source_row", "c0").rows()
    return [
        Finding("too_many_fields_joined" if good else "too_many_fields_cut", row, value=value)
        for (row, value), good in zip(picked, fits, strict=True)
    ]


def _clear_shifted(rows: pl.DataFrame, wrong: pl.Series, columns: ColumnMap) -> pl.DataFrame:
    """Leave of the rows that are ``wrong`` nothing but name and codes: the rest may be shifted."""
    if not wrong.any():
        return rows
    sure = {
        f"c{m.index}"
        for canonical in ("name", "unit_id", *CODES)
        for m in columns.columns.get(canonical, ())
    }
    unsure = [c for c in rows.columns if c.startswith("c") and c not in sure]
    return rows.with_columns(
        pl.when(~wrong).then(pl.col(c)).alias(c) for c in unsure if c[1:].isdecimal()
    )


def _build_misfit_error(rows: pl.DataFrame, width: int, place: SheetPlace, more: str) -> InputError:
    shown = _("、").join(str(row) for row in rows["source_row"].head(3))
    return InputError(
        _(
            "多数行的列数比表头{more}（表头 {width} 列，共 {count} 行不符，如第 {rows} 行），"
            "各列会错位：{place}"
        ).format(more=more, width=width, count=rows.height, rows=shown, place=place),
        _(
            "多半是内容（地址、金额）中含有分隔符，或分隔符被半个汉字吞掉。"
            "请在导出时给各字段加双引号，或另存为 Excel 工作簿(*.xlsx)后重试。"
        ),
        file=place.path,
        row=int(rows["source_row"][0]),
    )


def _mend(rows: pl.DataFrame, long: pl.Series, width: int, address: int) -> pl.DataFrame:
    names = [c for c in rows.columns if c.startswith("c") and c[1:].isdecimal()]
    mended = [
        _join_cells(list(cells), address, width) for cells in rows.filter(long).select(names).rows()
    ]
    return _replace_rows(rows, long, names, mended)


def _replace_rows(
    rows: pl.DataFrame, at: pl.Series, names: list[str], lines: Sequence[Sequence[str | None]]
) -> pl.DataFrame:
    new = pl.DataFrame(lines, schema=dict.fromkeys(names, pl.String), orient="row")
    fixed = rows.filter(at).drop(names).hstack(new)
    return pl.concat([rows.filter(~at), fixed.select(rows.columns)]).sort("place")


def _join_cells(cells: Sequence[str | None], at: int, width: int) -> list[str | None]:
    last = max(i for i, cell in enumerate(cells) if cell is not None)
    extra = last + 1 - width
    text = ",".join(cell or "" for cell in cells[at : at + extra + 1])
    line = [*cells[:at], text, *cells[at + extra + 1 :]]
    return line + [None] * (len(cells) - len(line))
