"""The cases as a workbook to filter and print, each with its state and next step."""

import polars as pl

from gapmatch.forms.facts import describe_book
from gapmatch.forms.guide import format_quarter
from gapmatch.forms.sheet_model import Book, Heading, ListSheet
from gapmatch.i18n import _
from gapmatch.privacy import mask_person, mask_text
from gapmatch.vocabulary.labels import list_labels
from gapmatch.vocabulary.outcomes import load_outcomes


def build_case_book(cases: pl.DataFrame, quarter: str, file_name: str) -> Book:
    """Return a workbook of ``cases`` (rows of ``list_cases``), persons and phones masked."""
    columns = _list_headings()
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


def _list_headings() -> tuple[Heading, ...]:
    return (
        Heading("number", _("案件编号"), 12, "code"),
        Heading("name", _("纳税人名称"), 24),
        Heading("county", _("县（市、区）"), 11),
        Heading("state", _("状态"), 8, "centre"),
        Heading("tier", _("层级"), 5.5, "centre"),
        Heading("outcome", _("走访结果"), 11, "centre"),
        Heading("visited_on", _("走访日期"), 11, "centre"),
        Heading("persons_gained", _("新增参保\n人数"), 8, "integer"),
        Heading("late", _("逾期"), 6, "centre"),
        Heading("step", _("要做的事"), 22, "long"),
        Heading("remark", _("备注"), 14),
        Heading("visits", _("走访\n次数"), 6, "integer"),
        Heading("opened_quarter", _("立案季度"), 9, "centre"),
        Heading("code", _("统一社会信用代码\n（纳税人识别号）"), 20, "code", printed=False),
        Heading("note", _("说明"), 30, "long", printed=False),
        Heading("who", _("填写人"), 10, printed=False),
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
