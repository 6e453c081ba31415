"""The parts that a target's priority is the sum of, in words."""

from collections.abc import Mapping
from typing import Any

from gapmatch.i18n import _


def list_rank_parts(target: Mapping[str, Any]) -> list[tuple[str, float]]:
    """Return (words, points) of every ``priority_`` column of a target.

    They add up to its priority.
    """
    words = {
        "priority_uninsured": _("未参保的可能性"),
        "priority_operates": _("在经营的可能性"),
        "priority_headcount": _("未参保人数"),
        "priority_enrolls": _("走访后参保的可能性"),
        "priority_kind": _("对象类别"),
    }
    return [
        (words.get(name, name), float(value))
        for name, value in target.items()
        if name.startswith("priority_") and value is not None
    ]
