"""Colours, fonts and the frame that all charts share."""

from collections.abc import Mapping, Sequence
from typing import Any

from gapmatch.schemas import map_statuses

Spec = dict[str, Any]

FONT = (
    "Microsoft YaHei, 微软雅黑, PingFang SC, Noto Sans CJK SC, Source Han Sans SC, "
    "WenQuanYi Micro Hei, SimSun, sans-serif"
)
"""Chinese fonts of Windows, macOS and Linux, in this order; nothing is fetched."""

_COLOURS, _PLACES = map_statuses("colour"), map_statuses("drawn")
COLOURS: Mapping[str, str] = {s: _COLOURS[s] for s in sorted(_PLACES, key=_PLACES.__getitem__)}
"""One colour per status of a firm, in the order of a bar of all statuses from its foot."""

DECISIONS: Mapping[str, str] = {"match": "#2e7d4f", "review": "#6c7fd1", "non_match": "#9aa5b1"}
"""One colour per decision about a pair."""

RED, GREEN = COLOURS["uninsured"], COLOURS["insured"]
BLUE = "#1f4e79"
GREY = "#9aa5b1"
INK = "#1c2733"
SOFT = "#5a6472"
LINE = "#d9dee5"

_SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
"""Names the grammar; a renderer does not fetch it."""

_CONFIG: Spec = {
    "font": FONT,
    "background": "transparent",
    "view": {"stroke": None},
    "axis": {
        "labelColor": INK,
        "titleColor": SOFT,
        "titleFontWeight": "normal",
        "labelFontSize": 13,
        "titleFontSize": 13,
        "gridColor": LINE,
        "domainColor": LINE,
        "tickColor": LINE,
    },
    "legend": {
        "orient": "top",
        "title": None,
        "labelFontSize": 13,
        "labelColor": INK,
        "symbolType": "square",
    },
    "text": {"fontSize": 13, "color": INK},
}


def finish_chart(chart: Spec, rows: Sequence[Mapping[str, Any]], words: str) -> Spec:
    """Return ``chart`` with its data, the common look, and ``words`` for who cannot see it."""
    return {
        "$schema": _SCHEMA,
        "description": words,
        "data": {"values": [dict(row) for row in rows]},
        "width": "container",
        "config": _CONFIG,
        **chart,
    }


def build_tooltip(*fields: tuple[str, str, str]) -> list[Spec]:
    """Return what hovering shows: field, words, format (empty: a text)."""
    return [
        {"field": field, "title": words, "type": "quantitative", "format": style}
        if style
        else {"field": field, "title": words, "type": "nominal"}
        for field, words, style in fields
    ]


def remove_legend(spec: Spec) -> Spec:
    """Return ``spec`` without its legend, for a page that explains the colours already."""
    return {**_strip_legend(spec), "config": spec["config"], "data": spec["data"]}


def _strip_legend(part: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(part, dict):
        return {
            key: None if key == "legend" else _strip_legend(value) for key, value in part.items()
        }
    return [_strip_legend(value) for value in part] if isinstance(part, list) else part
