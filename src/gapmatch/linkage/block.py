"""Block: the pairs that are worth comparing, as a union of named rules.

Exact rules join on a key; a key that would bring more than ``MAX_KEY_PAIRS`` pairs (one placeholder
code on thousands of rows, a list in which every name is the same) is left to the other rules and
reported. The bigram rule finds, for each unit, the firms whose names share its rarest character
pairs.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import polars as pl

from gapmatch.concurrency import run_in_parallel
from gapmatch.linkage.bigrams import BigramIndex
from gapmatch.linkage.deletions import KeyFilter, build_deletion_keys
from gapmatch.linkage.nearest import NearestFirms, group_pairs
from gapmatch.linkage.sides import SideRows
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
"""Rules by which a row has many keys, most of them without a match on the other side."""
MAX_KEY_PAIRS = 400


@dataclass(frozen=True)
class BlockedPairs:
    """Candidate pairs, and the keys that were too common to pair all that share them."""

    pairs: pl.DataFrame
    skipped: pl.DataFrame
    """``rule``, ``key``, ``firms``, ``units``."""


def block(
    firms: SideRows, units: SideRows, index: BigramIndex, candidates_per_unit: int
) -> BlockedPairs:
    """Return the union of all rules' pairs (PAIRS), each with the rules that proposed it."""
    by_key, nearest = run_in_parallel(
        lambda: _group_by_key(firms, units),
        lambda: NearestFirms.from_lists(firms, units, index).pairs(candidates_per_unit),
    )
    pairs_by_rule = [*by_key.pairs, add_rule(nearest, "bigrams")]
    return BlockedPairs(PAIRS.check(unite_pairs(pairs_by_rule)), pl.concat(by_key.skipped))


class _ByKey(NamedTuple):
    """PAIRS and common keys, a frame of each for every rule that joins on a key."""

    pairs: list[pl.DataFrame]
    skipped: list[pl.DataFrame]


def _group_by_key(firms: SideRows, units: SideRows) -> _ByKey:
    pairs_by_rule, skipped = [], []
    wanted = dict(iterate_keys(units))
    for rule, left in iterate_keys(firms, build_key_filters(wanted)):
        pairs, common = join_by_key(left, wanted[rule])
        pairs_by_rule.append(add_rule(pairs, rule))
        skipped.append(
            common.select(
                rule=pl.lit(rule), key=pl.col("key").cast(pl.String), firms="firms", units="units"
            )
        )
    return _ByKey(pairs_by_rule, skipped)


