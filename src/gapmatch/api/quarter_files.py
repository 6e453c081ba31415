"""Files of a quarter in ``out/``, and the note that somebody took it from there."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from gapmatch.api.papers import load_publish_input
from gapmatch.api.stores import open_store
from gapmatch.errors import PublishError, wrap_os_errors
from gapmatch.forms.writer import render_book
from gapmatch.i18n import _, use_language
from gapmatch.private_files import replace_private_file
from gapmatch.publish.table_files import build_table_books
from gapmatch.settings.load import load_workspace_settings
from gapmatch.store.runs import ExportKind

OFFICE_ENDINGS = (".xlsx", ".docx", ".pdf")
"""Files for people, which may hold contacts; the CSV files never do."""


@dataclass(frozen=True)
class QuarterFile:
    """A file of a quarter; ``name``: its path below ``out/``, with slashes."""

    name: str
    path: Path
    bytes: int
    made: float
    """When it was written, in seconds since 1970."""
    is_outdated: bool = False
    """Whether it was made of results that a later run of the quarter has replaced."""
    may_hold_contacts: bool = False
    """Whether persons and phones may stand in it in full: an export of them was noted."""

    @property
    def folder(self) -> str:
        """The folders between ``out/`` and the file: ``2022Q4/counties``."""
        return self.name.rpartition("/")[0]


def list_quarter_files(quarter: str, *, workspace: str | Path = ".") -> list[QuarterFile]:
    """Return the files that runs and papers of ``quarter`` have in ``out/``, by folder and name."""
    out = Path(workspace) / "out"
    with open_store(Path(workspace)) as store:
        sql = "SELECT q.quarter, r.finished_at FROM quarters q JOIN runs r ON r.id = q.run"
        runs = {name: datetime.fromisoformat(at) for name, at in store.db.execute(sql)}
    found = []
    for place in (out / quarter, *sorted(out.glob(f"{quarter}-*"))):
        # The run's own folder is as old as the run; a comparison is of two quarters.
        used = [] if place.name == quarter else [runs[q] for q in runs if q in place.name]
        newest = max((run.timestamp() for run in used), default=0.0)
        for folder in (place, *sorted(_list_entries(place))):
            files = (path for path in sorted(_list_entries(folder)) if path.is_file())
            found += [_describe_file(path, out, newest) for path in files]
    exports = _load_exports(quarter, workspace)
    return [replace(f, may_hold_contacts=_find_export_kind(f, quarter) in exports) for f in found]


def _load_exports(quarter: str, workspace: str | Path) -> Mapping[str, str]:
    """Return the exports of contacts in full that files may be of: what it was to when.

    The files of a run are replaced by the next one, so only the exports of the run that stands
    count; papers stay where they are, and whether they were made again masked is not noted.
    """
    sql = """SELECT what, max(at) FROM exports e WHERE quarter = ? AND (what = ? OR at >= (
             SELECT r.started_at FROM quarters q JOIN runs r ON r.id = q.run
             WHERE q.quarter = e.quarter)) GROUP BY what"""
    with open_store(Path(workspace)) as store:
        return dict(store.db.execute(sql, [quarter, ExportKind.SLIPS]).fetchall())


def _describe_file(path: Path, out: Path, newest_run: float) -> QuarterFile:
    stat, name = path.stat(), path.relative_to(out).as_posix()
    return QuarterFile(name, path, stat.st_size, stat.st_mtime, stat.st_mtime < newest_run)


def _list_entries(folder: Path) -> list[Path]:
    if folder.is_symlink() or not folder.is_dir():
        return []
    return [p for p in folder.iterdir() if not p.name.startswith(".") and not p.is_symlink()]


def log_file_export(file: QuarterFile, quarter: str, *, workspace: str | Path = ".") -> bool:
    """Note in the export log that ``file`` was taken, if it may hold contacts in full.

    It may if it is for people, and an export of contacts of the quarter was noted for such files
    when they were written. Returns whether it was noted. Raises ``StoreError`` if it cannot be.
    """
    if file.path.suffix.lower() not in OFFICE_ENDINGS:
        return False
    with open_store(Path(workspace)) as store:
        sql = "SELECT max(rows) FROM exports WHERE quarter = ? AND what = ?"
        rows = store.db.execute(sql, [quarter, _find_export_kind(file, quarter)]).fetchone()[0]
        if rows is not None:
            store.log_export(quarter, f"desk: {file.name}", int(rows))
        return rows is not None


def _find_export_kind(file: QuarterFile, quarter: str) -> ExportKind:
    """Return the export of contacts that ``file`` would be a part of."""
    if not file.name.startswith(f"{quarter}/"):
        return ExportKind.SLIPS
    known = {quarter: ExportKind.VERIFIED_LIST, f"{quarter}/counties": ExportKind.COUNTY_BOOKS}
    return known.get(file.folder, ExportKind.REFERRALS)


def write_table_books(quarter: str | None = None, *, workspace: str | Path = ".") -> list[Path]:
    """Write ``gaps.xlsx``, ``links.xlsx``, ``targets.xlsx`` of a quarter below ``out/``.

    They have the rows and columns of the CSV files, for Excel. Raises ``StoreError`` for a quarter
    that was not run, ``PublishError`` if a file cannot be written.
    """
    folder = Path(workspace)
    settings = load_workspace_settings(folder)
    with open_store(folder) as store, use_language(settings.language):
        results = load_publish_input(store, quarter)
        place = folder / "out" / _("{quarter}-表格").format(quarter=results.quarter)
        written = []
        with wrap_os_errors(place, PublishError):
            for book in build_table_books(results):
                written.append(place / book.path)
                replace_private_file(written[-1], render_book(book))
    return written
