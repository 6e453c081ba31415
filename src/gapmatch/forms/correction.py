"""The sheet of what an import left out; put right, it is imported like the workbooks."""

from collections.abc import Sequence

from gapmatch.forms.facts import CORRECTION_FORM, describe_book
from gapmatch.forms.headings import list_headings
from gapmatch.forms.keys import format_key
from gapmatch.forms.sheet_model import Book, Heading, ListSheet
from gapmatch.i18n import _
from gapmatch.ledger.filled_rows import RefusedRow


def build_correction_book(
    refused: Sequence[RefusedRow], quarter: str, workspace: str | None, path: str
) -> Book:
    """Return the workbook of the rows left out, as they were filled in, each with its reason."""
    columns = list_headings("correction")
    sheet = ListSheet(
        name=_("更正"),
        title=_(
            "未采用的行：请按原因更正黄色列，再放到“回传”页（或用 gapmatch visits import）导入"
        ),
        note=_("不再需要的行可以删除；没有系统标识的行按名称和代码找企业。"),
        headings=columns,
        rows=tuple(_build_row(row, columns) for row in refused if row.row),
        tab="C00000",
    )
    facts = describe_book(CORRECTION_FORM, quarter, {"workspace": workspace})
    return Book(
        path=path,
        title=sheet.name,
        sheets=(sheet,),
        facts=facts,
        footer=sheet.name,
        page_words="&P / &N",
    )


def _build_row(refused: RefusedRow, columns: Sequence[Heading]) -> tuple[object, ...]:
    shown: dict[str, object] = {
        **refused.cells,
        "date": refused.cells.get("date", "").removesuffix(" 00:00:00") or None,
        "file": refused.file,
        "sheet": refused.sheet,
        "row": refused.row,
        "reason_left": refused.reason,
        "key": format_key(refused.identity) if refused.identity else None,
    }
    return tuple(shown.get(heading.name) for heading in columns)
