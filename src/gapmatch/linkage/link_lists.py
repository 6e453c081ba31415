"""The linkage as one story: from standardised firms and units to links."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import polars as pl

from gapmatch.concurrency import map_threads, run_in_parallel
from gapmatch.linkage.agreement import ComparedLists, collect_evidence, measure_agreement, weigh
from gapmatch.linkage.bigrams import BigramIndex
from gapmatch.linkage.block import BlockedPairs, block
from gapmatch.linkage.classify import estimate_errors
from gapmatch.linkage.compare import compare
from gapmatch.linkage.links import complete_links, select_reported_links, select_reviews, settle
from gapmatch.linkage.sampling import (
    count_units_with_match,
    draw_random_pairs,
    flag_exact_matches,
    is_training_unit,
)
from gapmatch.linkage.sides import SideRows, make_side
from gapmatch.linkage.unreviewed import count_unreviewed, summarise_unreviewed
from gapmatch.linkage.weight_model import Model
from gapmatch.linkage.weights import gather_chance, refine
from gapmatch.schemas import UNKNOWN_COUNTY
from gapmatch.settings.load import LinkageSettings
from gapmatch.vocabulary.notes import Note


@dataclass(frozen=True)
class Linkage:
    """The result of linking: LINKS with parts and levels, the refined model, counts and errors."""

    links: pl.DataFrame
    model: Model
    summary: Mapping[str, Any]
    notes: Sequence[Note]


def link(
    firms: pl.DataFrame,
    units: pl.DataFrame,
    model: Model,
    settings: LinkageSettings,
    settled: pl.DataFrame | None = None,
) -> Linkage:
    """Link FIRMS to UNITS.

    Both frames are sorted by their key from 0 on. ``settled``: firm, unit and decision (same,
    different; linked_before: reviewed if neither is linked now; any other value leaves the pair in
    review); a unit without a firm is another's (``hold_units``). The same rows in another order
    give the same links.
    """
    lists = make_lists(firms, units)
    blocked = block(lists.firms, lists.units, lists.index, settings.candidates_per_unit)
    pairs = add_manual_decisions(blocked.pairs, read_manual_decisions(settled))
    compared = _ComparedPairs(pairs, lists, settings.batch_pairs)
    refined = compared.learn(model)
    weighed = compared.weigh(refined)
    settled_pairs = settle(weighed, settings)
    reviews = select_reviews(settled_pairs, settings.review_budget)
    reported = hold_units(select_reported_links(settled_pairs, reviews), select_held_units(settled))
    links = complete_links(lists.firms.rows["firm"], reported)
    return Linkage(
        links,
        refined,
        summarise_links(links, pairs.height, refined, count_unreviewed(settled_pairs, reviews)),
        find_missing_evidence(lists.firms, lists.units, blocked),
    )


def make_lists(firms: pl.DataFrame, units: pl.DataFrame) -> ComparedLists:
    """Return FIRMS and UNITS as they are compared."""
    left, right = run_in_parallel(
        lambda: make_side("firm", firms), lambda: make_side("unit", units)
    )
    right = replace(right, rows=flag_exact_matches(right.rows, left.rows))
    return ComparedLists(left, right, BigramIndex.build(left.names, right.names))


@dataclass(frozen=True)
class _ComparedPairs:
    """Pairs, compared in batches; those that the model is learned from are compared but once."""

    pairs: pl.DataFrame
    lists: ComparedLists
    batch: int

    def learn(self, model: Model) -> Model:
        """Return the model as fitted to the training pairs."""
        firms, units = self.lists.totals
        training_pairs, random = run_in_parallel(
            lambda: self._training_pairs,
            lambda: compare(
                draw_random_pairs(firms, units),
                self.lists.firms,
                self.lists.units,
                self.lists.index,
            ),
        )
        training_units = self.lists.units.rows.filter(is_training_unit(pl.col("unit"), units))
        evidence = collect_evidence(training_pairs, (firms, training_units.height))
        return refine(
            model, evidence, gather_chance(random, count_units_with_match(training_units))
        )

    def weigh(self, model: Model) -> pl.DataFrame:
        """Return all pairs that still count, sorted by firm and unit."""
        rest = self.pairs.filter(~self._is_training_pair)
        batches = [rest.slice(at, self.batch) for at in range(0, rest.height, self.batch)]
        lists, totals = self.lists, self.lists.totals
        weighed = map_threads(
            lambda batch: weigh(measure_agreement(batch, lists), model, totals), batches
        )
        return pl.concat([weigh(self._training_pairs, model, totals), *weighed]).sort(
            "firm", "unit"
        )

    @property
    def _is_training_pair(self) -> pl.Expr:
        return is_training_unit(pl.col("unit"), self.lists.totals[1])

    @cached_property
    def _training_pairs(self) -> pl.DataFrame:
        pairs = self.pairs.filter(self._is_training_pair)
        starts = range(0, pairs.height, self.batch) or [0]
        return pl.concat(
            [measure_agreement(pairs.slice(at, self.batch), self.lists) for at in starts]
        )


def summarise_links(
    links: pl.DataFrame, candidates: int, model: Model, unreviewed: pl.DataFrame
) -> dict[str, Any]:
    """Return counts and expected errors of LINKS, with what ``count_unreviewed`` returned."""
    decided = links["decision"]
    return {
        "candidate_pairs": candidates,
        "matches": int((decided == "match").sum()),
        "reviews": int((decided == "review").sum()),
        "matched_share": round(model.matched_share, 4),
        **estimate_errors(links),
        "unreviewed": summarise_unreviewed(unreviewed),
    }


MAX_LISTED_KEYS = 3
INFERRED_COUNTIES = ("address", "name", "code", "prefecture", "unknown")
"""Sources of a county other than a column, an office, or the name of a sheet or file."""
_COMPARED = {"code_text": "no_codes", "person": "no_persons", "phone_digits": "no_phones"}


def find_missing_evidence(firms: SideRows, units: SideRows, blocked: BlockedPairs) -> list[Note]:
    """Return one note per comparison that a list does not allow, and one on keys left unpaired."""
    sides = {"tax": firms.rows, "enrollment": units.rows}
    notes = [
        Note(code, {"side": side})
        for column, code in _COMPARED.items()
        for side, rows in sides.items()
        if rows.height and rows[column].null_count() == rows.height
    ]
    notes += [
        Note("no_counties", {"side": side})
        for side, rows in sides.items()
        if rows.height and (rows["county_name"] == UNKNOWN_COUNTY).all()
    ]
    notes += [
        Note("inferred_counties", {"side": side})
        for side, rows in sides.items()
        if (rows["county_name"] != UNKNOWN_COUNTY).any()
        and rows["county_source"].is_in(INFERRED_COUNTIES).all()
    ]
    return notes + _note_common_keys(blocked.skipped)


def _note_common_keys(skipped: pl.DataFrame) -> list[Note]:
    exact = skipped.filter(pl.col("rule").is_in(["organisation", "standard_name", "core", "phone"]))
    if exact.is_empty():
        return []
    shown = exact.sort("firms", "key", descending=[True, False]).head(MAX_LISTED_KEYS)
    keys = tuple(shown.select("key", "firms", "units").to_dicts())
    return [Note("common_keys", {"keys": keys})]


SETTLED_BITS = 60.0
"""More than all other evidence together can weigh."""


def read_manual_decisions(settled: pl.DataFrame | None) -> pl.DataFrame:
    """Return firm, unit, ``settled`` (bits that the decision weighs), ``doubted`` (it leaves doubt)
    and ``linked_before`` (nobody decided).
    """
    if settled is None:
        schema = {"firm": pl.UInt32, "unit": pl.UInt32, "decision": pl.String}
        settled = pl.DataFrame(schema=schema)
    bits = {"same": SETTLED_BITS, "different": -SETTLED_BITS}
    weighed = pl.col("decision").replace_strict(bits, default=0.0, return_dtype=pl.Float64)
    before = pl.col("decision") == "linked_before"
    return settled.drop_nulls("firm").select(
        *("firm", "unit", weighed.alias("settled")),
        *((~before & (weighed == 0.0)).alias("doubted"), before.alias("linked_before")),
    )


def select_held_units(settled: pl.DataFrame | None) -> pl.Series:
    """Return the units that people gave to firms which are not in this list."""
    if settled is None:
        return pl.Series("unit", [], pl.UInt32)
    return settled.filter(pl.col("firm").is_null())["unit"]


def hold_units(links: pl.DataFrame, held: pl.Series) -> pl.DataFrame:
    """Put matches of ``held`` units up for review, unless a person decided on the pair."""
    taken = (pl.col("decision") == "match") & pl.col("unit").is_in(held.implode())
    to_review = taken & (pl.col("part_decision") <= 0.0)
    return links.with_columns(
        pl.when(to_review).then(pl.lit("review")).otherwise("decision").alias("decision")
    )


def add_manual_decisions(pairs: pl.DataFrame, decisions: pl.DataFrame) -> pl.DataFrame:
    """Add pairs that people decided, or linked before, to the candidates, with what is known."""
    everything = pairs.select("firm", "unit")
    if decisions.height:
        everything = pl.concat([everything, decisions.select("firm", "unit")]).unique()
    joined = everything.sort("firm", "unit").join(
        decisions, on=["firm", "unit"], how="left", maintain_order="left"
    )
    return joined.with_columns(
        pl.col("settled").fill_null(0.0), pl.col("doubted", "linked_before").fill_null(value=False)
    )
