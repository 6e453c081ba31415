"""Persons, phones and addresses in the form in which they are compared."""

import polars as pl

_MOBILE = r"^(?:0086|86|0)?(1[3-9]\d{9}).*$"
_REGIONS = (
    r"^(?:[^省区]{2,3}省|.{2,6}自治区)()",
    r"^(?:[^省市县区]{2,12}自治州|[^省市县区]{2,4}地区|[^省市县区]{2,4}盟|[^省市县区旗]{2,4}市)([^场政]|$)",
    r"^(?:[^省市县区]{2,12}自治县|[^省市县区旗]{2,4}(?:县|市|旗)|[^省市县区旗]{1,3}[^省市县区旗小社园街校厂库]区)()",
)
"""Province, prefecture, county at the head of an address; not 城市花园小区, 小城市广场."""
NO_ANSWER = r"^(无|不详|未知|待补|暂无|空|/|-|NULL|NONE|N/A|0+|1+)$"


def normalise_phones(given: pl.Series) -> pl.Series:
    """Return the first phone as digits without +86, zeros in front and extensions, or null."""
    first = given.str.normalize("NFKC").str.replace(r"[/,;、转].*$", "")
    digits = first.str.replace_all(r"\D", "").str.replace(_MOBILE, "$1")
    frame = digits.to_frame("digits")
    real = (pl.col("digits").str.len_chars() >= 7) & ~_is_one_digit(pl.col("digits"))
    return frame.select(pl.when(real).then("digits")).to_series()


def _is_one_digit(digits: pl.Expr) -> pl.Expr:
    """13800000000 is a real number, 11111111111 and 00000000 are none."""
    return digits.str.strip_chars_start(digits.str.head(1)) == ""


def normalise_persons(given: pl.Series) -> pl.Series:
    """Return the first person's name without blanks and remarks in brackets, or null."""
    name = (
        given.str.normalize("NFKC")
        .str.replace_all(r"[\p{C}\p{Z}\s]", "")
        .str.replace_all(r"\(.*?\)", "")
        .str.replace(r"[、,;/].*$", "")
        .str.replace_all(r"[·•・.]", "")
        .str.to_uppercase()
    )
    return name.to_frame("n").select(pl.when(~_is_blank(pl.col("n"))).then("n")).to_series()


def normalise_addresses(given: pl.Series) -> pl.Series:
    """Return addresses without blanks, punctuation and leading province, prefecture, county."""
    text = given.str.normalize("NFKC").str.replace_all(r"[\p{C}\p{Z}\p{P}\s]", "")
    for region in _REGIONS:
        text = text.str.replace(region, "$1")
    real = (pl.col("t").str.len_chars() >= 2) & ~_is_blank(pl.col("t"))
    return text.to_frame("t").select(pl.when(real).then("t")).to_series()


def _is_blank(text: pl.Expr) -> pl.Expr:
    return (text == "") | text.str.contains(NO_ANSWER)
