"""From weighed pairs to links.

Who is assigned to whom, decisions, relations, who lost a unit to whom. Pairs affect each other only
if they share a firm or a unit, so ``settle`` gives the same on the whole as on any part that holds
its pairs' neighbours; the review budget alone is everybody's.
"""

import numpy as np
import polars as pl

from gapmatch.linkage.assign import assign
from gapmatch.linkage.classify import choose_cheapest, select_for_review
from gapmatch.linkage.levels import AGREEMENT, LADDERS
from gapmatch.linkage.relations import (
    can_be_same,
    find_lost_links,
    find_second_accounts,
    is_identified,
)
from gapmatch.linkage.unrecognised import OWN_NAME, label_own_names
from gapmatch.linkage.weights import collect_level_evidence, compute_competing_probability
from gapmatch.schemas import LINKS
from gapmatch.settings.load import LinkageSettings

NO_COMPETITOR_WEIGHT = -60.0
"""Weight of a pair that takes no probability from the pairs that it shares a firm with."""
INTERNAL = (
    *("assigned", "doubted", "settled", "eligible", "office_probability", "saved", "best"),
    *("unit_code", "unit_name", "namesakes", "name_alone", "linked_before"),
)
"""Columns that only the making of links needs."""
BASIS_MIN_BITS = 1.0
"""A part of more bits than this is named as the basis of a link."""


_MAX_DOUBTFUL_PROBABILITY = 0.9
"""Of a pair that only a look can settle: it may always be an owner's second firm."""
_MAX_NAME_ALONE_PROBABILITY = 0.85
"""Of a shop's common name: worth a look if the budget has one left, else likelier the same."""


def settle(weighed: pl.DataFrame, settings: LinkageSettings) -> pl.DataFrame:
    """Return weighed pairs, sorted by firm and unit, with all that is decided but the reviews.

    A pair that was linked before is ``doubted`` if neither its firm nor its unit is linked now.
    Adds ``assigned``, ``probability``, ``decision`` (match or non_match), ``saved`` (what a look at
    the pair would save, 0 if nothing), ``relation``, ``relation_probability``, ``lost_to``,
    ``lost_by`` and ``best`` (the firm's best candidate).
    """
    evidence, weight = collect_level_evidence(weighed), weighed["weight"].to_numpy()
    hopeful = evidence.eligible & (weight > _compute_min_weight(settings))
    assigned = assign(evidence.firm, evidence.unit, np.where(hopeful, weight, -np.inf))
    accounts, of_account = find_second_accounts(weight, assigned, evidence, weighed)
    # A firm's second account is no competitor of its first.
    alone = compute_competing_probability(
        np.where(accounts, NO_COMPETITOR_WEIGHT, weight), evidence
    )
    possible = can_be_same(evidence, weighed)
    alone = np.where(possible, alone, np.minimum(alone, _MAX_DOUBTFUL_PROBABILITY))
    by_name_alone = weighed["name_alone"].to_numpy() & ~is_identified(evidence)
    alone = np.where(by_name_alone, np.minimum(alone, _MAX_NAME_ALONE_PROBABILITY), alone)
    probability = np.where(accounts, of_account, alone)
    decision, saved = choose_cheapest(probability, assigned & possible, settings)
    claimed = pl.Series(accounts)
    matched = ((decision == "match") | claimed).to_numpy()
    lost = pl.Series(find_lost_links(weighed["linked_before"].to_numpy(), matched, evidence))
    office = pl.col("office_probability").is_not_null() & ~pl.col("assigned")
    frame = weighed.with_columns(
        pl.Series("assigned", assigned),
        pl.Series("probability", probability),
        pl.col("doubted") | lost,
        pl.when(claimed).then(pl.lit("match")).otherwise(decision).alias("decision"),
        pl.when(claimed).then(0.0).otherwise(pl.Series(saved.clip(min=0.0))).alias("saved"),
    ).with_columns(
        relation=pl.when(office)
        .then(pl.lit("head_office"))
        .when(claimed)
        .then(pl.lit("second_account"))
        .when(lost)
        .then(pl.lit("linked_before"))
        .otherwise(pl.lit("same")),
        relation_probability=pl.when(office).then(pl.col("office_probability").round(6)),
    )
    return _round_numbers(_add_losers(frame).with_columns(_is_best()))


