"""Filled workbooks taken into the ledger: the library call behind each import command."""

from collections.abc import Sequence
from pathlib import Path

from gapmatch.forms.reader import read_workbooks
from gapmatch.ledger import import_reviews as reviews
from gapmatch.ledger import import_visits as visits
from gapmatch.ledger import undo_import as undo
from gapmatch.ledger.imports import ImportReport
from gapmatch.ledger.undo_import import UndoReport
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
