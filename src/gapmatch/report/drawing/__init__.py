"""Charts as Vega-Lite specifications in plain dicts.

The same drawing for the report and for notebooks. A specification needs no package to be made. The
report inlines it next to the Vega runtime; ``gapmatch.api.charts`` hands it out as an Altair chart.
Every function takes few, already counted rows, so that no firm's data travels inside a chart.
"""

from gapmatch.report.drawing.bars import (
    Bar,
    draw_bars,
    draw_part_bars,
    draw_signed_bars,
    draw_single_bar,
    draw_steps,
    draw_waterfall,
)
from gapmatch.report.drawing.curves import (
    Axes,
    Line,
    Marker,
    draw_curves,
    draw_histogram,
    draw_intervals,
)
from gapmatch.report.drawing.theme import (
    COLOURS,
    DECISIONS,
    FONT,
    GREEN,
    GREY,
    INK,
    RED,
    Spec,
    remove_legend,
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
    "draw_bars",
    "draw_curves",
    "draw_histogram",
    "draw_intervals",
    "draw_part_bars",
    "draw_signed_bars",
    "draw_single_bar",
    "draw_steps",
    "draw_waterfall",
    "remove_legend",
]
