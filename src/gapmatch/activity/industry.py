"""National standards: industries of GB/T 4754-2017, size classes of 国统字〔2017〕213号."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import polars as pl

from gapmatch.resources import find_config_file, read_csv_rows
from gapmatch.vocabulary.rules import choose_first

_DIVISION_DIGITS = re.compile(r"^[A-T]?(\d{2})\d{0,2}(?!\d)")
_SECTION_LETTER = re.compile(r"^([A-T])(?![A-Za-z])")
_SPACES = re.compile(r"\s+")

FACTS = {
    "section": pl.String(),
    "division": pl.String(),
    "injury_class": pl.Int64(),
    "sme": pl.String(),
    "deferral": pl.Int64(),
}


@dataclass(frozen=True)
class _IndustryIndex:
    """``config/industries.csv`` by code, by name and by keyword (longest first)."""

    rows: dict[str, dict[str, str]]
    names: dict[str, str]
    keywords: list[tuple[str, str]]


def classify_industries(texts: Iterable[str | None]) -> pl.DataFrame:
    """Return one row per distinct text: ``industry`` (the text), ``section`` (letter), ``division``
    (two digits or null), ``injury_class`` (1–8), ``sme`` (row of the size standard), ``deferral``.

    An unknown text has nulls; a text that names only a section has a null division.
    Source: GB/T 4754-2017; ``config/industries.csv`` documents the columns.
    """
    distinct = sorted({text for text in texts if text})
    rows = [{"industry": text, **_look_up_facts(_find(text))} for text in distinct]
    return pl.DataFrame(rows, schema={"industry": pl.String(), **FACTS})


def classify_sections(sections: Iterable[str | None]) -> pl.DataFrame:
    """Return the same columns for bare section letters, keyed by ``section``."""
    rows = [
        _look_up_facts(letter)
        for letter in sorted({s for s in sections if s in _load_index().rows})
    ]
    return pl.DataFrame(rows, schema=FACTS)


def _find(text: str) -> str | None:
    """Return the code of ``text``: by digits, by name, else by the longest keyword in it."""
    lookup = _load_index()
    plain = _SPACES.sub("", unicodedata.normalize("NFKC", text)).replace(",", "、")
    digits = _DIVISION_DIGITS.match(plain)
    if digits and digits[1] in lookup.rows:
        return digits[1]
    if plain in lookup.names:
        return lookup.names[plain]
    by_word = next((code for word, code in lookup.keywords if word in plain), None)
    letter = _SECTION_LETTER.match(plain)
    return by_word or (letter[1] if letter else None)


def _look_up_facts(code: str | None) -> dict[str, str | int | None]:
    if code is None:
        return dict.fromkeys(FACTS)
    row = _load_index().rows[code]
    return {
        "section": row["section"],
        "division": code if code.isdigit() else None,
        "injury_class": int(row["injury_class"]),
        "sme": row["sme"] or None,
        "deferral": int(row["deferral"]) if row["deferral"] else None,
    }


@cache
def _load_index() -> _IndustryIndex:
    rows = {row["code"]: row for row in read_csv_rows("industries.csv")}
    names = {row["name"]: code for code, row in rows.items()}
    words = {
        word: code for code, row in rows.items() for word in row["keywords"].split("|") if word
    }
    words |= {name.removesuffix("业"): code for name, code in names.items() if len(name) > 2}
    longest_first = sorted((words | names).items(), key=lambda pair: (-len(pair[0]), pair[0]))
    return _IndustryIndex(rows, names, longest_first)


_CLASSES = ("large", "medium", "small")


def classify_sizes(firms: pl.DataFrame) -> pl.DataFrame:
    """Return firm and size_class: the largest whose limits every known indicator reaches."""
    measured = firms.select(
        "firm",
        pl.col("sme").alias("industry"),
        X=pl.col("headcount"),
        Y=pl.col("turnover") / 10_000,
    )
    limits = measured.join(_load_thresholds(), on="industry", how="left", maintain_order="left")
    choice = choose_first(((name, _has_reached(name)) for name in _CLASSES), "micro")
    return limits.select("firm", pl.when(pl.col("sized")).then(choice).alias("size_class"))


def _has_reached(name: str) -> pl.Expr:
    """Whether every limit of the class is reached by the figures that are known."""
    return pl.all_horizontal(
        (pl.col(indicator) >= pl.col(f"{name}_{indicator}")).fill_null(value=True)
        for indicator in ("X", "Y")
    )


@cache
def _load_thresholds() -> pl.DataFrame:
    """Return one row per industry: large_X, large_Y, medium_X, … and sized."""
    rows = pl.read_csv(find_config_file("sme_thresholds.csv"), comment_prefix="#").filter(
        pl.col("indicator").is_in(["X", "Y"])
    )
    return (
        rows.pivot("indicator", index="industry", values=list(_CLASSES))
        .with_columns(sized=pl.lit(value=True))
        .sort("industry")
    )
