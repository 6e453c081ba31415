"""The linkage on a cluster, as one story: the steps of ``linkage.engine`` where the lists lie in buckets."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from gapmatch.linkage import Model
from gapmatch.linkage.agreement import evidence_of
from gapmatch.linkage.bigrams import Vocabulary
from gapmatch.linkage.block import MANY_KEYS, Blocked
from gapmatch.linkage.connected import grouped
from gapmatch.linkage.deletions import Met
from gapmatch.linkage.links import to_review
from gapmatch.linkage.manual_decisions import read_settled
from gapmatch.linkage.missing_evidence import find_missing_evidence
from gapmatch.linkage.sampling import random_pairs, units_met
from gapmatch.linkage.sides import Side
from gapmatch.linkage.weights import gather_chance, refine
from gapmatch.settings.load import LinkageSettings
from gapmatch.spark import linkage_tasks as tasks
from gapmatch.spark.cluster import Cluster, Parts, Piece, Task, spread
from gapmatch.spark.linkage_tasks import Sizes, Whole
from gapmatch.vocabulary.run_notes import RunNote

if TYPE_CHECKING:
    from pyspark import Broadcast

_SCHEMA = {"firm": pl.UInt32, "unit": pl.UInt32}


@dataclass(frozen=True)
class ClusterLinkage:
    """What linking on a cluster comes to; ``links``: LINKS by bucket of firms. Else as ``Linkage``."""

    links: Parts
    model: Model
    candidates: int
    notes: list[RunNote]
    unreviewed: pl.DataFrame


@dataclass(frozen=True)
class LinkageOn:
    """Links FIRMS to UNITS that lie on a cluster, ``counts`` of them."""

    cluster: Cluster
    sizes: Sizes
    counts: tuple[int, int]
    settings: LinkageSettings

    def link(
        self, firms: Parts, units: Parts, model: Model, settled: pl.DataFrame | None
    ) -> ClusterLinkage:
        """Take both lists to links; ``settled`` as for ``linkage.link``."""
        split = [
            self._step("split-firms", tasks.Split("firm", self.sizes), firms),
            self._step("split-units", tasks.Split("unit", self.sizes), units),
        ]
        rows = self._completed(*split)
        whole = self.cluster.session.sparkContext.broadcast(self._whole(*split))
        pairs, skipped = self._block(rows, whole)
        agreed = self._compare(pairs, rows, whole, settled)
        refined = self._learn(agreed, rows[1], model)
        links, unreviewed = self._settle(agreed, refined)
        count = self._collected(agreed[0], "candidate_count", {"pairs": pl.Int64})["pairs"].sum()
        sides = (self._glimpse("firm", split[0]), self._glimpse("unit", split[1]))
        notes = find_missing_evidence(*sides, Blocked(pl.DataFrame(), skipped))
        return ClusterLinkage(links, refined, int(count), notes, unreviewed)

    def _completed(self, firms: Parts, units: Parts) -> tuple[Parts, Parts]:
        """Return both lists with what their values share across all of them."""
        owned = [firms.only("firm_owned"), units.only("unit_owned")]
        counted = self._step("count", tasks.CountSharing(self.sizes), *owned)
        return (
            self._step(
                "firms",
                tasks.Complete("firm", self.counts[1]),
                firms.only("firm_values", "firm_names"),
                counted.only("sharing"),
            ),
            self._step(
                "units",
                tasks.Complete("unit", self.counts[1]),
                units.only("unit_values", "unit_names"),
                counted.only("met"),
            ),
        )

    def _whole(self, firms: Parts, units: Parts) -> Whole:
        counted = [self.cluster.collect(side, "bigrams") for side in (firms, units)]
        names = [
            self._collected(side, f"{key}_name_count", {"bucket": pl.Int64, "names": pl.Int64})
            for side, key in ((firms, "firm"), (units, "unit"))
        ]
        totals = [int(n["names"].sum()) for n in names]
        known = pl.concat([c for c in counted if c is not None])
        vocabulary = Vocabulary.of(known, totals[0], totals[1])
        first = [_first_numbers(n) for n in names]
        return Whole(vocabulary, *self.counts, totals[0], totals[1], first[0], first[1])

    def _block(
        self, rows: tuple[Parts, Parts], whole: "Broadcast[Whole]"
    ) -> tuple[list[Parts], pl.DataFrame]:
        share = self.cluster.session.sparkContext.broadcast
        unit_rows = rows[1].only("unit_rows", "unit_named")
        of_units = self._step("unit-keys", tasks.EmitKeys("unit", whole, self.sizes), unit_rows)
        met = {
            rule: Met.of(self._collected(of_units, f"met_{rule}", {"key": pl.UInt64})["key"])
            for rule in MANY_KEYS
        }
        emit = tasks.EmitKeys("firm", whole, self.sizes, share(met))
        of_firms = self._step("firm-keys", emit, rows[0])
        firm_of, unit_of = self._named(of_firms, "firm"), self._named(of_units, "unit")
        keyed = [
            of_firms.only("firm_keys", "firm_tokens"),
            of_units.only("unit_keys", "unit_tokens"),
        ]
        met_pairs = self._step("pairs", tasks.Meet(whole, self.sizes, share(unit_of[0])), *keyed)
        choose = tasks.Choose(
            share((firm_of[1], unit_of[1])),
            share((firm_of[0], unit_of[0])),
            self.sizes,
            self.settings.candidates_per_unit,
        )
        nearest = self._step("nearest", choose, met_pairs.only("scores"))
        schema = {"rule": pl.String, "key": pl.String, "firms": pl.UInt32, "units": pl.UInt32}
        skipped = self._collected(met_pairs, "skipped", schema)
        return [met_pairs.only("pairs"), nearest.only("pairs")], skipped

    def _named(self, emitted: Parts, key: str) -> tuple[np.ndarray, np.ndarray]:
        """Return whose each name is, and its length, by the number of the name."""
        owners = self._collected(emitted, f"{key}_owners", {"first": pl.Int64, "owner": pl.UInt32})
        lengths = self._collected(
            emitted, f"{key}_lengths", {"first": pl.Int64, "length": pl.Float64}
        )
        ordered = [f.sort("first", maintain_order=True) for f in (owners, lengths)]
        return ordered[0]["owner"].to_numpy(), ordered[1]["length"].to_numpy()

    def _compare(
        self,
        pairs: list[Parts],
        rows: tuple[Parts, Parts],
        whole: "Broadcast[Whole]",
        settled: pl.DataFrame | None,
    ) -> tuple[Parts, Parts]:
        said, drawn = read_settled(settled), random_pairs(*self.counts)
        by_firm = self.sizes.bucket("firm")
        extra = [*spread(said, by_firm, "said"), *spread(drawn, by_firm, "random")]
        more = self.cluster.place("said", extra)
        told = ("unit_rows", "unit_named")
        united = self._step("candidates", tasks.Unite(self.sizes), *pairs, more)
        sent = self._step("sent", tasks.Send(told), united.only("asked"), rows[1].only(*told))
        agreed = self._step(
            "agreed",
            tasks.Agree(whole, self.settings.batch_pairs),
            united.only("candidates"),
            rows[0],
            sent,
        )
        return united, agreed

    def _learn(self, agreed: tuple[Parts, Parts], units: Parts, model: Model) -> Model:
        lesson = self.cluster.collect(agreed[1], "lesson")
        taught, drawn = (
            self.cluster.collect(units, "taught"),
            self.cluster.collect(agreed[1], "drawn"),
        )
        if lesson is None or taught is None or drawn is None:
            return model
        evidence = evidence_of(lesson.sort("firm", "unit"), (self.counts[0], taught.height))
        return refine(model, evidence, gather_chance(drawn, units_met(taught)))

    def _settle(self, agreed: tuple[Parts, Parts], model: Model) -> tuple[Parts, pl.DataFrame]:
        """Return LINKS, and what the review budget leaves undecided."""
        share = self.cluster.session.sparkContext.broadcast
        weigh = tasks.Weigh(share(model), self.counts)
        weighed = self._step("weighed", weigh, agreed[1].only("agreed"))
        edges = self._collected(weighed, "edges", _SCHEMA)
        together = grouped(edges, self.sizes.firm)
        gathered = self._step("gathered", tasks.Gather(share(together)), weighed.only("weighed"))
        settled = self._step("settled", tasks.Settle(self.settings), gathered)
        worth = self._collected(settled, "worth", {**_SCHEMA, "saved": pl.Float64})
        reviews = to_review(worth, self.settings.review_budget)
        told = self._step("told", tasks.Tell(share(reviews), self.sizes), settled.only("settled"))
        nothing = share(self.cluster.get(told, "nothing"))
        every = [
            Piece(bucket, "every", pl.DataFrame())
            for bucket in range(-(-self.counts[0] // self.sizes.firm))
        ]
        links = self._step(
            "links",
            tasks.TellEveryFirm(self.sizes, self.counts[0], nothing),
            told.only("told"),
            self.cluster.place("every", every),
        )
        return links, self.cluster.get(told, "unreviewed")

    def _glimpse(self, key: str, split: Parts) -> Side:
        schema = dict.fromkeys(("code_text", "person", "phone_digits", "county_name"), pl.String)
        rows = self._collected(split, f"{key}_glimpse", schema)
        return Side(key, rows, pl.DataFrame(), rows.height, 0)

    def _collected(self, parts: Parts, tag: str, schema: Mapping[str, Any]) -> pl.DataFrame:
        found = self.cluster.collect(parts, tag)
        return pl.DataFrame(schema=schema) if found is None else found

    def _step(self, name: str, task: Task, *parts: Parts) -> Parts:
        return self.cluster.work(f"link-{name}", task, *parts)


def _first_numbers(counted: pl.DataFrame) -> Mapping[int, int]:
    """Return bucket → number of its first name, from ``bucket`` and ``names`` (how many it has)."""
    ordered = counted.sort("bucket")
    before = ordered["names"].cum_sum() - ordered["names"]
    return dict(zip(ordered["bucket"].to_list(), before.to_list(), strict=True))
