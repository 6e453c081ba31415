"""The hidden sheet that identifies a workbook to the program that reads it back."""

from collections.abc import Mapping
from typing import Any

FACTS_SHEET = "_gapmatch"
COUNTY_FORM, CORRECTION_FORM = "county-2", "correction-1"


def describe_book(
    form: str, quarter: str, run_info: Mapping[str, Any], **more: str
) -> dict[str, str]:
    """Return the facts of a workbook: form, quarter, run, and its workspace."""
    names = ("run_id", "version")
    facts = {"form": form, "quarter": quarter, **{n: str(run_info.get(n, "")) for n in names}}
    if workspace := run_info.get("workspace"):
        facts["workspace"] = str(workspace)
    return facts | more
