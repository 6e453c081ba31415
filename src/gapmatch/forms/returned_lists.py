"""Lists on the sheets of a returned workbook: where each begins, and which column is which.

Columns are known by the hidden row of machine names; if that was deleted, by the headings or what
staff call them, and last by the contents of the cells. A list may be followed by another one with
columns of its own: two workbooks copied into one sheet.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from gapmatch.forms.headings import list_known_headings
from gapmatch.forms.keys import CHECK, parse_key
from gapmatch.forms.sheet_model import FIRST_ROW
from gapmatch.i18n import LANGUAGES, use_language
from gapmatch.ledger.filled_rows import REVIEW_ENTRIES, VISIT_ENTRIES
from gapmatch.vocabulary.entry_words import fold_text, list_heading_words
from gapmatch.vocabulary.outcomes import is_sure_outcome, parse_outcome, parse_verdict

Row = Sequence[str | None]

ENTRIES = frozenset((*VISIT_ENTRIES, *REVIEW_ENTRIES))
_SHOWN = frozenset(
    {"name", "code", "unit_id", "enrollment_name", "enrollment_code", "case", "town"}
)
_CODE = re.compile(r"[0-9A-Z]{15,20}")
_NAME = re.compile(r"(公司|厂|店|部|场|社|行|院|所|中心|企业|工作室|经营户)$")
_NUMBERING = re.compile(r"^\(?\d{1,2}[).、]")
_MAX_HEADING = 60
_MAX_HEADING_ROW = 30
"""Rows in which the first headings are looked for."""


@dataclass(frozen=True)
class ReturnedList:
    """A list on a sheet: the place of its first row, machine name to column, its key's too."""

    first: int
    columns: Mapping[str, int] = field(default_factory=dict)
    choices: Mapping[int, str] = field(default_factory=dict)
    """Columns that staff made for a choice each, to be ticked, with their headings."""
    by_contents: bool = False
    """Whether its headings are gone, so that only some of its columns are known."""
    last: int = 0
    """The place after its last row; the title and headings of the next list may follow."""
    end: int = 0
    """The place of the first row of the next list, or after the last row of the sheet."""


def find_lists(rows: list[Row]) -> list[ReturnedList]:
    """Return the lists of a sheet, by their headings, else the one that its contents show."""
    lists = list(_find_headed_lists(rows)) or list(_find_list_by_contents(rows))
    begun = [(found.first - FIRST_ROW, found.first) for found in lists[1:]]
    ends = [*begun, (len(rows), len(rows))]
    return [replace(f, last=last, end=end) for f, (last, end) in zip(lists, ends, strict=False)]


def find_list_without_entries(rows: list[Row]) -> ReturnedList:
    """Return where a sheet of ours without entries begins; nowhere on any other sheet."""
    ours = (
        i for i, row in enumerate(rows) if sum(is_our_heading(text) for text in row if text) > 2
    )
    return ReturnedList(next(ours, -1) + 1, last=len(rows), end=len(rows))


def _find_headed_lists(rows: list[Row]) -> Iterator[ReturnedList]:
    """Yield each list of a sheet: one begins below machine names, or below headings.

    Between the machine names and the first firm stand the headings, which someone may have deleted.
    """
    key = _find_key_column(rows)
    begin, found = 0, False
    for i, row in enumerate(rows):
        if i >= _MAX_HEADING_ROW and not found:
            return
        if i < begin or (key is not None and _is_key(get_cell(row, key))):
            continue
        names, begin = _find_machine_names(row), i + 1
        if not _is_list(names):
            names = _recognise_headings(row)
        elif i + 1 < len(rows) and not _is_filled(rows[i + 1], names):
            begin = i + 2
        place, choices = _find_choices(rows, i, names)
        if choices:
            begin = max(begin, place + 1)
            names = {**_recognise_headings(rows[place]), **names}
            names = {name: at for name, at in names.items() if at not in choices}
        if _is_list({**names, "outcome": 0} if choices else names):
            found = True
            yield ReturnedList(begin, names if key is None else {"key": key, **names}, choices)


def _find_choices(
    rows: list[Row], first: int, names: Mapping[str, int]
) -> tuple[int, dict[int, str]]:
    """Return the row that heads columns of a choice each, at ``first`` or below, and its columns.

    Two choices or more stand in one row, and no firm.
    """
    firms = [names[name] for name in ("name", "code") if name in names]
    for place in range(first, min(first + 2, len(rows)) if firms else first):
        row = rows[place]
        if any(get_cell(row, i) and not is_our_heading(get_cell(row, i)) for i in firms):
            continue
        outcomes = {i: text for i, text in enumerate(row) if text and parse_outcome(text)}
        if len({parse_outcome(text) for text in outcomes.values()}) > 1:
            return place, outcomes
    return first, {}


