"""Learn the shipped linkage model on invented prefectures and write ``config/linkage_model.json``.

    python config/sources/build_linkage_model.py

Starts from ``linkage_model_start.json`` (guesses, written by hand) and fits each of several prefectures
of different provinces and noise without labels; the shipped model is their mean. No real extract is used.
The same program and divisions give the same file.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from gapmatch.linkage import Model, link, load_model, save_model
from gapmatch.linkage.levels import LADDERS
from gapmatch.resources import config_path
from gapmatch.settings.load import LinkageSettings
from gapmatch.standardise import home_division, standardise_firms, standardise_units
from gapmatch.synth import Plan, as_rows, make_prefecture

START = Path(__file__).with_name("linkage_model_start.json")
VERSION = "synthetic-1"
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
    tax, enrollment, _registry = as_rows(prefecture.quarters[plan.quarters[-1]])
    firms = standardise_firms(tax, None)
    units = standardise_units(enrollment, home_division(tax))
    return link(firms, units, start, LinkageSettings()).model


def mean(models: Sequence[Model]) -> Model:
    """Return the mean of models: of ``m`` as shares, of ``u`` on the scale of weights."""
    m = {c: np.mean([model.m[c] for model in models], axis=0) for c in LADDERS}
    u: Mapping[str, np.ndarray] = {
        c: np.exp(np.mean([np.log(model.u[c]) for model in models], axis=0)) for c in LADDERS
    }
    share = float(np.mean([model.matched_share for model in models]))
    return Model(VERSION, {c: v / v.sum() for c, v in m.items()}, u, share)


def main() -> None:
    """Fit all plans and write the mean."""
    start = load_model(START)
    save_model(mean([fitted(plan, start) for plan in PLANS]), config_path("linkage_model.json"))


if __name__ == "__main__":
    main()
