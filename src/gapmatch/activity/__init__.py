"""Estimate from the tax list whether a firm operates, its headcount and its industry."""

from gapmatch.activity.estimate import (
    Baseline,
    estimate_activity,
    find_missing_inputs,
    fit_baseline,
    is_training_firm,
)
from gapmatch.activity.industry import classify_industries
from gapmatch.activity.operates import build_operates_features

__all__ = [
    "Baseline",
    "build_operates_features",
    "classify_industries",
    "estimate_activity",
    "find_missing_inputs",
    "fit_baseline",
    "is_training_firm",
]
