"""The linkage on a cluster: the steps of ``linkage.link_lists`` on lists in buckets."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from gapmatch.linkage import Model
from gapmatch.linkage.agreement import collect_evidence
from gapmatch.linkage.bigrams import Vocabulary
from gapmatch.linkage.block import MANY_KEYS, BlockedPairs
from gapmatch.linkage.connected import group_connected
from gapmatch.linkage.deletions import KeyFilter
from gapmatch.linkage.link_lists import (
    find_missing_evidence,
    read_manual_decisions,
    select_held_units,
)
from gapmatch.linkage.links import select_reviews
from gapmatch.linkage.sampling import count_units_with_match, draw_random_pairs
from gapmatch.linkage.sides import SideRows
from gapmatch.linkage.weights import gather_chance, refine
from gapmatch.settings.load import LinkageSettings
from gapmatch.spark.bucket_tasks import SendUnits, Sizes
from gapmatch.spark.cluster import Cluster, Piece, Pieces, Task, spread
from gapmatch.spark.deciding_tasks import (
    AssignAndClassify,
    CompleteLinks,
    EmitKeys,
    GroupComponents,
    MeasureAgreement,
    MergeCandidates,
    PairByKey,
    ReportLinks,
    TakeNearest,
    WeighPairs,
)
from gapmatch.spark.list_tasks import AddFrequencies, CountSharing, ListStatistics, SplitList
from gapmatch.vocabulary.notes import Note

if TYPE_CHECKING:
    from pyspark import Broadcast

_SCHEMA = {"firm": pl.UInt32, "unit": pl.UInt32}


@dataclass(frozen=True)
class ClusterLinkage:
    """The result of linking on a cluster: LINKS by bucket of firms, else as ``Linkage``."""

    links: Pieces
    model: Model
    candidates: int
    notes: list[Note]
    unreviewed: pl.DataFrame


@dataclass(frozen=True)
class LinkageOn:
    """Links FIRMS to UNITS that lie on a cluster, ``counts`` of them."""

    cluster: Cluster
    sizes: Sizes
    counts: tuple[int, int]
    settings: LinkageSettings

    def link(
        self, firms: Pieces, units: Pieces, model: Model, settled: pl.DataFrame | None
    ) -> ClusterLinkage:
        """Take both lists to links; ``settled`` as for ``linkage.link``."""
        split = [
            self._run_step("split-firms", SplitList("firm", self.sizes), firms),
            self._run_step("split-units", SplitList("unit", self.sizes), units),
        ]
        owned = [side.only("bigrams", "firm_owned", "unit_owned") for side in split]
        counted = self._run_step("count", CountSharing(self.sizes), *owned)
        rows = self._complete_sides(split[0], split[1], counted)
        statistics = self.cluster.session.sparkContext.broadcast(
            self._collect_statistics(split[0], split[1], counted)
        )
        pairs, skipped = self._block(rows, statistics)
        agreed = self._compare(pairs, rows, statistics, settled)
        refined = self._learn(agreed, rows[1], model)
        links, unreviewed = self._settle(agreed, refined, select_held_units(settled))
        count = self._collect_frame(agreed[0], "candidate_count", {"pairs": pl.Int64})[
            "pairs"
        ].sum()
        sides = (self._collect_glimpse("firm", split[0]), self._collect_glimpse("unit", split[1]))
        notes = find_missing_evidence(*sides, BlockedPairs(pl.DataFrame(), skipped))
        return ClusterLinkage(links, refined, int(count), notes, unreviewed)

    def _complete_sides(
        self, firms: Pieces, units: Pieces, counted: Pieces
    ) -> tuple[Pieces, Pieces]:
        """Return both lists with what their values share across all of them."""
        return (
            self._run_step(
                "firms",
                AddFrequencies("firm", self.counts[1]),
                firms.only("firm_values", "firm_names"),
                counted.only("firm_sharing"),
            ),
            self._run_step(
                "units",
                AddFrequencies("unit", self.counts[1]),
                units.only("unit_values", "unit_names"),
                counted.only("unit_sharing", "matched"),
            ),
        )

    def _collect_statistics(self, firms: Pieces, units: Pieces, counted: Pieces) -> ListStatistics:
        names = [
            self._collect_frame(side, f"{key}_name_count", {"bucket": pl.Int64, "names": pl.Int64})
            for side, key in ((firms, "firm"), (units, "unit"))
        ]
        totals = [int(n["names"].sum()) for n in names]
        bigrams = self.cluster.get(counted, "bigrams")
        vocabulary = Vocabulary.from_counts(bigrams, totals[0], totals[1])
        first = [_number_first_names(n) for n in names]
        return ListStatistics(vocabulary, *self.counts, totals[0], totals[1], first[0], first[1])

    def _block(
        self, rows: tuple[Pieces, Pieces], statistics: "Broadcast[ListStatistics]"
    ) -> tuple[list[Pieces], pl.DataFrame]:
        share = self.cluster.session.sparkContext.broadcast
        unit_rows = rows[1].only("unit_rows", "unit_named")
        of_units = self._run_step("unit-keys", EmitKeys("unit", statistics, self.sizes), unit_rows)
        key_filters = {
            rule: KeyFilter.from_keys(
                self._collect_frame(of_units, f"unit_keys_{rule}", {"key": pl.UInt64})["key"]
            )
            for rule in MANY_KEYS
        }
        emit = EmitKeys("firm", statistics, self.sizes, share(key_filters))
        of_firms = self._run_step("firm-keys", emit, rows[0])
        firm_of, unit_of = (
            self._collect_names(of_firms, "firm"),
            self._collect_names(of_units, "unit"),
        )
        keyed = [
            of_firms.only("firm_keys", "firm_tokens"),
            of_units.only("unit_keys", "unit_tokens"),
        ]
        keyed_pairs = self._run_step(
            "pairs", PairByKey(statistics, self.sizes, share(unit_of[0])), *keyed
        )
        choose = TakeNearest(
            share((firm_of[1], unit_of[1])),
            share((firm_of[0], unit_of[0])),
            self.sizes,
            self.settings.candidates_per_unit,
        )
        nearest = self._run_step("nearest", choose, keyed_pairs.only("scores"))
        schema = {"rule": pl.String, "key": pl.String, "firms": pl.UInt32, "units": pl.UInt32}
        skipped = self._collect_frame(keyed_pairs, "skipped", schema)
        return [keyed_pairs.only("pairs"), nearest.only("pairs")], skipped

    def _collect_names(self, emitted: Pieces, key: str) -> tuple[np.ndarray, np.ndarray]:
        """Return whose each name is, and its length, by the number of the name."""
        owners = self._collect_frame(
            emitted, f"{key}_owners", {"first": pl.Int64, "owner": pl.UInt32}
        )
        lengths = self._collect_frame(
            emitted, f"{key}_lengths", {"first": pl.Int64, "length": pl.Float64}
        )
        ordered = [f.sort("first", maintain_order=True) for f in (owners, lengths)]
        return ordered[0]["owner"].to_numpy(), ordered[1]["length"].to_numpy()

    def _compare(
        self,
        pairs: list[Pieces],
        rows: tuple[Pieces, Pieces],
        statistics: "Broadcast[ListStatistics]",
        settled: pl.DataFrame | None,
    ) -> tuple[Pieces, Pieces]:
        decided, drawn = read_manual_decisions(settled), draw_random_pairs(*self.counts)
        by_firm = self.sizes.assign_bucket("firm")
        extra = [*spread(decided, by_firm, "decided"), *spread(drawn, by_firm, "random")]
        more = self.cluster.place("decided", extra)
        tags = ("unit_rows", "unit_named")
        united = self._run_step("candidates", MergeCandidates(self.sizes), *pairs, more)
        sent = self._run_step("sent", SendUnits(tags), united.only("asked"), rows[1].only(*tags))
        agreed = self._run_step(
            "agreed",
            MeasureAgreement(statistics, self.settings.batch_pairs),
            united.only("candidates"),
            rows[0],
            sent,
        )
        return united, agreed

    def _learn(self, agreed: tuple[Pieces, Pieces], units: Pieces, model: Model) -> Model:
        training_pairs = self.cluster.collect(agreed[1], "training_pairs")
        training, drawn = (
            self.cluster.collect(units, "training"),
            self.cluster.collect(agreed[1], "drawn"),
        )
        if training_pairs is None or training is None or drawn is None:
            return model
        evidence = collect_evidence(
            training_pairs.sort("firm", "unit"), (self.counts[0], training.height)
        )
        return refine(model, evidence, gather_chance(drawn, count_units_with_match(training)))

    def _settle(
        self, agreed: tuple[Pieces, Pieces], model: Model, held: pl.Series
    ) -> tuple[Pieces, pl.DataFrame]:
        """Return LINKS, and what the review budget leaves undecided."""
        share = self.cluster.session.sparkContext.broadcast
        weigh = WeighPairs(share(model), self.counts)
        weighed = self._run_step("weighed", weigh, agreed[1].only("agreed"))
        edges = self._collect_frame(weighed, "edges", _SCHEMA)
        together = group_connected(edges, self.sizes.firm)
        gathered = self._run_step(
            "gathered", GroupComponents(share(together)), weighed.only("weighed")
        )
        decided = self._run_step("settled", AssignAndClassify(self.settings), gathered)
        worth = self._collect_frame(decided, "worth", {**_SCHEMA, "saved": pl.Float64})
        reviews = select_reviews(worth, self.settings.review_budget)
        reported = self._run_step(
            "reported",
            ReportLinks(share(reviews), share(held), self.sizes),
            decided.only("settled"),
        )
        nothing = share(self.cluster.get(reported, "nothing"))
        every = [
            Piece(bucket, "every", pl.DataFrame())
            for bucket in range(-(-self.counts[0] // self.sizes.firm))
        ]
        links = self._run_step(
            "links",
            CompleteLinks(self.sizes, self.counts[0], nothing),
            reported.only("reported"),
            self.cluster.place("every", every),
        )
        return links, self.cluster.get(reported, "unreviewed")

    def _collect_glimpse(self, key: str, split: Pieces) -> SideRows:
        columns = ("code_text", "person", "phone_digits", "county_name", "county_source")
        schema = dict.fromkeys(columns, pl.String)
        rows = self._collect_frame(split, f"{key}_glimpse", schema)
        return SideRows(key, rows, pl.DataFrame(), rows.height, 0)

    def _collect_frame(self, parts: Pieces, tag: str, schema: Mapping[str, Any]) -> pl.DataFrame:
        frame = self.cluster.collect(parts, tag)
        return pl.DataFrame(schema=schema) if frame is None else frame

    def _run_step(self, name: str, task: Task, *parts: Pieces) -> Pieces:
        return self.cluster.run_step(f"link-{name}", task, *parts)


def _number_first_names(counted: pl.DataFrame) -> Mapping[int, int]:
    """Return bucket → number of its first name, from ``bucket`` and ``names`` (how many it has)."""
    ordered = counted.sort("bucket")
    before = ordered["names"].cum_sum() - ordered["names"]
    return dict(zip(ordered["bucket"].to_list(), before.to_list(), strict=True))
