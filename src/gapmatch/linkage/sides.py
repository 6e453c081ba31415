"""What the linkage needs of a side: its rows, and all their names."""

from dataclasses import dataclass
from functools import cached_property

import polars as pl

from gapmatch.linkage.character_sets import build_character_sets
from gapmatch.linkage.everyday_names import find_everyday_names
from gapmatch.linkage.levels import COUNTED_NAMES, COUNTED_VALUES
from gapmatch.linkage.name_conflicts import BRANCH, SHOP
from gapmatch.linkage.trade_names import load_trade_words, trade_chances
from gapmatch.schemas import ALIAS_PARTS

_COMPARED = (
    *("code_text", "organisation", "organisation_valid", "uscc", "uscc_valid", "other_codes"),
    *("person", "phone_digits", "address_text", "county_name", "county_source", "division"),
)
CODE_FACTS = ("code_text", "uscc", "uscc_valid", "organisation", "organisation_valid", "is_reading")
"""Attributes of each of a row's further codes (``other_codes``)."""
_DOOR = r"\d|[一二三四五六七八九十]+[号幢栋室]"
"""Of a village, or a zone without a number, many firms give one address."""
_VILLAGE = r"[镇乡](\p{Han}{2,3}?)(?:村|社区)"
"""A village behind its town."""
LINKED_COLUMNS = (*_COMPARED, *ALIAS_PARTS, "alias_parts")
"""Columns of FIRMS and UNITS, besides their keys, that the linkage reads."""
_SHOP_NUMBER = (
    r"^\(?第?(?:[0-9零一二三四五六七八九十两壹贰叁肆伍陆柒捌玖拾]{1,3}|[IVX]+|[A-Z甲乙丙丁])号?\)?$"
)
_ACCOUNT_HOLDER = "(?:公司|社)$"
"""Behind these a number is that of an account, behind a shop it may be the shop's."""
READINGS = ("core", "bare_name", "clean_name")
"""Readings of a name that edits are counted in: a region or form may not have been recognised."""


@dataclass(frozen=True)
class SideRows:
    """One side of the linkage, or the part of it that some pairs need.

    ``key``: ``firm`` or ``unit``; ``rows``: what is compared of FIRMS or UNITS, row i has key i;
    ``names``: one row per name (a row's own and its aliases), sorted by key, with ``key``,
    ``<key>_name`` (row number), ``ALIAS_PARTS``, ``plain_name``, the clean name without brackets,
    ``is_cut``, whether it is a beginning of the row's own name, ``left_out``, what some name of the
    row leaves out so,
    ``unnumbered``, whether that is a number which may be a shop's, ``everyday``, how many shops
    may bear it, ``trade_chance``, the share of all firms with the trade name, ``shop_letter``,
    ``village``,
    ``is_generic``, whether nothing but words for trades is left without region and form, and
    ``<reading>_characters``, the character set of each of ``READINGS``. ``<column>_sharing``
    (UInt32)
    in both: how many rows, or names, of the whole list share the value. ``total_rows``,
    ``total_names``: how many the whole list has.
    """

    key: str
    rows: pl.DataFrame
    names: pl.DataFrame
    total_rows: int
    total_names: int

    @cached_property
    def names_of_rows(self) -> pl.Series:
        """Return the numbers of each row's names; every batch of pairs needs them."""
        return (
            self.names.group_by(self.key, maintain_order=True).agg(f"{self.key}_name").to_series(1)
        )

    @cached_property
    def account_marks(self) -> pl.DataFrame:
        """Return by row what second accounts share: valid organisation, name with county."""
        valid = (pl.col("uscc_valid") | pl.col("organisation_valid")).fill_null(value=False)
        own_names = self.names.unique(self.key, keep="first", maintain_order=True)["standard_name"]
        return self.rows.select(
            pl.when(valid).then(pl.col("organisation").hash()).alias("unit_code"),
            pl.struct("county_name", own_names).hash().alias("unit_name"),
        )


def make_side(key: str, rows: pl.DataFrame) -> SideRows:
    """Return the side of FIRMS or UNITS ``rows``, which are sorted by ``key`` from 0 on."""
    values, names = select_values(key, rows), expand_names(key, rows)
    for column in COUNTED_VALUES.values():
        values = add_sharing(values, column)
    for column in COUNTED_NAMES:
        names = add_sharing(names, column)
    return SideRows(key, values, names.with_row_index(f"{key}_name"), values.height, names.height)


def select_values(key: str, rows: pl.DataFrame) -> pl.DataFrame:
    """Return the compared values of a row other than its names; ``door``: a numbered address."""
    door = pl.col("address_text").str.contains(_DOOR)
    return rows.select(key, *_COMPARED, pl.when(door).then("address_text").alias("door"))


def expand_names(key: str, rows: pl.DataFrame) -> pl.DataFrame:
    """Return one row per name, a row's own before its aliases."""
    parts = rows.select(key, *ALIAS_PARTS)
    aliases = (
        rows.select(key, "alias_parts")
        .filter(pl.col("alias_parts").list.len() > 0)
        .explode("alias_parts")
        .filter(pl.col("alias_parts").is_not_null())
        .unnest("alias_parts")
        .select(key, *ALIAS_PARTS)
    )
    names = parts
    if not aliases.is_empty():
        names = (
            pl.concat([parts, aliases]).unique(maintain_order=True).sort(key, maintain_order=True)
        )
    own_name = pl.col("clean_name").first().over(key)
    rest = own_name.str.strip_prefix(pl.col("clean_name"))
    is_cut = own_name.str.starts_with(pl.col("clean_name")) & (rest != "")
    # A column first: of a window in a window, the time grows with the square of the rows.
    names = names.with_columns(is_cut.alias("is_cut"), pl.when(is_cut).then(rest).alias("left_out"))
    persons = names.select(key).join(
        rows.select(key, "person"), on=key, how="left", maintain_order="left"
    )
    is_holder = pl.col("clean_name").str.contains(_ACCOUNT_HOLDER)
    # A name without its town has no village either.
    village = pl.col("clean_name").str.extract(_VILLAGE)
    return names.with_columns(
        pl.col("clean_name").str.replace_all(r"[()]", "").alias("plain_name"),
        pl.col("left_out").max().over(key),
        find_everyday_names(names, persons["person"]),
        trade_chances(names["trade_name"]).alias("trade_chance"),
        _extract_shop_letter(pl.col("core")).alias("shop_letter"),
        pl.when(pl.col("is_cut") & pl.col("left_out").str.contains(_SHOP_NUMBER) & ~is_holder)
        .then(pl.when(pl.col("branch") == "").then(SHOP).otherwise(BRANCH))
        .otherwise(0)
        .cast(pl.UInt8)
        .alias("unnumbered"),
        pl.coalesce(village, village.first().over(key)).fill_null("").alias("village"),
        (pl.col("core").str.replace_many(load_trade_words(), [""], leftmost=True) == "").alias(
            "is_generic"
        ),
        *(build_character_sets(names[r]).alias(f"{r}_characters") for r in READINGS),
    )


def _extract_shop_letter(core: pl.Expr) -> pl.Expr:
    """The single letters of a name, which count shops as numbers do: A店, B店."""
    return core.str.replace_all(r"[A-Z]{2,}", "").str.extract_all(r"[A-Z]").list.join("")


def add_sharing(frame: pl.DataFrame, column: str) -> pl.DataFrame:
    """Add ``<column>_sharing``: how many rows of ``frame`` have the row's value."""
    return frame.with_columns(pl.len().over(column).cast(pl.UInt32).alias(f"{column}_sharing"))
