"""Filled workbooks taken into the ledger: the library call behind each import command."""

from collections.abc import Sequence
from pathlib import Path

from gapmatch.forms.correction import build_correction_book
from gapmatch.forms.reader import read_workbooks
from gapmatch.forms.writer import write_book
from gapmatch.i18n import _
from gapmatch.ledger import import_reviews as reviews
from gapmatch.ledger import import_visits as visits
from gapmatch.ledger import undo_import as undo
from gapmatch.ledger.imports import ImportReport
from gapmatch.ledger.undo_import import UndoReport
from gapmatch.ledger.workspace_identity import read_workspace_identity
from gapmatch.store.runs import Store


def import_visits(store: Store, files: Sequence[Path], who: str | None = None) -> ImportReport:
    """Take what visitors filled into ``files``.

    Files that cannot be read are reported, and the others taken. Raises ``InputError`` if none of
    them is a filled workbook.
    """
    returns = read_workbooks(files)
    return visits.import_visits(store, returns.books, who, returns.unreadable)


def import_reviews(store: Store, files: Sequence[Path], who: str | None = None) -> ImportReport:
    """Take what reviewers chose in ``files``; as ``import_visits``."""
    returns = read_workbooks(files)
    return reviews.import_reviews(store, returns.books, who, returns.unreadable)


def undo_import(store: Store, number: int) -> UndoReport:
    """Take back what import ``number`` entered, as a whole; nothing is deleted."""
    return undo.undo_import(store, number)


def write_corrections(store: Store, report: ImportReport, folder: Path) -> Path | None:
    """Write the rows of visits that ``report`` left out as a sheet to put right; ``None`` without any.

    Raises ``OSError`` if the file cannot be written.
    """
    rows = [refused for refused in report.refused if refused.row]
    if report.kind != "visits" or not rows:
        return None
    number = max(report.numbers.values(), default=0)
    name = f"{_('更正')}_{number}.xlsx"
    quarter, workspace = store.latest_quarter() or "", read_workspace_identity(store)
    write_book(build_correction_book(rows, quarter, workspace, name), folder)
    path = folder / name
    path.chmod(0o600)
    return path
