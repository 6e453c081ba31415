"""Patterns of comparisons: which levels occur together, how often, and what they weigh."""

from typing import Any, NamedTuple

import polars as pl

from gapmatch.explanation.link_parts import describe_level, list_part_labels
from gapmatch.i18n import _
from gapmatch.linkage.levels import LADDERS
from gapmatch.report.drawing.theme import GREEN, RED, Spec, build_tooltip, finish_chart


class PatternPart(NamedTuple):
    """One part of a pattern: mean weight in bits, over the pairs that have the pattern."""

    pattern: str
    pairs: int
    total: float
    label: str
    level: str
    weight: float


def list_patterns(links: pl.DataFrame, most: int) -> list[PatternPart]:
    """Return the parts of the ``most`` frequent patterns of levels, heaviest pattern first."""
    levels = [f"level_{name}" for name in LADDERS if f"level_{name}" in links.columns]
    parts = [column for column in links.columns if column.startswith("part_")]
    if not levels:
        return []
    counted = (
        links.filter(pl.col("weight").is_not_null())
        .group_by(levels)
        .agg(pl.len().alias("pairs"), pl.col("weight").mean(), pl.col(parts).mean())
        .sort("pairs", *levels, descending=[True, *(False for _level in levels)], nulls_last=True)
        .head(most)
        .sort("weight", *levels, descending=[True, *(False for _level in levels)], nulls_last=True)
    )
    labels = list_part_labels()
    return [
        PatternPart(
            _("第 {n} 种").format(n=place),
            row["pairs"],
            row["weight"],
            labels.get(name, name),
            _describe_part(row, name),
            row[f"part_{name}"],
        )
        for place, row in enumerate(counted.iter_rows(named=True), start=1)
        for name in (part.removeprefix("part_") for part in parts)
        if row[f"part_{name}"]
    ]


def _describe_part(row: dict[str, Any], name: str) -> str:
    level = row.get(f"level_{name}")
    return describe_level(name, level) if level is not None and name in LADDERS else ""


def draw_patterns(parts: list[PatternPart]) -> Spec:
    """Return the patterns by number of pairs, and beside them the parts of the one picked."""
    order = list(dict.fromkeys(part.pattern for part in parts))
    pick: Spec = {"type": "point", "fields": ["pattern"]}
    picked: Spec = {"name": "picked_pattern", "select": pick}
    if order:
        picked["value"] = [{"pattern": order[0]}]
    rows = [part._asdict() for part in parts]
    charts = {"hconcat": [_draw_counts(order, picked), _draw_parts()]}
    chart = finish_chart(charts, rows, _("比对结果的各种组合"))
    del chart["width"]  # each of the two has its own
    return chart


def _draw_counts(order: list[str], picked: Spec) -> Spec:
    return {
        "width": 260,
        "params": [picked],
        "transform": [
            {
                "aggregate": [
                    {"op": "max", "field": "pairs", "as": "pairs"},
                    {"op": "max", "field": "total", "as": "total"},
                ],
                "groupby": ["pattern"],
            }
        ],
        "mark": {"type": "bar", "cursor": "pointer"},
        "encoding": {
            "y": {"field": "pattern", "type": "nominal", "sort": order, "title": None},
            "x": {
                "field": "pairs",
                "type": "quantitative",
                "title": _("配对数（平方根刻度）"),
                "scale": {"type": "sqrt"},
            },
            "color": {"condition": {"test": "datum.total > 0", "value": GREEN}, "value": RED},
            "opacity": {"condition": {"param": "picked_pattern", "value": 1}, "value": 0.35},
            "tooltip": build_tooltip(
                ("pattern", _("组合"), ""),
                ("pairs", _("配对数"), ",.0f"),
                ("total", _("得分（比特）"), ".1f"),
            ),
        },
    }


def _draw_parts() -> Spec:
    return {
        "width": 360,
        "transform": [{"filter": {"param": "picked_pattern"}}],
        "mark": "bar",
        "encoding": {
            "y": {"field": "label", "type": "nominal", "sort": None, "title": None},
            "x": {"field": "weight", "type": "quantitative", "title": _("得分（比特）")},
            "color": {"condition": {"test": "datum.weight > 0", "value": GREEN}, "value": RED},
            "tooltip": build_tooltip(
                ("label", _("比对"), ""),
                ("level", _("结果"), ""),
                ("weight", _("得分（比特）"), ".2f"),
            ),
        },
    }
