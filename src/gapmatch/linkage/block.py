"""Block: the pairs that are worth comparing, as a union of named rules.

Exact rules join on a key; a key that would bring more than ``MAX_KEY_PAIRS`` pairs (one placeholder code
on thousands of rows, a list in which every name is the same) is left to the other rules and reported.
The bigram rule finds, for each unit, the firms whose names share its rarest character pairs.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import polars as pl

from gapmatch.concurrency import both
from gapmatch.linkage.bigrams import BigramIndex
from gapmatch.linkage.combine import combined
from gapmatch.linkage.deletions import Met, one_left_out
from gapmatch.linkage.nearest import NearestFirms
from gapmatch.linkage.sides import Side
from gapmatch.linkage.trade_names import RARE
from gapmatch.schemas import PAIRS

RULES = (
    "organisation",
    "code_near",
    "sound_code_near",
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
    "trade_name",
    "bigrams",
)
"""Names of the rules; a rule's place is its bit in ``Pairs.rules``."""

MANY_KEYS = ("code_near", "sound_code_near", "core_near")
"""Rules by which a row has many keys, most of which nobody meets."""
MAX_KEY_PAIRS = 400


@dataclass(frozen=True)
class Blocked:
    """Candidate pairs, and the keys that were too common to pair all that share them."""

    pairs: pl.DataFrame
    skipped: pl.DataFrame
    """``rule``, ``key``, ``firms``, ``units``."""


def block(firms: Side, units: Side, index: BigramIndex, candidates_per_unit: int) -> Blocked:
    """Return the union of all rules' pairs (PAIRS), each with the rules that proposed it."""
    by_key, nearest = both(
        lambda: _by_key(firms, units),
        lambda: NearestFirms.of(firms, units, index).pairs(candidates_per_unit),
    )
    found = [*by_key.pairs, with_rule(nearest, "bigrams")]
    return Blocked(PAIRS.check(union_of(found)), pl.concat(by_key.skipped))


class _ByKey(NamedTuple):
    """PAIRS and common keys, a frame of each for every rule that joins on a key."""

    pairs: list[pl.DataFrame]
    skipped: list[pl.DataFrame]


def _by_key(firms: Side, units: Side) -> _ByKey:
    found, skipped = [], []
    wanted = dict(keys_of(units))
    for rule, left in keys_of(firms, met_keys(wanted)):
        pairs, common = pair_by_key(left, wanted[rule])
        found.append(with_rule(pairs, rule))
        skipped.append(
            common.select(
                rule=pl.lit(rule), key=pl.col("key").cast(pl.String), firms="firms", units="units"
            )
        )
    return _ByKey(found, skipped)


