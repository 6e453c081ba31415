"""The frames that the public API hands out: every column with its type, unit and meaning."""

import polars as pl

from gapmatch.schemas import DEFECTS, FIRMS, GAPS, LINKS, TARGETS, UNITS, Column, Table

_FIRM = {
    "name": Column(pl.String, "taxpayer name as given"),
    "code": Column(pl.String, "code in use, cleaned, whatever its kind"),
    "county": Column(pl.String, "county as officials call it; 未知 where unknown"),
    "section": Column(pl.String, "GB/T 4754 section letter A–T"),
    "age": Column(pl.Float64, "years since the firm was founded, at the end of the quarter"),
}
_UNIT = {
    "unit_id": Column(pl.String, "单位编号, the insurance system's number of the unit"),
    "unit_name": Column(pl.String, "unit name as given"),
    "unit_code": Column(pl.String, "the unit's code in use, cleaned, whatever its kind"),
}

GAPS_TABLE = Table(
    "gaps",
    "Every row of the tax list, exactly one status each.",
    {**GAPS.columns, **_FIRM, **_UNIT},
)
TARGETS_TABLE = Table(
    "targets",
    "Firms worth a visit, first one first; the ``priority_…`` columns add up to ``priority``.",
    {**TARGETS.columns, **_FIRM},
)
LINKS_TABLE = Table(
    "links",
    "Every firm's best candidate and every match or review; the ``part_…`` columns (bits) add up "
    "to "
    "``weight``, the ``level_…`` columns say how each comparison came out.",
    {**LINKS.columns, **_FIRM, **_UNIT},
)
CASES_TABLE = Table(
    "cases",
    "One row per firm that was ever a target or visited, as its case stands now.",
    {
        "number": Column(pl.String, "number of the case, never changes: 5226-000123"),
        "county": Column(pl.String, "county of the firm, as last seen"),
        "code": Column(pl.String, "code of the firm, as last seen"),
        "name": Column(pl.String, "name of the firm, as last seen"),
        "opened_quarter": Column(pl.String, "quarter in which the case was opened"),
        "quarter": Column(pl.String, "quarter in which its state was last told"),
        "state": Column(
            pl.String,
            "new, carried, reopened: a target; closed: by its outcome; settled, off_list, gone, "
            "visited: none",
        ),
        "tier": Column(pl.String, "tier of the target"),
        "note": Column(pl.String, "why, for officials"),
        "outcome": Column(pl.String, "code of the last visit's outcome, config/outcomes.csv"),
        "effect": Column(pl.String, "what the next run does with it"),
        "visited_on": Column(pl.String, "date of the last visit, YYYY-MM-DD"),
        "persons": Column(pl.Int64, "persons newly insured at the last visit"),
        "persons_gained": Column(pl.Int64, "persons newly insured at all visits"),
        "who": Column(pl.String, "who entered it (personal data)"),
        "remark": Column(pl.String, "remark of the visitor, phones and identity cards masked"),
        "visits": Column(pl.Int64, "visits so far"),
        "open": Column(pl.Boolean, "still to be worked on"),
        "overdue": Column(pl.Boolean, "in tier A a quarter ago or earlier, and not visited since"),
        "target": Column(pl.Boolean, "a target of the newest quarter"),
    },
)
CHANGES_TABLE = Table(
    "changes",
    "Every firm of either of two quarters, found again by content, and what changed.",
    {
        "previous": Column(pl.UInt32, "firm in the earlier quarter; null: not in that list"),
        "current": Column(pl.UInt32, "firm in the later quarter; null: not in that list"),
        "by": Column(pl.String, "how both rows were found to be one firm"),
        **{
            f"{column}_{when}": Column(pl.String, f"{words} {suffix}")
            for column, words in (
                ("code", "code"),
                ("name", "name"),
                ("county", "county"),
                ("status", "status"),
                ("unit_id", "number of the unit"),
                ("unit_name", "name of the unit"),
            )
            for when, suffix in (("before", "in the earlier quarter"), ("now", "in the later one"))
        },
        "repeated_before": Column(pl.Boolean, "lists a firm again, in the earlier quarter"),
        "repeated_now": Column(pl.Boolean, "lists a firm again, in the later quarter"),
        "newly_insured": Column(pl.Boolean, "uninsured before, insured now"),
        "newly_uninsured": Column(pl.Boolean, "uninsured now, not so before"),
        "gone": Column(pl.Boolean, "no longer in the tax list"),
        "new": Column(pl.Boolean, "new in the tax list"),
        "renamed": Column(pl.Boolean, "other name"),
        "moved": Column(pl.Boolean, "other county"),
        "status_changed": Column(pl.Boolean, "other status"),
        "link_changed": Column(pl.Boolean, "other unit"),
        "link_reason": Column(pl.String, "why the link changed: decision, input or settings"),
    },
)
FIGURES_TABLE = Table(
    "figures",
    "Every figure that a quarter is reported by, as of its run.",
    {
        "county": Column(pl.String, "county as officials call it; null: all of them"),
        "figure": Column(pl.String, "code of the figure, docs/figures.md"),
        "value": Column(pl.Float64, "firms, or persons if the code's words name them"),
    },
)
TOTALS_TABLE = Table(
    "totals",
    "The way from the earlier quarter's uninsured firms to the later quarter's; it adds up.",
    {
        "line": Column(pl.String, "before, became, was, now"),
        "status": Column(
            pl.String,
            "what they became, or were before; not_listed: in one list only; repeated: the same "
            "firm as another row",
        ),
        "firms": Column(
            pl.Int64, "firms, signed: the lines between lead from the first to the last"
        ),
    },
)
ERRORS_TABLE = Table(
    "expected_errors",
    "What the linkage is expected to leave behind, with 95 % intervals.",
    {
        "error": Column(
            pl.String,
            "false_gaps: called uninsured but insured; missed_gaps: matches that are none; "
            "matches_in_review",
        ),
        "value": Column(pl.Float64, "expected number of firms or pairs"),
        "low": Column(pl.Float64, "lower end"),
        "high": Column(pl.Float64, "upper end"),
    },
)
PARTS_TABLE = Table(
    "parts",
    "The weight of one pair as a list that can be read aloud; the weights add up.",
    {
        "part": Column(pl.String, "machine name of the comparison"),
        "label": Column(pl.String, "its name, for officials"),
        "level": Column(pl.String, "how it came out, for officials"),
        "firm_value": Column(pl.String, "what the firm has; persons and phones masked"),
        "unit_value": Column(pl.String, "what the unit has; persons and phones masked"),
        "weight": Column(pl.Float64, "match weight, bits (log2 of the odds)"),
    },
)
WEIGHTS_TABLE = Table(
    "weights",
    "What each level of each comparison weighs, on average over a quarter's links.",
    {
        "comparison": Column(pl.String, "machine name of the comparison"),
        "label": Column(pl.String, "its name, for officials"),
        "level": Column(pl.String, "machine name of the level"),
        "level_label": Column(pl.String, "the level in words"),
        "weight": Column(pl.Float64, "mean weight, bits; rarity of the value not counted"),
        "pairs": Column(pl.Int64, "links at this level"),
    },
)
LABELS_TABLE = Table(
    "labels",
    "Pairs on which people gave a verdict, beside what the linkage says without it.",
    {
        "firm": LINKS.columns["firm"],
        "unit": LINKS.columns["unit"],
        "name": Column(pl.String, "taxpayer name as given"),
        "unit_name": Column(pl.String, "unit name as given"),
        "probability": Column(
            pl.Float64, "of being one firm, by the evidence alone; null: was no candidate"
        ),
        "decision": Column(pl.String, "of the linkage in this quarter"),
        "same": Column(pl.Boolean, "the verdict of people"),
    },
)
LABEL_QUALITY_TABLE = Table(
    "label_quality",
    "Precision and recall of single thresholds, by labelled pairs; intervals of 95 % (Wilson).",
    {
        "threshold": Column(pl.Float64, "probability from which on a pair is taken for a match"),
        "right": Column(pl.Int64, "labelled same, at or above it"),
        "wrong": Column(pl.Int64, "labelled different, at or above it"),
        "missed": Column(pl.Int64, "labelled same, below it or no candidate"),
        **{
            f"{share}{end}": Column(pl.Float64, f"{share}{words}; null: nothing to count")
            for share in ("precision", "recall")
            for end, words in (("", ""), ("_low", ", lower end"), ("_high", ", upper end"))
        },
        "f1": Column(pl.Float64, "their harmonic mean"),
    },
)
FINDINGS_TABLE = Table(
    "findings",
    "Visited firms: what the estimates had, what the visit found. Null: the visit leaves it open.",
    {
        "firm": GAPS.columns["firm"],
        "name": Column(pl.String, "taxpayer name as given"),
        "status": GAPS.columns["status"],
        "tier": TARGETS.columns["tier"],
        "drawn_at_random": TARGETS.columns["drawn_at_random"],
        "probability_uninsured": GAPS.columns["probability_uninsured"],
        "probability_operates": GAPS.columns["probability_operates"],
        "uninsured": Column(pl.Boolean, "found to be without insurance before the visit"),
        "operating": Column(pl.Boolean, "found to operate"),
        "enrolled": Column(pl.Boolean, "enrolled after the visit"),
    },
)
GROUPS_TABLE = Table(
    "groups",
    "Firms and units that links connect, directly or through others; one row a member.",
    {
        "group": Column(pl.Int64, "number of the group, from 1, in the order of its first firm"),
        "side": Column(pl.String, "tax or enrollment"),
        "member": Column(pl.UInt32, "firm or unit"),
        "name": Column(pl.String, "name as given"),
        "code": Column(pl.String, "code in use, cleaned"),
        "firms": Column(pl.Int64, "firms in the group"),
        "units": Column(pl.Int64, "units in the group"),
    },
)
LINKED_TABLE = Table(
    "link",
    "Links between two frames in memory.",
    {
        "tax_row": Column(pl.Int64, "1-based row of the first frame"),
        "enrollment_row": Column(pl.Int64, "1-based row of the second frame; null: no candidate"),
        "name": Column(pl.String, "name in the first frame"),
        "unit_name": Column(pl.String, "name in the second frame"),
        **{n: c for n, c in LINKS.columns.items() if n not in ("firm", "unit", "lost_to")},
        "lost_to_row": Column(pl.Int64, "row of the firm to which this firm lost the unit"),
    },
)

PUBLIC_TABLES = (
    GAPS_TABLE,
    TARGETS_TABLE,
    LINKS_TABLE,
    CASES_TABLE,
    DEFECTS,
    FIGURES_TABLE,
    CHANGES_TABLE,
    TOTALS_TABLE,
    ERRORS_TABLE,
    PARTS_TABLE,
    WEIGHTS_TABLE,
    LABELS_TABLE,
    LABEL_QUALITY_TABLE,
    FINDINGS_TABLE,
    GROUPS_TABLE,
    LINKED_TABLE,
    FIRMS,
    UNITS,
)
"""In the order in which ``docs/api.md`` lists them."""


def select_link_columns(links: pl.DataFrame) -> pl.DataFrame:
    """Return LINKS with parts and levels, without what else the linkage worked with."""
    columns = (c for c in links.columns if c in LINKS.columns or c.startswith(("part_", "level_")))
    return links.select(columns)
