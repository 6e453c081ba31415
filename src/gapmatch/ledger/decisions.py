"""What people decided, applied to the firms and units of this quarter.

Pure functions over frames, so that the pipeline can hand their result to the linkage. Decisions are
keyed on content (codes, names, the unit's number): they hold however an extract is sorted or split.
"""

import polars as pl

from gapmatch.i18n import _
from gapmatch.ledger.identity import (
    extract_organisation,
    format_standard_name,
    locate,
    select_identity,
    select_rows_of_firms,
)
from gapmatch.vocabulary.verdicts import list_verdict_labels

DECISIONS = pl.Schema(
    {
        "id": pl.Int64,
        "verdict": pl.String,
        "who": pl.String,
        "at": pl.String,
        "remark": pl.String,
        "firm_code": pl.String,
        "firm_name": pl.String,
        "unit_id": pl.String,
        "unit_code": pl.String,
        "unit_name": pl.String,
        "firm_given": pl.String,
        "unit_given": pl.String,
    }
)
"""What ``Store.decisions()`` returns: every row ever entered, in order of ``id``.

``verdict``: ``same``, ``different``, ``unsure`` or ``retracted`` (withdraws the verdict of
``who``)."""

RESOLVED = pl.Schema(
    {
        "firm": pl.UInt32,
        "unit": pl.UInt32,
        "decision": pl.String,
        "was": pl.String,
        "who": pl.String,
        "at": pl.String,
        "changed": pl.String,
        "remark": pl.String,
    }
)
"""One row per firm and unit that people decided. ``decision``:

- ``same``, ``different``: settled, never to be put up again;
- ``unsure``, ``disputed`` (verdicts differ): stays in review, ``who`` names both;
- ``stale``: the data behind it changed materially; to be put up once more with ``changed`` (a text
  for officials) and ``was``, the decision that held before. Elsewhere ``was`` repeats ``decision``.
"""


def resolve_decisions(
    firms: pl.DataFrame, units: pl.DataFrame, decisions: pl.DataFrame
) -> pl.DataFrame:
    """Return RESOLVED for FIRMS and UNITS (``select_identity``) from a frame of DECISIONS.

    Material changes: another standard name; a code that is valid now and holds another organisation
    code; a code that was missing, is valid now, and contradicts the decision. Sorted by firm,
    unit.
    """
    if decisions.is_empty():
        return pl.DataFrame(schema=RESOLVED)
    voices = _of_originals(_join_sides(firms, units, decisions), firms)
    on_current = pl.col("fits").any().over("firm", "unit")
    voices = voices.filter(pl.col("fits") | ~on_current)
    last = voices.sort("id").unique(["firm", "unit", "who"], keep="last", maintain_order=True)
    return _combine_verdicts(last.filter(pl.col("verdict") != "retracted"))


def _of_originals(voices: pl.DataFrame, firms: pl.DataFrame) -> pl.DataFrame:
    """Map decisions on any row of a firm listed several times to the firm."""
    rows = select_rows_of_firms(firms).select("firm", "original")
    joined = voices.join(rows, on="firm", how="left", maintain_order="left")
    return joined.with_columns(pl.col("original").alias("firm")).drop("original")


def find_aliases(firms: pl.DataFrame, decisions: pl.DataFrame) -> pl.DataFrame:
    """Return ``firm``, ``alias``: names under which units were confirmed to be the firm.

    Aliases stay even if the unit is gone: its successor often has the same name.
    """
    decided = decisions.filter(pl.col("verdict") != "unsure").sort("id")
    pair = ["firm_code", "firm_name", "unit_id", "unit_code", "unit_name"]
    last = decided.unique([*pair, "who"], keep="last", maintain_order=True)
    agreed = last.filter(pl.col("verdict") != "retracted").filter(
        (pl.col("verdict") == "same").all().over(pair)
    )
    entries = agreed.select(
        pl.col("id").alias("entry"),
        pl.col("firm_code").alias("code"),
        pl.col("firm_name").alias("name"),
    )
    rows = select_rows_of_firms(firms)
    found = (
        locate(entries, rows)
        .join(rows.select("firm", "original"), on="firm")
        .join(
            agreed.select(pl.col("id").alias("entry"), "firm_name", "unit_name", "unit_given"),
            on="entry",
        )
    )
    new = found.filter(
        pl.col("unit_name").is_not_null() & pl.col("unit_name").ne_missing(pl.col("firm_name"))
    )
    alias = pl.coalesce("unit_given", format_standard_name("unit_name")).alias("alias")
    return new.select(pl.col("original").alias("firm"), alias).unique().sort("firm", "alias")


def _join_sides(firms: pl.DataFrame, units: pl.DataFrame, decisions: pl.DataFrame) -> pl.DataFrame:
    """Return a row per decision and pair to which it now applies, ``fits`` and ``changed``."""
    ours = _find_firms(firms, decisions)
    theirs = _find_units(units, decisions)
    pairs = decisions.join(ours, on="id").join(theirs, on="id")
    contradicts = _describe_contradiction()
    changes = pl.concat_str(
        "firm_changed", "unit_changed", contradicts, separator=_("；"), ignore_nulls=True
    )
    return pairs.with_columns(
        pl.when(changes != "").then(changes).alias("changed"), (changes == "").alias("fits")
    )


