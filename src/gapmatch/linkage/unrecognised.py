"""Enrolled firms whose unit no one would recognise: how many there are, and how sure that is.

Some firms are enrolled under a name that has nothing in common with their own. A code, a person or
a phone brings them to light, or a former name; the others are called uninsured, and no pair of
theirs can say so. How often the names of one firm are strange to each other is learned from pairs
that equal codes prove in the lists at hand, on top of what real lists showed
(``config/unrecognised.json``).
"""

import json
from dataclasses import dataclass
from functools import cache

import polars as pl

from gapmatch.linkage.levels import LADDERS
from gapmatch.resources import find_config_file

KEYS = {
    "code": ("same", "near", "prefix", "same_of_parent"),
    "person": ("same", "near"),
    "phone": ("same", "near"),
}
"""What brings a firm to light whose name does not, and on which levels."""
STRANGE = ("similar_low", "number_conflict", "different")
OWN_NAME = "level_own_name"
_COUNTED = (
    *("open", "exposed", "found", "coded", "coded_strange"),
    *("uncoded", "uncoded_chance", "uncoded_strange"),
)
_FIXED_POINT = 2.0**36


@dataclass(frozen=True)
class StrangeNames:
    """What real lists showed: a Beta distribution of the share of firms with strange names.

    ``likeness``: how alike the groups of firms of one list are (the greater, the less their shares
    differ); ``lost_per_found``: firms that stay unknown for each that a former name brings to
    light.
    """

    alpha: float
    beta: float
    likeness: float
    lost_per_found: float

    @classmethod
    @cache
    def load(cls) -> "StrangeNames":
        """Return the shipped distribution."""
        return cls(**json.loads(find_config_file("unrecognised.json").read_text(encoding="utf-8")))


@dataclass(frozen=True)
class Unrecognised:
    """Enrolled firms that nothing brings to light.

    ``alpha``, ``beta``: Beta distribution of the share of strange names; ``exposed``: firms on
    which no key beside the name agrees; ``found``: those of them that another name of theirs
    brought to light; ``lost_per_found``, ``likeness``: as in ``StrangeNames``.
    """

    alpha: float
    beta: float
    exposed: int
    found: int
    lost_per_found: float
    likeness: float

    @property
    def expected(self) -> float:
        """Number of firms to expect."""
        strange = self.alpha / (self.alpha + self.beta) * self.exposed
        return max(strange - self.found, self.lost_per_found * self.found)

    @property
    def variance(self) -> float:
        """Variance of that number (beta-binomial: the share itself is not known).

        However many pairs prove the share among themselves, the firms that nothing proves may
        differ from them as the lists of one prefecture do from another's.
        """
        strength = self.alpha + self.beta
        mean = self.alpha / strength
        spread = mean * (1.0 - mean) / (min(strength, self.likeness) + 1.0)
        exposed = self.exposed
        return exposed * mean * (1.0 - mean) + exposed * max(0.0, exposed - 1.0) * spread


def estimate_unrecognised(links: pl.DataFrame) -> Unrecognised:
    """Estimate from LINKS how many enrolled firms have a unit with an unrecognisable name."""
    return _estimate_from_counts(count_evidence(links))


def count_evidence(links: pl.DataFrame) -> pl.DataFrame:
    """Return one row of whole numbers: counts of LINKS of any firms, which add up in any order.

    ``open``: firms without a link. ``exposed``: firms that no key brings to light, and ``found``
    those of them that another name does. Pairs with strange names and all pairs, of those that
    equal codes prove and of those that person and phone prove without one; the latter add up their
    probabilities in fixed point.
    """
    if "level_name" not in links.columns:
        return pl.DataFrame(dict.fromkeys(_COUNTED, 0))
    named = (
        links
        if OWN_NAME in links.columns
        else links.with_columns(pl.col("level_name").alias(OWN_NAME))
    )
    is_match = (pl.col("decision") == "match") & (pl.col("relation") == "same")
    exposed = is_match & ~pl.any_horizontal(_is_agreeing(key) for key in KEYS)
    alike = [pl.col(f"level_{key}") == "same" for key in ("person", "phone")]
    uncoded = ~_is_agreeing("code") & alike[0] & alike[1]
    strange, own_strange = (pl.col(c).is_in(STRANGE) for c in ("level_name", OWN_NAME))
    coded = is_match & (pl.col("level_code") == "same")
    chance = (pl.col("probability") * _FIXED_POINT).round().cast(pl.Int64)
    counts = {
        "exposed": exposed.sum(),
        "found": (exposed & own_strange & ~strange).sum(),
        "coded": coded.sum(),
        "coded_strange": (coded & own_strange).sum(),
        "uncoded": uncoded.sum(),
        "uncoded_chance": chance.filter(uncoded).sum(),
        "uncoded_strange": chance.filter(uncoded & strange).sum(),
    }
    decided_firms = links.filter(pl.col("decision") != "non_match")["firm"].implode()
    open_firms = links.filter(~pl.col("firm").is_in(decided_firms))["firm"].n_unique()
    return named.select(pl.lit(open_firms).alias("open"), **counts).cast(pl.Int64)


def _estimate_from_counts(counts: pl.DataFrame) -> Unrecognised:
    """Weigh the proven pairs against what real lists showed.

    Firms that no code shows are like those that person and phone prove without one. If the lists
    have no such pairs, equal codes prove, and the rows' own names count: other names were found by
    the very codes.
    """
    prior, total = StrangeNames.load(), counts.sum().row(0, named=True)
    strange, proven, recognised = float(total["coded_strange"]), total["coded"], total["found"]
    if total["uncoded"]:
        strange, proven = (
            round(total[c] / _FIXED_POINT, 3) for c in ("uncoded_strange", "uncoded_chance")
        )
        recognised = 0
    return Unrecognised(
        prior.alpha + strange,
        prior.beta + proven - strange,
        total["exposed"],
        recognised,
        prior.lost_per_found,
        prior.likeness,
    )


def _is_agreeing(key: str) -> pl.Expr:
    return pl.col(f"level_{key}").is_in(KEYS[key])


def compute_unrecognised_share(counts: pl.DataFrame) -> float:
    """Return the chance that a firm without a link is enrolled under a strange name."""
    open_firms, expected = int(counts["open"].sum()), _estimate_from_counts(counts).expected
    return round(min(1.0, expected / open_firms), 6) if open_firms else 0.0


def label_own_names(levels: pl.Expr) -> pl.Expr:
    """Return the levels of the rows' own names in words."""
    return levels.replace_strict(dict(enumerate(LADDERS["name"])), return_dtype=pl.String)
