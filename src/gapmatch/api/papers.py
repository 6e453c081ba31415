"""Papers for visitors and firms, made from a stored quarter: slips, notices, letters."""

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import polars as pl

from gapmatch.api.stores import open_store, open_store_for_writing, resolve_quarter
from gapmatch.errors import InputError, PublishError, wrap_os_errors
from gapmatch.forms.case_book import build_case_book
from gapmatch.forms.writer import render_book
from gapmatch.i18n import _, use_language
from gapmatch.ledger.case_progress import assess_cases, select_unfinished_cases
from gapmatch.papers import templates
from gapmatch.papers.pdf import convert_to_pdf, find_office
from gapmatch.papers.slips import Paper, SlipOptions, make_slips
from gapmatch.private_files import PRIVATE_FILE_MODE, replace_private_file
from gapmatch.results.run_results import PublishInput
from gapmatch.settings.load import load_workspace_settings
from gapmatch.store.runs import ExportKind, Store


@dataclass(frozen=True)
class WrittenPapers:
    """What was written: the files, and how many firms have a page in them."""

    files: list[Path]
    firms: int


def write_slips(  # noqa: PLR0913 - what is asked for, by name
    quarter: str | None = None,
    *,
    workspace: str | Path = ".",
    county: str | None = None,
    tier: str = "A",
    letters: bool = False,
    with_contacts: bool = False,
    pdf: bool = False,
    firm: int | None = None,
) -> WrittenPapers:
    """Write a page for each firm to visit, a DOCX per county, below ``out/`` of the workspace.

    ``tier``: ``A``, or several as ``AB``. ``letters``: notices to firms that insure no one and
    letters to units that insure too few, instead of slips. ``with_contacts``: persons and phones in
    full, which the export log notes. ``pdf``: each as PDF too, by LibreOffice. ``firm``: the page
    of this one alone (its number in the quarter), whatever its tier. Offers that have
    ended by today are left out. Raises ``StoreError`` for a quarter that was not run,
    ``InputError`` if no firm fits or a template cannot be used, ``PublishError`` if a file cannot
    be written.
    """
    folder, office = Path(workspace), find_office() if pdf else ""
    settings = load_workspace_settings(folder)
    options = SlipOptions(county, tuple(tier), letters, with_contacts, firm, date.today())
    opened = open_store_for_writing(folder, "slips") if with_contacts else open_store(folder)
    with opened as store, use_language(settings.language):
        results = _add_unfinished_cases(load_publish_input(store, quarter), store)
        papers = list(make_slips(results, settings, folder, options))
        files = _write(papers, folder / "out" / results.quarter)
        firms = sum(paper.firms for paper in papers)
        if with_contacts:
            store.log_export(results.quarter, ExportKind.SLIPS, firms)
    if office:
        files += _convert(office, files)
    return WrittenPapers(files, firms)


def copy_templates(workspace: str | Path = ".") -> tuple[Path, list[Path]]:
    """Copy the Word templates into the workspace for changing; those that are there already stay.

    Returns the folder and the files that were written. Raises ``PublishError`` if it cannot be
    written to.
    """
    folder = Path(workspace)
    with (
        use_language(load_workspace_settings(folder).language),
        wrap_os_errors(folder, PublishError),
    ):
        return templates.find_templates_folder(folder), templates.copy_templates(folder)


def write_cases(cases: pl.DataFrame, file: str | Path, *, workspace: str | Path = ".") -> Path:
    """Write ``cases`` (``Workspace.cases()``, or a part of it) as a workbook to filter and print.

    Raises ``InputError`` if ``file`` is not called ``….xlsx``, ``PublishError`` if it cannot be
    written.
    """
    folder, path = Path(workspace), Path(file)
    if path.suffix.lower() != ".xlsx":
        raise InputError(
            _("工作簿的文件名要以 .xlsx 结尾：{path}").format(path=path),
            _("例如：--out 案件.xlsx"),
            file=path,
        )
    with open_store(folder) as store:
        quarter = resolve_quarter(store, None)
    language = load_workspace_settings(folder).language
    with use_language(language), wrap_os_errors(path, PublishError):
        place = path.parent.resolve() / path.name  # the user's own folder may be a link
        replace_private_file(place, render_book(build_case_book(cases, quarter, path.name)))
    return path


def _convert(office: str, files: list[Path]) -> list[Path]:
    made = []
    for place in sorted({file.parent for file in files}):
        made += convert_to_pdf(office, [file for file in files if file.parent == place], place)
    for file in made:
        file.chmod(PRIVATE_FILE_MODE)
    return made


def load_publish_input(store: Store, quarter: str | None) -> PublishInput:
    """Return what is published of a stored quarter, by default of the latest."""
    wanted = resolve_quarter(store, quarter)
    return PublishInput.from_frames(wanted, store.results(wanted)).complete_frames()


def _add_unfinished_cases(results: PublishInput, store: Store) -> PublishInput:
    """Return ``results`` with the cases that were begun before: its workbooks list them first."""
    begun = assess_cases(store).filter(pl.col("visit_quarter") < results.quarter)
    return replace(results, unfinished=select_unfinished_cases(begun))


def _write(papers: list[Paper], place: Path) -> list[Path]:
    """Write the files next to the quarter's folder, each whole or not at all, for the owner."""
    written = []
    with wrap_os_errors(place, PublishError):
        for paper in papers:
            folder, _slash, name = paper.path.partition("/")
            file = place.with_name(f"{place.name}-{folder}") / name
            replace_private_file(file, paper.content)
            written.append(file)
    return written
