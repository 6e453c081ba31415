"""Lists of cases referred to other authorities; filled in, they are imported like visits."""

from dataclasses import replace

import polars as pl

from gapmatch.forms.county import split_by_county
from gapmatch.forms.facts import describe_book
from gapmatch.forms.guide import format_quarter
from gapmatch.forms.headings import add_check, list_headings
from gapmatch.forms.rows import build_firm_rows, select_handed_over, select_unfinished
from gapmatch.forms.sheet_model import Book, ListSheet
from gapmatch.i18n import _
from gapmatch.results.run_results import PublishInput, PublishOptions
from gapmatch.vocabulary.labels import list_labels
from gapmatch.vocabulary.outcomes import AUTHORITY_EFFECTS, list_outcomes_with


def build_handover_books(results: PublishInput, options: PublishOptions) -> list[Book]:
    """Return a workbook for each authority that has a case to take on."""
    if results.unfinished is None:
        return []
    handed_on = [code for effect in AUTHORITY_EFFECTS for code in list_outcomes_with(effect)]
    cases = results.unfinished.filter(pl.col("outcome").is_in(handed_on))
    if cases.is_empty():
        return []
    results = replace(results, unfinished=cases)
    unfinished = select_unfinished(results, build_firm_rows(results, options))
    books = (
        _build_book(results, name, select_handed_over(unfinished, effect))
        for effect, name in list_labels("authority").items()
    )
    return [book for book in books if book is not None]


def _build_book(results: PublishInput, authority: str, cases: pl.DataFrame) -> Book | None:
    if cases.is_empty():
        return None
    quarter = format_quarter(results.quarter)
    columns = add_check(list_headings("handover"))
    by_county = split_by_county(cases, columns)
    title = _("{quarter}  移交{authority}的案件").format(quarter=quarter, authority=authority)
    sheet = ListSheet(
        name=_("移交清单"),
        title=title,
        note=_(
            "请在黄色列填写处理结果和日期，填好后把本文件交回人社局；导入后案件随之办结或继续。"
        ),
        headings=columns,
        rows=tuple(row for part in by_county.values() for row in part.rows()),
        tab="7030A0",
    )
    return Book(
        path=_("移交/{authority}.xlsx").format(authority=authority),
        title=title,
        sheets=(sheet,),
        facts=describe_book("handover-1", results.quarter, results.run_info),
        footer=title,
    )
