"""The linkage model: how often each level of agreement occurs among matches and among chance pairs.

Fellegi and Sunter (1969): the weight of a level is log2(m/u). The shipped model is a file with a
version; a run refines it on its own extracts without labels, and never writes it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from gapmatch.errors import SettingsError
from gapmatch.i18n import _
from gapmatch.linkage.bigrams import Floats
from gapmatch.linkage.levels import LADDERS, TRADE_NAME_ALONE, build_agreement_mask
from gapmatch.private_files import replace_private_file
from gapmatch.resources import find_config_file

FORMAT = 3
_SPLIT = ("one_edit", "two_edits", "letter_conflict")
LATER_LEVELS = {1: (*TRADE_NAME_ALONE, *_SPLIT), 2: _SPLIT}
"""Levels of names that models of earlier formats did not know, or counted with others."""


@dataclass(frozen=True)
class Model:
    """``m``: per comparison the probability of each level among matches; ``u``: among chance pairs.

    On agreement levels ``u`` is stated per unit, not per pair: how many firms agree with a unit by
    chance, if each value is one firm's alone. So a model holds for lists of any length.
    ``matched_share``: share of the units that have a firm in the list.
    """

    version: str
    m: Mapping[str, Floats]
    u: Mapping[str, Floats]
    matched_share: float

    def replace_probabilities(
        self, m: Mapping[str, Floats], u: Mapping[str, Floats], matched_share: float
    ) -> "Model":
        """Return the model with other probabilities, marked as refined."""
        return replace(self, m=m, u=u, matched_share=matched_share)

    def chance(self, comparison: str, firms: int) -> Floats:
        """Return the probability of each level among chance pairs of a list of ``firms`` firms."""
        per_pair = np.where(build_agreement_mask(comparison), 1.0 / max(1, firms), 1.0)
        chance: Floats = self.u[comparison] * per_pair
        return chance

    def weights(self, comparison: str, firms: int) -> Floats:
        """Return the match weight of each level in bits, for a value that one firm alone has."""
        weight: Floats = np.log2(self.m[comparison] / self.chance(comparison, firms))
        return weight


def load_shipped_model() -> Model:
    """Return the model that comes with this version."""
    return load_model(find_config_file("linkage_model.json"))


def load_model(path: Path) -> Model:
    """Read a model file; raise ``SettingsError`` if it is none."""
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        if raw["format"] in LATER_LEVELS:
            return _with_later_levels(raw)
        if raw["format"] != FORMAT:
            raise SettingsError(
                _("链接模型文件版本不符：{path}（文件为 {found}，本程序需要 {wanted}）").format(
                    path=path, found=raw["format"], wanted=FORMAT
                ),
                _("请用 gapmatch train 重新生成，或删去设置中的 model 一项，改用自带模型。"),
            )
        return _from_json(raw)
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise SettingsError(
            _("链接模型文件无法使用：{path}：{error}").format(path=path, error=error),
            _("请用 gapmatch train 重新生成，或删去设置中的 model 一项，改用自带模型。"),
        ) from error


def _from_json(raw: Mapping[str, Any]) -> Model:
    m, u = ({c: _read_level_values(raw[k], c) for c in LADDERS} for k in ("m", "u"))
    share = float(raw["matched_share"])
    if not 0 < share < 1:
        raise ValueError(f"matched_share: {share}")
    # Pooled levels share one ratio, and agreement is counted per unit: only m is bounded by one.
    for comparison in LADDERS:
        if m[comparison].max() > 1:
            raise ValueError(f"{comparison}: p > 1")
    return Model(str(raw["version"]), m, u, share)


def _with_later_levels(raw: Mapping[str, Any]) -> Model:
    """Return a model of an earlier format with the shipped shares of later levels."""
    shipped = json.loads(find_config_file("linkage_model.json").read_text(encoding="utf-8"))
    tables = {}
    for key in ("m", "u"):
        shipped_levels = {name: shipped[key]["name"][name] for name in LATER_LEVELS[raw["format"]]}
        tables[key] = {**raw[key], "name": {**raw[key]["name"], **shipped_levels}}
    return _from_json({**raw, **tables})


def _read_level_values(table: Mapping[str, Mapping[str, float]], comparison: str) -> Floats:
    values = np.array([float(table[comparison][level]) for level in LADDERS[comparison]])
    if not (np.isfinite(values) & (values > 0)).all():
        raise ValueError(f"{comparison}: p <= 0")
    return values


def save_model(model: Model, path: Path) -> None:
    """Write a model file; the same model gives the same bytes."""
    tables = {
        key: {
            c: {name: float(f"{p:.6g}") for name, p in zip(LADDERS[c], table[c], strict=True)}
            for c in LADDERS
        }
        for key, table in (("m", model.m), ("u", model.u))
    }
    content = {
        "format": FORMAT,
        "version": model.version,
        "matched_share": round(model.matched_share, 6),
        **tables,
    }
    replace_private_file(path, (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode())
