"""Frames that users have (polars or pandas): read as rows of a source, linked, and grouped."""

import sys
from collections.abc import Mapping
from typing import Any, Protocol, TypeGuard

import polars as pl

from gapmatch.errors import InputError
from gapmatch.i18n import _
from gapmatch.linkage import link as link_sides
from gapmatch.linkage.connected import group_connected
from gapmatch.results.tables import select_link_columns, share_links
from gapmatch.run.quarter_run import load_configured_model
from gapmatch.schemas import ENROLLMENT_ROWS, TAX_ROWS, Table, load_tables
from gapmatch.settings.load import Settings, load_settings
from gapmatch.standardise.sides_of_extracts import (
    find_home_division,
    standardise_firms,
    standardise_units,
)


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
        column = frame.iloc[:, place]
        values = column.astype(object).where(column.notna(), None).tolist()
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


def link(
    tax: Frame,
    enrollment: Frame,
    settings: Settings | None = None,
    *,
    tax_columns: Mapping[str, str] | None = None,
    enrollment_columns: Mapping[str, str] | None = None,
) -> pl.DataFrame:
    """Link two frames in memory: which enrolled unit is which firm's (columns: ``link``).

    ``tax``, ``enrollment``: polars frames, eager or lazy (lazy ones are collected), or pandas
    frames if pandas is installed. Columns as in ``TaxRows`` and ``EnrollmentRows``; ``name`` is
    needed, ``code`` is taken for ``credit_code``, every other column helps if it is there.
    ``tax_columns``, ``enrollment_columns``: what such a column is called in the frame, as in
    ``link(tax, units, tax_columns={"name": "企业名称", "phone": "电话"})``. Numbers that stand
    for texts are read as texts, dates as YYYY-MM-DD. Rows with the same valid code are one firm,
    with the same links. Nothing is stored. Returns a polars frame. Raises ``InputError`` for what
    is no frame, for a column that is not there, and for a value that is not of its column's type.
    """
    settings = settings or load_settings()
    tax_rows = read_frame(tax, TAX_ROWS, "tax", tax_columns or {})
    unit_rows = read_frame(enrollment, ENROLLMENT_ROWS, "enrollment", enrollment_columns or {})
    firms = standardise_firms(tax_rows, None)
    units = standardise_units(unit_rows, find_home_division(tax_rows))
    originals = firms.filter(pl.col("duplicate_of").is_null())
    links = link_sides(originals, units, load_configured_model(settings), settings.linkage).links
    shared_links = share_links(links, firms)
    first = firms.select("firm", pl.col("data_row").alias("tax_row"), "name")
    second = units.select(
        "unit", pl.col("data_row").alias("enrollment_row"), pl.col("name").alias("unit_name")
    )
    winners = first.select(pl.col("firm").alias("lost_to"), pl.col("tax_row").alias("lost_to_row"))
    frame = (
        select_link_columns(shared_links)
        .join(first, on="firm", how="left")
        .join(second, on="unit", how="left")
        .join(winners, on="lost_to", how="left")
    )
    order = ["tax_row", "weight", "enrollment_row"]
    return load_tables()["link"].complete(
        frame.sort(order, descending=[False, True, False], nulls_last=True).drop(
            "firm", "unit", "lost_to"
        )
    )


def group_links(links: pl.DataFrame, units: pl.DataFrame) -> pl.DataFrame:
    """Return the members of each group of ``links`` (columns: ``groups``).

    ``links``: firm, unit, name, code; ``units``: unit, unit_name, code_text.
    """
    pairs = links.filter(pl.col("unit").is_not_null())
    if pairs.is_empty():
        return load_tables()["groups"].empty()
    # One pair is enough to fill a group, so that each component is a group of its own.
    group = pl.col("together").rank("dense").cast(pl.Int64).alias("group")
    numbered = group_connected(pairs.select("firm", "unit"), 1).with_columns(group)
    grouped = pairs.join(numbered.select("firm", "group"), on="firm")
    named = units.select(
        "unit", pl.col("unit_name").alias("name"), pl.col("code_text").alias("code")
    )
    sides = (
        grouped.select(
            "group", pl.lit("tax").alias("side"), member="firm", name="name", code="code"
        ),
        grouped.select("group", "unit")
        .join(named, on="unit", how="left")
        .select(
            "group", pl.lit("enrollment").alias("side"), member="unit", name="name", code="code"
        ),
    )
    members = pl.concat([side.unique(["group", "member"]) for side in sides])
    count = (pl.col("side") == "tax").sum().over("group").cast(pl.Int64)
    return load_tables()["groups"].complete(
        members.with_columns(
            count.alias("firms"), (pl.len().over("group").cast(pl.Int64) - count).alias("units")
        ).sort("group", pl.col("side") == "enrollment", "member")
    )
