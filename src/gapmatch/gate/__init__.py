"""The gate: check what was read and linked for plausibility, before anything is written."""

from gapmatch.gate.compare_quarters import compare_quarters
from gapmatch.gate.content import (
    ContentDigests,
    build_lines,
    digest_files,
    find_repeated_content,
    find_repeats,
    read_contents,
)
from gapmatch.gate.file_doubts import (
    FileColumns,
    FileLength,
    find_absurd_values,
    find_export_limits,
    find_missing_columns,
    find_repeated_units,
)
from gapmatch.gate.findings import STOP, WARNING, GateFinding, QuarterLists
from gapmatch.gate.inspect_lists import find_exhausted_review_budget, find_few_units, inspect_lists
from gapmatch.gate.missing_rows import SheetLength, find_missing_rows
from gapmatch.gate.row_dates import find_other_months
from gapmatch.gate.title_dates import Title, find_named_quarter, find_other_quarters

__all__ = [
    "STOP",
    "WARNING",
    "ContentDigests",
    "FileColumns",
    "FileLength",
    "GateFinding",
    "QuarterLists",
    "SheetLength",
    "Title",
    "build_lines",
    "compare_quarters",
    "digest_files",
    "find_absurd_values",
    "find_exhausted_review_budget",
    "find_export_limits",
    "find_few_units",
    "find_missing_columns",
    "find_missing_rows",
    "find_named_quarter",
    "find_other_months",
    "find_other_quarters",
    "find_repeated_content",
    "find_repeated_units",
    "find_repeats",
    "inspect_lists",
    "read_contents",
]
