"""Pairs in tasks: compared, weighed, settled in connected groups, reported to their firms."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from gapmatch.linkage.agreement import ComparedLists, measure_agreement, weigh
from gapmatch.linkage.bigrams import BigramIndex
from gapmatch.linkage.links import complete_links, select_reported_links, settle
from gapmatch.linkage.sampling import is_training_unit
from gapmatch.linkage.unreviewed import count_unreviewed
from gapmatch.linkage.weight_model import Model
from gapmatch.settings.load import LinkageSettings
from gapmatch.spark.bucket_tasks import ELSEWHERE, Frames, Sizes
from gapmatch.spark.cluster import Piece, spread
from gapmatch.spark.list_tasks import ListStatistics

if TYPE_CHECKING:
    from pyspark import Broadcast


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
            lesson = ~pl.col("drawn") & is_training_unit(
                pl.col("unit"), self.statistics.value.units
            )
            yield Piece(ELSEWHERE, "lesson", agreed.filter(lesson).drop("drawn"))
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
    sizes: Sizes

    def __call__(self, bucket: int, frames: Frames) -> Iterable[Piece]:
        """Return ``reported``, ``nothing`` (the same without rows) and ``unreviewed``."""
        reported = select_reported_links(frames["settled"], self.reviews.value)
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
