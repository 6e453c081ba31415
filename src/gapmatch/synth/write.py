"""Writes a synthetic prefecture as the bureau would get it: files by quarter, with the truth."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Literal

import polars as pl
from pydantic import BaseModel, ConfigDict

from gapmatch.forms.fast_worksheet import FastWorkbook, FastWorksheet
from gapmatch.quarters import Quarter
from gapmatch.resources import load_toml
from gapmatch.synth.extracts import PAUSED, SyntheticQuarter
from gapmatch.synth.plan import Plan
from gapmatch.synth.prefecture import Prefecture, make_prefecture

LINES = {
    "pension_insured": "企业职工基本养老保险",
    "unemployment_insured": "失业保险",
    "injury_insured": "工伤保险",
}


class SheetLayout(BaseModel):
    """How one source is laid out; the fields are explained in ``layouts.toml``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: str
    encoding: str = "utf-8"
    titles: list[str] = []
    footer: bool = False
    style: Literal["plain", "office"] = "plain"
    by_line: bool = False
    headers: dict[str, str]

    def format_frame(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return a source's frame with this layout's columns, headers and way of writing values."""
        if self.by_line:
            frame = split_by_line(frame)
        return _format_values(frame.select(*self.headers), self.style).rename(dict(self.headers))

    def title_lines(self, quarter: str) -> list[list[str]]:
        """Return the lines above the header, one cell each."""
        year, number = divmod(Quarter.parse(quarter).index, 4)
        return [
            [line.format(quarter=quarter, year=year, number=number + 1)] for line in self.titles
        ]

    def build_footer_lines(self, dressed: pl.DataFrame) -> list[list[str | None]]:
        """Return a totals row and a remark, if the layout has them."""
        if not self.footer:
            return []
        sums: list[str | None] = ["合计", *([None] * (dressed.width - 1))]
        for source in ("declared_headcount", "pension_insured"):
            if source in self.headers:
                total = dressed[self.headers[source]].sum()
                sums[list(self.headers).index(source)] = str(total)
        return [sums, ["注：本表仅供参保扩面工作使用"]]


class Layout(BaseModel):
    """How a bureau gets its three sources."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tax: SheetLayout
    enrollment: SheetLayout
    registry: SheetLayout


@cache
def load_layouts() -> dict[str, Layout]:
    """Return the layouts by name."""
    layouts = load_toml("synth/layouts.toml")["layouts"]
    return {name: Layout.model_validate(tables) for name, tables in layouts.items()}


def split_by_line(enrollment: pl.DataFrame) -> pl.DataFrame:
    """Return a row per unit and insured line (one at least); the county becomes the agency."""
    long = enrollment.unpivot(
        list(LINES),
        index=[name for name in enrollment.columns if name not in LINES],
        variable_name="line",
        value_name="insured",
    )
    insured = long.filter((pl.col("insured") > 0) | (pl.col("insured").sum().over("unit_id") == 0))
    active = pl.when(pl.col("pension_status") == PAUSED).then(pl.lit("暂停缴费"))
    return insured.with_columns(
        order=pl.col("line").replace_strict({name: n for n, name in enumerate(LINES)}),
        line=pl.col("line").replace_strict(LINES),
        line_status=active.otherwise(pl.lit("正常缴费")),
        county=pl.col("county") + "社会保险事业局",
    ).sort("unit_id", "order")


def _format_values(frame: pl.DataFrame, style: str) -> pl.DataFrame:
    """Write dates as text and whole yuan without a fraction, or in the style of office software."""
    date_format = "%Y-%m-%d" if style == "plain" else "%Y年%-m月%-d日"
    dates = [
        pl.col(name).dt.strftime(date_format)
        for name, dtype in frame.schema.items()
        if dtype == pl.Date
    ]
    return frame.with_columns(
        *dates,
        *(_format_amount(name, style) for name, dtype in frame.schema.items() if dtype.is_float()),
    )


def _format_amount(name: str, style: str) -> pl.Expr:
    amount = pl.col(name).round().cast(pl.Int64)
    if style == "plain":
        return amount
    text = amount.cast(pl.String)
    for _ in range(3):
        text = text.str.replace(r"^(-?\d+)(\d{3})(,|$)", "$1,$2$3")
    return text + ".00"


_CREATED = datetime(2023, 1, 9, 9)
_ROW_POINTS = 15.0
_COUNTY_FILES = (".xlsx", ".txt", ".xlsx")


@dataclass(frozen=True)
class QuarterFiles:
    """Paths of a quarter's files; the tax list may come in several."""

    tax: list[Path]
    enrollment: list[Path]
    registry: list[Path]
    truth: Path


def write_extracts(
    prefecture: Prefecture, folder: Path, layout: str = "standard"
) -> dict[str, QuarterFiles]:
    """Write every quarter into ``folder/<quarter>/`` and the visits next to them; return the paths.

    ``layout`` is a name in ``config/synth/layouts.toml`` (standard, by_county, office). The truth
    is keyed by 序号 (``tax_seq``) if the tax list has that column in one file, else by
    ``source_file`` and ``data_row``. Same prefecture, same bytes. Raises ``KeyError`` for an
    unknown layout, ``OSError`` if the folder cannot be written.
    """
    how = load_layouts()[layout]
    files = {
        name: _write_quarter(quarter, folder / name, name, how)
        for name, quarter in prefecture.quarters.items()
    }
    _write_text(prefecture.visits, folder / "visits.csv", "utf-8")
    return files


def write_parquet(prefecture: Prefecture, folder: Path) -> dict[str, QuarterFiles]:
    """Write every quarter as Parquet, a file per source of canonical columns; return the paths."""
    return {
        name: _write_quarter_parquet(quarter, folder / name)
        for name, quarter in prefecture.quarters.items()
    }


def _write_quarter(quarter: SyntheticQuarter, folder: Path, name: str, how: Layout) -> QuarterFiles:
    folder.mkdir(parents=True, exist_ok=True)
    enrollment = _write_sheet(quarter.enrollment, folder, name, how.enrollment)
    registry = _write_sheet(quarter.registry, folder, name, how.registry)
    split = "{county}" in how.tax.file
    tax = _split_tax_files(quarter.tax, how.tax) if split else {how.tax.file: quarter.tax}
    paths = [
        _write_sheet(
            frame, folder, name, how.tax.model_copy(update=_choose_county_style(file, at, how.tax))
        )
        for at, (file, frame) in enumerate(tax.items())
    ]
    truth = folder / "truth.csv"
    key = quarter.truth if "seq" in how.tax.headers else _locate_in_files(quarter.truth, tax)
    _write_text(key, truth, "utf-8")
    return QuarterFiles(paths, [enrollment], [registry], truth)


def _split_tax_files(tax: pl.DataFrame, sheet: SheetLayout) -> Mapping[str, pl.DataFrame]:
    """Split the tax list by county; rows without one come in a file of their own."""
    groups = tax.with_columns(group=pl.col("county").fill_null("其他")).partition_by(
        "group", as_dict=True, maintain_order=True
    )
    files = {}
    for at, ((county,), frame) in enumerate(sorted(groups.items())):
        ending = _COUNTY_FILES[at % len(_COUNTY_FILES)]
        files[sheet.file.format(county=county).replace(".xlsx", ending)] = frame
    return files


def _choose_county_style(file: str, at: int, sheet: SheetLayout) -> dict[str, object]:
    """Let every other county put a title above its list."""
    title = (
        [f"{Path(file).stem}正常纳税户", ""]
        if at % 2 and "{county}" in sheet.file
        else sheet.titles
    )
    return {
        "file": file,
        "titles": title,
        "encoding": "gb18030" if file.endswith(".txt") else sheet.encoding,
    }


def _locate_in_files(truth: pl.DataFrame, tax: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    keys = [
        frame.select(
            tax_seq="seq",
            source_file=pl.lit(Path(file).name),
            data_row=pl.int_range(1, pl.len() + 1),
        )
        for file, frame in tax.items()
    ]
    return pl.concat(keys).join(truth, on="tax_seq", maintain_order="left").drop("tax_seq")


def _write_sheet(frame: pl.DataFrame, folder: Path, quarter: str, sheet: SheetLayout) -> Path:
    path = folder / sheet.file
    path.parent.mkdir(parents=True, exist_ok=True)
    dressed = sheet.format_frame(frame)
    if path.suffix == ".xlsx":
        above, below = sheet.title_lines(quarter), sheet.build_footer_lines(dressed)
        write_workbook(path, [*above, dressed.columns, *dressed.rows(), *below])
    else:
        _write_text(dressed, path, sheet.encoding)
    return path


def write_workbook(path: Path, rows: Sequence[Sequence[object]]) -> None:
    """Write a workbook of one plain sheet, whose bytes depend on ``rows`` alone."""
    with FastWorkbook(path) as book:
        book.set_properties({"created": _CREATED})
        plain = book.add_format()
        formats = {width: [plain] * width for width in set(map(len, rows))}
        sheet = book.add_worksheet("清册", FastWorksheet)
        sheet.add_rows(0, ((row, _ROW_POINTS, formats[len(row)]) for row in rows))


def _write_text(frame: pl.DataFrame, path: Path, encoding: str) -> None:
    separator = "\t" if path.suffix == ".txt" else ","
    text = frame.write_csv(separator=separator, line_terminator="\r\n")
    path.write_bytes(text.encode(encoding))


def _write_quarter_parquet(quarter: SyntheticQuarter, folder: Path) -> QuarterFiles:
    folder.mkdir(parents=True, exist_ok=True)
    frames = {
        "tax": quarter.tax,
        "enrollment": quarter.enrollment,
        "registry": quarter.registry,
        "truth": quarter.truth,
    }
    for name, frame in frames.items():
        frame.write_parquet(folder / f"{name}.parquet")
    tax, enrollment, registry, truth = (folder / f"{name}.parquet" for name in frames)
    return QuarterFiles([tax], [enrollment], [registry], truth)


SAMPLE_PLAN = Plan(seed=13, firms=300, prefectures=("520400",), public_share=0.12)
"""What ``data/sample`` holds."""


def write_demo(folder: Path, firms: int = 23_500) -> dict[str, QuarterFiles]:
    """Invent a prefecture with two quarters, write it in the standard layout, return the paths."""
    return write_extracts(make_prefecture(Plan(firms=firms)), folder)


def write_sample(folder: Path) -> dict[str, QuarterFiles]:
    """Write what ``data/sample`` holds into ``folder`` and return the paths."""
    return write_extracts(make_prefecture(SAMPLE_PLAN), folder)
