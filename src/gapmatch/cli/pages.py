"""How pages are shown on the terminal."""

import re
from collections.abc import Sequence

from rich.table import Table

from gapmatch.cli.terminal import Terminal
from gapmatch.pages import Cell, Page, Section

_NUMBER = re.compile(r"[-+]?[0-9.,]+%?")


def show(page: Page, terminal: Terminal) -> None:
    """Print ``page`` as tables, or as JSON where that was asked for."""
    terminal.emit(page.facts)
    for place, section in enumerate(page.sections):
        if place:
            terminal.say()
        if section.title:
            terminal.say(section.title, style="bold")
        terminal.say(section_table(section))


def section_table(section: Section) -> Table:
    """Return a section as a table without lines, numbers on the right."""
    table = Table(box=None, show_header=bool(section.headings), header_style="bold", pad_edge=False)
    for place in range(max(map(len, section.rows), default=len(section.headings))):
        cells = [row[place] for row in section.rows if place < len(row)]
        heading = section.headings[place] if place < len(section.headings) else ""
        right = _are_numbers(cells) and bool(section.headings)
        table.add_column(heading, justify="right" if right else "left", overflow="fold")
    for row in section.rows:
        table.add_row(*map(cell_text, row))
    return table


def cell_text(value: Cell) -> str:
    """Return a cell's value as text: thousands separated, two decimals, nothing for nothing."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:,.2f}"
    return f"{value:,}" if isinstance(value, int) else value


def _are_numbers(cells: Sequence[Cell]) -> bool:
    """Whether a column holds numbers, or texts of numbers with their percent signs."""
    given = [cell for cell in cells if cell not in (None, "")]
    return bool(given) and all(_NUMBER.fullmatch(str(cell)) for cell in given)
