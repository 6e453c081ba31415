"""Pages: titled tables, the shape in which explanations, evaluations and lists are shown."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from rich.table import Table

from gapmatch.cli.terminal import Terminal


class Section(Protocol):
    """A table under a title. A cell that is a number is shown on the right."""

    @property
    def title(self) -> str:
        """What the table is about; may be empty."""

    @property
    def headings(self) -> Sequence[str]:
        """Headings of the columns; empty for a table of names and values."""

    @property
    def rows(self) -> Sequence[Sequence[str | int | float | None]]:
        """Cells, row by row."""


class Page(Protocol):
    """What a command found, for a person (sections) and for a program (``as_dict``)."""

    @property
    def sections(self) -> Sequence[Section]:
        """Tables in their order."""

    def as_dict(self) -> Mapping[str, Any]:
        """Return the same as plain values."""


def show(page: Page, terminal: Terminal) -> None:
    """Print ``page`` as tables, or as JSON where that was asked for."""
    terminal.emit(page.as_dict())
    for place, section in enumerate(page.sections):
        if place:
            terminal.say()
        if section.title:
            terminal.say(section.title, style="bold")
        terminal.say(section_table(section))


def section_table(section: Section) -> Table:
    """Return a section as a table without lines."""
    table = Table(box=None, show_header=bool(section.headings), header_style="bold", pad_edge=False)
    for place in range(max((len(row) for row in section.rows), default=len(section.headings))):
        cells = [row[place] for row in section.rows if place < len(row)]
        heading = section.headings[place] if place < len(section.headings) else ""
        table.add_column(
            heading, justify="right" if _are_numbers(cells) else "left", overflow="fold"
        )
    for row in section.rows:
        table.add_row(*map(cell_text, row))
    return table


def cell_text(value: str | int | float | None) -> str:
    """Return a cell's value as text: thousands separated, two decimals, nothing for nothing."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:,.2f}"
    return f"{value:,}" if isinstance(value, int) else value


def _are_numbers(cells: Sequence[str | int | float | None]) -> bool:
    given = [cell for cell in cells if cell is not None]
    return bool(given) and all(isinstance(cell, int | float) for cell in given)
