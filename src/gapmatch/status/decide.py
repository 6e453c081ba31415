"""Every firm gets exactly one status.

``docs/ranking.md`` defines each as an official would read it. Precedence, the first that holds:

1. ``out_of_scope`` by nature: a public body, or the tax office itself reports that the firm has
   ended.
2. A confirmed link: ``lapsed`` (no one insured, every line stopped, last paid long ago),
   ``lines_missing`` (not every line), ``under_enrolled`` (declares clearly more workers than it
   insures), else ``insured``.
   Insuring people is stronger evidence than the market registration, so a revoked registration does
   not outrank it.
3. A head office that the linkage vouches for, on more than its name: ``covered_by_parent`` if
   that insures people, else ``lapsed``.
4. ``out_of_scope`` by the market registration or an earlier visit; ``covered_by_parent`` by an
   earlier visit.
5. ``review``: an unsettled link, or one that last quarter's code proved and this quarter's lists
   do not show. Never called uninsured, whatever else is known.
6. By its name alone, ``out_of_scope``: a public body's; or ``review``: it may be one's.
7. Of a list to verify, ``out_of_scope``: listed in another prefecture than the units are of; or
   ``review``: registered there, and listed nowhere.
8. ``out_of_scope``: a sole trader without workers, whose enrolling is voluntary.
9. ``dormant``: no link and hardly a sign of operation.
10. ``review``: nothing to look it up by: no name, or one that says nothing, and no code. That no
   unit is found is no sign then.
11. ``uninsured``.

Rows of one firm (``duplicate_of``) share the status of the row that stands for it; the firm has
ended only if all of its rows report it.
"""

from collections.abc import Mapping, Sequence

import polars as pl

from gapmatch.schemas import GAPS, INSURED_STATUSES, LINES, map_statuses
from gapmatch.settings.load import Settings
from gapmatch.settings.ranking import GapSettings
from gapmatch.status.coverage import compute_coverage, derive_unit_lines
from gapmatch.status.public_bodies import classify_names
from gapmatch.vocabulary.rules import choose_first
from gapmatch.vocabulary.status_words import match_meaning


def decide_statuses(
    firms: pl.DataFrame,
    units: pl.DataFrame,
    links: pl.DataFrame,
    activity: pl.DataFrame,
    settings: Settings,
) -> pl.DataFrame:
    """Return ``GAPS`` for every row of ``firms`` (``FIRMS``), in its order.

    ``units`` is ``UNITS``, ``links`` ``LINKS``, ``activity`` what ``estimate_activity`` returned;
    what is added to ``firms``: ``probability_covered`` of branches (``add_covered``), whether they
    can be looked up (``add_comparability``), of a list to verify ``other_place``
    (``add_other_places``); late ``units`` have ``overdue`` (``prepare_units``).
    More columns than promised: ``cause`` (which rule gave the status), ``shortage`` (persons
    declared and not insured, in the worst line), ``insured_<line>`` and ``short_<line>`` (persons),
    ``sole_trader``; and the codes and numbers that sentences are made of (``wording.sentences``):
    the columns of sentences themselves are null.
    """
    of_original = pl.coalesce("duplicate_of", "firm")
    rows = firms.select("firm", original=of_original)
    lines = derive_unit_lines(units, settings.statuses)
    frame = (
        firms.select(*_FIRM_FACTS, *_select_added_facts(firms))
        .join(activity.select(_ACTIVITY_FACTS), on="firm", how="left", maintain_order="left")
        .with_columns(**_classify_natures(settings))
        .with_columns(_drop_end_not_in_every_row(of_original))
        .join(_summarise_links(links, settings), on="firm", how="left", maintain_order="left")
        .join(_compute_coverage(links, firms, lines), on="firm", how="left", maintain_order="left")
        .join(_find_parents(links, units, lines), on="firm", how="left", maintain_order="left")
        .with_columns(pl.col("probability_uninsured").fill_null(1 - settings.gap.missed_link_share))
        .with_columns(_reduce_by_covered())
        .with_columns(**_compute_shortages())
        .with_columns(_list_missing_lines().alias("missing"))
    )
    decided = frame.with_columns(_decide_cause(settings.gap).alias("cause"))
    decided = decided.drop("status").with_columns(**_derive_outcome(settings))
    decided = decided.with_columns(
        pl.when(pl.col("cause") != "incomparable").then("probability_uninsured")
    )
    shared = rows.join(
        decided.rename({"firm": "original"}), on="original", how="left", maintain_order="left"
    )
    return GAPS.complete(shared.select(*(c for c in _COLUMNS if c in shared.columns)))


