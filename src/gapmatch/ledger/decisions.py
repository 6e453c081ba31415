"""Decisions of people, applied to the firms and units of this quarter.

Pure functions over frames, so that the pipeline can hand their result to the linkage. Decisions are
keyed on content (codes, names, the unit's number): they hold however an extract is sorted or split.
"""

import polars as pl

from gapmatch.ledger.filled_rows import Pair
from gapmatch.ledger.identity import (
    extract_organisation,
    format_standard_name,
    locate,
    select_entries,
    select_identity,
    select_rows_of_firms,
)

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
"""What ``entries.load_decisions`` returns: every row ever entered, in order of ``id``.

``verdict``: ``same``, ``different``, ``unsure`` or ``retracted`` (withdraws the verdict of
``who``)."""

RESOLVED = pl.Schema(
    {
        "firm": pl.UInt32(),
        "unit": pl.UInt32(),
        "decision": pl.String(),
        "was": pl.String(),
        "voices": pl.List(pl.Struct({"who": pl.String, "verdict": pl.String})),
        "changes": pl.List(pl.Struct({"code": pl.String, "before": pl.String, "after": pl.String})),
    }
)
"""One row per firm and unit that people decided. ``decision``:

- ``same``, ``different``: decided, never to be put up again;
- ``unsure``, ``disputed`` (verdicts differ): stays in review;
- ``stale``: the data behind it changed materially; to be put up once more with its ``changes`` and
  ``was``, the decision that held before. Elsewhere ``was`` repeats ``decision``.

``wording.ledger_words`` makes texts of ``voices`` and ``changes``.
"""

EARLIER_LINKS = pl.Schema(
    {column: dtype for column, dtype in DECISIONS.items() if column not in ("who", "at", "remark")}
)
"""Links of the last quarter that are evidence in this one, as if a person had decided on them."""

_MIN_NUMBERED = 10
"""Fewer units show nothing about the numbers of a list."""


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


def resolve_for_linkage(
    firms: pl.DataFrame, units: pl.DataFrame, decisions: pl.DataFrame, earlier: pl.DataFrame
) -> pl.DataFrame:
    """Return RESOLVED, with a row for each pair that was ``linked_before`` and nobody decided on
    (``earlier``: EARLIER_LINKS), and a row without ``firm`` for each unit that is ``held``.

    A unit that a person confirmed to be a firm's stays that firm's while the firm is not in the
    list: no other firm may have it without a look. One that is confirmed for a firm of this list,
    or that has another name or code now, is not held.
    """
    resolved = resolve_decisions(firms, units, decisions)
    before = _find_linked_before(firms, units, earlier).join(
        resolved, on=["firm", "unit"], how="anti"
    )
    resolved = pl.concat([resolved, before], how="diagonal")
    if decisions.is_empty():
        return resolved
    confirmed = _select_confirmed(decisions)
    there = locate(select_entries(confirmed, "firm"), select_rows_of_firms(firms))
    gone = confirmed.filter(~pl.col("id").is_in(there["entry"].implode()))
    given_anew = resolved.filter(pl.col("decision") == "same")["unit"].implode()
    held = _find_units(units, gone).filter(
        pl.all_horizontal(pl.col("unit_renamed", "unit_recoded").is_null())
        & ~pl.col("unit").is_in(given_anew)
    )
    rows = held.select(
        pl.col("unit").unique().sort().cast(RESOLVED["unit"]), decision=pl.lit("held")
    )
    return pl.concat([resolved, rows], how="diagonal")


def _find_linked_before(
    firms: pl.DataFrame, units: pl.DataFrame, earlier: pl.DataFrame
) -> pl.DataFrame:
    """Return firm, unit, decision of EARLIER_LINKS whose firm and unit are both there still.

    Neither may have another code now. A number under which another name is listed stands for its
    unit, unless that is so of most: then the numbers are those of rows.
    """
    if earlier.is_empty():
        return pl.DataFrame(schema={c: RESOLVED[c] for c in ("firm", "unit", "decision")})
    found = _of_originals(
        _find_firms(firms, earlier).join(_find_units(units, earlier), on="id"), firms
    )
    renamed = pl.col("unit_renamed").is_not_null()
    if found.height >= _MIN_NUMBERED and int(found.select(renamed.sum()).item()) * 2 > found.height:
        found = found.filter(~renamed)
    same = found.filter(pl.all_horizontal(pl.col("firm_recoded", "unit_recoded").is_null()))
    alone = same.unique(["id", "firm", "unit"]).filter(pl.len().over("id") == 1)
    return (
        alone.select(pl.col("firm", "unit").cast(pl.UInt32), decision=pl.lit("linked_before"))
        .unique()
        .sort("firm", "unit")
    )


def _select_confirmed(decisions: pl.DataFrame) -> pl.DataFrame:
    """Return the last words of all who were sure of a pair, if they agree that it is the same."""
    decided = decisions.filter(pl.col("verdict") != "unsure").sort("id")
    last = decided.unique([*Pair._fields, "who"], keep="last", maintain_order=True)
    return last.filter(pl.col("verdict") != "retracted").filter(
        (pl.col("verdict") == "same").all().over(Pair._fields)
    )


