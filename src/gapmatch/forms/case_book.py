"""The cases as a workbook to filter and print, each with its state and next step."""

import polars as pl

from gapmatch.forms.facts import describe_book
from gapmatch.forms.guide import format_quarter
from gapmatch.forms.headings import list_headings
from gapmatch.forms.rows import list_next_steps
from gapmatch.forms.sheet_model import Book, ListSheet
from gapmatch.i18n import _
from gapmatch.ledger.case_states import FINISHED_STATES, OPEN_STATES
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
    labels = {code: outcome.label for code, outcome in load_outcomes().items()}
    is_listed = pl.col("state").is_in(OPEN_STATES)
    first = pl.when(is_listed).then(pl.lit(_("上门走访"))).otherwise(pl.lit(_("核实后填写结果")))
    step = pl.coalesce(pl.col("outcome").replace(list_next_steps()), first)
    return cases.with_columns(
        pl.when(~pl.col("state").is_in(FINISHED_STATES)).then(step).alias("step"),
        pl.when("overdue").then(pl.lit(_("逾期"))).alias("late"),
        pl.when(pl.col("visits") > 0).then("persons_gained").alias("persons_gained"),
        pl.col("state").replace(list_labels("case_state")),
        pl.col("outcome").replace(labels),
        mask_person("who"),
        mask_text("remark"),
    )
