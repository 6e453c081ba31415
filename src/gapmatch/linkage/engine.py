"""The linkage as one story: from standardised firms and units to links."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from gapmatch.linkage.bigrams import BigramIndex
from gapmatch.linkage.block import block
from gapmatch.linkage.classify import expected_errors
from gapmatch.linkage.compare import compare
from gapmatch.linkage.frequencies import rarities, units_found
from gapmatch.linkage.links import Weighed, make_links
from gapmatch.linkage.losses import describe_losses
from gapmatch.linkage.model import Model
from gapmatch.linkage.settled import read_settled, with_settled
from gapmatch.linkage.sides import make_side
from gapmatch.linkage.weights import gather_chance, gather_evidence, refine
from gapmatch.settings import LinkageSettings

CHANCE_PAIRS = 60_000
"""Random pairs that tell how often values agree by chance."""
SEED = 20220401


@dataclass(frozen=True)
class Linkage:
    """What linking two lists comes to.

    ``links``: LINKS with part_ and level_ columns; ``model``: as refined on these lists; ``summary``:
    counts and expected errors; ``notes``: sentences for officials on what the lists did not allow.
    """

    links: pl.DataFrame
    model: Model
    summary: Mapping[str, Any]
    notes: Sequence[str]


def link(
    firms: pl.DataFrame,
    units: pl.DataFrame,
    model: Model,
    settings: LinkageSettings,
    settled: pl.DataFrame | None = None,
) -> Linkage:
    """Link FIRMS to UNITS.

    Both frames are sorted by their key from 0 on. ``settled``: firm, unit and decision (same, different,
    or anything else that keeps the pair in review). The same rows in another order give the same links.
    """
    left, right = make_side("firm", firms), make_side("unit", units)
    index = BigramIndex.build(left.names, right.names)
    blocked = block(left, right, index, settings.candidates_per_unit)
    pairs = with_settled(blocked.pairs, read_settled(settled))
    # Comparing is pure on any slice; what it needs beside its result grows with the slice alone.
    slices = [
        pairs.slice(at, settings.batch_pairs) for at in range(0, pairs.height, settings.batch_pairs)
    ]
    levels = pl.concat([compare(part, left, right, index) for part in slices or [pairs]])
    compared = pl.concat([levels, pairs.select("settled", "doubted")], how="horizontal")
    evidence = gather_evidence(
        compared, rarities(compared, left, index), (firms.height, units.height)
    )
    at_random = compare(_random_pairs(firms.height, units.height), left, right, index)
    chance = gather_chance(at_random, units_found(left, right))
    refined = refine(model, evidence, chance)
    links = make_links(Weighed(compared, evidence, refined, left, right), settings)
    return Linkage(
        links,
        refined,
        _summary(links, pairs.height, refined),
        describe_losses(left, right, blocked),
    )


def _random_pairs(firms: int, units: int) -> pl.DataFrame:
    """Return random pairs, drawn by content-ordered number, the same ones every time."""
    random = np.random.default_rng(SEED)
    count = min(CHANCE_PAIRS, firms * units)
    pairs = {
        "firm": random.integers(0, max(1, firms), count),
        "unit": random.integers(0, max(1, units), count),
    }
    return pl.DataFrame(pairs, schema={"firm": pl.UInt32, "unit": pl.UInt32})


def _summary(links: pl.DataFrame, candidates: int, model: Model) -> dict[str, Any]:
    decided = links["decision"]
    return {
        "candidate_pairs": candidates,
        "matches": int((decided == "match").sum()),
        "reviews": int((decided == "review").sum()),
        "matched_share": round(model.matched_share, 4),
        **expected_errors(links),
    }
