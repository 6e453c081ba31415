"""How cells look, by style and state; every format is made once in a workbook."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

FONT = "微软雅黑"
LIST_SIZE = 10
_LINE = "#C8CED6"
_BODY = {
    "font_name": FONT,
    "font_size": LIST_SIZE,
    "valign": "vcenter",
    "border": 1,
    "border_color": _LINE,
}

_RIGHT = {"align": "right", "indent": 1}

_STYLES: Mapping[str, Mapping[str, Any]] = {
    "text": {"text_wrap": True},
    "long": {"text_wrap": True},
    "line": {"num_format": "@"},
    "code": {"num_format": "@", "text_wrap": True},
    "choice": {"text_wrap": True},
    "key": {"num_format": "@", "font_color": "#808080"},
    "centre": {"align": "center", "text_wrap": True},
    "integer": {"num_format": "#,##0", **_RIGHT},
    "number": {"num_format": "General", **_RIGHT},
    "decimal": {"num_format": "#,##0.0", **_RIGHT},
    "money": {"num_format": "#,##0", **_RIGHT},
    "percent": {"num_format": "0.0%", **_RIGHT},
    "date": {"num_format": "yyyy-mm-dd", "align": "center"},
}
_STATES: Mapping[str, Mapping[str, Any]] = {
    "plain": {},
    "shaded": {"bg_color": "#EAF1FA"},
    "entry": {"bg_color": "#FFF8DC", "locked": False},
    "total": {"bold": True, "bg_color": "#EEF1F4", "top": 2},
}
_OTHERS: Mapping[str, Mapping[str, Any]] = {
    "title": {"font_name": FONT, "font_size": 15, "bold": True, "font_color": "#1F3864"},
    "note": {"font_name": FONT, "font_size": 9, "font_color": "#5A6472", "valign": "vcenter"},
    "heading": {
        **_BODY,
        "bold": True,
        "font_color": "#FFFFFF",
        "bg_color": "#1F4E79",
        "align": "center",
        "text_wrap": True,
    },
    "entry_heading": {
        **_BODY,
        "bold": True,
        "font_color": "#5C4400",
        "bg_color": "#FFD966",
        "align": "center",
        "text_wrap": True,
    },
    "names": {"font_name": FONT, "font_size": 8, "font_color": "#808080"},
    "block": {"font_name": FONT, "font_size": 11, "bold": True, "font_color": "#1F3864"},
    "term": {"font_name": FONT, "font_size": 10, "bold": True, "text_wrap": True, "valign": "top"},
    "prose": {"font_name": FONT, "font_size": 10, "text_wrap": True, "valign": "top"},
    "mark": {"font_name": FONT, "font_size": LIST_SIZE, "bold": True, "font_color": "#C00000"},
    "same": {"font_name": FONT, "font_size": LIST_SIZE},
    "empty": {"font_name": FONT, "font_size": 10, "italic": True, "font_color": "#5A6472"},
}


def _list_colours(name: str) -> frozenset[str]:
    looks = (_BODY, *_STATES.values(), *_STYLES.values())
    return frozenset(look[name].removeprefix("#") for look in looks if name in look)


OWN_FILLS, OWN_FONTS = _list_colours("bg_color"), _list_colours("font_color")
"""What the rows of lists are coloured with before anybody works on them."""


class Formats:
    """The formats of one workbook, made when first asked for."""

    def __init__(self, workbook: Any) -> None:  # noqa: ANN401 - xlsxwriter has no types
        self._workbook = workbook
        self._made: dict[str, Any] = {}

    def cell(self, style: str, state: str = "plain") -> Any:  # noqa: ANN401
        """Return the format of a cell of a list or table."""
        return self._make(f"{style}/{state}", {**_BODY, **_STYLES[style], **_STATES[state]})

    def other(self, name: str) -> Any:  # noqa: ANN401
        """Return the format of what is not a cell of a list: title, note, heading, prose."""
        return self._make(name, _OTHERS[name])

    @cached_property
    def hidden(self) -> Mapping[str, bool]:
        """Options of a hidden row or column."""
        return {"hidden": True}

    def _make(self, name: str, properties: Mapping[str, Any]) -> Any:  # noqa: ANN401
        if name not in self._made:
            self._made[name] = self._workbook.add_format(dict(properties))
        return self._made[name]
