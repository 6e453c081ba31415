"""How pages are shown on the terminal."""

import re
from collections.abc import Sequence

from rich.table import Table

from gapmatch.cli.terminal import Terminal
from gapmatch.cli.wrapping import Flowing
from gapmatch.reports import Cell, Page, Section

_NUMBER = re.compile(r"[-+]?[0-9,]*\.?[0-9]+%?")


def show(page: Page, terminal: Terminal) -> None:
    """Print ``page`` as tables, or as JSON if requested."""
    terminal.emit(page.facts)
    for place, section in enumerate(page.sections):
        if place:
            terminal.print_line()
        if section.title:
            terminal.print_line(section.title, style="bold")
        terminal.print_line(build_section_table(section))


def build_section_table(section: Section, *, has_totals: bool = False) -> Table:
    """Return a section as a table without lines, numbers on the right, totals in bold."""
    table = Table(box=None, show_header=bool(section.headings), header_style="bold", pad_edge=False)
    columns = _find_filled_columns(section)
    for place, cells in columns.items():
        heading = section.headings[place] if place < len(section.headings) else ""
        right = _has_only_numbers(cells) and bool(section.headings)
        table.add_column(Flowing(heading), justify="right" if right else "left", overflow="fold")
    for row in section.rows:
        texts = (format_cell(row[place]) if place < len(row) else "" for place in columns)
        is_last = has_totals and row is section.rows[-1]
        table.add_row(*map(Flowing, texts), style="bold" if is_last else None)
    return table


def _find_filled_columns(section: Section) -> dict[int, list[Cell]]:
    """Return the cells of each column by its place, but for columns that have nothing to show."""
    width = max(map(len, section.rows), default=0)
    columns = {p: [row[p] for row in section.rows if p < len(row)] for p in range(width)}
    filled = {p: cells for p, cells in columns.items() if any(c not in (None, "") for c in cells)}
    return filled or {place: [] for place in range(len(section.headings))}


def format_cell(value: Cell) -> str:
    """Return a cell's value as text: thousands separated, two decimals, nothing for nothing."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:,.2f}"
    return f"{value:,}" if isinstance(value, int) else value


def _has_only_numbers(cells: Sequence[Cell]) -> bool:
    """Whether a column holds numbers, or texts of numbers with their percent signs."""
    given = [cell for cell in cells if cell not in (None, "")]
    return bool(given) and all(_NUMBER.fullmatch(str(cell)) for cell in given)
