"""The ways in which bureaus lay out extracts (``config/synth/layouts.toml``)."""

from functools import cache
from typing import Literal

import polars as pl
from pydantic import BaseModel, ConfigDict

from gapmatch.quarters import Quarter
from gapmatch.resources import load_toml
from gapmatch.synth.extracts import PAUSED

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
    """Return enrollment as one row per unit and insured line: line, line_status, insured.

    A unit without insured persons has one row with 0 persons. The county becomes the agency.
    """
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
