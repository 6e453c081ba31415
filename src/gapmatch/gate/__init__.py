"""The gate: what was read and linked, held against what it should be, before anything is written."""

from gapmatch.gate.compare_quarters import compare_quarters
from gapmatch.gate.findings import STOP, WARNING, Finding
from gapmatch.gate.inspect_lists import inspect_lists
from gapmatch.gate.inspect_reviews import inspect_reviews

__all__ = [
    "STOP",
    "WARNING",
    "Finding",
    "compare_quarters",
    "inspect_lists",
    "inspect_reviews",
]
