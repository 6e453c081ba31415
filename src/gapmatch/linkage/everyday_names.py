"""Everyday names of shops: 鑫源副食店, 王姐面馆, 卓玛商店, which another shop may bear as well.

How many do is not in any list, for registers leave sole traders out: a name's make-up decides, and
how common its characters are among trade names.
"""

import polars as pl

from gapmatch.linkage.levels import LADDERS, get_level
from gapmatch.linkage.name_conflicts import load_name_conflicts
from gapmatch.linkage.trade_names import trade_chances

_TOWN = r"(?:\p{Han}{1,4}?(?:街道|[镇乡村]))"
_MAX_SHORT, _MAX_LENGTH = 2, 4
"""Characters of a shop's name beside its trade that others think of: whatever they are, and if they
are common ones."""
_COMMON_CHARACTER = 2e-4
"""Share of all trade names' characters that those of a common name have on average."""
_COMMON_NAME = 5e-5
"""Share of all firms with a trade name that a county has several times."""
COMMON_WORKS, EVERYDAY, COMMON, IN_EVERY_COUNTY = 1, 2, 3, 4
"""Other works of the prefecture bear the name; other shops may; do, in the prefecture; do, in the
county."""
REGION, COUNTY_NAMED, TOWN = 1, 2, 3
"""The nearest place that stands in both of two names."""


def find_everyday_names(names: pl.DataFrame, persons: pl.Series) -> pl.Series:
    """Return ``everyday`` (UInt8): how many shops bear a name; 0 for all that are no shop's.

    Lists name agents for the owners of works: two owners say nothing of these.
    ``names``: with ALIAS_PARTS; ``persons``: who owns the firm of each.
    """
    words = "|".join(load_name_conflicts()["everyday"]["trades"])
    is_shop = (pl.col("form_class") == "") & (pl.col("branch") == "")
    shops = names.select(is_shop.fill_null(value=False)).to_series().arg_true()
    cores = names["core"].gather(shops)
    fronts = cores.str.extract(f"^{_TOWN}?(.+?)(?:{words})+$", 1).alias("front")
    rated = pl.DataFrame(
        [
            cores,
            fronts,
            persons.gather(shops).alias("person"),
            trade_chances(fronts.fill_null("")).alias("chance"),
        ]
    ).select(_rate_front())
    none = pl.Series("everyday", [0], dtype=pl.UInt8).new_from_index(0, names.height)
    return none.scatter(shops, rated.to_series())


def _rate_front() -> pl.Expr:
    """Rate what stands before the words for a trade: ``front``, its ``chance``, ``person``."""
    rules = load_name_conflicts()["everyday"]
    front = pl.col("front")
    bare = front.str.replace(rules["before"], "").str.replace(rules["behind"], "")
    length, bare_length = front.str.len_chars(), bare.str.len_chars()
    listed = "|".join([*rules["wishes"], rf"\p{{Han}}?(?:{'|'.join(rules['given'])})"])
    is_known = front.str.contains(rf"^(?:{listed}|{rules['transliterated']})$")
    is_known |= (length >= _MAX_SHORT) & (pl.col("chance") >= _COMMON_NAME)
    is_called = (bare_length < length) & (bare_length == 1)
    is_called |= front.str.contains(rules["family"])
    is_common = pl.col("chance") >= pl.lit(_COMMON_CHARACTER).pow(length)
    of_owner = (length >= _MAX_SHORT) & pl.col("person").str.starts_with(front)
    is_works = pl.col("core").str.contains("[厂场]$")
    return (
        pl.when(front.is_null())
        .then(0)
        .when(is_works)
        .then(pl.when(is_known).then(COMMON_WORKS).otherwise(0))
        .when(is_known | is_called)
        .then(IN_EVERY_COUNTY)
        .when(is_common & (length <= _MAX_LENGTH))
        .then(COMMON)
        .when((bare_length <= _MAX_SHORT) | of_owner.fill_null(value=False))
        .then(EVERYDAY)
        .otherwise(0)
        .cast(pl.UInt8)
        .alias("everyday")
    )


def has_two_owners() -> pl.Expr:
    """An everyday name under two owners, and neither phone nor address in common.

    A sole trader cannot hand the business on (个体工商户条例, until 2022): another owner is another
    business, and 廖记面馆 is a name that the next owner thought of as well.
    """
    other = pl.col("person") == get_level("person", "different")
    return (pl.col("everyday") >= EVERYDAY) & other & ~_has_common_contact()


def has_name_alone() -> pl.Expr:
    """A common name, and nothing else by which another shop of the name can be told from this one.

    A town is enough, and a county for a name that few shops have, unless the addresses differ.
    """
    county = pl.col("county").is_in([get_level("county", c) for c in ("same", "inside")])
    county |= pl.col("common_place") >= COUNTY_NAMED
    county &= pl.col("address") != get_level("address", "different")
    least = pl.when(county).then(IN_EVERY_COUNTY).otherwise(COMMON)
    is_common = (pl.col("everyday") >= least) & (pl.col("common_place") < TOWN)
    is_common |= (pl.col("everyday") == COMMON_WORKS) & ~county & (pl.col("common_place") < REGION)
    unknown = pl.col("person") == get_level("person", "missing")
    return is_common & unknown & ~_has_common_contact()


def _has_common_contact() -> pl.Expr:
    agreeing = pl.lit(value=False)
    for comparison in ("phone", "address"):
        levels = [n for n in ("same", "near", "similar") if n in LADDERS[comparison]]
        agreeing |= pl.col(comparison).is_in([get_level(comparison, n) for n in levels])
    return agreeing