def _compute_min_weight(settings: LinkageSettings) -> float:
    """Return the weight below which a pair is too costly to be assigned as a match."""
    return min(0.0, float(np.log2(settings.price_missed_gap / settings.price_false_gap)))


def _round_numbers(frame: pl.DataFrame) -> pl.DataFrame:
    parts = [c for c in frame.columns if c.startswith("part_")]
    rounded = frame.with_columns(pl.col(*parts, "probability").round(6))
    return rounded.with_columns(pl.sum_horizontal(parts).round(6).alias("weight"))


def _is_best() -> pl.Expr:
    ranked = pl.struct(pl.col("weight").round(6), -pl.col("unit").cast(pl.Int64))
    return (ranked.rank("ordinal", descending=True).over("firm") == 1).alias("best")


def _add_losers(links: pl.DataFrame) -> pl.DataFrame:
    """Return the firms whose candidate went to another firm: to whom, by how much weight."""
    winners = links.filter("assigned").select(
        "unit", pl.col("firm").alias("lost_to"), pl.col("weight").alias("winning")
    )
    joined = links.join(winners, on="unit", how="left", maintain_order="left")
    lost = ~pl.col("assigned") & (pl.col("lost_to") != pl.col("firm"))
    return joined.with_columns(
        pl.when(lost).then("lost_to").alias("lost_to"),
        pl.when(lost).then(pl.col("winning") - pl.col("weight")).round(6).alias("lost_by"),
    ).drop("winning")


def select_reviews(settled: pl.DataFrame, budget: int) -> pl.DataFrame:
    """Return firm and unit of the pairs to review: those where a review saves most."""
    worth = settled.filter(pl.col("saved") > 0).sort("firm", "unit")
    looked_at = select_for_review(worth["saved"].to_numpy(), budget)
    return worth.filter(pl.Series(looked_at)).select("firm", "unit")


def select_reported_links(settled: pl.DataFrame, reviews: pl.DataFrame) -> pl.DataFrame:
    """Return matches, reviews (firm, unit) and best candidates, with basis and levels in words."""
    marked = reviews.with_columns(review=pl.lit(value=True))
    looked_at = pl.col("review").fill_null(value=False) | pl.col("doubted")
    decided = settled.join(
        marked, on=["firm", "unit"], how="left", maintain_order="left"
    ).with_columns(
        pl.when(looked_at).then(pl.lit("review")).otherwise("decision").alias("decision")
    )
    is_reported = (
        (pl.col("decision") != "non_match") | (pl.col("relation") != "same") | pl.col("best")
    )
    return _add_level_names(_add_basis(decided.filter(is_reported))).drop("review", *INTERNAL)


def complete_links(firms: pl.Series, reported: pl.DataFrame) -> pl.DataFrame:
    """Return LINKS with part_ and level_ columns: a row for firms without any candidate too."""
    links = firms.to_frame("firm").join(reported, on="firm", how="left", maintain_order="left")
    return LINKS.complete(links.with_columns(pl.col("decision").fill_null("non_match")))


def _add_basis(links: pl.DataFrame) -> pl.DataFrame:
    """Add ``basis``: the comparisons that favour the pair, strongest first."""
    weights = links.select(
        (-pl.col(f"part_{c}") - (pl.col(f"part_{c}_rarity") if c in AGREEMENT else 0.0)).alias(c)
        for c in (*LADDERS, "decision")
    )
    named = weights.with_row_index("row").unpivot(index="row", variable_name="c", value_name="w")
    positive = named.filter(pl.col("w") < -BASIS_MIN_BITS).sort("row", "w", "c")
    basis_texts = positive.group_by("row", maintain_order=True).agg(pl.col("c").str.join("+"))
    rows = pl.DataFrame({"row": range(links.height)}, schema={"row": pl.UInt32})
    basis = rows.join(basis_texts, on="row", how="left", maintain_order="left")["c"]
    return links.with_columns(basis.fill_null("").alias("basis"))


def _add_level_names(links: pl.DataFrame) -> pl.DataFrame:
    named = [
        pl.col(c).replace_strict(dict(enumerate(names)), return_dtype=pl.String).alias(f"level_{c}")
        for c, names in LADDERS.items()
    ]
    own_names = label_own_names(pl.col("own_name")).alias(OWN_NAME)
    return links.with_columns(*named, own_names).drop(*LADDERS, "own_name")
