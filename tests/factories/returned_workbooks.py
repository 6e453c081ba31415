"""Filled workbooks taken into a store that a test holds open."""

from collections.abc import Sequence
from pathlib import Path

from gapmatch.forms.reader import read_workbooks
from gapmatch.ledger import import_reviews as reviews
from gapmatch.ledger import import_visits as visits
from gapmatch.ledger.imports import ImportReport
from gapmatch.store.runs import Store


def import_visits(store: Store, files: Sequence[Path], who: str | None = None) -> ImportReport:
    returns = read_workbooks(files)
    return visits.import_visits(store, returns.books, who, returns.unreadable)


def import_reviews(store: Store, files: Sequence[Path], who: str | None = None) -> ImportReport:
    returns = read_workbooks(files)
    return reviews.import_reviews(store, returns.books, who, returns.unreadable)