def union_of(found: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Return each pair once, with all rules that proposed it."""
    every = pl.concat(found)
    proposed = [every[c].to_numpy() for c in ("firm", "unit", "rules")]
    firm, unit, rules = combined(proposed[0], proposed[1], proposed[2], np.bitwise_or)
    return pl.DataFrame({"firm": firm, "unit": unit, "rules": rules})


def exhaustive(firms: int, units: int, batch: int) -> Iterator[pl.DataFrame]:
    """Yield the full cross join in batches of about ``batch`` pairs: the oracle that blocking is measured by."""
    step = max(1, batch // max(1, units))
    all_units = pl.DataFrame({"unit": range(units)}, schema={"unit": pl.UInt32})
    for start in range(0, firms, step):
        some = pl.DataFrame(
            {"firm": range(start, min(start + step, firms))}, schema={"firm": pl.UInt32}
        )
        yield some.join(all_units, how="cross").with_columns(pl.lit(0, pl.UInt32).alias("rules"))


def met_keys(of_units: Mapping[str, pl.DataFrame]) -> Mapping[str, Met]:
    """Return what of the units' keys firms need to know, to leave out the many that no unit has."""
    return {rule: Met.of(of_units[rule]["key"]) for rule in MANY_KEYS}


def keys_of(side: Side, met: Mapping[str, Met] | None = None) -> Iterator[tuple[str, pl.DataFrame]]:
    """Yield for each rule its keys of a side: ``firm`` or ``unit``, ``key`` (String or UInt64), unique.

    ``met``: what the other side has of the rules that have many keys a row.
    """
    many = met or {}
    yield "organisation", _organisations(side)
    # Check characters tell two sound codes apart that differ by one slip: one of the two is not sound.
    every = pl.lit(value=True)
    unsound = every if side.key == "firm" else ~_sound_code()
    yield "code_near", _near_codes(side, unsound, many.get("code_near"))
    sound = ~_sound_code() if side.key == "firm" else _sound_code()
    yield "sound_code_near", _near_codes(side, sound, many.get("sound_code_near"))
    yield "code_prefix", _keys(side.rows, side.key, _prefix15())
    yield (
        "standard_name",
        _keys(side.names, side.key, pl.when(pl.col("core") != "").then("standard_name")),
    )
    yield "core", _keys(side.names, side.key, pl.col("core"))
    yield "core_near", _near_cores(side, many.get("core_near"))
    yield "letters", _keys(side.names, side.key, _letters())
    yield "sound", _keys(side.names, side.key, pl.col("sound"))
    yield "person_place", _keys(side.rows, side.key, pl.col("person"), _prefecture())
    yield "phone", _keys(side.rows, side.key, pl.col("phone_digits"))
    yield "address", _keys(side.rows, side.key, pl.col("address_text"))
    yield "head_office", _head_offices(side)
    yield "trade_name", _keys(side.names.filter(_is_rare()), side.key, pl.col("trade_name"))


def _keys(frame: pl.DataFrame, side: str, *parts: pl.Expr) -> pl.DataFrame:
    key = parts[0] if len(parts) == 1 else pl.concat_str(parts, separator="|")
    keyed = frame.select(side, key.alias("key"))
    return keyed.filter(pl.col("key").is_not_null() & (pl.col("key") != "")).unique()


def _organisations(side: Side) -> pl.DataFrame:
    """The organisation codes of all of a row's codes, and of what wrong ones were meant to be."""
    others = side.rows.filter(pl.col("other_codes").list.len() > 0).explode("other_codes")
    inner = pl.col("other_codes").struct.field("organisation")
    own = _keys(side.rows, side.key, pl.col("organisation"))
    return pl.concat([own, _keys(others, side.key, inner)]).unique()


def _head_offices(side: Side) -> pl.DataFrame:
    """A firm that is a branch meets the unit that its name says is its head office."""
    branch = pl.col("branch") != ""
    if side.key == "firm":
        return _keys(side.names.filter(branch), side.key, pl.col("parent_core"))
    return _keys(side.names.filter(~branch), side.key, pl.col("core"))


def _is_rare() -> pl.Expr:
    """A trade name that few firms have brings together what its other words do not."""
    own = (pl.col("trade_industry") != "") & (pl.col("branch") == "")
    return own & (pl.col("trade_chance") <= RARE)


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


def _near_codes(side: Side, wanted: pl.Expr, met: Met | None) -> pl.DataFrame:
    """Codes as a whole, and the organisation codes inside: one list may hold no more than those."""
    inner = pl.coalesce("organisation", pl.col("code_text").str.slice(-9))
    rows = side.rows.filter(wanted)
    texts = [rows.select(side.key, text.alias("text")) for text in (pl.col("code_text"), inner)]
    return one_left_out(pl.concat(texts).unique(maintain_order=True), 8, 19, met)


def _sound_code() -> pl.Expr:
    """Both check characters are right, as far as the code has them."""
    inner = pl.col("organisation_valid").fill_null(value=False)
    return inner & pl.col("uscc_valid").fill_null(value=True)


def _near_cores(side: Side, met: Met | None) -> pl.DataFrame:
    """Short cores have too few bigrams to survive a slip; longer ones are found by those that are left."""
    return one_left_out(side.names.select(side.key, pl.col("core").alias("text")), 3, 6, met)


def pair_by_key(left: pl.DataFrame, right: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the pairs that share a key, and the keys that are too common to pair.

    ``left``: ``key``, ``firm``; ``right``: ``key``, ``unit``; both as they are or as ``thinned`` left them.
    """
    sizes = (
        left.group_by("key")
        .agg(_rows_behind(left).alias("firms"))
        .join(right.group_by("key").agg(_rows_behind(right).alias("units")), on="key")
        .with_columns(
            (pl.col("firms").cast(pl.UInt64) * pl.col("units") > MAX_KEY_PAIRS).alias("common")
        )
    )
    kept = sizes.filter(~pl.col("common")).select("key")
    pairs = (
        left.join(kept, on="key", how="semi").join(right, on="key").select("firm", "unit").unique()
    )
    return pairs, sizes.filter("common").select("key", "firms", "units").sort("key")


def _rows_behind(keys: pl.DataFrame) -> pl.Expr:
    return pl.col("rows").sum() if "rows" in keys.columns else pl.len()


def thinned(keys: pl.DataFrame, side: str) -> pl.DataFrame:
    """Return keys with ``rows``, one row standing for all of a key that is too common to pair anything.

    So that a part of a list need not send a hundred thousand rows that no pair can come of.
    """
    counted = keys.with_columns(pl.len().over("key").alias("rows"))
    common = pl.col("rows") > MAX_KEY_PAIRS
    few = counted.filter(~common).with_columns(rows=pl.lit(1, pl.UInt32))
    many = counted.filter(common).unique("key", keep="first", maintain_order=True)
    return pl.concat([few, many.with_columns(pl.lit(None, keys.schema[side]).alias(side))])


def with_rule(pairs: pl.DataFrame, rule: str) -> pl.DataFrame:
    """Return pairs as PAIRS that ``rule`` proposed."""
    bit = pl.lit(1 << RULES.index(rule), pl.UInt32)
    return pairs.select("firm", "unit", bit.alias("rules"))
