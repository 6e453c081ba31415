"""Persons, phones and addresses in the form in which they are compared."""

import polars as pl

NO_ANSWER = r"^(无|不详|未知|待补|暂无|空|/|-|NULL|NONE|N/A|0+|1+)$"


def phones(given: pl.Series) -> pl.Series:
    """Return phones as digits, without +86 and zeros in front of mobile numbers; null below 7 digits."""
    digits = (
        given.str.normalize("NFKC").str.replace(r"[/,;，；、].*$", "").str.replace_all(r"\D", "")
    )
    digits = digits.str.replace(r"^(?:0086|86|0)(1[3-9]\d{9})$", "$1")
    frame = digits.to_frame("digits")
    real = (pl.col("digits").str.len_chars() >= 7) & ~_one_digit_only(pl.col("digits"))
    return frame.select(pl.when(real).then("digits")).to_series()


def _one_digit_only(digits: pl.Expr) -> pl.Expr:
    """13800000000 is a real number, 11111111111 and 00000000 are none."""
    return digits.str.strip_chars_start(digits.str.head(1)) == ""


def persons(given: pl.Series) -> pl.Series:
    """Return persons' names without blanks and remarks in brackets; null where there is none."""
    name = (
        given.str.normalize("NFKC")
        .str.replace_all(r"[\p{C}\p{Z}\s]", "")
        .str.replace_all(r"\(.*?\)", "")
        .str.replace_all(r"[·•・.]", "")
        .str.to_uppercase()
    )
    return name.to_frame("n").select(pl.when(~_is_blank(pl.col("n"))).then("n")).to_series()


def addresses(given: pl.Series) -> pl.Series:
    """Return addresses without blanks, punctuation and the province, prefecture and county in front."""
    text = (
        given.str.normalize("NFKC")
        .str.replace_all(r"[\p{C}\p{Z}\p{P}\s]", "")
        .str.replace(r"^(?:.{2,7}?(?:省|自治区))?(?:.{2,12}?(?:自治州|地区|盟|市))?", "")
        .str.replace(r"^.{2,12}?(?:自治县|县|区|市|旗)", "")
    )
    return (
        text.to_frame("t").select(pl.when(pl.col("t").str.len_chars() >= 2).then("t")).to_series()
    )


def _is_blank(text: pl.Expr) -> pl.Expr:
    return (text == "") | text.str.contains(NO_ANSWER)
