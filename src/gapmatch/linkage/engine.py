"""The linkage as one story: from standardised firms and units to links."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from gapmatch.linkage.assign import assign
from gapmatch.linkage.bigrams import BigramIndex, Floats
from gapmatch.linkage.block import block
from gapmatch.linkage.classify import decide, expected_errors
from gapmatch.linkage.compare import compare
from gapmatch.linkage.frequencies import rarities, units_found
from gapmatch.linkage.levels import LADDERS
from gapmatch.linkage.model import Model
from gapmatch.linkage.sides import Side, make_side
from gapmatch.linkage.weights import Evidence, competing_probability, gather_evidence, parts, refine
from gapmatch.schemas import LINKS
from gapmatch.settings import LinkageSettings

CHANCE_PAIRS = 60_000
SEED = 20220401
SETTLED_BITS = 60.0
"""A decision outweighs all other evidence together."""
KEEP_WEIGHT = -12.0
"""Candidates below this weight (odds under 1 in 4,000) are no one's candidate and are not kept."""


@dataclass(frozen=True)
class Linkage:
    """``links`` (LINKS and the part_ columns), the refined model, and what was expected and lost."""

    links: pl.DataFrame
    model: Model
    summary: Mapping[str, Any]
    skipped: pl.DataFrame


def link(
    firms: pl.DataFrame,
    units: pl.DataFrame,
    model: Model,
    settings: LinkageSettings,
    settled: pl.DataFrame | None = None,
) -> Linkage:
    """Link FIRMS to UNITS.

    Both frames are sorted by their key from 0 on. ``settled``: firm, unit and decision (same, different,
    or anything else that keeps the pair in review). Returns every match and review, and every firm's best
    candidate. The same rows in another order give the same links.
    """
    left, right = make_side("firm", firms), make_side("unit", units)
    index = BigramIndex.build(left.names, right.names)
    blocked = block(left, right, index, settings.candidates_per_unit)
    said = _said(settled)
    pairs = _with_settled(blocked.pairs, said)
    compared = pl.concat([compare(pairs, left, right, index), pairs.select("settled")], how="horizontal")
    chance = compare(_random_pairs(firms.height, units.height), left, right, index)
    rarity = rarities(compared, left, index)
    counts = (firms.height, units.height)
    evidence = gather_evidence(compared, rarity, chance, units_found(left, right), counts)
    refined = refine(model, evidence)
    weighed = parts(refined, evidence)
    weight = np.sum(list(weighed.values()), axis=0)
    probability = competing_probability(weight, evidence)
    links = _links(compared, weighed, probability, evidence, settings, said)
    return Linkage(links, refined, _summary(links, blocked.pairs.height, refined), blocked.skipped)


def _random_pairs(firms: int, units: int) -> pl.DataFrame:
    """Return random pairs, drawn by content-ordered number, the same ones every time."""
    random = np.random.default_rng(SEED)
    count = min(CHANCE_PAIRS, firms * units)
    pairs = {
        "firm": random.integers(0, max(1, firms), count),
        "unit": random.integers(0, max(1, units), count),
    }
    return pl.DataFrame(pairs, schema={"firm": pl.UInt32, "unit": pl.UInt32})


def _links(
    compared: pl.DataFrame,
    weighed: Mapping[str, Floats],
    probability: Floats,
    evidence: Evidence,
    settings: LinkageSettings,
    said: pl.DataFrame,
) -> pl.DataFrame:
    weight = np.sum(list(weighed.values()), axis=0)
    frame = compared.with_columns(
        *(pl.Series(f"part_{name}", values.round(6)) for name, values in weighed.items()),
        pl.Series("probability", probability.round(6)),
        pl.Series("linked", assign(evidence.firm, evidence.unit, weight)),
    ).with_columns(pl.sum_horizontal(f"part_{name}" for name in weighed).round(6).alias("weight"))
    decided = decide(np.where(frame["linked"], frame["probability"].to_numpy(), 0.0), settings)
    frame = _kept_in_review(frame.with_columns(decided), said)
    kept = frame.filter(_is_told())
    everyone = pl.DataFrame({"firm": range(evidence.counts[0])}, schema={"firm": pl.UInt32})
    links = everyone.join(_with_losers(kept), on="firm", how="left", maintain_order="left")
    named = links.with_columns(
        pl.col("decision").fill_null("non_match"),
        *(
            pl.col(c).replace_strict(dict(enumerate(names)), return_dtype=pl.String).alias(f"level_{c}")
            for c, names in LADDERS.items()
        ),
    )
    return LINKS.complete(named.drop(*LADDERS))


