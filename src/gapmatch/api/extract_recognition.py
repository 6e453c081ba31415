"""Which of the three sources a file is, by its contents, and how it is understood as that."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gapmatch.errors import InputError
from gapmatch.i18n import _
from gapmatch.reports import Page

if TYPE_CHECKING:
    from gapmatch.read import Extract, Side

MAX_COUNTIES = 12
MIN_SURE_MARKERS = 3
"""So many columns that only one source has leave no doubt: no other one is tried."""


@dataclass(frozen=True)
class ExtractRecognition:
    """How a file is understood.

    ``page``: as of ``check``. Without one the file cannot be read, and ``message`` and ``remedy``
    say why and what to do. ``quarter``: what its titles name. ``counties``: the most frequent ones,
    as they are written.
    """

    side: str | None
    page: Page | None
    quarter: str | None = None
    counties: Sequence[str] = ()
    message: str = ""
    remedy: str = ""


def recognise(
    file: str | Path, side: str | None = None, *, workspace: str | Path = "."
) -> ExtractRecognition:
    """Return which source ``file`` is (tax, enrollment, registry) and how it is read as that.

    The source is the one that explains the headers best, unless ``side`` names it. A file that
    cannot be read is no error: it has a message and a remedy instead of a page. Raises
    ``SettingsError`` for the settings of ``workspace``.
    """
    from gapmatch.api.file_check import describe_extract
    from gapmatch.read import Side, read_extract
    from gapmatch.run.gate_check import guess_quarter
    from gapmatch.settings.load import load_workspace_settings

    settings = load_workspace_settings(Path(workspace))
    best: Extract | None = None
    failures: list[tuple[Side, InputError]] = []
    for candidate in [Side(side)] if side else Side:
        headers = settings.columns.get(str(candidate), {})
        try:
            read = read_extract(candidate, [Path(file)], headers, limits=settings.read)
        except InputError as error:
            failures.append((candidate, error))
            continue
        if best is None or _rate_reading(read) > _rate_reading(best):
            best = read
        if _rate_reading(best)[0] >= MIN_SURE_MARKERS:
            break
    if best is None:
        return _describe_failure(failures, side)
    page = describe_extract(best, None)
    return ExtractRecognition(str(best.side), page, guess_quarter([best]), _list_counties(best))


def list_columns(side: str) -> dict[str, str]:
    """Return the columns that headers of a source can be read as, with what officials call them."""
    from gapmatch.read import Side
    from gapmatch.read.knowledge import DROPPED, IGNORED, load_knowledge
    from gapmatch.read.mapping import get_label

    labels = load_knowledge().labels[Side(side)]
    named = {c: get_label(Side(side), c) for c in labels if c not in (IGNORED, DROPPED)}
    return {**named, IGNORED: _("不使用")}


def _rate_reading(extract: "Extract") -> tuple[int, int]:
    """Return how many columns only such a source has, and how many headers were not guessed."""
    from gapmatch.read.knowledge import load_knowledge

    sure = {c for f in extract.files for h, c in f.mapping.items() if h not in f.guessed}
    return len(sure & load_knowledge().markers[extract.side]), len(sure)


def _describe_failure(
    failures: "Sequence[tuple[Side, InputError]]", side: str | None
) -> ExtractRecognition:
    """Return the first failure: if no source fits, the others fail by the same reasons."""
    _first, error = failures[0]
    return ExtractRecognition(side, None, message=error.message, remedy=error.remedy)


def _list_counties(extract: "Extract") -> list[str]:
    if "county" not in extract.rows.columns:
        return []
    counted = extract.rows["county"].drop_nulls().value_counts()
    ordered = counted.sort("count", "county", descending=[True, False])
    return [str(county) for county in ordered["county"].head(MAX_COUNTIES)]


def get_header_columns(page: Page) -> Mapping[str, str | None]:
    """Return the headers of a checked file and the columns they are read as; null: not used."""
    columns: dict[str, str | None] = {}
    for file in page.facts["files"]:
        columns |= dict.fromkeys(file["unused"])
        columns |= file["columns"]
    return columns