def unite_pairs(found: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Return each pair once, with all rules that proposed it."""
    every = pl.concat(found)
    proposed = [every[c].to_numpy() for c in ("firm", "unit", "rules")]
    firm, unit, rules = group_pairs(proposed[0], proposed[1], proposed[2], np.bitwise_or)
    return pl.DataFrame({"firm": firm, "unit": unit, "rules": rules})


def build_key_filters(of_units: Mapping[str, pl.DataFrame]) -> Mapping[str, KeyFilter]:
    """Return what of the units' keys firms need to know, to leave out the many that no unit has."""
    return {rule: KeyFilter.from_keys(of_units[rule]["key"]) for rule in MANY_KEYS}


def iterate_keys(
    side: SideRows, key_filters: Mapping[str, KeyFilter] | None = None
) -> Iterator[tuple[str, pl.DataFrame]]:
    """Yield a side's unique keys by rule: its number and ``key``; filters for rich rules."""
    many = key_filters or {}
    yield "organisation", _build_organisation_keys(side)
    # Check characters separate two valid codes that differ by one slip: one of the two is not
    # sound.
    every = pl.lit(value=True)
    unsound = every if side.key == "firm" else ~_is_sound_code()
    yield "code_near", _build_near_code_keys(side, unsound, many.get("code_near"))
    sound = ~_is_sound_code() if side.key == "firm" else _is_sound_code()
    yield "sound_code_near", _build_near_code_keys(side, sound, many.get("sound_code_near"))
    yield "code_prefix", _build_keys(side.rows, side.key, _extract_prefix15())
    yield (
        "standard_name",
        _build_keys(side.names, side.key, pl.when(pl.col("core") != "").then("standard_name")),
    )
    yield "core", _build_keys(side.names, side.key, pl.col("core"))
    yield "core_near", _build_near_core_keys(side, many.get("core_near"))
    yield "letters", _build_keys(side.names, side.key, _sort_letters())
    yield "sound", _build_keys(side.names, side.key, pl.col("sound"))
    yield "person_place", _build_keys(side.rows, side.key, pl.col("person"), _extract_prefecture())
    yield "phone", _build_keys(side.rows, side.key, pl.col("phone_digits"))
    yield "address", _build_keys(side.rows, side.key, pl.col("door"))
    yield "head_office", _build_head_office_keys(side)
    yield "trade_name", _build_keys(side.names.filter(_is_rare()), side.key, pl.col("trade_name"))


def _build_keys(frame: pl.DataFrame, side: str, *parts: pl.Expr) -> pl.DataFrame:
    key = parts[0] if len(parts) == 1 else pl.concat_str(parts, separator="|")
    keyed = frame.select(side, key.alias("key"))
    return keyed.filter(pl.col("key").is_not_null() & (pl.col("key") != "")).unique()


def _build_organisation_keys(side: SideRows) -> pl.DataFrame:
    """The organisation codes of all of a row's codes, and of what wrong ones were meant to be."""
    others = side.rows.filter(pl.col("other_codes").list.len() > 0).explode("other_codes")
    inner = pl.col("other_codes").struct.field("organisation")
    given_keys = _build_keys(side.rows, side.key, pl.col("organisation"))
    return pl.concat([given_keys, _build_keys(others, side.key, inner)]).unique()


def _build_head_office_keys(side: SideRows) -> pl.DataFrame:
    """Keys that pair a branch with the unit of the head office in its name."""
    branch = pl.col("branch") != ""
    if side.key == "firm":
        return _build_keys(side.names.filter(branch), side.key, pl.col("parent_core"))
    return _build_keys(side.names.filter(~branch), side.key, pl.col("core"))


def _is_rare() -> pl.Expr:
    """A trade name that few firms have brings together what its other words do not."""
    has_trade = (pl.col("trade_industry") != "") & (pl.col("branch") == "")
    return has_trade & (pl.col("trade_chance") <= RARE)


def _extract_prefecture() -> pl.Expr:
    """The prefecture, since a county is often known on one side only; a zone without code."""
    return pl.coalesce(pl.col("division").str.slice(0, 4), "county_name")


def _extract_prefix15() -> pl.Expr:
    """First 15 characters of a long code: what Excel leaves of a number; old 15-digit numbers."""
    text = pl.col("code_text")
    return pl.when(text.str.len_chars() >= 15).then(text.str.slice(0, 15))


def _sort_letters() -> pl.Expr:
    """The characters of a core in one order, whichever was typed: 宏福农资 and 宏农福资."""
    return pl.col("core").str.split("").list.sort().list.join("")


def _build_near_code_keys(
    side: SideRows, wanted: pl.Expr, key_filter: KeyFilter | None
) -> pl.DataFrame:
    """Codes as a whole, and the organisation codes inside: one list may hold no more than those."""
    inner = pl.coalesce("organisation", pl.col("code_text").str.slice(-9))
    rows = side.rows.filter(wanted)
    texts = [rows.select(side.key, text.alias("text")) for text in (pl.col("code_text"), inner)]
    return build_deletion_keys(pl.concat(texts).unique(maintain_order=True), 8, 19, key_filter)


def _is_sound_code() -> pl.Expr:
    """Both check characters are right, as far as the code has them."""
    inner = pl.col("organisation_valid").fill_null(value=False)
    return inner & pl.col("uscc_valid").fill_null(value=True)


def _build_near_core_keys(side: SideRows, key_filter: KeyFilter | None) -> pl.DataFrame:
    """Short cores, which have too few bigrams to survive a slip; the rest finds longer ones."""
    return build_deletion_keys(
        side.names.select(side.key, pl.col("core").alias("text")), 3, 6, key_filter
    )


def join_by_key(left: pl.DataFrame, right: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the pairs that share a key, and the keys that are too common to pair.

    ``left``: ``key``, ``firm``; ``right``: ``key``, ``unit``; both as they are or as
    ``cap_frequent_keys`` left them.
    """
    sizes = (
        left.group_by("key")
        .agg(_count_rows(left).alias("firms"))
        .join(right.group_by("key").agg(_count_rows(right).alias("units")), on="key")
        .with_columns(
            (pl.col("firms").cast(pl.UInt64) * pl.col("units") > MAX_KEY_PAIRS).alias("common")
        )
    )
    rare = sizes.filter(~pl.col("common")).select("key")
    pairs = (
        left.join(rare, on="key", how="semi").join(right, on="key").select("firm", "unit").unique()
    )
    return pairs, sizes.filter("common").select("key", "firms", "units").sort("key")


def _count_rows(keys: pl.DataFrame) -> pl.Expr:
    return pl.col("rows").sum() if "rows" in keys.columns else pl.len()


def cap_frequent_keys(keys: pl.DataFrame, side: str) -> pl.DataFrame:
    """Return keys with ``rows``; a key too common to pair has a single row.

    So that a part of a list need not send a hundred thousand rows that no pair can come of.
    """
    counted = keys.with_columns(pl.len().over("key").alias("rows"))
    common = pl.col("rows") > MAX_KEY_PAIRS
    few = counted.filter(~common).with_columns(rows=pl.lit(1, pl.UInt32))
    many = counted.filter(common).unique("key", keep="first", maintain_order=True)
    return pl.concat([few, many.with_columns(pl.lit(None, keys.schema[side]).alias(side))])


def add_rule(pairs: pl.DataFrame, rule: str) -> pl.DataFrame:
    """Return pairs as PAIRS that ``rule`` proposed."""
    bit = pl.lit(1 << RULES.index(rule), pl.UInt32)
    return pairs.select("firm", "unit", bit.alias("rules"))
