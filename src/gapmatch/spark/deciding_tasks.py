"""Pairs in tasks: proposed, compared, weighed, settled in groups; a pair lies with its firm."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from gapmatch.linkage.agreement import ComparedLists, measure_agreement, weigh
from gapmatch.linkage.bigrams import BigramIndex
from gapmatch.linkage.block import (
    MANY_KEYS,
    RULES,
    add_rule,
    cap_frequent_keys,
    iterate_keys,
    join_by_key,
    unite_pairs,
)
from gapmatch.linkage.deletions import KeyFilter
from gapmatch.linkage.link_lists import add_manual_decisions, hold_units, read_manual_decisions
from gapmatch.linkage.links import complete_links, select_reported_links, settle
from gapmatch.linkage.nearest import (
    PLACE_BITS,
    Postings,
    compute_partial_scores,
    extract_tokens,
    name_lengths,
    number_places,
    select_nearest_names,
)
from gapmatch.linkage.sampling import is_training_unit
from gapmatch.linkage.sides import SideRows
from gapmatch.linkage.unreviewed import count_unreviewed
from gapmatch.linkage.weight_model import Model
from gapmatch.settings.load import LinkageSettings
from gapmatch.spark.bucket_tasks import ELSEWHERE, Frames, Sizes
from gapmatch.spark.cluster import Piece, spread
from gapmatch.spark.list_tasks import ListStatistics

if TYPE_CHECKING:
    from pyspark import Broadcast


@dataclass(frozen=True)
class EmitKeys:
    """A bucket → its keys for every rule, and its bigrams, each to the bucket of the key."""

    key: str
    statistics: "Broadcast[ListStatistics]"
    sizes: Sizes
    key_filters: "Broadcast[Mapping[str, KeyFilter]] | None" = None

    def __call__(self, bucket: int, frames: Frames) -> Iterable[Piece]:
        """Return ``<key>_keys`` (rule, key, firm or unit, rows), ``<key>_tokens``, name lengths."""
        statistics = self.statistics.value
        rows = frames[f"{self.key}_rows"].sort(self.key)
        names = frames[f"{self.key}_named"].sort(self.key, "place")
        side = statistics.make_side(self.key, rows, names)
        key_filters = self.key_filters.value if self.key_filters else None
        for rule, keys in iterate_keys(side, key_filters):
            if self.key == "unit" and rule in MANY_KEYS:
                yield Piece(ELSEWHERE, f"unit_keys_{rule}", keys.select("key"))
            own = keys.with_columns(
                rows[self.key].gather(keys[self.key]).alias(self.key), pl.col("key").cast(pl.String)
            )
            thin = cap_frequent_keys(own, self.key).select(
                pl.lit(rule).alias("rule"), "key", self.key, "rows"
            )
            by_key = pl.struct("rule", "key").hash() % self.sizes.keys
            yield from spread(thin, by_key, f"{self.key}_keys")
        yield from self._iterate_tokens(bucket, side, statistics)

    def _iterate_tokens(
        self, bucket: int, side: SideRows, statistics: ListStatistics
    ) -> Iterable[Piece]:
        no_names = side.names.clear().with_columns(
            pl.lit(0, pl.UInt32).alias(k) for k in ("firm", "unit")
        )
        names = side.names
        index = BigramIndex.build(
            names if self.key == "firm" else no_names,
            names if self.key == "unit" else no_names,
            statistics.vocabulary,
        )
        firm = self.key == "firm"
        matrix, owners = (index.firm_rows, index.firms) if firm else (index.unit_rows, index.units)
        postings = extract_tokens(matrix, number_places(side, owners), statistics.vocabulary)
        first = statistics.get_first_name(self.key, bucket)
        tokens = pl.DataFrame(
            {"name": (postings.row + first).astype(np.uint32), "token": postings.token}
        )
        by_bigram = (pl.col("token") // (1 << PLACE_BITS)).hash() % self.sizes.keys
        yield from spread(tokens, by_bigram, f"{self.key}_tokens")
        lengths = {"first": first, "length": name_lengths(matrix, statistics.vocabulary)}
        yield Piece(ELSEWHERE, f"{self.key}_lengths", pl.DataFrame(lengths))
        owner = pl.Series("owner", owners + bucket * getattr(self.sizes, self.key)).cast(pl.UInt32)
        yield Piece(ELSEWHERE, f"{self.key}_owners", pl.DataFrame({"first": first, "owner": owner}))


@dataclass(frozen=True)
class PairByKey:
    """All owners of some keys → their pairs, and scores of names, to the firm's bucket."""

    statistics: "Broadcast[ListStatistics]"
    sizes: Sizes
    unit_of_name: "Broadcast[np.ndarray]"

    def __call__(self, bucket: int, frames: Frames) -> Iterable[Piece]:
        """Return ``pairs`` (firm, unit, rules), ``skipped`` keys, ``scores`` by unit bucket."""
        firms, units = frames.get("firm_keys"), frames.get("unit_keys")
        if firms is not None and units is not None:
            yield from self._iterate_pairs(firms, units)
        tokens = frames.get("firm_tokens"), frames.get("unit_tokens")
        if tokens[0] is not None and tokens[1] is not None:
            left, right = (
                Postings(t["name"].to_numpy().astype(np.int64), t["token"].to_numpy())
                for t in tokens
                if t is not None
            )
            scores = compute_partial_scores(left, right, self.statistics.value.vocabulary.idf)
            owner = pl.Series("unit", self.unit_of_name.value[scores["unit_name"].to_numpy()])
            known = scores.with_columns(owner)
            for piece in spread(known, self.sizes.assign_bucket("unit"), "scores"):
                yield piece._replace(frame=piece.frame.drop("unit"))

    def _iterate_pairs(self, firms: pl.DataFrame, units: pl.DataFrame) -> Iterable[Piece]:
        for rule in RULES:
            left, right = (side.filter(pl.col("rule") == rule) for side in (firms, units))
            if left.is_empty() or right.is_empty():
                continue
            pairs, common = join_by_key(left, right)
            yield from spread(add_rule(pairs, rule), self.sizes.assign_bucket("firm"), "pairs")
            skipped = common.select(pl.lit(rule).alias("rule"), "key", "firms", "units")
            if skipped.height:
                yield Piece(ELSEWHERE, "skipped", skipped)


