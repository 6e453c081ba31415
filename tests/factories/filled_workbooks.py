"""County workbooks filled in as staff do: by their headings, one cell after the other."""

import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet

VISITS, LATER, REVIEW = "走访名单", "后续名单", "待核实"
NAMES, FIRST = 3, 5
"""1-based rows of the machine names and of the first firm."""

Entries = Mapping[str, object]
Answer = Callable[[Mapping[str, str]], Entries | None]
"""What to fill into a row (machine names to values); ``None`` leaves it blank."""


def fill(book: Path, answers: Mapping[str, Answer]) -> int:
    """Fill in the sheets of ``answers`` and save; return how many rows were filled."""
    workbook = openpyxl.load_workbook(book)
    filled = sum(_fill_sheet(workbook[sheet], answer) for sheet, answer in answers.items())
    workbook.save(book)
    return filled


def _fill_sheet(sheet: Worksheet, answer: Answer) -> int:
    names = {str(cell.value): cell.column for cell in sheet[NAMES] if cell.value}
    filled = 0
    for row in range(FIRST, sheet.max_row + 1):
        shown = {name: str(sheet.cell(row, at).value or "") for name, at in names.items()}
        entries = answer(shown) if shown.get("key") else None
        for name, value in (entries or {}).items():
            sheet.cell(row, names[name]).value = value
        filled += entries is not None
    return filled


def resaved_by_libreoffice(book: Path, folder: Path) -> Path:
    """Open and save ``book`` with LibreOffice; return the copy in ``folder``."""
    program = shutil.which("soffice") or shutil.which("libreoffice")
    assert program is not None
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    how = ("--headless", "--norestore", "--convert-to", "xlsx", "--outdir", str(folder))
    subprocess.run(
        [program, profile, *how, str(book)], check=True, capture_output=True, timeout=120
    )
    return folder / book.name
