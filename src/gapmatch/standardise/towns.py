"""The town or street of a row, so that a team can walk a list."""

import polars as pl

_TOWN = r"(?:[市县区旗州盟]|^)([^市县区旗省州盟]{1,8}?(?:街道办事处|街道办|街道|民族乡|镇|乡|苏木))"


def build_town() -> pl.Expr:
    """Return the town of a row: as given, else as its address names it, else null."""
    given = pl.col("town").str.strip_chars()
    addressed = pl.coalesce("address_text", "address").str.extract(_TOWN)
    street = addressed.str.replace("街道办事处|街道办", "街道")
    return pl.coalesce(pl.when(given != "").then(given), street).alias("town")