@dataclass(frozen=True)
class TakeNearest:
    """All scores of a bucket of units → for each of their names the firms most like it."""

    lengths: "Broadcast[tuple[np.ndarray, np.ndarray]]"
    owners: "Broadcast[tuple[np.ndarray, np.ndarray]]"
    sizes: Sizes
    count: int

    def __call__(self, bucket: int, frames: Frames) -> Iterable[Piece]:
        """Return ``pairs``."""
        of_firms, of_units = self.lengths.value
        best = select_nearest_names(frames["scores"], of_firms, of_units, self.count)
        firm_of, unit_of = self.owners.value
        pairs = pl.DataFrame(
            {
                "firm": firm_of[best["firm_name"].to_numpy()],
                "unit": unit_of[best["unit_name"].to_numpy()],
            }
        ).unique(maintain_order=True)
        yield from spread(add_rule(pairs, "bigrams"), self.sizes.assign_bucket("firm"), "pairs")


@dataclass(frozen=True)
class MergeCandidates:
    """All that proposes pairs of a bucket of firms → its candidates, and requests for units."""

    sizes: Sizes

    def __call__(self, bucket: int, frames: Frames) -> Iterable[Piece]:
        """Return ``candidates`` (settled, doubted, random) and ``asked``, by the unit's bucket."""
        none = pl.DataFrame(schema={"firm": pl.UInt32, "unit": pl.UInt32, "rules": pl.UInt32})
        pairs = unite_pairs([frames.get("pairs", none)])
        decided = frames.get("decided")
        nothing = read_manual_decisions(None)
        own = add_manual_decisions(pairs, nothing if decided is None else decided)
        drawn = frames.get("random")
        batches = [own.with_columns(drawn=pl.lit(value=False))]
        if drawn is not None:
            batches.append(
                add_manual_decisions(drawn, nothing).with_columns(drawn=pl.lit(value=True))
            )
        candidates = pl.concat(batches)
        yield Piece(bucket, "candidates", candidates)
        yield Piece(ELSEWHERE, "candidate_count", pl.DataFrame({"pairs": [own.height]}))
        asked = (
            candidates.select("unit").unique(maintain_order=True).with_columns(by=pl.lit(bucket))
        )
        yield from spread(asked, self.sizes.assign_bucket("unit"), "asked")


