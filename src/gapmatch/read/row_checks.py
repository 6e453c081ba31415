"""Findings about whole rows: without name or code, the same contents twice, the same code twice."""

from collections.abc import Mapping, Sequence

import polars as pl

from gapmatch.i18n import get_translator
from gapmatch.read.canonical import join_lines
from gapmatch.read.read_model import Finding, ReadFile
from gapmatch.schemas import CODES

_ORIGIN = ("n", "source_file", "source_sheet", "source_row", "data_row", "seq")
# Up to here rows without a code are listed one by one.
_MAX_LISTED = 20


def check_rows(rows: pl.DataFrame) -> tuple[pl.DataFrame, list[Finding]]:
    """Return the rows of a file that have a name or a code, and what was found.

    Rows with neither are refused: there is nothing to compare them by.
    """
    codes = [c for c in (*CODES, "unit_id") if c in rows.columns]
    coded = pl.any_horizontal(pl.col(codes).is_not_null()) if codes else pl.lit(value=False)
    named = pl.col("name").is_not_null()
    # Numbers, dates, a single letter: no name, and without a code there is nothing else.
    nonsense = named & ~pl.col("name").str.contains(r"\p{L}.*\p{L}") & ~coded
    marked = rows.select(
        "source_row",
        "source_sheet",
        "name",
        nonsense=nonsense,
        named=named & ~nonsense,
        coded=coded,
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


def _list_places(rows: pl.DataFrame) -> list[tuple[int, str | None]]:
    return rows.select("source_row", "source_sheet").rows()


def report_missing_codes(rows: pl.DataFrame, findings: Mapping[str, list[Finding]]) -> None:
    """Report rows without any code: one by one if they are few, else one line for each file."""
    real = [c for c in CODES if c in rows.columns]
    without = rows.filter(pl.all_horizontal(pl.col(real).is_null())) if real else rows
    for (file,), own in without.group_by("source_file", maintain_order=True):
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
        for header, column in file.report.mapping.items():
            headers.setdefault(column, join_lines(header))
    for name, own in ((f.report.name, f.report.mapping.values()) for f in files):
        lacking = [header for column, header in headers.items() if column not in own]
        if lacking:
            facts: dict[str, str | int] = {"columns": comma.join(lacking)}
            findings[name].append(Finding("columns_missing", facts=facts))


def mark_duplicates(rows: pl.DataFrame, findings: Mapping[str, list[Finding]]) -> pl.DataFrame:
    """Return ``rows`` with ``is_duplicate``: an earlier row has the very same contents.

    Contents are all canonical columns but the row's origin and 序号.
    """
    contents = [c for c in rows.columns if c not in _ORIGIN]
    marked = rows.with_columns(contents=rows.select(contents).hash_rows())
    marked = marked.with_columns(is_duplicate=~pl.col("contents").is_first_distinct())
    if marked["is_duplicate"].any():
        first = marked.filter(~pl.col("is_duplicate")).select(
            "contents", first_file="source_file", first_row="source_row"
        )
        twice = marked.filter("is_duplicate").join(
            first, on="contents", how="left", maintain_order="left"
        )
        for row in twice.iter_rows(named=True):
            facts: dict[str, str | int] = {"file": row["first_file"], "first": row["first_row"]}
            findings[row["source_file"]].append(
                Finding(
                    "duplicate_row",
                    row["source_row"],
                    value=row["name"],
                    sheet=row["source_sheet"],
                    facts=facts,
                )
            )
    return marked.drop("contents")


def report_shared_codes(rows: pl.DataFrame, findings: Mapping[str, list[Finding]]) -> None:
    """Report codes and unit numbers that several different rows have."""
    own = rows.filter(~pl.col("is_duplicate"))
    given = [pl.col(c) for c in ("credit_code", "taxpayer_code", "org_code") if c in own.columns]
    if given:
        plain = pl.coalesce(given).str.to_uppercase().str.replace_all(r"[\s\-－]", "")
        _report_twice(own.filter(~pl.col("code_precision_lost")), plain, "duplicate_code", findings)
    if "unit_id" in own.columns:
        _report_twice(own, pl.col("unit_id"), "duplicate_unit_id", findings)


def _report_twice(
    rows: pl.DataFrame, code: pl.Expr, kind: str, findings: Mapping[str, list[Finding]]
) -> None:
    """Add a finding for each row but the first of each code.

    Placeholders (000000000) are no codes.
    """
    coded = rows.select("source_file", "source_sheet", "source_row", code=code).filter(
        (pl.col("code").str.len_chars() >= 8)
        if kind == "duplicate_code"
        else pl.col("code").is_not_null()
    )
    twice = coded.filter(pl.col("code").is_duplicated())
    if kind == "duplicate_code":
        twice = twice.filter(pl.col("code").str.split("").list.n_unique() > 3)
    first = twice.group_by("code", maintain_order=True).agg(
        pl.len().alias("count"), pl.col("source_file", "source_row").first().name.prefix("first_")
    )
    repeats = twice.filter(~pl.col("code").is_first_distinct()).join(
        first, on="code", how="left", maintain_order="left"
    )
    for row in repeats.iter_rows(named=True):
        facts: dict[str, str | int] = {
            "count": row["count"],
            "file": row["first_source_file"],
            "first": row["first_source_row"],
        }
        findings[row["source_file"]].append(
            Finding(
                kind, row["source_row"], value=row["code"], sheet=row["source_sheet"], facts=facts
            )
        )