EVIDENCE_COLUMNS = (
    *("evidence_codes", "zero_months", "basis_declared", "basis_wages", "basis_turnover"),
    *("conflict_code", "conflict_pay"),
)
"""Codes and numbers of the activity from which ``wording`` makes its sentences."""
_FIRM_FACTS = (
    *("firm", "duplicate_of", "uscc", "reg_type", "legal_form", "status", "registry_status"),
    *("declared_headcount", "declared_wages", "sales", "tax_paid"),
    *("clean_name", "region", "core", "name_town"),
)
_ADDED_FACTS = {
    **dict.fromkeys(("other_place", "other_basis"), pl.String()),
    **dict.fromkeys(("is_nameless", "is_incomparable"), pl.Boolean()),
    "probability_covered": pl.Float64(),
}
"""Columns that are added to FIRMS where they apply; null without them."""
_ACTIVITY_FACTS = (
    *("firm", "probability_operates", "visit_effect", "visit_active"),
    *("headcount", "headcount_low", "headcount_high"),
    *EVIDENCE_COLUMNS,
)
_COLUMNS = (
    *GAPS,
    *("cause", "shortage", "sole_trader"),
    *("declared_headcount", "missing", "overdue", "unclear"),
    *("ended_tax", "ended_registry"),
    *("parent_name", "parent_basis", "other_place"),
    *EVIDENCE_COLUMNS,
    *(f"insured_{line}" for line in LINES),
    *(f"short_{line}" for line in LINES),
)


def _select_added_facts(firms: pl.DataFrame) -> Sequence[pl.Expr]:
    return [
        pl.col(name) if name in firms.columns else pl.lit(None, kind).alias(name)
        for name, kind in _ADDED_FACTS.items()
    ]


def _classify_natures(settings: Settings) -> Mapping[str, pl.Expr]:
    """What kind of body the firm is, and whether it has ended."""
    scope, words = settings.statuses.scope, settings.statuses.words
    ended = scope.get("ended", [])
    prefix = pl.col("uscc").str.slice(0, 2)
    kind = pl.col("reg_type").fill_null("")
    form = pl.col("legal_form").fill_null("")
    return {
        "public_body": prefix.is_in(scope.get("public_codes", []))
        | kind.str.contains_any(scope.get("public_types", ["机关"])),
        **classify_names(),
        "sole_trader": prefix.is_in(scope.get("sole_trader_codes", [])).fill_null(value=False)
        | (kind + form).str.contains_any(scope.get("sole_trader_types", ["个体"])),
        "ended_tax": _match_ended("status", words, ended),
        "ended_registry": _match_ended("registry_status", words, ended),
    }


def _drop_end_not_in_every_row(of_original: pl.Expr) -> pl.Expr:
    """Ignore an ended tax status if another row of the firm in the tax list is current."""
    ended = pl.col("ended_tax")
    return pl.when(ended.is_not_null().all().over(of_original)).then(ended).alias("ended_tax")


def _match_ended(column: str, words: Mapping[str, list[str]], ended: list[str]) -> pl.Expr:
    meaning = match_meaning(column, words)
    return pl.when(meaning.is_in(ended)).then(meaning)


