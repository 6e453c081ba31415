"""The cases as a workbook to filter and print, each with its state and next step."""

import polars as pl

from gapmatch.forms.facts import describe_book
from gapmatch.forms.guide import format_quarter
from gapmatch.forms.headings import list_headings
from gapmatch.forms.sheet_model import Book, ListSheet
from gapmatch.i18n import _
from gapmatch.privacy import mask_person, mask_text
from gapmatch.vocabulary.labels import list_labels
from gapmatch.vocabulary.outcomes import load_outcomes


def build_case_book(cases: pl.DataFrame, quarter: str, file_name: str) -> Book:
    """Return a workbook of ``cases`` (rows of ``list_cases``), persons and phones masked."""
    columns = list_headings("cases")
    title = _("案件台账（截至 {quarter}）").format(quarter=format_quarter(quarter))
    shown = _label_cases(cases).select(heading.name for heading in columns)
    sheet = ListSheet(
        name=_("案件"),
        title=title,
        note=_("共 {n:,} 件；可以筛选、排序。走访结果请填在县区工作簿中，不在本表填写。").format(
            n=cases.height
        ),
        headings=columns,
        rows=tuple(shown.rows()),
        empty=_("没有符合条件的案件"),
        locked=False,
    )
    return Book(
        path=file_name,
        title=title,
        sheets=(sheet,),
        facts=describe_book("cases-1", quarter, {}),
        footer=title,
    )


def _label_cases(cases: pl.DataFrame) -> pl.DataFrame:
    known = load_outcomes()
    labels = {code: outcome.label for code, outcome in known.items()}
    steps = {code: outcome.next_step or None for code, outcome in known.items()}
    step = pl.col("outcome").replace_strict(steps, default=None, return_dtype=pl.String)
    first = pl.when(pl.col("outcome").is_null()).then(pl.lit(_("上门走访")))
    return cases.with_columns(
        pl.when("open").then(pl.coalesce(step, first)).alias("step"),
        pl.when("overdue").then(pl.lit(_("逾期"))).alias("late"),
        pl.when(pl.col("visits") > 0).then("persons_gained").alias("persons_gained"),
        pl.col("state").replace(list_labels("case_state")),
        pl.col("outcome").replace(labels),
        mask_person("who"),
        mask_text("remark"),
    )
