"""Findings about whole rows: without name or code, the same contents twice, the same code twice."""

from collections.abc import Mapping, Sequence

import polars as pl

from gapmatch.i18n import get_translator
from gapmatch.read.cell_cleaning import remove_spaces
from gapmatch.read.knowledge import join_lines, load_knowledge, normalise_header
from gapmatch.read.read_model import FileReport, Finding, ReadFile, Side
from gapmatch.schemas import CODES

PLACE_COLUMNS = ("n", "source_file", "source_sheet", "source_row", "data_row", "seq")
"""Where a row stands, which tells no two rows apart by their contents."""
# Up to here rows without a code are listed one by one.
_MAX_LISTED = 20
# A code in earnest, and not a row of zeros.
_CODE = r"^0*[1-9A-Za-z][0-9A-Za-z\-]{6,}$"
_MIN_CODE_LENGTH = 8
# The empty texts around it are one more.
_MIN_DISTINCT_CHARACTERS = 3


def check_rows(rows: pl.DataFrame, side: Side) -> tuple[pl.DataFrame, list[Finding]]:
    """Return a file's rows of firms or units, and what was found; refuse the others."""
    coded = rows["name"].is_null() & False
    for column in (c for c in (*CODES, "unit_id") if c in rows.columns):
        coded |= rows[column].is_not_null()
    named = pl.col("name").is_not_null()
    # Numbers, dates, a single letter: no name, and without a code there is nothing else.
    nonsense = named & ~pl.col("name").str.contains(r"\p{L}.*\p{L}") & ~_has_real_code(rows)
    if side is Side.ENROLLMENT:
        nonsense = nonsense | pl.lit(_are_self_insured(rows))
    marked = rows.select(
        "source_row",
        "source_sheet",
        "name",
        nonsense=nonsense,
        named=named & ~nonsense,
        coded=coded & ~nonsense,
    )
    refused = marked.filter(~pl.col("named") & ~pl.col("coded") & ~pl.col("nonsense"))
    nameless = marked.filter(~pl.col("named") & pl.col("coded"))
    odd = marked.filter("nonsense").select("source_row", "source_sheet", "name").rows()
    findings = [
        *(Finding("not_a_firm", row, value=name, sheet=sheet) for row, sheet, name in odd),
        *(Finding("no_name_no_code", row, sheet=sheet) for row, sheet in _list_places(refused)),
        *(Finding("missing_name", row, sheet=sheet) for row, sheet in _list_places(nameless)),
    ]
    return rows.filter(marked["named"] | marked["coded"]), findings


def _has_real_code(rows: pl.DataFrame) -> pl.Series:
    """Return which rows have a number of a unit, or a code in earnest: a line that broke has 5."""
    found = rows["name"].is_null() & False
    for column in (c for c in CODES if c in rows.columns):
        found |= rows[column].str.contains(_CODE).fill_null(value=False)
    return found | rows["unit_id"].is_not_null() if "unit_id" in rows.columns else found


def _are_self_insured(rows: pl.DataFrame) -> pl.Series:
    """Return which rows are of people who insure themselves: by their name, and without a code."""
    layout = load_knowledge().layout
    some = rows["name"].str.contains_any(layout["self_insured"]).fill_null(value=False)
    if not some.any():
        return some
    names = rows["name"].str.replace_all(r"[\s()（）]", "")
    words, ends, bodies = (
        "|".join(layout[k]) for k in ("self_insured", "self_insured_ends", "bodies")
    )
    named = names.str.contains(rf"^.{{0,14}}(?:{words})(?:{ends}|\d)*$")
    named &= ~names.str.contains(bodies)
    for column in (c for c in CODES if c in rows.columns):
        named &= ~rows[column].str.contains(_CODE).fill_null(value=False)
    return named.fill_null(value=False)


def _list_places(rows: pl.DataFrame) -> list[tuple[int, str | None]]:
    return rows.select("source_row", "source_sheet").rows()


