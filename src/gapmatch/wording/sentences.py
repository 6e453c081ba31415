"""The sentences of a quarter's results, made from their codes and numbers in any language.

Stored quarters hold codes and numbers next to the sentences of their run, so that a firm can be
explained in another language with the same content. Quarters of earlier versions hold sentences
alone: these stay as they are.
"""

from collections.abc import Mapping

import polars as pl

from gapmatch.settings.load import Settings
from gapmatch.wording.evidence import build_evidence_sentences, build_headcount_sentences
from gapmatch.wording.statuses import build_status_sentences
from gapmatch.wording.target_sentences import (
    build_policy_sentences,
    build_reason_sentence,
    build_risk_sentences,
)

_FOR_REASONS = (
    *("status_reason", "headcount_basis", "headcount_conflict", "basis_declared"),
    *("headcount", "zero_months", "probability_operates"),
)


def add_sentences(
    frames: Mapping[str, pl.DataFrame], settings: Settings, language: str
) -> dict[str, pl.DataFrame]:
    """Return ``frames`` with the sentences of ``gaps`` and ``targets`` in ``language``.

    Without the codes, as in quarters that an earlier version stored, a frame stays as it is.
    """
    gaps, targets = frames["gaps"], frames["targets"]
    if "evidence_codes" in gaps.columns:
        gaps = _add_to_gaps(gaps, settings, language)
    if "reason_codes" in targets.columns:
        targets = _add_to_targets(targets, gaps, settings, language)
    return {**frames, "gaps": gaps, "targets": targets}


def _add_to_gaps(gaps: pl.DataFrame, settings: Settings, language: str) -> pl.DataFrame:
    # Two steps: the reasons of a status quote the evidence.
    evidence = gaps.with_columns(
        build_evidence_sentences(gaps, language), **build_headcount_sentences(language)
    )
    return evidence.with_columns(**build_status_sentences(settings.tax_list, language))


def _add_to_targets(
    targets: pl.DataFrame, gaps: pl.DataFrame, settings: Settings, language: str
) -> pl.DataFrame:
    facts = gaps.select("firm", *_FOR_REASONS)
    joined = targets.select("firm", "reason_codes").join(
        facts, on="firm", how="left", maintain_order="left"
    )
    reasons = joined.select(build_reason_sentence(language).alias("reason")).to_series()
    policies = build_policy_sentences(targets, settings.policies.rules, language)
    worded = targets.with_columns(reasons, policies)
    if "risk_ids" not in targets.columns:
        return worded
    if "risks" not in targets.columns:
        worded = worded.with_columns(risks=pl.lit(None, pl.String))
    return worded.with_columns(build_risk_sentences(targets, settings.policies.risks, language))