def _said(settled: pl.DataFrame | None) -> pl.DataFrame:
    """Return firm, unit, decision and the bits that the decision weighs."""
    if settled is None:
        settled = pl.DataFrame(schema={"firm": pl.UInt32, "unit": pl.UInt32, "decision": pl.String})
    bits = {"same": SETTLED_BITS, "different": -SETTLED_BITS}
    return settled.select(
        "firm",
        "unit",
        pl.col("decision").alias("said"),
        pl.col("decision").replace_strict(bits, default=0.0, return_dtype=pl.Float64).alias("settled"),
    )


def _with_settled(pairs: pl.DataFrame, said: pl.DataFrame) -> pl.DataFrame:
    """Add the pairs that people spoke about to the candidates, and to each pair what they said, in bits."""
    all_pairs = pl.concat([pairs.select("firm", "unit"), said.select("firm", "unit")]).unique()
    joined = all_pairs.sort("firm", "unit").join(
        said, on=["firm", "unit"], how="left", maintain_order="left"
    )
    return joined.with_columns(pl.col("settled").fill_null(0.0))


def _kept_in_review(frame: pl.DataFrame, said: pl.DataFrame) -> pl.DataFrame:
    """Keep what people are unsure or of two minds about in review, whatever its probability."""
    open_pairs = said.filter(pl.col("settled") == 0.0).select("firm", "unit", pl.lit(value=True).alias("open"))
    return frame.join(open_pairs, on=["firm", "unit"], how="left", maintain_order="left").with_columns(
        pl.when("open").then(pl.lit("review")).otherwise("decision").alias("decision")
    ).drop("open", "settled")


def _is_told() -> pl.Expr:
    """Matches, reviews, and each firm's best candidate."""
    best = pl.struct("weight", -pl.col("unit").cast(pl.Int64)).rank("ordinal", descending=True).over("firm")
    return (pl.col("decision") != "non_match") | ((best == 1) & (pl.col("weight") > KEEP_WEIGHT))


def _with_losers(links: pl.DataFrame) -> pl.DataFrame:
    """Say of each firm whose candidate went to another firm: to whom, and by how much weight."""
    winners = links.filter("linked").select(
        "unit", pl.col("firm").alias("lost_to"), pl.col("weight").alias("winning")
    )
    joined = links.join(winners, on="unit", how="left", maintain_order="left")
    lost = ~pl.col("linked") & (pl.col("lost_to") != pl.col("firm"))
    return joined.with_columns(
        pl.when(lost).then("lost_to").alias("lost_to"),
        pl.when(lost).then(pl.col("winning") - pl.col("weight")).round(6).alias("lost_by"),
        pl.when(pl.col("name") == LADDERS["name"].index("parent_branch"))
        .then(pl.lit("head_office"))
        .otherwise(pl.lit("same"))
        .alias("relation"),
        _basis(links),
    ).drop("winning")


def _basis(links: pl.DataFrame) -> pl.Expr:
    """Name the comparisons that speak for the pair, strongest first."""
    comparisons = [c for c in links.columns if c.startswith("part_") and c != "part_prior"]
    own = [c for c in comparisons if not c.endswith("_rarity")]
    told = [
        pl.struct(
            (pl.col(c) + (pl.col(f"{c}_rarity") if f"{c}_rarity" in comparisons else 0.0)).neg().alias("w"),
            pl.lit(c.removeprefix("part_")).alias("c"),
        )
        for c in own
    ]
    speaking = pl.concat_list(told).list.eval(
        pl.element().filter(pl.element().struct.field("w") < -1).sort().struct.field("c")
    )
    return speaking.list.join("+").alias("basis")


def _summary(links: pl.DataFrame, candidates: int, model: Model) -> dict[str, Any]:
    linked = links.filter(pl.col("linked").fill_null(value=False))
    return {
        "candidate_pairs": candidates,
        "matches": int((links["decision"] == "match").sum()),
        "reviews": int((links["decision"] == "review").sum()),
        "matched_share": round(model.matched_share, 4),
        "expected": expected_errors(linked["probability"].to_numpy(), linked["decision"]),
    }
