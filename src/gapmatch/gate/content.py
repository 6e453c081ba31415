"""Lists that were there before: in another quarter, on the other side, or twice in one list."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from gapmatch.gate.findings import STOP, WARNING, GateFinding, QuarterLists
from gapmatch.schemas import INSURED_COLUMNS
from gapmatch.settings.gate_thresholds import GateSettings

_TEXTS = ("name", "unit_id", "credit_code", "taxpayer_code", "org_code", "registration_no")
_COUNTS = ("declared_headcount", "zero_filing_months", "insured_total", *INSURED_COLUMNS)
_AMOUNTS = ("sales", "tax_paid", "declared_wages")

_MIN_PART_SHARE = 0.98
"""So many names of a list are the other's if it is a part of it; whole lists had 0.35 to 0.84."""


@dataclass(frozen=True)
class ContentDigests:
    """Digest of a file's rows, independent of its format and the order of rows."""

    digest: str
    rows: int
    has_amounts: bool = False


def read_contents(rows: pl.DataFrame) -> dict[str, ContentDigests]:
    """Return the content of each file, and under the empty name that of all files.

    ``rows``: TAX_ROWS or ENROLLMENT_ROWS, or what holds their columns. Names, codes, counts and
    amounts alone count: programs write the rest in ways of their own. Repeated rows are left out.
    """
    lines = build_lines(rows)
    files = digest_files(lines)
    return {"": _sum_up(lines) if len(files) > 1 else next(iter(files.values())), **files}


def build_lines(rows: pl.DataFrame) -> pl.DataFrame:
    """Return ``source_file``, ``line`` (what counts of a row), ``amounts`` (whether it has any)."""
    there = [c for c in (*_TEXTS, *_COUNTS, *_AMOUNTS) if c in rows.columns]
    texts = [
        (pl.col(c).round(2) if c in _AMOUNTS else pl.col(c)).cast(pl.String).fill_null("")
        for c in there
    ]
    amounts = [pl.col(c).is_not_null() for c in _AMOUNTS if c in there]
    return rows.filter(~pl.col("is_duplicate")).select(
        "source_file",
        line=pl.concat_str(texts, separator="\x1f"),
        amounts=pl.any_horizontal(amounts) if amounts else pl.lit(value=False),
    )


def digest_files(lines: pl.DataFrame) -> dict[str, ContentDigests]:
    """Return the content of each file of ``build_lines``."""
    return {str(file): _sum_up(part) for (file,), part in lines.group_by("source_file")}


def _sum_up(lines: pl.DataFrame) -> ContentDigests:
    text = "\n".join(lines["line"].sort())
    digest = hashlib.sha256(text.encode()).hexdigest()
    return ContentDigests(digest, lines.height, bool(lines["amounts"].any()))


def find_repeated_content(
    side: str, now: Mapping[str, ContentDigests], earlier: Mapping[str, str], gate: GateSettings
) -> Iterator[GateFinding]:
    """Find files, or the list as one, with the contents of a list of another quarter."""
    repeated = {file: content for file, content in now.items() if content.digest in earlier}
    if len(repeated) > 1:
        repeated.pop("", None)
    for file, content in repeated.items():
        severity = STOP if content.has_amounts or content.rows >= gate.min_firms else WARNING
        values = {"side": side, "file": file, "quarter": earlier[content.digest]}
        yield GateFinding("same_rows" if file else "same_rows_of_side", severity, values)


def find_repeats(lists: QuarterLists, gate: GateSettings) -> Iterator[GateFinding]:
    """Find one list on both sides, and firms that are listed again with other figures."""
    firms = lists.originals
    if firms.height < gate.min_firms:
        return
    names, unit_names = (
        frame["clean_name"].drop_nulls().unique() for frame in (firms, lists.units)
    )
    common = int(names.is_in(unit_names.implode()).sum())
    # A part of one list in the place of the other has all of its names there; firms of a list to
    # verify may all be enrolled.
    shorter, longer = sorted((len(names), len(unit_names)))
    is_part = not lists.verify and common >= max(gate.min_firms, _MIN_PART_SHARE * shorter)
    if is_part or common >= gate.min_same_share * max(longer, 1):
        yield GateFinding("same_list_on_both_sides", STOP, {"rows": common})
    rows = lists.firms.filter(~pl.col("is_duplicate").fill_null(value=False))
    codes = rows["code_text"].drop_nulls()
    repeated = len(codes) - codes.n_unique()
    if repeated > gate.max_repeated_share * rows.height:
        values = {"rows": rows.height, "repeated": repeated}
        yield GateFinding("firms_listed_twice", STOP, values)
