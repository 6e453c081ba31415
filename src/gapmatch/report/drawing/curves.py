"""Curves, counts over a scale, and estimates with their intervals."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from gapmatch.report.drawing.theme import BLUE, SOFT, Spec, build_tooltip, finish_chart

_SOLID = (1, 0)


_MAX_MARKED_POINTS = 12
"""A line of so few points shows each: it says little between them."""


class Line(NamedTuple):
    """A named line: its points, left to right; ``dash`` draws it broken, to compare with."""

    name: str
    points: Sequence[tuple[float, float]]
    colour: str = BLUE
    dash: Sequence[int] = _SOLID


class Marker(NamedTuple):
    """A place on the horizontal axis worth a word."""

    x: float
    words: str


class Axes(NamedTuple):
    """What the two axes show, and how numbers are written (d3 formats)."""

    x: str
    y: str
    x_style: str = ",.0f"
    y_style: str = ".0%"
    y_scale: str = "linear"


def draw_curves(
    lines: Sequence[Line], axes: Axes, words: str, markers: Sequence[Marker] = ()
) -> Spec:
    """Return lines over one pair of axes, with markers at places on the horizontal one."""
    values = [
        {"line": line.name, "x": x, "y": y, "is_marked": _is_marked(line)}
        for line in lines
        for x, y in line.points
    ]
    names = [line.name for line in lines]
    encoding: Spec = {
        "x": _build_axis("x", axes.x, axes.x_style),
        "y": {**_build_axis("y", axes.y, axes.y_style), "scale": {"type": axes.y_scale}},
        "color": {
            "field": "line",
            "type": "nominal",
            "scale": {"domain": names, "range": [line.colour for line in lines]},
            "legend": {"symbolType": "stroke"} if len(names) > 1 else None,
        },
        "strokeDash": {
            "field": "line",
            "type": "nominal",
            "scale": {"domain": names, "range": [list(line.dash) for line in lines]},
        },
        "tooltip": build_tooltip(
            ("line", "", ""), ("x", axes.x, axes.x_style), ("y", axes.y, axes.y_style)
        ),
    }
    drawn = {"mark": {"type": "line", "strokeWidth": 2.5}, "encoding": encoding}
    points = {
        "transform": [{"filter": "datum.is_marked"}],
        "mark": {"type": "point", "filled": True, "size": 60, "opacity": 1},
        "encoding": {key: encoding[key] for key in ("x", "y", "color", "tooltip")},
    }
    layers = [drawn, *([points] if any(map(_is_marked, lines)) else [])]
    middle = max((x for line in lines for x, _y in line.points), default=0) / 2
    return finish_chart(
        {"height": 260, "layer": [*layers, *_draw_markers(markers, middle)]}, values, words
    )


def _is_marked(line: Line) -> bool:
    return len(line.points) <= _MAX_MARKED_POINTS and tuple(line.dash) == _SOLID


def draw_histogram(
    rows: Sequence[tuple[float, float, str, float]], colours: Mapping[str, str], axes: Axes
) -> Spec:
    """Return counts between two ends: low end, high end, part, count; smaller parts stand in front.

    The scale is a root scale: a handful among thousands can still be seen. Stacked, its parts
    would look larger or smaller than they are.
    """
    values = [
        {"low": low, "high": high, "part": part, "count": n}
        for low, high, part, n in sorted(rows, key=lambda row: (row[0], -row[3]))
    ]
    return finish_chart(
        {
            "height": 240,
            "mark": {"type": "bar", "binSpacing": 1},
            "encoding": {
                "x": {**_build_axis("low", axes.x, axes.x_style), "bin": {"binned": True}},
                "x2": {"field": "high"},
                "y": {
                    **_build_axis("count", axes.y, axes.y_style),
                    "stack": None,
                    "scale": {"type": "sqrt"},
                },
                "color": {
                    "field": "part",
                    "type": "nominal",
                    "scale": {"domain": list(colours), "range": list(colours.values())},
                },
                "tooltip": build_tooltip(
                    ("low", axes.x, ".2f"),
                    ("high", "", ".2f"),
                    ("part", "", ""),
                    ("count", axes.y, ",.0f"),
                ),
            },
        },
        values,
        axes.y,
    )


def draw_intervals(rows: Sequence[tuple[str, float, float, float]], words: str) -> Spec:
    """Return estimates as points, each on the line of its interval: label, low, value, high."""
    values = [
        {"label": label, "low": low, "value": value, "high": high, "text": f"{value:,.1f}"}
        for label, low, value, high in rows
    ]
    reach = max(1.0, *(high for _label, _low, _value, high in rows))
    x = {
        "type": "quantitative",
        "axis": {"title": words, "tickCount": 5},
        "scale": {"domain": [0, reach], "nice": True},
    }
    axis = {"title": None, "labelLimit": 190, "ticks": False, "domain": False, "labelPadding": 8}
    shown = build_tooltip(
        ("label", words, ""), ("value", "", ",.1f"), ("low", "", ",.1f"), ("high", "", ",.1f")
    )
    rule = {
        "mark": {"type": "rule", "strokeWidth": 5, "opacity": 0.35, "color": BLUE},
        "encoding": {"x": {"field": "low", **x}, "x2": {"field": "high"}, "tooltip": shown},
    }
    point = {
        "mark": {"type": "point", "filled": True, "size": 110, "color": BLUE, "opacity": 1},
        "encoding": {"x": {"field": "value", **x}, "tooltip": shown},
    }
    text = {
        "mark": {"type": "text", "dy": -13},
        "encoding": {"x": {"field": "value", **x}, "text": {"field": "text", "type": "nominal"}},
    }
    y = {"field": "label", "type": "nominal", "sort": None, "axis": axis}
    return finish_chart(
        {"height": 48 * len(rows), "encoding": {"y": y}, "layer": [rule, point, text]},
        values,
        words,
    )


def _build_axis(field: str, title: str, style: str) -> Spec:
    return {
        "field": field,
        "type": "quantitative",
        "axis": {"title": title, "format": style, "tickCount": 6, "grid": field != "low"},
    }


def _draw_markers(markers: Sequence[Marker], middle: float) -> list[Spec]:
    """A line with a word at each marker, at the roomier side, from data of its own."""
    if not markers:
        return []
    data = {"values": [{**marker._asdict(), "side": marker.x < middle} for marker in markers]}
    x = {"field": "x", "type": "quantitative"}
    rule = {"mark": {"type": "rule", "strokeDash": [4, 4], "color": SOFT}, "encoding": {"x": x}}
    text = {
        "mark": {
            "type": "text",
            "align": {"expr": "datum.side ? 'left' : 'right'"},
            "dx": {"expr": "datum.side ? 4 : -4"},
            "dy": -4,
            "baseline": "bottom",
            "color": SOFT,
        },
        "encoding": {
            "x": x,
            "y": {"value": "height"},
            "text": {"field": "words", "type": "nominal"},
        },
    }
    return [{"data": data, **rule}, {"data": data, **text}]
