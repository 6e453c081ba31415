"""The words of the figures that a quarter is reported by: each code has one label everywhere."""

from gapmatch.i18n import _
from gapmatch.vocabulary.labels import list_status_labels
from gapmatch.vocabulary.listed_verdicts import label_listed_verdicts

PROGRESS_FIGURES = (
    "targets",
    "visited",
    "closed",
    "enrolled",
    "persons",
    "refused",
    "overdue",
)
"""What is counted of visits in a county, in the order of tables."""

CONFIRMED_PARTS = ("later", "not_listed", "confirmed_tier_a")
"""What the confirmed firms come apart into.

Other tiers, no target of the quarter, this quarter's visits.
"""


def list_figure_labels() -> dict[str, str]:
    """Return code of a figure to words; firms unless the words name persons."""
    return {
        "firms": _("纳税户"),
        **list_status_labels(),
        "targets": _("走访目标"),
        "tier_a": _("本季走访"),
        "expected": _("预计新增参保人数"),
        "expected_tier_a": _("本季走访预计新增人数"),
        "headcount_uninsured": _("疑似未参保户估计用工人数"),
        "visited": _("已走访"),
        "closed": _("已办结"),
        "enrolled": _("走访后参保"),
        "persons": _("新增参保人数"),
        "refused": _("拒不参保"),
        "overdue": _("逾期未走访"),
    }


def list_progress_labels() -> dict[str, str]:
    """Return what is counted of visits in a county, to words, in the order of tables."""
    labels = list_figure_labels()
    return {name: labels[name] for name in PROGRESS_FIGURES}


def list_drawn_rate_labels() -> dict[str, str]:
    """Return rate of all targets, as visits drawn by lot give it, to words."""
    return {
        "uninsured": _("确实未参保的"),
        "operating": _("在经营的"),
        "enrolled": _("走访后办理参保的"),
    }


def list_verdict_figures() -> dict[str, str]:
    """Return code of a figure of a list to verify to words."""
    return {
        **label_listed_verdicts(),
        "later": _("属实，以后各季走访"),
        "not_listed": _("属实，本季未列入"),
        "confirmed_tier_a": _("属实，本季走访"),
    }


def list_change_labels() -> dict[str, str]:
    """Return kind of change between two quarters to words; firms of either quarter."""
    return {
        "newly_insured": _("疑似未参保转为有参保登记"),
        "newly_uninsured": _("在册企业新出现疑似未参保"),
        "gone": _("不再在纳税名单中"),
        "new": _("新进入纳税名单"),
        "renamed": _("名称变更"),
        "moved": _("县区变更"),
        "status_changed": _("状态变化"),
        "link_changed": _("对应的参保单位变化"),
    }


def describe_fate(line: str, status: str) -> str:
    """Return a line between two quarters' uninsured firms in words.

    ``line``: what they ``became``, or what they ``was`` before; ``status``, ``not_listed`` or
    ``repeated`` (the same firm as another row).
    """
    if status == "not_listed":
        gone, new = _("疑似未参保户退出纳税名单"), _("新进名单即疑似未参保")
        return gone if line == "became" else new
    became, was = _("现为“{status}”"), _("原为“{status}”")
    labels = {**list_status_labels(), "repeated": _("与另一行同一户")}
    return (became if line == "became" else was).format(status=labels[status])