def select_uncoded(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the places and names of rows without any code."""
    real = [c for c in CODES if c in rows.columns]
    without = rows.filter(pl.all_horizontal(pl.col(real).is_null())) if real else rows
    return without.select("n", "source_file", "source_sheet", "source_row", "name")


def report_missing_codes(uncoded: pl.DataFrame, findings: Mapping[str, list[Finding]]) -> None:
    """Report rows without any code: one by one if they are few, else one line for each file."""
    for (file,), own in uncoded.group_by("source_file", maintain_order=True):
        found = findings[str(file)]
        if own.height > _MAX_LISTED:
            facts: dict[str, str | int] = {"count": own.height, "first": own["source_row"][0]}
            found.append(Finding("missing_codes", facts=facts))
            continue
        found += [
            Finding("missing_code", row, value=name, sheet=sheet)
            for row, name, sheet in own.select("source_row", "name", "source_sheet").rows()
        ]


def report_missing_columns(
    files: Sequence[ReadFile], findings: Mapping[str, list[Finding]], language: str
) -> None:
    """Report for each file the columns that it lacks and other files have, by their headers."""
    comma = get_translator(language)("、")
    headers: dict[str, str] = {}
    for file in files:
        for column, header in list_needed_headers(file.report).items():
            headers.setdefault(column, header)
    for name, own in ((f.report.name, f.report.mapping.values()) for f in files):
        lacking = [header for column, header in headers.items() if column not in own]
        if lacking:
            facts: dict[str, str | int] = {"columns": comma.join(lacking)}
            findings[name].append(Finding("columns_missing", facts=facts))


def list_needed_headers(report: FileReport) -> dict[str, str]:
    """Return column → header of a file, without what no result lacks: 序号, 备注."""
    remarks = load_knowledge().layout["footers"]
    return {
        column: join_lines(header)
        for header, column in reversed(list(report.mapping.items()))
        if column not in PLACE_COLUMNS and normalise_header(header) not in remarks
    }


def hash_contents(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows' places and a hash of their ``contents``, without place, 序号 and spaces."""
    contents = remove_spaces(rows.select(c for c in rows.columns if c not in PLACE_COLUMNS))
    return rows.select("n", "source_file", "source_row", contents=contents.hash_rows())


def find_repeated_rows(hashed: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of ``hash_contents`` that repeat an earlier one, with its file and row."""
    first = pl.col("source_file", "source_row").first().over("contents").name.prefix("first_")
    same = hashed.filter(pl.col("contents").is_duplicated()).with_columns(first)
    repeats = same.filter(~pl.col("contents").is_first_distinct())
    return repeats.select("n", "source_file", "first_source_file", "first_source_row")


def mark_duplicates(
    rows: pl.DataFrame, repeats: pl.DataFrame, findings: Mapping[str, list[Finding]]
) -> pl.DataFrame:
    """Return ``rows`` with ``is_duplicate``, of those in ``repeats`` (``find_repeated_rows``)."""
    twice = rows.select("n", "source_row", "source_sheet", "name").join(repeats, on="n").sort("n")
    for row in twice.iter_rows(named=True):
        facts = {"file": row["first_source_file"], "first": row["first_source_row"]}
        findings[row["source_file"]].append(
            Finding(
                "duplicate_row",
                row["source_row"],
                value=row["name"],
                sheet=row["source_sheet"],
                facts=facts,
            )
        )
    return rows.with_columns(is_duplicate=pl.col("n").is_in(repeats["n"].implode()))


def select_codes(rows: pl.DataFrame) -> pl.DataFrame:
    """Return ``kind``, ``code`` and place of rows with a code, without repeats and placeholders."""
    own = rows.filter(~pl.col("is_duplicate"))
    place = ("n", "source_file", "source_sheet", "source_row")
    given = [pl.col(c) for c in ("credit_code", "taxpayer_code", "org_code") if c in own.columns]
    found = [own.clear().select(*place, kind=pl.lit(""), code=pl.lit(""))]
    if given:
        plain = pl.coalesce(given).str.to_uppercase().str.replace_all(r"[\s\-－]", "")
        exact = own.filter(~pl.col("code_precision_lost"))
        coded = exact.select(*place, kind=pl.lit("duplicate_code"), code=plain)
        found.append(coded.filter(pl.col("code").str.len_chars() >= _MIN_CODE_LENGTH))
    if "unit_id" in own.columns:
        numbered = own.select(*place, kind=pl.lit("duplicate_unit_id"), code=pl.col("unit_id"))
        found.append(numbered.drop_nulls("code"))
    return pl.concat(found)


def find_shared_codes(coded: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of ``select_codes`` but the first of each code, with their number and it."""
    kinds = coded.partition_by("kind") or [coded]
    return pl.concat([_find_shared(part, str(part["kind"].first())) for part in kinds])


def _find_shared(coded: pl.DataFrame, kind: str) -> pl.DataFrame:
    twice = coded.filter(pl.col("code").is_duplicated())
    if kind == "duplicate_code":
        distinct = pl.col("code").str.split("").list.n_unique()
        twice = twice.filter(distinct > _MIN_DISTINCT_CHARACTERS)
    shared = twice.with_columns(
        pl.len().over("code").alias("count"),
        pl.col("source_file", "source_row").first().over("code").name.prefix("first_"),
    )
    return shared.filter(~pl.col("code").is_first_distinct())


def report_shared_codes(shared: pl.DataFrame, findings: Mapping[str, list[Finding]]) -> None:
    """Report codes and unit numbers that several different rows have."""
    for row in shared.sort("kind", "n").iter_rows(named=True):
        facts: dict[str, str | int] = {
            "count": row["count"],
            "file": row["first_source_file"],
            "first": row["first_source_row"],
        }
        findings[row["source_file"]].append(
            Finding(
                row["kind"],
                row["source_row"],
                value=row["code"],
                sheet=row["source_sheet"],
                facts=facts,
            )
        )