def find_aliases(firms: pl.DataFrame, decisions: pl.DataFrame) -> pl.DataFrame:
    """Return ``firm``, ``alias``: names under which units, gone or not, were confirmed."""
    if decisions.is_empty():
        return pl.DataFrame(schema={"firm": pl.UInt32, "alias": pl.String})
    agreed = _select_confirmed(decisions)
    rows = select_rows_of_firms(firms)
    located = (
        locate(select_entries(agreed, "firm"), rows)
        .join(rows.select("firm", "original"), on="firm")
        .join(agreed.select("firm_name", "unit_name", "unit_given", entry="id"), on="entry")
    )
    new = located.filter(
        pl.col("unit_name").is_not_null() & pl.col("unit_name").ne_missing(pl.col("firm_name"))
    )
    alias = pl.coalesce("unit_given", format_standard_name("unit_name")).alias("alias")
    return new.select(pl.col("original").alias("firm"), alias).unique().sort("firm", "alias")


def _join_sides(firms: pl.DataFrame, units: pl.DataFrame, decisions: pl.DataFrame) -> pl.DataFrame:
    """Return a row per decision and pair to which it now applies, ``fits`` and ``changes``."""
    ours = _find_firms(firms, decisions)
    theirs = _find_units(units, decisions)
    pairs = decisions.join(ours, on="id").join(theirs, on="id")
    findings = ("firm_renamed", "firm_recoded", "unit_renamed", "unit_recoded", "contradicted")
    return pairs.with_columns(_find_contradiction().alias("contradicted")).select(
        pl.all().exclude(findings),
        pl.concat_list(findings).list.drop_nulls().alias("changes"),
        pl.all_horizontal(pl.col(findings).is_null()).alias("fits"),
    )


def _find_firms(firms: pl.DataFrame, decisions: pl.DataFrame) -> pl.DataFrame:
    located = locate(select_entries(decisions, "firm"), select_rows_of_firms(firms))
    return _compare_identity(located.select("firm", id="entry"), firms, decisions, "firm")


def _find_units(units: pl.DataFrame, decisions: pl.DataFrame) -> pl.DataFrame:
    """Find units by their number first: the insurance system gives it once and for all."""
    numbers = units.select("unit", "unit_id").drop_nulls().filter(pl.col("unit_id") != "")
    by_number = decisions.select("id", "unit_id").join(numbers, on="unit_id").select("id", "unit")
    rest = decisions.join(by_number, on="id", how="anti", maintain_order="left")
    located = locate(select_entries(rest, "unit"), select_identity(units, "unit"))
    there = pl.concat([by_number, located.select(pl.col("entry").alias("id"), "unit")])
    return _compare_identity(there, units, decisions, "unit")


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
    return joined.select(
        "id",
        side,
        _find_renaming(side).alias(f"{side}_renamed"),
        _find_recoding(side).alias(f"{side}_recoded"),
        pl.col("valid_organisation").alias(f"{side}_organisation"),
        (pl.col("old_code").is_null() & pl.col("valid_organisation").is_not_null()).alias(
            f"{side}_code_added"
        ),
    )


def _select_given(frame: pl.DataFrame, side: str) -> pl.DataFrame:
    valid = pl.any_horizontal("uscc_valid", "organisation_valid")
    organisation = pl.when(valid).then("organisation").alias("valid_organisation")
    return frame.select(side, organisation, pl.col("name").alias("given"))


def _find_renaming(side: str) -> pl.Expr:
    has_names = pl.col("old_name").is_not_null() & pl.col("name").is_not_null()
    before = pl.coalesce("old_given", format_standard_name("old_name"))
    after = pl.coalesce("given", format_standard_name("name"))
    renamed = has_names & (pl.col("old_name") != pl.col("name"))
    return pl.when(renamed).then(_build_change(f"{side}_renamed", before, after))


def _find_recoding(side: str) -> pl.Expr:
    old = pl.coalesce("old_organisation", "old_code")
    change = _build_change(f"{side}_recoded", pl.col("old_code"), pl.col("code"))
    return pl.when(old != pl.col("valid_organisation")).then(change)


def _find_contradiction() -> pl.Expr:
    """Return for which decisions a code, missing at the time, now contradicts them."""
    equal = pl.col("firm_organisation") == pl.col("unit_organisation")
    verdict = pl.col("verdict")
    against = ((verdict == "different") & equal) | ((verdict == "same") & ~equal)
    came_in = pl.col("firm_code_added") | pl.col("unit_code_added")
    nothing = pl.lit(None, pl.String)
    return pl.when(came_in & against).then(_build_change("code_contradicts", nothing, nothing))


def _build_change(code: str, before: pl.Expr, after: pl.Expr) -> pl.Expr:
    return pl.struct(pl.lit(code).alias("code"), before.alias("before"), after.alias("after"))


def _combine_verdicts(voices: pl.DataFrame) -> pl.DataFrame:
    """Draw each pair's voices together; an unsure one counts only if no one is sure."""
    sure = pl.col("verdict").is_in(["same", "different"])
    counted = voices.filter(sure | ~sure.any().over("firm", "unit")).sort("firm", "unit", "id")
    pairs = counted.group_by("firm", "unit", maintain_order=True).agg(
        pl.col("verdict").first().alias("one"),
        pl.col("verdict").n_unique().alias("verdicts"),
        pl.struct("who", "verdict").alias("voices"),
        pl.col("changes").explode().drop_nulls(),
        pl.col("fits").any(),
    )
    verdict = pl.when(pl.col("verdicts") > 1).then(pl.lit("disputed")).otherwise("one")
    resolved = pairs.with_columns(verdict.alias("was")).with_columns(
        pl.when("fits").then("was").otherwise(pl.lit("stale")).alias("decision"),
        pl.when(~pl.col("fits"))
        .then("changes")
        .otherwise(pl.col("changes").list.head(0))
        .alias("changes"),
    )
    return resolved.select(pl.col(name).cast(dtype) for name, dtype in RESOLVED.items())
