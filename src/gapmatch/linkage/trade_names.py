"""Trade names: the part that distinguishes firms of a place, while words for the trade vary.

A clerk writes 稳衡机械 or 稳衡机械配件制造 for one firm; what is rare in both is 稳衡. How rare it
is follows from the list at hand and from registered names of the whole country
(``config/trade_names.csv``).
"""

import sys
from functools import cache

import numpy as np
import polars as pl
from rapidfuzz.distance import Indel
from rapidfuzz.process import cpdist

from gapmatch.linkage.deletions import extract_points
from gapmatch.linkage.name_conflicts import load_generic_words
from gapmatch.resources import find_config_file, load_toml

UNSEEN = 2e-5
"""Share of trade names' characters that one has which the shipped counts do not know."""
RARE = 1e-4
"""Trade names that fewer of all firms have propose candidates on their own."""
_KIND_OF_PLACE = "[业厂店部场行社站0-9]"
"""Characters that end words for many trades or count, and say nothing of the trade."""
_LAST_KIND = "(.)[矿井馆园院校所铺坊]$"
"""Such characters at the end of all words; elsewhere they may say it: 矿业, 园林."""
ALL_WORDS, SOME, NONE = "wording", "related", "industry_conflict"


@cache
def _counted() -> tuple[dict[str, float], dict[str, float]]:
    """Return the shares of whole trade names, and of single characters."""
    table = pl.read_csv(find_config_file("trade_names.csv"), comment_prefix="#")
    shares = dict(zip(table["text"], (table["per_million"] / 1e6).to_list(), strict=True))
    names = {text: share for text, share in shares.items() if len(text) > 1}
    return names, {text: share for text, share in shares.items() if len(text) == 1}


@cache
def load_trade_words() -> list[str]:
    """Return the words that say what a firm does, longer ones first."""
    counted = pl.read_csv(find_config_file("industry_words.csv"), comment_prefix="#")["word"]
    grammar = load_toml("names.toml")
    words = {*counted.to_list(), *grammar["industry"]["words"]}
    return sorted(words, key=lambda word: (-len(word), word))


def trade_chances(trade_names: pl.Series) -> pl.Series:
    """Return the share of all firms with each trade name, if the shipped counts have it."""
    names, characters = _counted()
    points = np.frombuffer("".join(characters).encode("utf-32-le"), dtype=np.uint32)
    shares = np.full(sys.maxunicode + 1, UNSEEN)
    shares[points] = list(characters.values())
    shares[0] = 1.0
    distinct = trade_names.drop_nulls().unique()
    by_chance = np.ones(len(distinct))
    for column in extract_points(distinct)[0].T:
        by_chance *= shares[column]
    of_names = distinct.replace_strict(names, default=0.0, return_dtype=pl.Float64)
    chances = np.maximum(by_chance, of_names.to_numpy())
    return trade_names.replace_strict(distinct, pl.Series(chances), default=1.0)


def compare_trade_names(left: pl.DataFrame, right: pl.DataFrame) -> pl.Series:
    """Return for pairs of names with one trade name how their other words compare.

    Null for other pairs. ``wording``: those of the one contain those of the other, in order;
    ``related``: some characters are in both, or one has none, or the trade names only sound alike;
    ``industry_conflict``: nothing in common.
    """
    sides = [left.rename(lambda c: f"{c}_f"), right.rename(lambda c: f"{c}_u")]
    frame = pl.concat(sides, how="horizontal")
    marked = frame.select(_same_trade_name().alias("same"), _sounds_alike().alias("alike"))
    some = (marked["same"] | marked["alike"]).arg_true()
    # A name that was not split has its words behind what is the other's trade name.
    end = pl.min_horizontal(pl.col(f"trade_name_{s}").str.len_chars() for s in "fu")
    words = frame.select(pl.col(f"core_{s}").str.slice(end) for s in "fu")
    parts = words.gather(some)
    comparisons = _compared_words(parts[:, 0], parts[:, 1], marked["same"].gather(some))
    none = pl.Series([None], dtype=pl.String).new_from_index(0, frame.height)
    return none.scatter(some, comparisons)


