"""Charts as Vega-Lite specifications in plain dicts: the same drawing for the report and for notebooks.

A specification needs no package to be made. The report inlines it beside the Vega runtime;
``gapmatch.api.charts`` hands it out as an Altair chart. Every function takes few, already counted rows, so
that no firm's data travels inside a chart.
"""

from gapmatch.report.drawing.bars import (
    Bar,
    bars,
    parts_of_bars,
    signed_bars,
    steps,
    waterfall,
    whole,
)
from gapmatch.report.drawing.curves import Axes, Line, Marker, curves, histogram, intervals
from gapmatch.report.drawing.theme import (
    COLOURS,
    DECISIONS,
    FONT,
    GREEN,
    GREY,
    INK,
    RED,
    Spec,
    without_legend,
)

__all__ = [
    "COLOURS",
    "DECISIONS",
    "FONT",
    "GREEN",
    "GREY",
    "INK",
    "RED",
    "Axes",
    "Bar",
    "Line",
    "Marker",
    "Spec",
    "bars",
    "curves",
    "histogram",
    "intervals",
    "parts_of_bars",
    "signed_bars",
    "steps",
    "waterfall",
    "whole",
    "without_legend",
]
