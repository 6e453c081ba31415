"""The county workbook: how to read it, visits, pairs to settle, shortages, rechecks, figures."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import InitVar, dataclass, field
from typing import cast

import polars as pl

from gapmatch.forms import rows as frames
from gapmatch.forms.difference import mark_differences
from gapmatch.forms.facts import COUNTY_FORM, describe_book
from gapmatch.forms.figure_pages import build_county_figures
from gapmatch.forms.file_names import make_county_stems
from gapmatch.forms.guide import Guide, build_county_guide, format_quarter
from gapmatch.forms.headings import Lists, add_check, list_headings
from gapmatch.forms.keys import CHECK, build_checks
from gapmatch.forms.sheet_model import Book, Heading, ListSheet, Sheet
from gapmatch.i18n import _, get_language
from gapmatch.resources import get_words, read_csv_rows
from gapmatch.results.policy_texts import collect_texts
from gapmatch.results.quarter_figures import count_by_status, join_firm_statuses, order_counties
from gapmatch.results.run_results import PublishInput, PublishOptions
from gapmatch.vocabulary.labels import label_county

Row = tuple[object, ...]


@dataclass
class _List:
    """A list of the workbook, its rows split by county."""

    name: str
    role: str
    title: str
    note: str
    empty: str
    tab: str
    headings: tuple[Heading, ...]
    frame: InitVar[pl.DataFrame]
    mark: Callable[[Row], Row] | None = None
    rows: Mapping[str, pl.DataFrame] = field(init=False)
    shaded: Mapping[str, frozenset[int]] = field(init=False)

    def __post_init__(self, frame: pl.DataFrame) -> None:
        if any(heading.entry for heading in self.headings):
            self.headings = add_check(self.headings)
        self.rows = split_by_county(frame, self.headings)
        self.shaded = _find_shaded_rows(frame) if self.role == "visits" else {}

    def count_rows(self, county: str) -> int:
        """Return how many rows the list of a county has."""
        return self.rows[county].height if county in self.rows else 0

    def list_rows(self, county: str) -> Iterator[Row]:
        """Yield the rows of a county; as values of Python they take much room."""
        rows = self.rows[county].rows() if county in self.rows else ()
        return map(self.mark, rows) if self.mark else iter(rows)


def build_county_books(results: PublishInput, options: PublishOptions) -> Iterator[Book]:
    """Yield one workbook for every county that has a firm in the tax list, the largest first.

    Firms that state no county have a workbook too, for the prefecture to assign them by address.
    Each is made when it is asked for: a province's do not fit into memory together.
    """
    lists = _build_lists(results, options)
    statuses = join_firm_statuses(results)
    totals = _split_by_county(count_by_status(statuses, "county"))
    towns = _split_by_county(count_by_status(statuses, "county", "town"))
    shown = {county: label_county(county) for county in totals}
    stems = make_county_stems(totals)
    quarter = format_quarter(results.quarter)
    guide = Guide(
        quarter,
        options,
        *(collect_texts(results.targets, column) for column in ("policies", "risks")),
    )

    def build_sheets(county: str) -> tuple[Sheet, ...]:
        counts = {part.role: part.count_rows(county) for part in lists}
        first, *others = (_build_sheet(part, county, quarter) for part in lists)
        return (
            first,
            build_county_guide(county, guide, counts),
            *others,
            build_county_figures(
                f"{shown[county]}  {quarter}", totals[county], towns[county], counts
            ),
        )

    def count_cells(county: str) -> int:
        return sum(part.count_rows(county) * len(part.headings) for part in lists)

    return (
        Book(
            path=f"counties/{stems[county]}.xlsx",
            title=_("{county} {quarter} 参保扩面工作簿").format(
                county=stems[county], quarter=quarter
            ),
            sheets=build_sheets(county),
            facts=_describe_facts(results, county, lists),
            footer=f"{stems[county]}  {quarter}",
        )
        for county in sorted(order_counties(results), key=count_cells, reverse=True)
    )


def _describe_facts(results: PublishInput, county: str, lists: Iterable[_List]) -> dict[str, str]:
    """What the import of a filled-in workbook needs to know about it."""
    names = {f"sheet.{part.role}": part.name for part in lists}
    quarter = format_quarter(results.quarter)
    for part in lists:
        names[f"title.{part.role}"] = _build_title(part, county, quarter)
        names[f"note.{part.role}"] = part.note
    return describe_book(COUNTY_FORM, results.quarter, results.run_info, county=county, **names)


def _build_title(part: _List, county: str, quarter: str) -> str:
    return f"{label_county(county)}  {quarter}  {part.title}"


def _build_sheet(part: _List, county: str, quarter: str) -> ListSheet:
    return ListSheet(
        name=part.name,
        title=_build_title(part, county, quarter),
        note=part.note,
        headings=part.headings,
        rows=tuple(part.list_rows(county)),
        shaded=part.shaded.get(county, frozenset()),
        tab=part.tab,
        empty=part.empty,
    )


def _build_lists(results: PublishInput, options: PublishOptions) -> tuple[_List, ...]:
    firms = frames.build_firm_rows(results, options)
    visits = frames.select_visits(results, firms)
    unfinished = frames.select_unfinished(results, firms)
    follow_ups = frames.select_follow_ups(unfinished, visits)
    others = visits.join(follow_ups, on="key", how="anti", maintain_order="left")
    lists = {
        "visits": _join_visits(follow_ups, others.filter(pl.col("tier_code") == "A")),
        "evidence": visits,
        "later": others.filter(pl.col("tier_code") != "A"),
        "review": frames.select_reviews(results),
        "shortages": frames.select_shortages(results, firms),
        "recheck": frames.select_rechecks(results, firms),
        "unfinished": frames.select_unlisted_cases(unfinished, visits),
    }
    return tuple(_build_list(row, lists[row["role"]]) for row in read_csv_rows("county_lists.csv"))


def _build_list(row: Mapping[str, str], frame: pl.DataFrame) -> _List:
    """Return a list of ``config/county_lists.csv``, worded in the current language."""
    shown = ("name", "title", "note", "empty")
    words = {name: get_words(row, name, get_language()) for name in shown}
    columns = list_headings(cast("Lists", row["columns"]))
    mark = _make_marker(columns) if row["role"] == "review" else None
    return _List(
        role=row["role"], tab=row["tab"], headings=columns, frame=frame, mark=mark, **words
    )


def _join_visits(follow_ups: pl.DataFrame, first_tier: pl.DataFrame) -> pl.DataFrame:
    """Return what was begun and is not closed, then the visits of tier A."""
    columns = (h.name for h in list_headings("visits") if not h.entry)
    shown = ["county", "is_follow_up", *columns]
    return pl.concat([follow_ups.select(shown), first_tier.select(shown)], how="vertical_relaxed")


def split_by_county(frame: pl.DataFrame, columns: tuple[Heading, ...]) -> dict[str, pl.DataFrame]:
    """Return county to the rows of its list, the cells to fill in empty."""
    check = next((h.name for h in columns if h.name.startswith(CHECK)), None)
    cells = (_format_cell(frame, h).alias(f"cell_{h.name}") for h in columns if h.name != check)
    shown = frame.select("county", *cells)
    if check:
        checked = check.removeprefix(CHECK).split(",")
        checks = build_checks(shown.select(f"cell_{name}" for name in checked))
        shown = shown.with_columns(checks.alias(f"cell_{check}"))
    return _split_by_county(shown, include_key=False)


def _format_cell(frame: pl.DataFrame, heading: Heading) -> pl.Expr:
    """The value of a heading, of the type that its style wants; empty if it is filled in."""
    if heading.entry:
        return pl.lit(None).alias(heading.name)
    value = pl.col(heading.name)
    if frame.schema[heading.name].is_float():
        value = pl.when(value.is_finite()).then(value)
    if heading.style in ("integer", "money") and frame.schema[heading.name].is_float():
        value = value.round(0).cast(pl.Int64)
    if heading.style in ("decimal", "percent"):
        value = value.round(4) + 0.0
    if frame.schema[heading.name] == pl.String:
        value = _truncate(value.str.replace_all(_NOT_IN_XML, "").replace("", None))
    return value.alias(heading.name)


def _truncate(text: pl.Expr) -> pl.Expr:
    """A cell holds 32,767 characters at most, and no one reads so many."""
    return (
        pl.when(text.str.len_chars() > _MAX_CELL_CHARS)
        .then(text.str.head(_MAX_CELL_CHARS) + "…")
        .otherwise(text)
    )


_MAX_CELL_CHARS = 4_000
_NOT_IN_XML = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x{FFFE}\x{FFFF}]"


def _find_shaded_rows(frame: pl.DataFrame) -> dict[str, frozenset[int]]:
    return {
        county: frozenset(part["is_follow_up"].arg_true().to_list())
        for county, part in _split_by_county(frame.select("county", "is_follow_up")).items()
    }


def _make_marker(columns: tuple[Heading, ...]) -> Callable[[Row], Row]:
    """Return a function that marks what differs between the names and the codes of a row."""
    place = {heading.name: number for number, heading in enumerate(columns)}
    pairs = [
        (place[ours], place[theirs])
        for ours, theirs in (("name", "enrollment_name"), ("code", "enrollment_code"))
    ]

    def mark_row(row: Row) -> Row:
        cells = list(row)
        for ours, theirs in pairs:
            cells[ours], cells[theirs] = mark_differences(
                _read_text(row[ours]), _read_text(row[theirs])
            )
        return tuple(cells)

    return mark_row


def _read_text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _split_by_county(frame: pl.DataFrame, *, include_key: bool = True) -> dict[str, pl.DataFrame]:
    parts = frame.partition_by("county", maintain_order=True, include_key=include_key, as_dict=True)
    return {str(county): part for (county,), part in parts.items()}