def _find_firms(firms: pl.DataFrame, decisions: pl.DataFrame) -> pl.DataFrame:
    entries = decisions.select(
        pl.col("id").alias("entry"),
        pl.col("firm_code").alias("code"),
        pl.col("firm_name").alias("name"),
    )
    found = locate(entries, select_rows_of_firms(firms)).rename({"entry": "id"}).drop("fits")
    return _compare_identity(found, firms, decisions, "firm")


def _find_units(units: pl.DataFrame, decisions: pl.DataFrame) -> pl.DataFrame:
    """Find units by their number first: the insurance system gives it once and for all."""
    numbers = units.select("unit", "unit_id").drop_nulls().filter(pl.col("unit_id") != "")
    by_number = decisions.select("id", "unit_id").join(numbers, on="unit_id").select("id", "unit")
    rest = decisions.join(by_number, on="id", how="anti", maintain_order="left")
    entries = rest.select(
        pl.col("id").alias("entry"),
        pl.col("unit_code").alias("code"),
        pl.col("unit_name").alias("name"),
    )
    found = locate(entries, select_identity(units, "unit")).rename({"entry": "id"}).drop("fits")
    return _compare_identity(pl.concat([by_number, found]), units, decisions, "unit")


def _compare_identity(
    found: pl.DataFrame, frame: pl.DataFrame, decisions: pl.DataFrame, side: str
) -> pl.DataFrame:
    """Return ``id``, the side's key, its changes, its organisation and whether it gained a code."""
    then = decisions.select(
        "id",
        pl.col(f"{side}_code").alias("old_code"),
        pl.col(f"{side}_name").alias("old_name"),
        pl.col(f"{side}_given").alias("old_given"),
    ).with_columns(extract_organisation("old_code").alias("old_organisation"))
    now = (
        select_identity(frame, side)
        .drop("organisation", "county")
        .join(_select_given(frame, side), on=side)
    )
    joined = found.join(then, on="id").join(now, on=side)
    changed = pl.concat_str(
        _describe_renaming(side), _describe_recoding(side), separator=_("；"), ignore_nulls=True
    )
    return joined.select(
        "id",
        side,
        pl.when(changed != "").then(changed).alias(f"{side}_changed"),
        pl.col("valid_organisation").alias(f"{side}_organisation"),
        (pl.col("old_code").is_null() & pl.col("valid_organisation").is_not_null()).alias(
            f"{side}_code_added"
        ),
    )


def _select_given(frame: pl.DataFrame, side: str) -> pl.DataFrame:
    valid = pl.col("uscc_valid").fill_null(value=False) | pl.col("organisation_valid").fill_null(
        value=False
    )
    organisation = pl.when(valid).then("organisation").alias("valid_organisation")
    return frame.select(side, organisation, pl.col("name").alias("given"))


def _describe_renaming(side: str) -> pl.Expr:
    words = _("纳税人名称由“{}”变为“{}”") if side == "firm" else _("参保单位名称由“{}”变为“{}”")
    has_names = pl.col("old_name").is_not_null() & pl.col("name").is_not_null()
    return pl.when(has_names & (pl.col("old_name") != pl.col("name"))).then(
        pl.format(
            words,
            pl.coalesce("old_given", format_standard_name("old_name")),
            pl.coalesce("given", format_standard_name("name")),
        )
    )


def _describe_recoding(side: str) -> pl.Expr:
    words = _("纳税人代码由“{}”变为“{}”") if side == "firm" else _("参保单位代码由“{}”变为“{}”")
    old = pl.coalesce("old_organisation", "old_code")
    return pl.when(old != pl.col("valid_organisation")).then(pl.format(words, "old_code", "code"))


def _describe_contradiction() -> pl.Expr:
    """Return for which decisions a code, missing at the time, now contradicts them."""
    equal = pl.col("firm_organisation") == pl.col("unit_organisation")
    verdict = pl.col("verdict")
    against = ((verdict == "different") & equal) | ((verdict == "same") & ~equal)
    came_in = pl.col("firm_code_added") | pl.col("unit_code_added")
    return pl.when(came_in & against).then(pl.lit(_("补充了代码，与原认定不符")))


def _combine_verdicts(voices: pl.DataFrame) -> pl.DataFrame:
    """Draw each pair's voices together; an unsure one counts only if no one is sure."""
    sure = pl.col("verdict").is_in(["same", "different"])
    counted = voices.filter(sure | ~sure.any().over("firm", "unit")).sort("firm", "unit", "id")
    entry = pl.format(_("{}：{}"), pl.col("who").fill_null("?"), _translate_verdict())
    pairs = counted.group_by("firm", "unit", maintain_order=True).agg(
        pl.col("verdict").first().alias("one"),
        pl.col("verdict").n_unique().alias("verdicts"),
        entry.alias("who"),
        pl.col("at").max(),
        pl.col("changed").drop_nulls().unique(maintain_order=True).str.join(_("；")),
        pl.col("fits").any(),
        pl.col("remark").drop_nulls().str.join(_("；")),
    )
    settled = pl.when(pl.col("verdicts") > 1).then(pl.lit("disputed")).otherwise("one")
    resolved = pairs.with_columns(
        settled.alias("was"), pl.col("who").list.join(_("；"))
    ).with_columns(
        pl.when("fits").then("was").otherwise(pl.lit("stale")).alias("decision"),
        pl.when(~pl.col("fits")).then("changed").alias("changed"),
        pl.when(pl.col("remark") != "").then("remark").alias("remark"),
    )
    return resolved.select(pl.col(name).cast(dtype) for name, dtype in RESOLVED.items())


def _translate_verdict() -> pl.Expr:
    return pl.col("verdict").replace(list_verdict_labels())
