"""Keys that sheets carry in a hidden column, so that they can come back in any order.

A key is made of what identifies a firm or unit, not of row numbers: it still finds its firm when
next quarter's extract is sorted otherwise, or split into several files. It is readable text, not a
hash: a sheet can be understood without the database that it came from.
"""

import polars as pl


def firm_key(prefix: str = "") -> pl.Expr:
    """Return ``tax|code|name``: the firm's code in use and its standard name.

    ``prefix`` stands before the column names where firm and unit are joined in one frame.
    """
    return _joined("tax", _code(prefix), _name(prefix)).alias(f"{prefix}key")


def unit_key(prefix: str = "") -> pl.Expr:
    """Return ``enrollment|unit number|code|name``."""
    return _joined("enrollment", _plain(f"{prefix}unit_id"), _code(prefix), _name(prefix)).alias(
        f"{prefix}key"
    )


def pair_key(firm: str, unit: str) -> pl.Expr:
    """Return both keys, joined by ``||``."""
    return pl.concat_str(pl.col(firm), pl.col(unit), separator="||").alias("key")


def _code(prefix: str) -> pl.Expr:
    given = (f"{prefix}{c}" for c in ("code_text", "taxpayer_code", "credit_code", "org_code"))
    return pl.coalesce(*(_plain(column) for column in given))


def _name(prefix: str) -> pl.Expr:
    given = (f"{prefix}{column}" for column in ("standard_name", "clean_name", "name"))
    return pl.coalesce(*(_plain(column) for column in given))


def _plain(column: str) -> pl.Expr:
    """Text without the separator; empty text counts as missing."""
    text = pl.col(column).str.strip_chars().str.replace_all("|", "／", literal=True)
    return pl.when(text != "").then(text)


def _joined(side: str, *parts: pl.Expr) -> pl.Expr:
    return pl.concat_str(pl.lit(side), *(p.fill_null("") for p in parts), separator="|")