def _is_list(names: Mapping[str, int]) -> bool:
    return bool(names.keys() & {"outcome", "verdict"}) and bool(names.keys() & {"name", "code"})


def is_heading(row: Row) -> bool:
    """Return whether a row names the columns of a list."""
    return _is_list(_find_machine_names(row)) or _is_list(_recognise_headings(row))


def _is_filled(row: Row, names: Mapping[str, int]) -> bool:
    """Whether a row is one of a list with these columns, and not that of its headings."""
    texts = {name: get_cell(row, column) for name, column in names.items()}
    return (
        _is_key(texts.get("key", ""))
        or _CODE.fullmatch(texts.get("code", "")) is not None
        or parse_outcome(texts.get("outcome", "")) is not None
        or parse_verdict(texts.get("verdict", "")) is not None
    )


def _find_list_by_contents(rows: list[Row]) -> Iterator[ReturnedList]:
    """Yield the list whose headings are gone: its columns are known by what stands in them.

    A sheet without keys that has some headings of ours is a list in which nothing is filled in.
    """
    key = _find_key_column(rows)
    if key is None and any(_find_machine_names(r) or _recognise_headings(r) for r in rows):
        return
    tests: dict[str, Callable[[str], object]] = {
        "verdict": parse_verdict,
        "outcome": is_sure_outcome,
        "code": _CODE.fullmatch,
        "name": _NAME.search,
    }
    width = max((len(row) for row in rows), default=0)
    names = {} if key is None else {"key": key}
    for name, test in tests.items():
        hits = [
            0 if i in names.values() else sum(bool(test(get_cell(row, i))) for row in rows)
            for i in range(width)
        ]
        if any(hits):
            names[name] = hits.index(max(hits))
    if not (names.keys() & ENTRIES and names.keys() & {"key", "name", "code"}):
        return
    firms = [names[name] for name in ("key", "code", "name") if name in names][:1]
    tested = _is_key if key is not None else tests["code" if "code" in names else "name"]
    first = next(i for i, row in enumerate(rows) if tested(get_cell(row, firms[0])))
    headed = [_recognise_headings(row) for row in rows[:first]]
    more = {name: column for found in headed for name, column in found.items()}
    yield ReturnedList(first, {**names, **more}, by_contents=not more.keys() & {"date", "remark"})


def _find_key_column(rows: list[Row]) -> int | None:
    """Return the column with most keys."""
    # Nearly every cell is none: what begins otherwise is passed over without a call.
    cells = ((i, text) for row in rows for i, text in enumerate(row) if text and text[:1] == "t")
    keyed = (i for i, text in cells if _is_key(text))
    return min(((-count, i) for i, count in Counter(keyed).items()), default=(0, None))[1]


def _is_key(text: str) -> bool:
    return text.startswith("tax|") and parse_key(text) is not None


def _find_machine_names(row: Row) -> dict[str, int]:
    return {name: i for i, name in enumerate(row) if name in _MACHINE_NAMES}


_MACHINE_NAMES = ENTRIES | _SHOWN | {"key"}


def _recognise_headings(row: Row) -> dict[str, int]:
    """Recognise headings as they were written, else what staff call them (``entry_words.csv``)."""
    # Headings are short; addresses and reasons need not be folded to be told from them.
    texts = reversed([(i, text) for i, text in enumerate(row) if text and len(text) < _MAX_HEADING])
    words = {_NUMBERING.sub("", fold_text(text)): i for i, text in texts}
    others = {name: words[word] for word, name in list_heading_words().items() if word in words}
    return others | {
        name: words[word] for word, name in _name_by_heading().items() if word in words
    }


@cache
def _name_by_heading() -> dict[str, str]:
    """Return heading to machine name, of the columns that matter here, in every language."""
    every = _list_our_headings()
    return {title: name for title, name in every.items() if name in _MACHINE_NAMES}


@cache
def _list_our_headings() -> dict[str, str]:
    known: dict[str, str] = {}
    for language in LANGUAGES:
        with use_language(language):
            known |= {fold_text(title): name for name, title in list_known_headings()}
    return known


def is_our_heading(heading: str) -> bool:
    """Return whether a text is the machine name or the heading of a column of ours."""
    return name_heading(heading) is not None


def name_heading(heading: str) -> str | None:
    """Return the machine name of a column of ours from its heading or machine name."""
    if heading.startswith(CHECK):
        return CHECK
    known = _list_our_headings()
    return known.get(fold_text(heading), heading if heading in known.values() else None)


def get_cell(row: Row, column: int) -> str:
    """Return the text of a cell; empty if there is none."""
    return (row[column] or "").strip() if column < len(row) else ""
