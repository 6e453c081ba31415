"""Frames as users have them (polars, eager or lazy, or pandas) as rows of a source."""

import sys
from collections.abc import Mapping
from typing import Any, Protocol, TypeGuard

import polars as pl

from gapmatch.errors import InputError
from gapmatch.i18n import _
from gapmatch.schemas import Table


class PandasFrame(Protocol):
    """A pandas ``DataFrame``, which is understood if pandas is installed."""

    @property
    def columns(self) -> Any:  # noqa: ANN401 - pandas' own types are not to be needed
        """Names of the columns."""

    @property
    def iloc(self) -> Any:  # noqa: ANN401
        """The values by place."""


Frame = pl.DataFrame | pl.LazyFrame | PandasFrame


def read_frame(frame: Frame, table: Table, side: str, columns: Mapping[str, str]) -> pl.DataFrame:
    """Return ``frame`` as rows of ``table``, numbered from 1, and no other columns.

    ``columns``: canonical name → the frame's own. Raises ``InputError`` for what is no frame, for
    a column that is not there, and for values that cannot be of the column's type.
    """
    given = _select_columns(_to_polars(frame, side), table, side, columns)
    row = pl.int_range(1, pl.len() + 1, dtype=pl.Int64)
    numbered = given.select(
        _cast_values(given[name], table, side) for name in given.columns
    ).with_columns(
        pl.lit(side).alias("source_file"),
        row.alias("data_row"),
        row.alias("source_row"),
        pl.lit(value=False).alias("is_duplicate"),
    )
    return table.complete(numbered)


def _to_polars(frame: Frame, side: str) -> pl.DataFrame:
    if isinstance(frame, pl.LazyFrame):
        return frame.collect()
    if isinstance(frame, pl.DataFrame):
        return frame
    if _is_pandas(frame):
        return _from_pandas(frame, side)
    raise InputError(
        _("{side} 不是可以比对的表：{kind}").format(side=side, kind=type(frame).__name__),
        _("请给出 polars 的 DataFrame 或 LazyFrame，或 pandas 的 DataFrame。"),
    )


def _is_pandas(frame: object) -> TypeGuard[PandasFrame]:
    """Whoever hands over a pandas frame has loaded pandas; nobody else needs it."""
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(frame, pandas.DataFrame)


def _from_pandas(frame: PandasFrame, side: str) -> pl.DataFrame:
    """Return the columns as polars has them, without pyarrow; all missing values are null."""
    names = [str(name) for name in frame.columns]
    _refuse_repeated(names, side)
    columns = []
    for place, name in enumerate(names):
        own = frame.iloc[:, place]
        values = own.astype(object).where(own.notna(), None).tolist()
        kinds = {type(value) for value in values if value is not None}
        if len(kinds) > 1:
            values = [None if value is None else str(value) for value in values]
        columns.append(pl.Series(name, values, strict=False))
    return pl.DataFrame(columns)


def _refuse_repeated(names: list[str], side: str) -> None:
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise InputError(
            _("{side} 有同名的列：{columns}").format(side=side, columns=_("、").join(repeated)),
            _("请给每一列各自的名称。"),
        )


def _select_columns(
    frame: pl.DataFrame, table: Table, side: str, columns: Mapping[str, str]
) -> pl.DataFrame:
    """Return the columns that ``table`` knows, under its names; ``columns`` go first."""
    unknown = [name for name in columns if name not in table.columns]
    if unknown:
        raise InputError(
            _("{side} 没有这样的标准列：{columns}").format(
                side=side, columns=_("、").join(unknown)
            ),
            _("标准列为：{columns}").format(columns=_("、").join(table.columns)),
        )
    missing = [own for own in columns.values() if own not in frame.columns]
    if missing:
        raise _report_missing(side, missing, frame)
    chosen = {name: name for name in frame.columns if name in table.columns}
    if "code" in frame.columns:
        chosen.setdefault("credit_code", "code")
    chosen |= columns
    if "name" not in chosen:
        raise _report_missing(side, ["name"], frame)
    return frame.select(pl.col(own).alias(name) for name, own in chosen.items())


def _report_missing(side: str, missing: list[str], frame: pl.DataFrame) -> InputError:
    return InputError(
        _("{side} 缺少 {missing} 列，现有：{columns}").format(
            side=side, missing=_("、").join(missing), columns=_("、").join(frame.columns)
        ),
        _("请把名称列改名为 name，或用 tax_columns、enrollment_columns 写明各列的名称。"),
    )


def _cast_values(values: pl.Series, table: Table, side: str) -> pl.Series:
    """Return ``values`` in the column's type; numbers that pandas made decimal are whole again."""
    dtype = table.columns[values.name].dtype
    if values.dtype.is_float():
        values = values.fill_nan(None)
        if dtype == pl.String and (values.drop_nulls() % 1 == 0).all():
            values = values.cast(pl.Int64)
    if values.dtype == pl.String and dtype == pl.Date:
        typed = values.str.to_date("%Y-%m-%d", strict=False)
    else:
        typed = values.cast(dtype, strict=False)
    wrong = values.filter(typed.is_null() & values.is_not_null())
    if wrong.is_empty():
        return typed
    raise InputError(
        _("{side} 的 {column} 列有不合格式的值：{value}").format(
            side=side, column=values.name, value=wrong[0]
        ),
        _("该列的类型应为 {dtype}。").format(dtype=dtype),
    )
