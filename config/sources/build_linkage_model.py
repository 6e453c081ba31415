"""Learn the shipped linkage model and write ``config/linkage_model.json``.

    python config/sources/build_linkage_model.py REAL

Starts from ``linkage_model_start.json`` (guesses, written by hand) and fits each of several invented prefectures
of different provinces and noise without labels; the shipped model is their mean. How names of one firm differ is
the mean of that and of the pairs that are known to be one firm in REAL, a folder of two real lists (tax.csv, units.csv,
truth.csv: tax_row, unit_id). Only counts of levels leave it. The same program, divisions and lists give the same file.
"""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from gapmatch.linkage import Model, link, load_model, save_model
from gapmatch.linkage.compare import compare
from gapmatch.linkage.levels import LADDERS
from gapmatch.linkage.link_lists import make_lists
from gapmatch.linkage.weights import keep_order
from gapmatch.read import Side, read_extract
from gapmatch.resources import find_config_file
from gapmatch.settings.load import LinkageSettings
from gapmatch.standardise import find_home_division, standardise_firms, standardise_units
from gapmatch.synth import Plan, convert_to_rows, make_prefecture

START = Path(__file__).with_name("linkage_model_start.json")
VERSION = "real-names-1"
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


def real_names(folder: Path) -> np.ndarray:
    """Return how often the names of one firm stand on each level in real lists, every level once more."""
    tax = read_extract(Side.TAX, [folder / "tax.csv"], {}).rows
    enrollment = read_extract(Side.ENROLLMENT, [folder / "units.csv"], {}).rows
    firms = standardise_firms(tax, None)
    units = standardise_units(enrollment, find_home_division(tax))
    truth = pl.read_csv(folder / "truth.csv", infer_schema=False)
    pairs = (
        truth.join(firms.select("firm", tax_row="seq"), on="tax_row")
        .join(units.select("unit", "unit_id"), on="unit_id")
        .select("firm", "unit")
    )
    lists = make_lists(firms, units)
    levels = compare(pairs, lists.firms, lists.units, lists.index)["name"].to_numpy()
    counted = np.bincount(levels, minlength=len(LADDERS["name"])) + 1.0
    shares: np.ndarray = counted / counted.sum()
    return shares


def with_real_names(model: Model, shares: np.ndarray) -> Model:
    """Return the model with names that differ as invented and as real ones do, half and half."""
    names, chance = (model.m["name"] + shares) / 2, model.u["name"].copy()
    keep_order(names, chance, "name", PLANS[0].firms)
    u = {**model.u, "name": chance}
    return Model(model.version, {**model.m, "name": names}, u, model.matched_share)


def main() -> None:
    """Fit all plans and write the mean."""
    start = load_model(START)
    invented = mean([fitted(plan, start) for plan in PLANS])
    model = with_real_names(invented, real_names(Path(sys.argv[1])))
    save_model(model, find_config_file("linkage_model.json"))


if __name__ == "__main__":
    main()
