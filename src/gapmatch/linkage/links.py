"""The links frame: decisions, relations, who lost a unit to whom, and what carries each weight."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from gapmatch.linkage.assign import assign
from gapmatch.linkage.bigrams import Floats
from gapmatch.linkage.classify import decide
from gapmatch.linkage.levels import LADDERS
from gapmatch.linkage.model import Model
from gapmatch.linkage.relations import (
    SURE,
    account_probability,
    head_office_probability,
    head_offices,
    second_accounts,
)
from gapmatch.linkage.sides import Side
from gapmatch.linkage.weights import Evidence, competing_probability, parts
from gapmatch.schemas import LINKS
from gapmatch.settings import LinkageSettings

KEEP_WEIGHT = -12.0
"""Candidates below this weight (odds under 1 in 4,000) are no one's candidate and are not kept."""
NO_RIVAL = -60.0
"""Weight of a pair that takes no probability from the pairs that it shares a firm with."""
INTERNAL = ("assigned", "doubted", "settled", "firm_name", "unit_name")
"""Columns that only the making of links needs."""
SPEAKS = 1.0
"""A part of more bits than this is named as the basis of a link."""


@dataclass(frozen=True)
class Weighed:
    """Compared pairs with all that is needed to decide about them."""

    compared: pl.DataFrame
    evidence: Evidence
    model: Model
    firms: Side
    units: Side


def make_links(weighed: Weighed, settings: LinkageSettings) -> pl.DataFrame:
    """Return LINKS with part_ and level_ columns: every match and review, every firm's best candidate."""
    part = parts(weighed.model, weighed.evidence)
    frame = _decided(weighed, part, settings)
    firms = pl.DataFrame({"firm": range(weighed.evidence.counts[0])}, schema={"firm": pl.UInt32})
    told = _with_losers(frame).filter(_is_told()).with_columns(_basis(part))
    links = firms.join(told, on="firm", how="left", maintain_order="left")
    return LINKS.complete(_with_level_names(links)).drop(*INTERNAL)


def _decided(
    weighed: Weighed, part: Mapping[str, Floats], settings: LinkageSettings
) -> pl.DataFrame:
    evidence, compared = weighed.evidence, weighed.compared
    weight = np.sum(list(part.values()), axis=0)
    assigned = assign(evidence.firm, evidence.unit, np.where(evidence.eligible, weight, -np.inf))
    accounts = second_accounts(weight, assigned, evidence)
    # A firm's second account is no rival of its first.
    alone = competing_probability(np.where(accounts, NO_RIVAL, weight), evidence)
    probability = np.where(accounts, account_probability(weight, evidence), alone)
    frame = compared.with_columns(
        *(pl.Series(f"part_{name}", values.round(6)) for name, values in part.items()),
        pl.Series("assigned", assigned),
        pl.Series("probability", probability),
        decide(probability, assigned, settings),
        relation=pl.lit("same"),
    )
    frame = _claimed(frame, pl.Series(accounts), "second_account")
    likely = head_office_probability(weight, compared, weighed.model, evidence.counts[0])
    offices = head_offices(compared, weighed.firms, weighed.units) & ~assigned & (likely >= SURE)
    frame = frame.with_columns(
        pl.when(pl.Series(offices))
        .then(pl.lit("head_office"))
        .otherwise("relation")
        .alias("relation"),
        pl.when(pl.Series(offices)).then(pl.Series(likely).round(6)).alias("relation_probability"),
    )
    doubted = pl.when("doubted").then(pl.lit("review")).otherwise("decision")
    return frame.with_columns(
        doubted.alias("decision"),
        pl.col("probability").round(6),
        pl.sum_horizontal(f"part_{name}" for name in part).round(6).alias("weight"),
    )


def _claimed(frame: pl.DataFrame, holds: pl.Series, relation: str) -> pl.DataFrame:
    return frame.with_columns(
        pl.when(holds).then(pl.lit("match")).otherwise("decision").alias("decision"),
        pl.when(holds).then(pl.lit(relation)).otherwise("relation").alias("relation"),
    )


def _is_told() -> pl.Expr:
    """Matches, reviews, and each firm's best candidate."""
    ranked = pl.struct("weight", -pl.col("unit").cast(pl.Int64))
    best = ranked.rank("ordinal", descending=True).over("firm") == 1
    told = (pl.col("decision") != "non_match") | (pl.col("relation") != "same")
    return told | (best & (pl.col("weight") > KEEP_WEIGHT))


def _with_losers(links: pl.DataFrame) -> pl.DataFrame:
    """Say of each firm whose candidate went to another firm: to whom, and by how much weight."""
    winners = links.filter("assigned").select(
        "unit", pl.col("firm").alias("lost_to"), pl.col("weight").alias("winning")
    )
    joined = links.join(winners, on="unit", how="left", maintain_order="left")
    lost = ~pl.col("assigned") & (pl.col("lost_to") != pl.col("firm"))
    return joined.with_columns(
        pl.when(lost).then("lost_to").alias("lost_to"),
        pl.when(lost).then(pl.col("winning") - pl.col("weight")).round(6).alias("lost_by"),
    ).drop("winning")


def _basis(part: Mapping[str, Floats]) -> pl.Expr:
    """Name the comparisons that speak for the pair, strongest first."""
    comparisons = [c for c in part if not c.endswith("_rarity") and c != "prior"]
    told = [
        pl.struct(
            (
                -pl.col(f"part_{c}")
                - (pl.col(f"part_{c}_rarity") if f"{c}_rarity" in part else 0.0)
            ).alias("w"),
            pl.lit(c).alias("c"),
        )
        for c in comparisons
    ]
    weight = pl.element().struct.field("w")
    speaking = pl.concat_list(told).list.eval(
        pl.element().filter(weight < -SPEAKS).sort().struct.field("c")
    )
    return speaking.list.join("+").alias("basis")


def _with_level_names(links: pl.DataFrame) -> pl.DataFrame:
    named = [
        pl.col(c).replace_strict(dict(enumerate(names)), return_dtype=pl.String).alias(f"level_{c}")
        for c, names in LADDERS.items()
    ]
    return links.with_columns(pl.col("decision").fill_null("non_match"), *named).drop(*LADDERS)
