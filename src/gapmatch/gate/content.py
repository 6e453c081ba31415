"""Lists that were there before: in another quarter, on the other side, or twice in one list."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from gapmatch.gate.findings import STOP, WARNING, Finding, Lists
from gapmatch.settings.gate_thresholds import GateSettings

_TEXTS = ("name", "unit_id", "credit_code", "taxpayer_code", "org_code", "registration_no")
_COUNTS = (
    *("declared_headcount", "zero_filing_months", "insured_total"),
    *("pension_insured", "unemployment_insured", "injury_insured"),
)
_AMOUNTS = ("sales", "tax_paid", "declared_wages")
_BITS = 128


@dataclass(frozen=True)
class Content:
    """What the rows of a file say, whatever its format and the order of its rows."""

    digest: int
    """Sum of the hashes of its rows modulo 2¹²⁸: that of several files is the sum of theirs."""
    rows: int
    has_amounts: bool = False

    def __add__(self, other: "Content") -> "Content":
        """Return the content of both files together."""
        return Content(
            (self.digest + other.digest) % 2**_BITS,
            self.rows + other.rows,
            self.has_amounts or other.has_amounts,
        )

    def __str__(self) -> str:
        return f"{self.digest:032x}"


def read_contents(rows: pl.DataFrame) -> dict[str, Content]:
    """Return the content of each file; ``rows``: TAX_ROWS or ENROLLMENT_ROWS, or what holds their columns.

    Names, codes, counts and amounts alone count: programs write the rest in ways of their own.
    Rows that repeat an earlier one are left out.
    """
    there = [c for c in (*_TEXTS, *_COUNTS, *_AMOUNTS) if c in rows.columns]
    texts = [
        (pl.col(c).round(2) if c in _AMOUNTS else pl.col(c)).cast(pl.String).fill_null("")
        for c in there
    ]
    amounts = pl.any_horizontal(
        pl.lit(value=False), *(pl.col(c).is_not_null() for c in _AMOUNTS if c in there)
    )
    found: dict[str, Content] = {}
    lines = rows.filter(~pl.col("is_duplicate")).select(
        "source_file", line=pl.concat_str(texts, separator="\x1f"), amounts=amounts
    )
    for (file,), part in lines.group_by("source_file", maintain_order=True):
        digest = sum(map(_hash, part["line"])) % 2**_BITS
        found[str(file)] = Content(digest, part.height, bool(part["amounts"].any()))
    return found


def _hash(line: str) -> int:
    return int.from_bytes(hashlib.blake2b(line.encode(), digest_size=_BITS // 8).digest(), "big")


def find_repeated_content(
    side: str, now: Mapping[str, Content], earlier: Mapping[str, str], gate: GateSettings
) -> Iterator[Finding]:
    """Find files, or the list as one, that say what a list of another quarter said.

    ``earlier``: content as text → quarter. A short list without amounts may honestly stay the same.
    """
    total = sum(now.values(), start=Content(0, 0))
    candidates = {**now, "": total} if len(now) > 1 else dict(now)
    for file, content in candidates.items():
        quarter = earlier.get(str(content))
        if quarter is None or not content.rows:
            continue
        severity = STOP if content.has_amounts or content.rows >= gate.min_firms else WARNING
        values = {"file": file or side, "quarter": quarter}
        yield Finding("same_rows", severity, values)


def find_repeats(lists: Lists, gate: GateSettings) -> Iterator[Finding]:
    """Find one list on both sides, and firms that are listed again with other figures."""
    firms = lists.originals
    if firms.height < gate.min_firms:
        return
    names, unit_names = (frame["clean_name"].drop_nulls().unique() for frame in (firms, lists.units))
    common = int(names.is_in(unit_names.implode()).sum())
    if common >= gate.min_same_share * max(len(names), len(unit_names), 1):
        yield Finding("same_list_on_both_sides", STOP, {"rows": common})
    coded = firms["code_text"].drop_nulls()
    repeated = len(coded) - coded.n_unique()
    if repeated > gate.max_repeated_share * firms.height:
        values = {"rows": firms.height, "repeated": repeated}
        yield Finding("firms_listed_twice", STOP, values)
