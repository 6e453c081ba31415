"""What the cells of a column look like, whatever its header says: codes, names of firms, words."""

import polars as pl

from gapmatch.read import values
from gapmatch.read.knowledge import is_firm_name

CREDIT_CODE = r"^[='\"]*[1-9ANY][0-9A-GY][0-9]{6}[0-9A-HJ-NP-RTUW-Y]{10}['\"]*$"

_MAX_SAMPLE = 1_000


def get_texts(body: pl.DataFrame, index: int) -> pl.Series:
    """Return the first texts of a column, without blanks."""
    return values.format_texts(body[f"c{index}"].head(_MAX_SAMPLE)).drop_nulls()


def compute_code_share(body: pl.DataFrame, index: int) -> float:
    """Return the share of texts that are credit codes."""
    texts = get_texts(body, index)
    return float(texts.str.to_uppercase().str.contains(CREDIT_CODE).sum()) / max(1, len(texts))


def compute_name_share(body: pl.DataFrame, index: int) -> float:
    """Return the share of texts that end like names of firms."""
    texts = get_texts(body, index)
    return sum(map(is_firm_name, texts)) / max(1, len(texts))


def compute_word_share(body: pl.DataFrame, index: int) -> float:
    """Return the share of texts that could be a name at all: two letters or more."""
    texts = get_texts(body, index)
    named = texts.str.contains(r"\p{L}.*\p{L}") & ~texts.str.contains("[0-9]{6}")
    return float(named.sum()) / max(1, len(texts))
