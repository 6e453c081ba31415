"""Bars: one value per row, parts of a row, parts of one whole, and steps up and down.

The axis of a bar leaves room for the text that stands behind it.
"""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import polars as pl

from gapmatch.i18n import _
from gapmatch.report.drawing.theme import BLUE, COLOURS, INK, RED, Spec, build_tooltip, finish_chart
from gapmatch.vocabulary.labels import describe_fate

_WIDE, _NARROW = 13.5, 7.6
"""Pixels that a Chinese and any other character takes at 13 pixels' height."""
_GAP_PIXELS = 10
_MIN_SHARE = 0.3
"""Minimum share of the width for the bars, however long the texts are."""


def make_room(low: float, high: float, texts: Iterable[str]) -> Spec:
    """Return a scale from ``low`` to beyond ``high``, so that a text behind any bar is shown whole.

    A text is as long on a phone as on a screen, a bar is not: so the end is reckoned from the width
    that the chart has in the end.
    """
    behind = max(map(_measure_text, texts), default=0) + _GAP_PIXELS
    left = f"max(width - {behind:.0f}, {_MIN_SHARE} * width)"
    reach = (high - low) or 1
    end = f"{low:.12g} + {reach:.12g} * width / {left}"
    return {"domainMin": low, "domainMax": {"expr": end}, "nice": False, "zero": False}


def _measure_text(text: str) -> float:
    return sum(
        _WIDE if unicodedata.east_asian_width(character) in "WF" else _NARROW for character in text
    )


_STEP_PIXELS = 26
"""Height of a row in pixels."""
_LABELS, _WIDE_LABELS = 170, 280
"""Room for the labels of rows, in pixels; names of firms are long."""


_PLACE = {"field": "place", "type": "quantitative"}
_OWN_COLOUR = {"field": "colour", "type": "nominal", "scale": None}
_UNSIGNED, _SIGNED = ",.0f", "+.2f"
"""Formats of numbers, of d3 and of Python alike."""


class Bar(NamedTuple):
    """A bar with its label, its size and a remark after the number."""

    label: str
    value: float
    remark: str = ""
    colour: str = BLUE


def draw_bars(rows: Sequence[Bar], words: str) -> Spec:
    """Return horizontal bars on one scale, each with its number."""
    values = [{**row._asdict(), "text": _format_value(row, _UNSIGNED)} for row in rows]
    shown = build_tooltip(
        ("label", words, ""), ("value", _("数量"), _UNSIGNED), ("remark", _("说明"), "")
    )
    longest = max((row.value for row in rows), default=0)
    scale = make_room(0, longest, (value["text"] for value in values))
    x = {"field": "value", "type": "quantitative", "axis": None, "scale": scale}
    bar = _build_bar_layer({"x": x}, shown)
    bar["mark"] = {"type": "bar", "cornerRadiusEnd": 3, "height": {"band": 0.72}}
    return finish_chart(_stack_layers(rows, [bar, _build_text_layer(x, color=INK)]), values, words)


def draw_part_bars(
    rows: Sequence[tuple[str, Mapping[str, float]]],
    colours: Mapping[str, str],
    words: str,
    remarks: Mapping[str, str],
) -> Spec:
    """Return a bar a row of named parts, in the order of ``colours``; below zero to the left."""
    order = list(colours)
    values = [
        {"label": label, "part": part, "value": parts.get(part, 0), "place": order.index(part)}
        for label, parts in rows
        for part in order
    ]
    above = [sum(value for value in parts.values() if value > 0) for _label, parts in rows]
    ends = [
        {"label": label, "value": end, "text": remarks.get(label, "")}
        for (label, _parts), end in zip(rows, above, strict=True)
    ]
    low = min((sum(v for v in parts.values() if v < 0) for _l, parts in rows), default=0)
    scale = make_room(low, max(above, default=0), remarks.values())
    x = {"field": "value", "type": "quantitative", "axis": None, "scale": scale}
    shown = build_tooltip(("label", "", ""), ("part", "", ""), ("value", words, ",.2~f"))
    ends_of_parts = {"x": {**x, "stack": "zero"}, "order": _PLACE}
    bar = _build_bar_layer(ends_of_parts, shown, _build_colour_scale("part", colours))
    text = {"data": {"values": ends}, **_build_text_layer({**x, "stack": None}, color=INK)}
    return finish_chart(_stack_layers(rows, [bar, text], _WIDE_LABELS), values, words)


def _format_value(row: Bar, style: str) -> str:
    return f"{row.value:{style}}" + (f" · {row.remark}" if row.remark else "")


def draw_single_bar(rows: Sequence[Bar], words: str) -> Spec:
    """Return one bar of several colours: the parts of a whole."""
    total = sum(row.value for row in rows) or 1
    values = [
        {**row._asdict(), "place": place, "share": row.value / total}
        for place, row in enumerate(rows)
    ]
    shown = build_tooltip(
        ("label", _("状态"), ""), ("value", _("户数"), ",.0f"), ("share", _("占比"), ".1%")
    )
    return finish_chart(
        {
            "height": 34,
            "mark": {"type": "bar", "height": {"band": 1}},
            "encoding": {
                "x": {"field": "value", "type": "quantitative", "stack": "normalize", "axis": None},
                "order": _PLACE,
                "color": _build_colour_scale("label", {row.label: row.colour for row in rows}),
                "tooltip": shown,
            },
        },
        values,
        words,
    )


