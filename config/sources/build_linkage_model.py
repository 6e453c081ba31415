"""Learn what is shipped of the linkage: ``config/linkage_model.json`` and ``config/unrecognised.json``.

    python config/sources/build_linkage_model.py REAL

Starts from ``linkage_model_start.json`` (guesses, written by hand) and fits each of several invented prefectures
of different provinces and noise without labels; the shipped model is their mean. How names of one firm differ is
the mean of that and of the pairs that are known to be one firm in REAL, a folder of two real lists (tax.csv, units.csv,
registry.csv, truth.csv: tax_row, unit_id). How many of these pairs have strange names, and how much that differs between
prefectures, gives the Beta distribution of ``unrecognised.json``. Only counts of levels leave REAL. The same program,
divisions and lists give the same files.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from gapmatch.linkage import Model, link, load_model, save_model
from gapmatch.linkage.compare import compare
from gapmatch.linkage.levels import LADDERS
from gapmatch.linkage.link_lists import make_lists
from gapmatch.linkage.unrecognised import STRANGE
from gapmatch.linkage.weights import enforce_level_order
from gapmatch.read import Side, read_extract
from gapmatch.resources import find_config_file
from gapmatch.settings.load import LinkageSettings
from gapmatch.standardise.sides_of_extracts import (
    find_home_division,
    standardise_firms,
    standardise_units,
)
from gapmatch.synth.plan import Plan
from gapmatch.synth.prefecture import convert_to_rows, make_prefecture

START = Path(__file__).with_name("linkage_model_start.json")
VERSION = "real-names-1"
LEAST_PAIRS = 20
"""Pairs of a prefecture from which its share of strange names is taken."""
ALPHA = 1.0
"""Shape of the Beta distribution between lists: the share is as uncertain as an exponential one with its mean.

Of six lists of other makers (REAL, three invented noises, two quarters of a prefecture) the shares of strange names are
0 to 2.4 %: they differ by as much as they are high. One list cannot show that, its prefectures are much more alike.
"""
PLANS = [
    Plan(seed=101, firms=12_000, prefectures=("520300",), quarters=("2022Q4",), noise="light"),
    Plan(seed=102, firms=12_000, prefectures=("510700",), quarters=("2022Q4",), noise="normal"),
    Plan(seed=103, firms=12_000, prefectures=("370600",), quarters=("2022Q4",), noise="normal"),
    Plan(seed=104, firms=12_000, prefectures=("610400",), quarters=("2022Q4",), noise="heavy"),
    Plan(seed=105, firms=12_000, prefectures=("440600",), quarters=("2022Q4",), noise="heavy"),
]


def fitted(plan: Plan, start: Model) -> Model:
    """Return ``start`` as refined on an invented prefecture."""
    prefecture = make_prefecture(plan)
    tax, enrollment, _registry = convert_to_rows(prefecture.quarters[plan.quarters[-1]])
    firms = standardise_firms(tax, None)
    units = standardise_units(enrollment, find_home_division(tax))
    return link(firms, units, start, LinkageSettings()).model


def mean(models: Sequence[Model]) -> Model:
    """Return the mean of models: of ``m`` as shares, of ``u`` on the scale of weights."""
    m = {c: np.mean([model.m[c] for model in models], axis=0) for c in LADDERS}
    u: Mapping[str, np.ndarray] = {
        c: np.exp(np.mean([np.log(model.u[c]) for model in models], axis=0)) for c in LADDERS
    }
    share = float(np.mean([model.matched_share for model in models]))
    return Model(VERSION, {c: v / v.sum() for c, v in m.items()}, u, share)


def real_pairs(folder: Path, registry: pl.DataFrame | None = None) -> pl.DataFrame:
    """Return ``region_code``, ``name``, ``own_name`` (levels in words) of the pairs that are one firm."""
    tax = read_extract(Side.TAX, [folder / "tax.csv"], {}).rows
    enrollment = read_extract(Side.ENROLLMENT, [folder / "units.csv"], {}).rows
    firms = standardise_firms(tax, registry)
    units = standardise_units(enrollment, find_home_division(tax), registry)
    truth = pl.read_csv(folder / "truth.csv", infer_schema=False)
    pairs = (
        truth.join(firms.select("firm", "region_code", tax_row="seq"), on="tax_row")
        .join(units.select("unit", "unit_id"), on="unit_id")
        .sort("firm", "unit")
    )
    lists = make_lists(firms, units)
    found = compare(pairs.select("firm", "unit"), lists.firms, lists.units, lists.index)
    words = dict(enumerate(LADDERS["name"]))
    named = found.select(pl.col("name", "own_name").replace_strict(words, return_dtype=pl.String))
    return pl.concat([pairs.select("region_code"), named], how="horizontal")


def real_names(pairs: pl.DataFrame) -> np.ndarray:
    """Return how often the names of one firm stand on each level, every level once more."""
    counted = np.array([(pairs["name"] == name).sum() + 1.0 for name in LADDERS["name"]])
    shares: np.ndarray = counted / counted.sum()
    return shares


def strange_names(alone: pl.DataFrame, registered: pl.DataFrame) -> Mapping[str, float]:
    """Return the Beta distribution of strange names, by moments over prefectures, and what former names leave.

    ``alone``, ``registered``: real pairs without and with the market registration.
    """
    strange = pl.col("own_name").is_in(STRANGE)
    known = alone.filter(~pl.col("region_code").str.ends_with("0000"))
    groups = known.group_by(pl.col("region_code").str.slice(0, 4)).agg(
        pl.len().alias("n"), strange.sum().alias("k")
    )
    some = groups.filter(pl.col("n") >= LEAST_PAIRS).sort("region_code")
    n, k = some["n"].to_numpy().astype(float), some["k"].to_numpy().astype(float)
    share = k.sum() / n.sum()
    excess = ((k - n * share) ** 2 / (n * share * (1 - share))).sum() - (len(n) - 1)
    between = max(excess / (n - 1).sum(), 1e-4)
    of_all = alone.select(strange.mean()).item()
    lost = registered.filter(strange & pl.col("name").is_in(STRANGE)).height
    found = registered.filter(strange).height - lost
    likeness = 1 / between - 1
    return {
        "alpha": ALPHA,
        "beta": round(ALPHA * (1 - of_all) / of_all, 2),
        "likeness": round(likeness, 1),
        "lost_per_found": round(lost / found, 3),
    }


def with_real_names(model: Model, shares: np.ndarray) -> Model:
    """Return the model with names that differ as invented and as real ones do, half and half."""
    names, chance = (model.m["name"] + shares) / 2, model.u["name"].copy()
    enforce_level_order(names, chance, "name", PLANS[0].firms)
    u = {**model.u, "name": chance}
    return Model(model.version, {**model.m, "name": names}, u, model.matched_share)


def main() -> None:
    """Fit all plans and write the mean."""
    start = load_model(START)
    invented = mean([fitted(plan, start) for plan in PLANS])
    folder = Path(sys.argv[1])
    registry = read_extract(Side.REGISTRY, [folder / "registry.csv"], {}).rows
    alone, registered = real_pairs(folder), real_pairs(folder, registry)
    save_model(with_real_names(invented, real_names(alone)), find_config_file("linkage_model.json"))
    strange = json.dumps(strange_names(alone, registered), indent=1)
    find_config_file("unrecognised.json").write_text(strange + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
