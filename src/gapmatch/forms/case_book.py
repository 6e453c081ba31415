"""The cases as a workbook to filter and print, each with its state and next step."""

import polars as pl

from gapmatch.forms.facts import describe_book
from gapmatch.forms.guide import format_quarter
from gapmatch.forms.headings import list_headings
from gapmatch.forms.rows import compute_due_day, list_next_steps
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
    shown = _label_cases(cases, quarter).select(heading.name for heading in columns)
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


def _label_cases(cases: pl.DataFrame, quarter: str) -> pl.DataFrame:
    labels = {code: outcome.label for code, outcome in load_outcomes().items()}
    is_listed = pl.col("state").is_in(OPEN_STATES)
    first = pl.when(is_listed).then(pl.lit(_("上门走访"))).otherwise(pl.lit(_("核实后填写结果")))
    step = pl.coalesce(pl.col("outcome").replace(list_next_steps()), first)
    is_open = ~pl.col("state").is_in(FINISHED_STATES)
    # Nobody is asked to visit tiers B and C by the end of the quarter.
    is_later = is_listed & (pl.col("tier") != "A") & pl.col("outcome").is_null()
    due = compute_due_day(quarter).dt.to_string("%Y-%m-%d")
    return cases.with_columns(
        pl.when(is_open).then(step).alias("step"),
        pl.when(is_open & ~is_later.fill_null(value=False)).then(due).alias("due"),
        pl.when("overdue").then(pl.lit(_("逾期"))).alias("late"),
        pl.when(pl.col("visits") > 0).then("persons_gained").alias("persons_gained"),
        pl.col("state").replace(list_labels("case_state")),
        pl.col("outcome").replace(labels),
        mask_person("who"),
        mask_text("remark"),
    )
