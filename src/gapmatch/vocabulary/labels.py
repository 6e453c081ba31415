"""Machine names in words for officials: a code has one label in every sheet, page, command."""

from functools import cache
from typing import Literal

from gapmatch.i18n import _, get_language
from gapmatch.resources import get_words, read_csv_rows
from gapmatch.schemas import UNKNOWN_COUNTY

LabelList = Literal[
    "kind",
    "case_state",
    "relation",
    "decision",
    "review_verdict",
    "verdict",
    "confirmed",
    "figure",
    "drawn_rate",
    "change",
    "authority",
    "line",
    "status_word",
    "bridge_step",
    "name_difference",
    "ranking_order",
    "rank_part",
    "name_part",
    "side",
    "entry_hint",
    "explored_column",
    "query_column",
]
"""The lists of ``config/labels.csv``."""


def list_labels(name: LabelList) -> dict[str, str]:
    """Return code to words, in the order in which tables show them."""
    return _read_words("labels.csv", "label", name)


def list_meanings(name: LabelList) -> dict[str, str]:
    """Return code to the sentence that explains it."""
    return _read_words("labels.csv", "meaning", name)


def list_status_labels() -> dict[str, str]:
    """Return status to words, in the order in which tables show them."""
    return _read_words("firm_statuses.csv", "label")


def list_status_meanings() -> dict[str, str]:
    """Return status to one sentence that an official can act on."""
    return _read_words("firm_statuses.csv", "meaning")


def list_section_labels() -> dict[str, str]:
    """Return section letter of GB/T 4754 to its name, from ``config/industry_sections.csv``."""
    return _read_words("industry_sections.csv", "label", key="section")


def _read_words(file: str, column: str, name: str = "", key: str = "code") -> dict[str, str]:
    """Return code to words in the current language, of one list if ``name`` is given."""
    rows = (row for row in _read_rows(file) if row.get("list", "") == name)
    return {row[key]: get_words(row, column, get_language()) for row in rows}


_read_rows = cache(read_csv_rows)


def label_county(county: str) -> str:
    """Return the label of a county; firms without one are for the prefecture to assign."""
    return _("县区未填（待分派）") if county == UNKNOWN_COUNTY else county


LISTED_VERDICTS = tuple(list_labels("verdict"))
"""In the order in which the bridge subtracts them; the confirmed ones are what remains."""

CONFIRMED_PARTS = tuple(list_labels("confirmed"))
"""The confirmed firms: other tiers, no target, this quarter's visits."""

PROGRESS_FIGURES = ("targets", "visited", "closed", "enrolled", "persons", "refused", "overdue")
"""What is counted of visits in a county, in the order of tables."""


def list_figure_labels() -> dict[str, str]:
    """Return code of a figure to words; firms unless the words name persons."""
    labels = list_labels("figure")
    return {"firms": labels["firms"], **list_status_labels(), **labels}


def list_progress_labels() -> dict[str, str]:
    """Return what is counted of visits in a county, to words, in the order of tables."""
    labels = list_figure_labels()
    return {name: labels[name] for name in PROGRESS_FIGURES}


def list_verdict_figures() -> dict[str, str]:
    """Return code of a figure of a list to verify to words."""
    return list_labels("verdict") | list_labels("confirmed")


def describe_fate(line: str, status: str) -> str:
    """Return a line between two quarters' uninsured in words: ``became`` or ``was``, and what."""
    if status == "not_listed":
        gone, new = _("疑似未参保户退出纳税名单"), _("新进名单即疑似未参保")
        return gone if line == "became" else new
    became, was = _("现为“{status}”"), _("原为“{status}”")
    labels = {**list_status_labels(), "repeated": _("与另一行同一户")}
    return (became if line == "became" else was).format(status=labels[status])
