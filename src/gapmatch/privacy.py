"""Personal data is masked before it is shown: ``138****1234``, ``张*``."""

import polars as pl

MASK = "*"


def mask_phone(column: str) -> pl.Expr:
    """Return the column with the middle digits of each phone replaced; other text becomes ``*``.

    The first three and last four of at least nine digits stay, so that a visitor can tell two
    phones apart; of shorter ones only the last two digits do.
    """
    digits = pl.col(column).str.replace_all(r"[^0-9]", "")
    length = digits.str.len_chars()
    return (
        pl.when(length >= 9)
        .then(digits.str.head(3) + "****" + digits.str.tail(4))
        .when(length >= 5)
        .then("****" + digits.str.tail(2))
        .when(pl.col(column).str.strip_chars().str.len_chars() > 0)
        .then(pl.lit(MASK))
        .alias(column)
    )


def mask_person(column: str) -> pl.Expr:
    """Return the column with all but the first character of each name replaced by ``*``."""
    name = pl.col(column).str.strip_chars()
    return (
        pl.when(name.str.len_chars() > 0)
        .then(name.str.head(1) + pl.lit(MASK).repeat_by(_make_stars(name)).list.join(""))
        .alias(column)
    )


def _make_stars(name: pl.Expr) -> pl.Expr:
    """At most two stars: the length of a long name would tell it apart."""
    return (name.str.len_chars().cast(pl.Int64) - 1).clip(0, 2).fill_null(0)


def mask_text(column: str) -> pl.Expr:
    """Return free text with mobile phones and identity-card numbers inside it masked.

    A mobile phone has eleven digits and begins with 13–19; an identity card has eighteen
    characters with a date of birth (GB 11643), which a credit code (GB 32100) cannot be taken for:
    it begins with 9, or with 1 or 5 and a registrar's digit, not with a date in the seventh place.
    """
    return (
        pl.col(column)
        .str.replace_all(
            r"(^|[^0-9])(1[3-9][0-9])[0-9]{4}([0-9]{4})($|[^0-9])", "${1}${2}****${3}${4}"
        )
        .str.replace_all(
            r"(^|[^0-9A-Za-z])([1-8][0-9]{5})(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])[0-9]{5}([0-9Xx])($|[^0-9A-Za-z])",
            "${1}${2}***********${3}${4}",
        )
    )