def draw_signed_bars(rows: Sequence[Bar], words: str) -> Spec:
    """Return bars to both sides of zero, for what adds to and what takes from."""
    values = [
        {**row._asdict(), "text": f"{row.value:{_SIGNED}}", "out": max(row.value, 0)}
        for row in rows
    ]
    reach = max((abs(row.value) for row in rows), default=0) or 1
    low = min(0.0, *(row.value for row in rows)) if rows else 0.0
    zero = {
        "field": "value",
        "type": "quantitative",
        "scale": make_room(low * 1.05, reach, (value["text"] for value in values)),
        "axis": {"title": None, "tickCount": 5},
    }
    shown = build_tooltip(
        ("label", words, ""), ("value", _("数量"), _SIGNED), ("remark", _("说明"), "")
    )
    bar = _build_bar_layer({"x": zero}, shown)
    text = _build_text_layer({**zero, "field": "out"})
    return finish_chart(_stack_layers(rows, [bar, text], _WIDE_LABELS), values, words)


def draw_steps(rows: Sequence[Bar], words: str) -> Spec:
    """Return the way from a first to a last total by gains and losses, which add up."""
    values = _place_stairs(rows, {0, len(rows) - 1}, (RED, COLOURS["insured"]), ",.0f")
    # The totals are much larger than what changes: the axis begins where the changes do.
    low = min((min(v["start"], v["end"]) for v in values[1:-1]), default=0.0)
    high = max((max(v["start"], v["end"]) for v in values), default=0.0) or 1.0
    origin = max(0.0, low - 0.6 * (high - low)) if len(values) > 2 else 0.0
    for value in values:
        value["start"] = max(value["start"], origin)
    if origin:
        words = _("{words}（横轴不从零起）").format(words=words)
    return _draw_staircase(values, words, (origin, high), ",.0f")


def draw_waterfall(rows: Sequence[Bar], total: Bar, words: str) -> Spec:
    """Return signed parts, each beginning where the one before ended, and their total."""
    values = _place_stairs([*rows, total], {len(rows)}, (COLOURS["insured"], RED), ".1f")
    ends = [value[end] for value in values for end in ("start", "end")]
    low, high = min(0.0, *ends), max(0.0, *ends)
    return _draw_staircase(values, words, (low * 1.05, high), ".0f")


def _draw_staircase(
    values: Sequence[Mapping[str, Any]], words: str, domain: tuple[float, float], style: str
) -> Spec:
    scale = make_room(*domain, (value["text"] for value in values))
    x = {"type": "quantitative", "scale": scale}
    axis = {"title": words, "titleAnchor": "end", "tickCount": 4, "format": style}
    shown = build_tooltip(("label", words, ""), ("text", _("数量"), ""), ("remark", _("说明"), ""))
    ends = {"x": {"field": "start", **x, "axis": axis}, "x2": {"field": "end"}}
    bar, text = _build_bar_layer(ends, shown), _build_text_layer({"field": "right", **x})
    return finish_chart(_stack_layers(values, [bar, text]), values, words)


def _place_stairs(
    rows: Sequence[Bar], totals: set[int], colours: tuple[str, str], style: str
) -> list[dict[str, Any]]:
    """Return where each row starts and ends; ``colours``: of what adds, of what takes away."""
    stairs, reached = [], 0.0
    for place, row in enumerate(rows):
        is_total = place in totals
        start, end = (0.0, row.value) if is_total else (reached, reached + row.value)
        reached = end
        colour = BLUE if is_total else colours[row.value < 0]
        text = f"{row.value:{style}}" if is_total else f"{row.value:+{style}}"
        stairs.append(
            {"label": row.label, "remark": row.remark, "start": start, "end": end}
            | {"right": max(start, end), "text": text, "colour": colour}
        )
    return stairs


def _stack_layers(rows: Sequence[Any], layers: Sequence[Spec], limit: int = _LABELS) -> Spec:
    """Return layers over one axis of rows, whose labels may take ``limit`` pixels."""
    axis = {"title": None, "labelLimit": limit, "ticks": False, "domain": False, "labelPadding": 8}
    y = {"field": "label", "type": "nominal", "sort": None, "axis": axis}
    # Pixels, not a step per row: with a width that follows the page, Vega-Lite warns of steps.
    height = _STEP_PIXELS * max(1, len(rows))
    return {"height": height, "encoding": {"y": y}, "layer": layers}


def _build_bar_layer(ends: Spec, shown: Sequence[Spec], colour: Spec = _OWN_COLOUR) -> Spec:
    return {
        "mark": {"type": "bar", "height": {"band": 0.72}},
        "encoding": {**ends, "color": colour, "tooltip": shown},
    }


def _build_text_layer(x: Spec, **look: Any) -> Spec:  # noqa: ANN401 - of Vega-Lite's mark
    return {
        "mark": {"type": "text", "align": "left", "dx": 5, **look},
        "encoding": {"x": x, "text": {"field": "text", "type": "nominal"}},
    }


def _build_colour_scale(field: str, colours: Mapping[str, str]) -> Spec:
    return {
        "field": field,
        "type": "nominal",
        "scale": {"domain": list(colours), "range": list(colours.values())},
        "legend": {"columns": 5},
    }


def build_total_bars(totals: pl.DataFrame) -> list[Bar]:
    """Return ``line``, ``status``, ``firms`` (signed) in words: totals at both ends."""
    return [Bar(_describe_line(line, status), firms) for line, status, firms in totals.rows()]


def _describe_line(line: str, status: str) -> str:
    if line in ("before", "now"):
        return _("上季疑似未参保") if line == "before" else _("本季疑似未参保")
    return describe_fate(line, status)