def _summarise_links(links: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Return firm, probability_uninsured, in_review, linked_before, review_unit, and
    ``parent_probability``: that a unit is of the head office.

    A firm's candidates compete (it is one of them or none), so the probability that none is right
    is one less the sum of theirs, not below zero. Firms without any candidate still have
    ``missed_link_share`` to be one whose unit nothing proposed.
    """
    is_head = (pl.col("relation") == "head_office").fill_null(value=False)
    unsettled = pl.col("decision") == "review"
    best = pl.col("unit").sort_by("probability", "unit", descending=[True, False])
    return (
        links.filter(pl.col("unit").is_not_null())
        .group_by("firm", maintain_order=True)
        .agg(
            pl.col("probability").filter(~is_head).sum().alias("taken"),
            pl.col("relation_probability").filter(is_head).sum().alias("parent_probability"),
            unsettled.any().alias("in_review"),
            (pl.col("relation") == "linked_before").any().alias("linked_before"),
            best.filter(unsettled.sort_by("probability", "unit", descending=[True, False]))
            .first()
            .alias("review_unit"),
        )
        .select(
            "firm",
            "in_review",
            "linked_before",
            "review_unit",
            "parent_probability",
            probability_uninsured=(1 - pl.col("taken")).clip(0, 1)
            * (1 - settings.gap.missed_link_share),
        )
    )


def _reduce_by_covered() -> pl.Expr:
    """Return the chance that no unit is the firm's, and no head office insures its workers.

    That a unit is the head office's is no proof that it insures the branch; one that stopped
    paying is the evidence of ``lapsed``.
    """
    covered = pl.col("probability_covered").fill_null(0.0)
    parent = pl.col("parent_probability").clip(0, 1)
    return pl.col("probability_uninsured") * (
        pl.when(pl.col("parent_pays").not_()).then(1 - parent).otherwise(1 - covered)
    )


def _compute_coverage(
    links: pl.DataFrame, firms: pl.DataFrame, lines: pl.DataFrame
) -> pl.DataFrame:
    matches = links.filter((pl.col("decision") == "match") & (pl.col("relation") != "head_office"))
    declared = firms.select("firm", declared="declared_headcount")
    matched = matches.select("firm", "unit", "probability").join(
        declared, on="firm", how="left", maintain_order="left"
    )
    return compute_coverage(matched, lines).rename({"pays": "unit_pays", "stopped": "unit_stopped"})


def _find_parents(links: pl.DataFrame, units: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """Return the head office of each firm: parent_unit, parent_name, parent_pays, parent_basis."""
    head = (
        links.filter(pl.col("relation") == "head_office")
        .sort("firm", "relation_probability", "unit", descending=[False, True, False])
        .unique("firm", keep="first", maintain_order=True)
        .select("firm", "unit", "probability", parent_basis="basis")
    )
    alone = head.with_columns(declared=pl.lit(None, pl.Int64))
    pays = compute_coverage(alone, lines).select("firm", parent_pays="pays")
    names = units.select("unit", parent_name="name")
    return (
        head.join(names, on="unit", how="left", maintain_order="left")
        .join(pays, on="firm", how="left", maintain_order="left")
        .select("firm", "parent_name", "parent_pays", "parent_basis", parent_unit="unit")
    )


def _compute_shortages() -> Mapping[str, pl.Expr]:
    """Persons declared beyond those insured, by line of the unit, and the maximum."""
    declared = pl.col("declared_headcount")
    short = {
        f"short_{line}": pl.when(pl.col(f"insured_{line}") > 0).then(
            (declared - pl.col(f"insured_{line}")).clip(lower_bound=0)
        )
        for line in LINES
    }
    total_shortage = (declared - pl.col("insured_count")).clip(lower_bound=0)
    return {**short, "shortage": pl.coalesce(pl.max_horizontal(*short.values()), total_shortage)}


def _list_missing_lines() -> pl.Expr:
    """Lines that the extract covers and the unit, which pays others, lacks. Joined by a comma."""
    known = [pl.col(f"insured_{line}") for line in LINES]
    gone = [
        pl.when(count == 0).then(pl.lit(line)) for line, count in zip(LINES, known, strict=True)
    ]
    missing = pl.concat_str(*gone, separator=",", ignore_nulls=True)
    return pl.when(pl.col("unit_pays") & (missing != "")).then(missing)


def _decide_cause(gap: GapSettings) -> pl.Expr:
    """Return the name of the first rule that holds."""
    linked = pl.col("unit").is_not_null()
    behind = (pl.col("shortage") >= gap.under_enrolled_number) & (
        pl.col("shortage") > gap.under_enrolled_share * pl.col("declared_headcount")
    )
    effect = pl.when(pl.col("visit_active")).then(pl.col("visit_effect"))
    declares_none = (pl.col("declared_headcount").fill_null(0) <= 0) & (
        pl.col("declared_wages").fill_null(0) <= 0
    )
    # What a visitor found gone is not out of scope for ever: its filings may say otherwise since.
    operates_again = (pl.col("probability_operates") >= gap.operates_again).fill_null(value=False)
    left_out = (pl.col("visit_effect") == "out_of_scope") & (
        pl.col("visit_active") | ~operates_again
    )
    # Without sales and tax there is nothing to estimate from but how common firms of a size are.
    unseen = (pl.col("declared_headcount") == 0) & (
        pl.max_horizontal("sales", "tax_paid").fill_null(0) <= 0
    )
    alone = pl.col("sole_trader") & (unseen | (pl.col("headcount") < gap.sole_trader_headcount))
    rules = {
        "public_body": pl.col("public_body"),
        "ended_tax": pl.col("ended_tax").is_not_null(),
        "overdue": linked
        & ~pl.col("unit_pays")
        & ~pl.col("unit_stopped")
        & pl.col("overdue").is_not_null(),
        "lapsed": linked & ~pl.col("unit_pays"),
        "lines_missing": linked & pl.col("missing").is_not_null(),
        "under_enrolled": linked & behind,
        "insured": linked,
        "covered_by_parent": pl.col("parent_unit").is_not_null() & pl.col("parent_pays"),
        "parent_lapsed": pl.col("parent_unit").is_not_null(),
        "ended_registry": pl.col("ended_registry").is_not_null(),
        "visit_out_of_scope": left_out,
        "visit_covered": effect == "covered_by_parent",
        "linked_before": pl.col("in_review") & pl.col("linked_before"),
        "review": pl.col("in_review"),
        "public_name": pl.col("public_name"),
        "perhaps_public": pl.col("perhaps_public"),
        "elsewhere": pl.col("other_basis") == "listed",
        "registered_elsewhere": pl.col("other_place").is_not_null(),
        "sole_trader": alone & declares_none,
        "dormant": pl.col("probability_operates") < gap.dormant_below,
        "incomparable": pl.col("is_incomparable"),
    }
    return choose_first(rules.items(), "uninsured")


_STATUS_OF = {
    "public_body": "out_of_scope",
    "public_name": "out_of_scope",
    "perhaps_public": "review",
    "ended_tax": "out_of_scope",
    "ended_registry": "out_of_scope",
    "visit_out_of_scope": "out_of_scope",
    "elsewhere": "out_of_scope",
    "registered_elsewhere": "review",
    "sole_trader": "out_of_scope",
    "visit_covered": "covered_by_parent",
    "parent_lapsed": "lapsed",
    "linked_before": "review",
    "incomparable": "review",
    "overdue": "lapsed",
}
_LINKED = (*INSURED_STATUSES, "parent_lapsed", "overdue")
"""Causes that rest on a link, which may be wrong."""


def _derive_outcome(settings: Settings) -> Mapping[str, pl.Expr]:
    """Return the status behind the cause, the verdict, and the unit that the status rests on."""
    status = pl.col("cause").replace(_STATUS_OF)
    unit = (
        pl.when(pl.col("cause").is_in(["covered_by_parent", "parent_lapsed"]))
        .then("parent_unit")
        .when(pl.col("cause").is_in(["review", "linked_before"]))
        .then("review_unit")
        .otherwise("unit")
    )
    return {"status": status, "verdict": _verdict(status, settings), "unit": unit}


def _verdict(status: pl.Expr, settings: Settings) -> pl.Expr:
    """Return the conclusion on a row of a list to verify; null if none was handed down."""
    if settings.tax_list != "verify":
        return pl.lit(None, pl.String)
    sure = status.replace_strict(map_statuses("verdict"), default=None, return_dtype=pl.String)
    return pl.when(_is_unsure(settings.gap)).then(pl.lit("to_settle")).otherwise(sure)


def _is_unsure(gap: GapSettings) -> pl.Expr:
    """Whether the evidence is too weak for the verdict, though the status had to be decided.

    A list may hold more doubtful pairs than the budget of reviews: those are decided by the cheaper
    error, which is no ground for confirming or rejecting the province's row. A code without a name
    finds nothing among units that have no codes. A unit whose status no word explains may pay.
    """
    cause, uninsured = pl.col("cause"), pl.col("probability_uninsured")
    linked = cause.is_in(_LINKED) & (uninsured > 1 - gap.verdict_sure)
    linked |= cause.is_in(INSURED_STATUSES) & pl.col("unclear").is_not_null()
    unlinked = (cause == "uninsured") & (
        (uninsured < gap.verdict_sure)
        | (pl.col("probability_operates") < gap.verdict_operates)
        | pl.col("is_nameless")
    )
    return (linked | unlinked).fill_null(value=False)
