"""Does a firm operate, how many work there, what kind of firm is it: from the tax list's own figures."""

from gapmatch.activity.estimate import Usual, estimate_activity, learn_usual, teaches
from gapmatch.activity.industry import classify_industries
from gapmatch.activity.missing_inputs import find_missing_inputs
from gapmatch.activity.operates import operates_features

__all__ = [
    "Usual",
    "classify_industries",
    "estimate_activity",
    "find_missing_inputs",
    "learn_usual",
    "operates_features",
    "teaches",
]