@dataclass(frozen=True)
class MeasureAgreement:
    """Candidates of a bucket of firms with both sides' rows → what they agree on."""

    statistics: "Broadcast[ListStatistics]"
    batch: int

    def __call__(self, bucket: int, frames: Frames) -> Iterable[Piece]:
        """Return ``agreed`` and, of random pairs, ``drawn``."""
        if "unit_rows" not in frames:
            return
        sides = {}
        for key in ("firm", "unit"):
            rows = frames[f"{key}_rows"].sort(key)
            sides[key] = (
                rows[key],
                self.statistics.value.make_side(
                    key, rows, frames[f"{key}_named"].sort(key, "place")
                ),
            )
        (firm_ids, firms), (unit_ids, units) = sides["firm"], sides["unit"]
        index = BigramIndex.build(firms.names, units.names, self.statistics.value.vocabulary)
        lists = ComparedLists(firms, units, index)
        local = frames["candidates"].with_columns(
            pl.Series("firm", firm_ids.search_sorted(frames["candidates"]["firm"])).cast(pl.UInt32),
            pl.Series("unit", unit_ids.search_sorted(frames["candidates"]["unit"])).cast(pl.UInt32),
        )
        for batch in local.iter_slices(self.batch):
            agreed = measure_agreement(batch, lists).with_columns(
                firm_ids.gather(batch["firm"]).alias("firm"),
                unit_ids.gather(batch["unit"]).alias("unit"),
            )
            yield Piece(bucket, "agreed", agreed.filter(~pl.col("drawn")).drop("drawn"))
            is_training = ~pl.col("drawn") & is_training_unit(
                pl.col("unit"), self.statistics.value.units
            )
            yield Piece(ELSEWHERE, "training_pairs", agreed.filter(is_training).drop("drawn"))
            yield Piece(ELSEWHERE, "drawn", agreed.filter("drawn").drop("drawn"))


@dataclass(frozen=True)
class WeighPairs:
    """What pairs agree on → the pairs that still count."""

    model: "Broadcast[Model]"
    totals: tuple[int, int]

    def __call__(self, bucket: int, frames: Frames) -> Iterable[Piece]:
        """Return ``weighed``, and firm and unit of each as ``edges``."""
        weighed = weigh(frames["agreed"], self.model.value, self.totals)
        yield Piece(bucket, "weighed", weighed)
        yield Piece(ELSEWHERE, "edges", weighed.select("firm", "unit"))


@dataclass(frozen=True)
class GroupComponents:
    """Weighed pairs → the bucket of all that they are connected with."""

    bucket_of_firm: "Broadcast[pl.DataFrame]"

    def __call__(self, bucket: int, frames: Frames) -> Iterable[Piece]:
        """Return ``connected``."""
        grouped = frames["weighed"].join(
            self.bucket_of_firm.value, on="firm", how="left", maintain_order="left"
        )
        for piece in spread(grouped, pl.col("together"), "connected"):
            yield piece._replace(frame=piece.frame.drop("together"))
        # If no pair counts any more, there is still one group, without pairs.
        yield Piece(0, "connected", grouped.clear().drop("together"))


@dataclass(frozen=True)
class AssignAndClassify:
    """Whole connected groups of pairs → all that is decided within them."""

    settings: LinkageSettings

    def __call__(self, bucket: int, frames: Frames) -> Iterable[Piece]:
        """Return ``settled``, and of pairs that a look might save, ``worth``."""
        settled = settle(frames["connected"].sort("firm", "unit"), self.settings)
        yield Piece(bucket, "settled", settled)
        worth = settled.filter(pl.col("saved") > 0).select("firm", "unit", "saved")
        best = worth.sort("saved", "firm", "unit", descending=[True, False, False])
        yield Piece(ELSEWHERE, "worth", best.head(self.settings.review_budget))


@dataclass(frozen=True)
class ReportLinks:
    """Settled pairs and the reviews → their outcome, to the bucket of their firm."""

    reviews: "Broadcast[pl.DataFrame]"
    held: "Broadcast[pl.Series]"
    sizes: Sizes

    def __call__(self, bucket: int, frames: Frames) -> Iterable[Piece]:
        """Return ``reported``, ``nothing`` (the same without rows) and ``unreviewed``."""
        reported = hold_units(
            select_reported_links(frames["settled"], self.reviews.value), self.held.value
        )
        yield Piece(
            ELSEWHERE, "unreviewed", count_unreviewed(frames["settled"], self.reviews.value)
        )
        yield Piece(ELSEWHERE, "nothing", reported.clear())
        yield from spread(reported, self.sizes.assign_bucket("firm"), "reported")


@dataclass(frozen=True)
class CompleteLinks:
    """Outcomes for a bucket of firms → LINKS of all of them."""

    sizes: Sizes
    firms: int
    nothing: "Broadcast[pl.DataFrame]"

    def __call__(self, bucket: int, frames: Frames) -> Iterable[Piece]:
        """Return ``links``."""
        first = bucket * self.sizes.firm
        last = min(first + self.sizes.firm, self.firms)
        every = pl.Series("firm", range(first, max(first, last)), dtype=pl.UInt32)
        yield Piece(
            bucket, "links", complete_links(every, frames.get("reported", self.nothing.value))
        )
