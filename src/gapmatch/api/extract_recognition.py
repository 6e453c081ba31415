"""Which of the three sources a file is, by its contents, and how it is understood as that."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import BadZipFile, ZipFile
from zlib import crc32

from gapmatch.errors import InputError
from gapmatch.forms.facts import FACTS_SHEET
from gapmatch.i18n import _
from gapmatch.reports import Page

if TYPE_CHECKING:
    import polars as pl

    from gapmatch.read import Extract, Side
    from gapmatch.read.knowledge import Alias

MAX_COUNTIES = 12
SKETCH_HASHES = 200
SAMPLE_ROWS, MAX_SAMPLES, MAX_SAMPLE_CHARACTERS = 200, 2, 24
MIN_VARIED = 8
"""A column of so few different values holds kinds, not persons."""
MAX_INDEX_BYTES = 1_000_000
_PERSON = r"^\p{Han}{2,4}$"
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
    is_own: bool = False
    """Whether it is a workbook that the program wrote, no extract."""
    may_pass: bool = False
    """Whether the system refused the file for now: it may be open in another program."""
    sketch: Sequence[int] = ()
    """The least hashes of the names: those of two files tell how many names they share."""

    def estimate_overlap(self, other: "ExtractRecognition") -> float:
        """Return about which share of the names of either file is in the other too."""
        least = sorted({*self.sketch, *other.sketch})[:SKETCH_HASHES]
        shared = set(least) & set(self.sketch) & set(other.sketch)
        return len(shared) / max(1, len(least))


def recognise(
    file: str | Path,
    side: str | None = None,
    *,
    workspace: str | Path = ".",
    headers: Mapping[str, list[str]] | None = None,
) -> ExtractRecognition:
    """Return which source ``file`` is (tax, enrollment, registry) and how it is read as that.

    The source is the one that explains the headers best, unless ``side`` names it. A file that
    cannot be read is no error: it has a message and a remedy instead of a page. Raises
    ``SettingsError`` for the settings of ``workspace``; ``headers`` take the place of those that
    the settings have for ``side``.
    """
    from gapmatch.api.file_check import describe_extract
    from gapmatch.read import Side, read_extract
    from gapmatch.run.gate_check import guess_quarter
    from gapmatch.settings.load import load_workspace_settings

    if _is_own_workbook(Path(file)):
        return ExtractRecognition(
            None,
            None,
            message=_("这是本程序写出的工作簿，不是清册"),
            remedy=_("县区交回的工作簿请放到“回传”页。"),
            is_own=True,
        )
    settings = load_workspace_settings(Path(workspace))
    columns = settings.columns if headers is None else {str(side): headers}
    best: Extract | None = None
    failures: list[tuple[Side, InputError]] = []
    for candidate in [Side(side)] if side else Side:
        headers_of_side = columns.get(str(candidate), {})
        try:
            read = read_extract(candidate, [Path(file)], headers_of_side, limits=settings.read)
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
    names = best.rows["name"].drop_nulls().unique()
    sketch = sorted({crc32(name.encode()) for name in names})[:SKETCH_HASHES]
    counties, quarter = _list_counties(best), guess_quarter([best])
    return ExtractRecognition(str(best.side), page, quarter, counties, sketch=sketch)


def list_header_samples(
    file: str | Path, side: str, *, workspace: str | Path = "."
) -> dict[str, tuple[str, ...]]:
    """Return the headers of a file, unreadable ones too, with first values, persons masked."""
    from gapmatch.read import Side, list_files, load_aliases
    from gapmatch.read.body import cut_body
    from gapmatch.read.files import load, open_document
    from gapmatch.read.sheets import choose_sheets
    from gapmatch.settings.load import load_workspace_settings

    settings, path = load_workspace_settings(Path(workspace)), Path(file)
    aliases = load_aliases(Side(side), settings.columns.get(side, {}))
    try:
        source = list_files([path], settings.read)[0]
        grids = open_document(path, load(path).data, settings.read).grids
        tables = choose_sheets(Side(side), source, grids, aliases).tables
    except InputError:
        return {}
    samples: dict[str, tuple[str, ...]] = {}
    for grid, header in tables:
        rows = cut_body(grid, header).rows.head(SAMPLE_ROWS)
        for index, text in enumerate(header.texts[: header.width]):
            if text and text not in samples:
                samples[text] = _mask_samples(rows[f"c{index}"], aliases, text)
    return samples


def _mask_samples(
    values: "pl.Series", aliases: "Mapping[str, Alias]", header: str
) -> tuple[str, ...]:
    """Return the first values; a column that may hold names of persons is masked as one."""
    import polars as pl

    from gapmatch.privacy import PERSON_COLUMNS, mask_person, mask_text
    from gapmatch.read.knowledge import normalise_header

    given = values.cast(pl.String).drop_nulls().unique(maintain_order=True).alias("value")
    known = aliases.get(normalise_header(header))
    looks_personal = int(given.str.contains(_PERSON).sum()) * 2 > len(given)
    is_varied = len(given) > MIN_VARIED and known is None
    is_person = known is not None and known.canonical in PERSON_COLUMNS
    mask = mask_person if is_person or (is_varied and looks_personal) else mask_text
    shown = given.head(MAX_SAMPLES).to_frame().select(mask("value")).to_series()
    return tuple(text[:MAX_SAMPLE_CHARACTERS] for text in shown)


def _is_own_workbook(path: Path) -> bool:
    """Whether a workbook has the hidden sheet by which the program knows its own."""
    try:
        with ZipFile(path) as package:
            info = package.getinfo("xl/workbook.xml")
            return info.file_size < MAX_INDEX_BYTES and FACTS_SHEET.encode() in package.read(info)
    except (BadZipFile, KeyError, OSError, RuntimeError, NotImplementedError, ValueError):
        return False


def list_columns(side: str) -> dict[str, str]:
    """Return the columns that headers of a source can be read as, with what officials call them."""
    from gapmatch.read import Side
    from gapmatch.read.column_refusals import get_label
    from gapmatch.read.knowledge import DROPPED, IGNORED, load_knowledge

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
    may_pass = isinstance(error.__cause__, OSError)
    return ExtractRecognition(
        side, None, message=error.message, remedy=error.remedy, may_pass=may_pass
    )


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
