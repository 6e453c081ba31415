"""Writes a synthetic prefecture as the bureau would get it: files by quarter, with the truth."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

import polars as pl
import polars.selectors as cs
from pydantic import BaseModel, ConfigDict

from gapmatch.forms.fast_worksheet import FastWorkbook, FastWorksheet
from gapmatch.quarters import Quarter
from gapmatch.resources import load_toml
from gapmatch.synth.extracts import SyntheticQuarter
from gapmatch.synth.plan import Plan
from gapmatch.synth.prefecture import Prefecture, make_prefecture


class SheetLayout(BaseModel):
    """How one source is laid out; the fields are explained in ``layout.toml``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: str
    encoding: str = "utf-8"
    titles: list[str] = []
    footer: bool = False
    headers: dict[str, str]

    def format_frame(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return a source's frame under these headers, dates as texts, yuan without a fraction."""
        amounts = cs.float().round().cast(pl.Int64)
        texts = frame.select(*self.headers).with_columns(cs.date().dt.strftime("%Y-%m-%d"), amounts)
        return texts.rename(self.headers)

    def title_lines(self, quarter: str) -> list[list[str]]:
        """Return the lines above the header, one cell each."""
        year, number = divmod(Quarter.parse(quarter).index, 4)
        return [[line.format(year=year, number=number + 1)] for line in self.titles]

    def build_footer_lines(self, dressed: pl.DataFrame) -> list[list[str | None]]:
        """Return a totals row and a remark, if the layout has them."""
        if not self.footer:
            return []
        place = list(self.headers).index("declared_headcount")
        sums: list[str | None] = ["合计", *([None] * (dressed.width - 1))]
        sums[place] = str(dressed.to_series(place).sum())
        return [sums, ["注：本表仅供参保扩面工作使用"]]


@cache
def load_layout() -> dict[str, SheetLayout]:
    """Return the layout of each source: tax, enrollment, registry."""
    return {
        source: SheetLayout.model_validate(table)
        for source, table in load_toml("synth/layout.toml").items()
    }


_CREATED = datetime(2023, 1, 9, 9)
_ROW_POINTS = 15.0


@dataclass(frozen=True)
class QuarterFiles:
    """Paths of a quarter's files."""

    tax: list[Path]
    enrollment: list[Path]
    registry: list[Path]
    truth: Path


def write_extracts(prefecture: Prefecture, folder: Path) -> dict[str, QuarterFiles]:
    """Write every quarter into ``folder/<quarter>/`` and the visits next to them; return the paths.

    The truth is keyed by 序号 (``tax_seq``). Same prefecture, same bytes. Raises ``OSError`` if the
    folder cannot be written.
    """
    files = {
        name: _write_quarter(quarter, folder / name, name)
        for name, quarter in prefecture.quarters.items()
    }
    _write_text(prefecture.visits, folder / "visits.csv", "utf-8")
    return files


def _write_quarter(quarter: SyntheticQuarter, folder: Path, name: str) -> QuarterFiles:
    folder.mkdir(parents=True, exist_ok=True)
    paths = {
        source: [_write_sheet(getattr(quarter, source), folder, name, layout)]
        for source, layout in load_layout().items()
    }
    truth = folder / "truth.csv"
    _write_text(quarter.truth, truth, "utf-8")
    return QuarterFiles(**paths, truth=truth)


def _write_sheet(frame: pl.DataFrame, folder: Path, quarter: str, sheet: SheetLayout) -> Path:
    path = folder / sheet.file
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
    path.write_bytes(frame.write_csv(line_terminator="\r\n").encode(encoding))


SAMPLE_PLAN = Plan(seed=13, firms=300, prefectures=("520400",), public_share=0.12)
"""What ``data/sample`` holds."""


def write_demo(folder: Path, firms: int = 23_500) -> dict[str, QuarterFiles]:
    """Invent a prefecture with two quarters, write it in the standard layout, return the paths."""
    return write_extracts(make_prefecture(Plan(firms=firms)), folder)


def write_sample(folder: Path) -> dict[str, QuarterFiles]:
    """Write what ``data/sample`` holds into ``folder`` and return the paths."""
    return write_extracts(make_prefecture(SAMPLE_PLAN), folder)
