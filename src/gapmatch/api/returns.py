"""Filled workbooks taken into the ledger of a workspace, and taken back."""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from gapmatch.api.setting_changes import Words, check_entry_words
from gapmatch.api.stores import open_store, open_store_for_writing
from gapmatch.forms.correction import build_correction_book
from gapmatch.forms.reader import Returns, read_workbooks
from gapmatch.forms.writer import render_book
from gapmatch.i18n import LANGUAGES, _, get_language, use_language
from gapmatch.ledger import import_reviews as reviews
from gapmatch.ledger import import_visits as visits
from gapmatch.ledger import undo_import as undo
from gapmatch.ledger.cases import read_workspace_identity
from gapmatch.ledger.filled_rows import FilledBook, FilledRow
from gapmatch.ledger.imports import ImportReport
from gapmatch.ledger.undo_import import UndoReport
from gapmatch.private_files import replace_private_file
from gapmatch.settings.load import load_workspace_settings
from gapmatch.store.runs import Store
from gapmatch.vocabulary.entry_words import fold_text


def import_visits(
    files: Sequence[Path],
    *,
    workspace: str | Path = ".",
    who: str | None = None,
    words: Mapping[str, Words] | None = None,
) -> ImportReport:
    """Import what visitors filled into the county workbooks ``files``; ``who``: in whose name.

    ``words``: what stands for a choice in these files alone, as ``[entry_words]`` of the settings:
    ``{"outcome": {"enrolled": ["办好了"]}}``.

    Files that cannot be read are reported and the others imported. Rows that were left out are
    written to the workspace as a correction sheet, which can be imported in turn. Raises
    ``InputError`` if none of the files is a filled workbook, ``StoreError`` if the workspace has no
    quarter or is in use.
    """
    folder = Path(workspace)
    with open_store_for_writing(folder, "visits import") as store:
        returns = _read_returns(files, folder, words or {})
        report = visits.import_visits(store, returns.books, who, returns.unreadable, get_language())
        return replace(report, corrections=write_corrections(store, report, folder))


def import_reviews(
    files: Sequence[Path],
    *,
    workspace: str | Path = ".",
    who: str | None = None,
    words: Mapping[str, Words] | None = None,
) -> ImportReport:
    """Import what reviewers decided in the county workbooks ``files``. As ``import_visits``."""
    with open_store_for_writing(Path(workspace), "review import") as store:
        returns = _read_returns(files, Path(workspace), words or {})
        return reviews.import_reviews(store, returns.books, who, returns.unreadable, get_language())


@dataclass(frozen=True)
class TakenReturns:
    """What an import did, or would do; ``entered``: IMPORTED, the rows that it entered."""

    report: ImportReport
    entered: pl.DataFrame


class _PreviewError(Exception):
    """Nothing of a preview stays."""


def import_returns(
    files: Sequence[Path],
    *,
    workspace: str | Path = ".",
    who: str | None = None,
    words: Mapping[str, Words] | None = None,
    preview: bool = False,
) -> list[TakenReturns]:
    """Import the visits of filled workbooks, then the decisions if there are any.

    As ``import_visits`` and ``import_reviews``. ``preview``: what would be taken, asked and left
    out, with nothing written.
    """
    folder, taken = Path(workspace), []
    with open_store_for_writing(folder, "import") as store, suppress(_PreviewError):
        returns = _read_returns(files, folder, words or {})
        given = (store, returns.books, who, returns.unreadable, get_language())
        with store.db.atomic() if preview else nullcontext():
            reports = [visits.import_visits(*given)]
            if reports[0].other:
                reports.append(reviews.import_reviews(*given))
            for report in reports:
                corrections = None if preview else write_corrections(store, report, folder)
                numbers = report.numbers.values()
                entered = [undo.list_imported(store, number) for number in numbers]
                full = replace(report, corrections=corrections)
                taken.append(TakenReturns(full, pl.concat([undo.IMPORTED.to_frame(), *entered])))
            if preview:
                raise _PreviewError
    return taken


def _read_returns(files: Sequence[Path], workspace: Path, once: Mapping[str, Words]) -> Returns:
    """Read workbooks; words of the workspace's own become the choices that they stand for."""
    lasting = load_workspace_settings(workspace).entry_words
    choices: dict[tuple[str, str], str] = {}
    for own in ({str(entry): words for entry, words in lasting.items()}, once):
        check_entry_words(own)
        choices |= {
            (entry, fold_text(word)): value
            for entry, values in own.items()
            for value, words in values.items()
            for word in words
        }
    returns = read_workbooks(files)
    return returns._replace(books=[_replace_words(book, choices) for book in returns.books])


def _replace_words(book: FilledBook, choices: Mapping[tuple[str, str], str]) -> FilledBook:
    if not choices:
        return book

    def change(row: FilledRow) -> FilledRow:
        cells = {n: choices.get((n, fold_text(text)), text) for n, text in row.cells.items()}
        return replace(row, cells=cells)

    return replace(book, visits=[*map(change, book.visits)], reviews=[*map(change, book.reviews)])


def undo_import(number: int, *, workspace: str | Path = ".") -> UndoReport:
    """Take back all that import ``number`` entered; the ledger shows it as taken back.

    Raises ``InputError`` if there is no such import, ``StoreError`` as ``import_visits``.
    """
    with open_store_for_writing(Path(workspace), "visits import --undo") as store:
        return undo.undo_import(store, number)


def write_corrections(store: Store, report: ImportReport, folder: Path) -> Path | None:
    """Write the rows that ``report`` left out as a sheet to correct; ``None`` without any.

    Raises ``OSError`` if the file cannot be written.
    """
    rows = [refused for refused in report.refused if refused.row]
    if not rows:
        return None
    number = max(report.numbers.values(), default=0)
    name = _name_corrections(number)
    quarter, workspace = store.find_latest_quarter() or "", read_workspace_identity(store)
    book = build_correction_book(rows, quarter, workspace, name)
    replace_private_file(folder / name, render_book(book))
    return folder / name


def find_corrections(number: int, *, workspace: str | Path = ".") -> Path | None:
    """Return the correction sheet of import ``number``, in its language; ``None`` without one."""
    for name in list_correction_names(number):
        path = Path(workspace) / name
        if path.is_file() and not path.is_symlink():
            return path
    return None


def list_corrections(workspace: str | Path = ".") -> list[int]:
    """Return the numbers of the imports that have a correction sheet."""
    names = {name for star in list_correction_names("*") for name in Path(workspace).glob(star)}
    numbers = (path.stem.rpartition("_")[2] for path in names)
    return sorted({int(number) for number in numbers if number.isdecimal()})


def list_imports(workspace: str | Path = ".") -> pl.DataFrame:
    """Return the imports, newest first: ``number`` (for ``undo_import``), ``at``, ``kind``, …

    ``kind``: visits, review or undo; ``standing``: entries of it that ``undo_import`` would take
    back. Raises ``StoreError`` if no quarter was ever run.
    """
    with open_store(Path(workspace)) as store:
        return undo.list_imports(store)


def list_correction_names(number: int | str) -> list[str]:
    """Return the names, one a language, that the correction sheet of import ``number`` may have."""
    names = []
    for language in LANGUAGES:
        with use_language(language):
            names.append(_name_corrections(number))
    return names


def _name_corrections(number: int | str) -> str:
    return _("更正_{number}.xlsx").format(number=number)
