"""Block: the pairs that are worth comparing, as a union of named rules.

Exact rules join on a key; a key that would bring more than ``MAX_KEY_PAIRS`` pairs (one placeholder code
on thousands of rows, a list in which every name is the same) is left to the other rules and reported.
The bigram rule finds, for each unit, the firms whose names share its rarest character pairs.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from gapmatch.linkage.bigrams import BigramIndex
from gapmatch.linkage.nearest import NearestFirms
from gapmatch.linkage.sides import Side
from gapmatch.schemas import PAIRS

RULES = (
    "organisation",
    "code_near",
    "code_prefix",
    "standard_name",
    "core",
    "core_near",
    "letters",
    "sound",
    "person_place",
    "phone",
    "address",
    "head_office",
    "bigrams",
)
"""Names of the rules; a rule's place is its bit in ``Pairs.rules``."""

MAX_KEY_PAIRS = 400


@dataclass(frozen=True)
class Blocked:
    """Candidate pairs, and the keys that were too common to pair all that share them."""

    pairs: pl.DataFrame
    skipped: pl.DataFrame
    """``rule``, ``key``, ``firms``, ``units``."""


def block(firms: Side, units: Side, index: BigramIndex, candidates_per_unit: int) -> Blocked:
    """Return the union of all rules' pairs (PAIRS), each with the rules that proposed it."""
    found, skipped = [], []
    for rule, left, right in _keyed_rules(firms, units):
        pairs, common = _join_on_key(left, right)
        found.append(_with_rule(pairs, rule))
        skipped.append(common.with_columns(pl.lit(rule).alias("rule")))
    found.append(_with_rule(NearestFirms.of(firms, units, index).pairs(candidates_per_unit), "bigrams"))
    pairs = (
        pl.concat(found).group_by("firm", "unit").agg(pl.col("rules").sum()).sort("firm", "unit")
    )
    return Blocked(PAIRS.check(pairs), pl.concat(skipped).select("rule", "key", "firms", "units"))


def exhaustive(firms: int, units: int, batch: int) -> Iterator[pl.DataFrame]:
    """Yield the full cross join in batches of about ``batch`` pairs: the oracle that blocking is measured by."""
    step = max(1, batch // max(1, units))
    all_units = pl.DataFrame({"unit": range(units)}, schema={"unit": pl.UInt32})
    for start in range(0, firms, step):
        some = pl.DataFrame(
            {"firm": range(start, min(start + step, firms))}, schema={"firm": pl.UInt32}
        )
        yield some.join(all_units, how="cross").with_columns(pl.lit(0, pl.UInt32).alias("rules"))


def _keyed_rules(firms: Side, units: Side) -> Iterator[tuple[str, pl.DataFrame, pl.DataFrame]]:
    def both(rule: str, *expressions: pl.Expr) -> tuple[str, pl.DataFrame, pl.DataFrame]:
        return rule, _keys(firms.rows, "firm", expressions), _keys(units.rows, "unit", expressions)

    def both_names(rule: str, key: pl.Expr) -> tuple[str, pl.DataFrame, pl.DataFrame]:
        return rule, _keys(firms.names, "firm", (key,)), _keys(units.names, "unit", (key,))

    yield both("organisation", pl.col("organisation"))
    yield "code_near", _near_codes(firms.rows, "firm"), _near_codes(units.rows, "unit")
    yield both("code_prefix", _prefix15())
    yield both_names("standard_name", pl.when(pl.col("core") != "").then("standard_name"))
    yield both_names("core", pl.col("core"))
    yield "core_near", _near_cores(firms.names, "firm"), _near_cores(units.names, "unit")
    yield both_names("letters", _letters())
    yield both_names("sound", pl.col("sound"))
    yield both("person_place", pl.col("person"), _prefecture())
    yield both("phone", pl.col("phone_digits"))
    yield both("address", pl.col("address_text"))
    yield (
        "head_office",
        _keys(firms.names.filter(pl.col("branch") != ""), "firm", (pl.col("parent_core"),)),
        _keys(units.names.filter(pl.col("branch") == ""), "unit", (pl.col("core"),)),
    )


def _keys(frame: pl.DataFrame, side: str, parts: tuple[pl.Expr, ...]) -> pl.DataFrame:
    key = parts[0] if len(parts) == 1 else pl.concat_str(parts, separator="|")
    keyed = frame.select(side, key.alias("key"))
    return keyed.filter(pl.col("key").is_not_null() & (pl.col("key") != "")).unique()


def _prefecture() -> pl.Expr:
    """The prefecture, since a county is often known on one side only; a zone without a code is its own."""
    return pl.coalesce(pl.col("division").str.slice(0, 4), "county_name")


def _prefix15() -> pl.Expr:
    """First 15 characters of a long code: what Excel leaves of a number, and old 15-digit numbers."""
    text = pl.col("code_text")
    return pl.when(text.str.len_chars() >= 15).then(text.str.slice(0, 15))


def _letters() -> pl.Expr:
    """The characters of a core in one order, whichever was typed: 宏福农资 and 宏农福资."""
    return pl.col("core").str.split("").list.sort().list.join("")


def _near_codes(rows: pl.DataFrame, side: str) -> pl.DataFrame:
    """Codes as a whole, and the organisation codes inside: one list may hold no more than those."""
    inner = pl.coalesce("organisation", pl.col("code_text").str.slice(-9))
    texts = [rows.select(side, text.alias("text")) for text in (pl.col("code_text"), inner)]
    return _one_left_out(pl.concat(texts).unique(), 8, 19)


def _near_cores(names: pl.DataFrame, side: str) -> pl.DataFrame:
    """Short cores have too few bigrams to survive a slip; longer ones are found by those that are left."""
    return _one_left_out(names.select(side, pl.col("core").alias("text")), 3, 6)


def _one_left_out(texts: pl.DataFrame, shortest: int, longest: int) -> pl.DataFrame:
    """Key each text by itself and by itself with every one of its characters left out in turn.

    Two texts that differ by one wrong, missing, extra or swapped character share one of these keys
    (symmetric deletion, after Garbe's SymSpell, 2012).
    """
    side = texts.columns[0]
    length = pl.col("text").str.len_chars()
    some = texts.filter(length.is_between(shortest, longest))
    places = some.with_columns(pl.int_ranges(0, length).alias("place")).explode("place")
    cut = pl.col("text").str.head(pl.col("place")) + pl.col("text").str.slice(pl.col("place") + 1)
    keys = [places.select(side, cut.alias("key")), some.select(side, pl.col("text").alias("key"))]
    return pl.concat(keys).unique()


def _join_on_key(left: pl.DataFrame, right: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the pairs that share a key, and the keys that are too common to pair."""
    sizes = (
        left.group_by("key")
        .len("firms")
        .join(right.group_by("key").len("units"), on="key")
        .with_columns(
            (pl.col("firms").cast(pl.UInt64) * pl.col("units") > MAX_KEY_PAIRS).alias("common")
        )
    )
    kept = sizes.filter(~pl.col("common")).select("key")
    pairs = (
        left.join(kept, on="key", how="semi").join(right, on="key").select("firm", "unit").unique()
    )
    return pairs, sizes.filter("common").select("key", "firms", "units").sort("key")


def _with_rule(pairs: pl.DataFrame, rule: str) -> pl.DataFrame:
    bit = pl.lit(1 << RULES.index(rule), pl.UInt32)
    return pairs.select("firm", "unit", bit.alias("rules"))
