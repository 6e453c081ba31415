import io

import pytest
from rich.console import Console

from gapmatch.cli.report_tables import build_section_table, format_cell, show
from gapmatch.cli.terminal import Terminal
from gapmatch.reports import Page, Section


def printed(page: Page) -> str:
    file = io.StringIO()
    console = Console(file=file, width=100, markup=False, highlight=False)
    show(page, Terminal(out=console))
    return file.getvalue()


def test_a_page_is_printed_section_by_section():
    page = Page([Section("一", [("甲", 1)], ("名", "数")), Section("二", [("乙", "丙")])])
    lines = [line.rstrip() for line in printed(page).splitlines()]
    assert lines == ["一", "名  数", "甲   1", "", "二", "乙  丙"]


def test_brackets_in_values_are_not_taken_for_markup():
    assert "[red]清册[/red][1].xlsx" in printed(Page([Section("", [("[red]清册[/red][1].xlsx",)])]))


def test_rows_may_be_of_different_lengths():
    table = build_section_table(Section("", [("a",), ("b", 2, "c")]))
    assert len(table.columns) == 3


@pytest.mark.parametrize(
    ("value", "text"), [(None, ""), (1234, "1,234"), (1234.5, "1,234.50"), ("甲", "甲"), (0, "0")]
)
def test_a_value_is_shown_as_people_write_it(value, text):
    assert format_cell(value) == text


def test_a_column_without_a_value_is_not_shown():
    page = Page([Section("", [("甲", "", 1), ("乙", None, 0)], ("名", "空", "数"))])
    assert [line.split() for line in printed(page).splitlines()] == [
        ["名", "数"],
        ["甲", "1"],
        ["乙", "0"],
    ]