def _compared_words(left: pl.Series, right: pl.Series, same: pl.Series) -> pl.Series:
    """Compare the words behind trade names that are the ``same``, or sound alike."""
    pairs = pl.DataFrame({"f": left, "u": right, "same": same})
    lengths = [pl.col(c).str.len_chars().cast(pl.Int64) for c in "fu"]
    distance = cpdist(left.to_list(), right.to_list(), scorer=Indel.distance, workers=-1)
    some = _share_telling_characters(left, right)
    shared = ((lengths[0] + lengths[1] - pl.Series(distance.astype(np.int64))) // 2).alias("shared")
    shorter = pl.min_horizontal(lengths)
    return (
        pairs.with_columns(shared, some)
        .select(
            pl.when((pl.col("shared") == shorter) & (shorter > 0) & pl.col("same"))
            .then(pl.lit(ALL_WORDS))
            .when((pl.col("some") | (shorter == 0)) & pl.col("same"))
            .then(pl.lit(SOME))
            .when((pl.col("shared") == shorter) & (shorter > 0))
            .then(pl.lit(SOME))
            .when("same")
            .then(pl.lit(NONE))
        )
        .to_series()
    )


def _share_telling_characters(left: pl.Series, right: pl.Series) -> pl.Series:
    """Return which words share a character that says what is made or sold (not 业)."""
    generic = "|".join(load_generic_words())
    words = pl.DataFrame({"f": left, "u": right}).select(
        pl.coalesce(pl.col(c).str.replace_all(generic, "").replace("", None), pl.col(c))
        .str.replace_all(_KIND_OF_PLACE, "")
        .str.replace(_LAST_KIND, "$1")
        for c in "fu"
    )
    letters = [pl.col(c).str.split("") for c in "fu"]
    common = letters[0].list.set_intersection(letters[1]).list.len() > 0
    return words.select(common.alias("some"))["some"]


def _same_trade_name() -> pl.Expr:
    """The same trade name, or one whose words were not recognised begins with that of the other.

    A town is a trade name to its clinic and its school, and none to a shop in it.
    """
    names = [pl.col(f"trade_name_{s}") for s in "fu"]
    of_town = [names[n] == pl.col(f"name_town_{s}") for n, s in enumerate("fu")]
    return (
        (of_town[0] == of_town[1])
        & _comparable()
        & ((names[0] == names[1]) | _begins_with("f", "u") | _begins_with("u", "f"))
    )


def _sounds_alike() -> pl.Expr:
    sounds = [
        pl.col(f"sound_{s}").str.slice(0, pl.col(f"trade_name_{s}").str.len_chars()) for s in "fu"
    ]
    recognised = (pl.col("trade_industry_f") != "") & (pl.col("trade_industry_u") != "")
    return _comparable() & recognised & (sounds[0] == sounds[1])


def _begins_with(long: str, short: str) -> pl.Expr:
    known = (pl.col(f"trade_industry_{long}") == "") & (pl.col(f"trade_industry_{short}") != "")
    return known & pl.col(f"core_{long}").str.starts_with(pl.col(f"trade_name_{short}"))


def _comparable() -> pl.Expr:
    """Neither is a branch or office, and both have a trade name at the front."""
    comparable = pl.col("numbers_f") == pl.col("numbers_u")
    for s in "fu":
        comparable &= (pl.col(f"branch_{s}") == "") & (pl.col(f"institution_{s}") == "")
        comparable &= pl.col(f"trade_name_{s}").str.len_chars() >= 2
        comparable &= pl.col(f"core_{s}").str.starts_with(pl.col(f"trade_name_{s}"))
    return comparable
