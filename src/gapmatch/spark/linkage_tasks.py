"""The linkage in tasks: what each bucket of firms, of units or of keys does with the linkage's own functions.

A bucket of firms (or units) holds those of ``size`` consecutive numbers; pairs lie with their firm.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import polars.selectors as cs

from gapmatch.linkage.agreement import Lists, agree, weigh
from gapmatch.linkage.bigrams import BigramIndex, Vocabulary, count_bigrams
from gapmatch.linkage.block import (
    MANY_KEYS,
    RULES,
    keys_of,
    pair_by_key,
    thinned,
    union_of,
    with_rule,
)
from gapmatch.linkage.deletions import Met
from gapmatch.linkage.levels import COUNTED_NAMES, COUNTED_VALUES
from gapmatch.linkage.links import of_every_firm, settle, tell
from gapmatch.linkage.manual_decisions import with_settled
from gapmatch.linkage.nearest import (
    PLACE_BITS,
    Postings,
    best_of_scores,
    name_lengths,
    part_of_scores,
    places_of,
    tokens_of,
)
from gapmatch.linkage.sampling import is_lesson, with_met
from gapmatch.linkage.sides import Side, names_of, values_of, with_sharing
from gapmatch.linkage.unreviewed import count_unreviewed
from gapmatch.linkage.weight_model import Model
from gapmatch.schemas import UNKNOWN_COUNTY
from gapmatch.settings.load import LinkageSettings
from gapmatch.spark.cluster import Piece, spread

if TYPE_CHECKING:
    from pyspark import Broadcast

Frames = Mapping[str, pl.DataFrame]
ELSEWHERE = -1
"""Bucket of what is for the driver alone."""


@dataclass(frozen=True)
class Sizes:
    """How the lists are cut: rows of each in a bucket, and how many buckets keys are spread over."""

    firm: int
    unit: int
    keys: int

    def bucket(self, key: str) -> pl.Expr:
        """Return the bucket of a firm or unit."""
        return pl.col(key) // (self.firm if key == "firm" else self.unit)


@dataclass(frozen=True)
class Split:
    """A bucket of FIRMS or UNITS → what is compared of it, and values to be counted."""

    key: str
    sizes: Sizes

    def __call__(self, bucket: int, frames: Frames) -> Iterable[Piece]:
        """Return values, names, counted bigrams; and every value with its owner, to be counted."""
        rows = frames[f"{self.key}s"].sort(self.key)
        if self.key == "firm":
            rows = rows.filter(pl.col("duplicate_of").is_null())
        names = names_of(self.key, rows).with_columns(
            place=pl.int_range(pl.len(), dtype=pl.UInt32).over(self.key)
        )
        values = values_of(self.key, rows)
        yield Piece(bucket, f"{self.key}_values", values)
        yield Piece(bucket, f"{self.key}_names", names)
        yield Piece(ELSEWHERE, "bigrams", count_bigrams(names, self.key))
        yield Piece(
            ELSEWHERE,
            f"{self.key}_name_count",
            pl.DataFrame({"bucket": [bucket], "names": [names.height]}),
        )
        for column in COUNTED_VALUES.values():
            yield from self._owned(values, column, pl.lit(0, pl.UInt32))
        yield Piece(ELSEWHERE, f"{self.key}_glimpse", _glimpse(values))
        if self.key == "firm":
            for column in COUNTED_NAMES:
                yield from self._owned(names, column, pl.col("place"))

    def _owned(self, frame: pl.DataFrame, column: str, place: pl.Expr) -> Iterable[Piece]:
        owned = frame.select(
            pl.lit(column).alias("column"),
            pl.col(column).alias("value"),
            pl.col(self.key).alias("owner"),
            place.alias("place"),
        ).drop_nulls("value")
        by_value = pl.struct("column", "value").hash() % self.sizes.keys
        return spread(owned, by_value, f"{self.key}_owned")


def _glimpse(values: pl.DataFrame) -> pl.DataFrame:
    """A row that says which columns hold anything: what ``describe_losses`` asks of a whole list."""
    known = pl.col("county_name").filter(pl.col("county_name") != UNKNOWN_COUNTY)
    told = values.select(
        pl.col("code_text", "person", "phone_digits").drop_nulls().first(),
        county_name=known.drop_nulls().first().fill_null(UNKNOWN_COUNTY),
    )
    return told.head(values.height)


@dataclass(frozen=True)
class CountSharing:
    """All owners of some values → how many firms share each, and which units' values some firm has."""

    sizes: Sizes

    def __call__(self, bucket: int, frames: Frames) -> Iterable[Piece]:
        """Return to each firm its values' sharing, and to each unit which values were met."""
        firms, units = frames.get("firm_owned"), frames.get("unit_owned")
        for column in (*COUNTED_VALUES.values(), *COUNTED_NAMES):
            own = pl.DataFrame() if firms is None else firms.filter(pl.col("column") == column)
            if own.height:
                shared = with_sharing(own, "value").rename({"owner": "firm"})
                told = shared.select("column", "firm", "place", "value_sharing")
                yield from spread(told, self.sizes.bucket("firm"), "sharing")
            if units is not None and firms is not None:
                yield from self._met(column, own, units.filter(pl.col("column") == column))

    def _met(self, column: str, firms: pl.DataFrame, units: pl.DataFrame) -> Iterable[Piece]:
        if firms.is_empty() or units.is_empty():
            return
        known = units.join(firms.select("value").unique(), on="value", how="semi")
        told = known.select("column", pl.col("owner").alias("unit"))
        yield from spread(told, self.sizes.bucket("unit"), "met")


@dataclass(frozen=True)
class Complete:
    """A bucket's values and names with what was counted → the same, ready to be compared."""

    key: str
    units: int

    def __call__(self, bucket: int, frames: Frames) -> Iterable[Piece]:
        """Return ``<key>_rows`` and ``<key>_named``."""
        values = frames[f"{self.key}_values"].sort(self.key)
        names = frames[f"{self.key}_names"].sort(self.key, "place")
        if self.key == "firm":
            values, names = _with_counts(values, names, frames.get("sharing"))
        else:
            values = _with_marks(values, frames.get("met"))
            taught = values.filter(is_lesson(pl.col("unit"), self.units))
            yield Piece(ELSEWHERE, "taught", taught.select("unit", cs.ends_with("_met")))
        yield Piece(bucket, f"{self.key}_rows", values)
        yield Piece(bucket, f"{self.key}_named", names)


def _with_counts(
    values: pl.DataFrame, names: pl.DataFrame, sharing: pl.DataFrame | None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    for column in COUNTED_VALUES.values():
        values = _counted(values, column, sharing, ["firm"])
    for column in COUNTED_NAMES:
        names = _counted(names, column, sharing, ["firm", "place"])
    return values, names


def _counted(
    frame: pl.DataFrame, column: str, sharing: pl.DataFrame | None, on: list[str]
) -> pl.DataFrame:
    if sharing is None:
        return frame.with_columns(pl.lit(None, pl.UInt32).alias(f"{column}_sharing"))
    own = sharing.filter(pl.col("column") == column).select(
        *on, pl.col("value_sharing").alias(f"{column}_sharing")
    )
    return frame.join(own, on=on, how="left", maintain_order="left")


def _with_marks(values: pl.DataFrame, met: pl.DataFrame | None) -> pl.DataFrame:
    if met is None:
        return with_met(values, values.clear())
    for column in COUNTED_VALUES.values():
        own = met.filter(pl.col("column") == column)["unit"]
        values = values.with_columns(pl.col("unit").is_in(own.implode()).alias(f"{column}_met"))
    return values


@dataclass(frozen=True)
class Whole:
    """What tasks must know of both lists as a whole."""

    vocabulary: Vocabulary
    firms: int
    units: int
    firm_names: int
    unit_names: int
    first_firm_name: Mapping[int, int]
    """Bucket of firms → number of its first name; likewise of units."""
    first_unit_name: Mapping[int, int]

    def side(self, key: str, rows: pl.DataFrame, names: pl.DataFrame) -> Side:
        """Return rows and names, sorted by key, as a side numbered from 0."""
        totals = (self.firms, self.firm_names) if key == "firm" else (self.units, self.unit_names)
        own = rows[key].to_frame().with_row_index("number")
        numbered = names.join(own, on=key, how="left", maintain_order="left")
        return Side(
            key,
            rows.with_columns(own["number"].alias(key)),
            numbered.with_columns(pl.col("number").alias(key))
            .drop("number", "place")
            .with_row_index(f"{key}_name"),
            *totals,
        )

    def first_name(self, key: str, bucket: int) -> int:
        """Return the number of a bucket's first name."""
        return (self.first_firm_name if key == "firm" else self.first_unit_name)[bucket]


@dataclass(frozen=True)
class EmitKeys:
    """A bucket → its keys for every rule, and its bigrams, each to the bucket of the key."""

    key: str
    whole: "Broadcast[Whole]"
    sizes: Sizes
    met: "Broadcast[Mapping[str, Met]] | None" = None

    def __call__(self, bucket: int, frames: Frames) -> Iterable[Piece]:
        """Return ``<key>_keys`` (rule, key, firm or unit, rows), ``<key>_tokens``, and names' lengths."""
        whole = self.whole.value
        rows = frames[f"{self.key}_rows"].sort(self.key)
        names = frames[f"{self.key}_named"].sort(self.key, "place")
        side = whole.side(self.key, rows, names)
        met = self.met.value if self.met else None
        for rule, keys in keys_of(side, met):
            if self.key == "unit" and rule in MANY_KEYS:
                yield Piece(ELSEWHERE, f"met_{rule}", keys.select("key"))
            own = keys.with_columns(
                rows[self.key].gather(keys[self.key]).alias(self.key),
                pl.col("key").cast(pl.String),
            )
            thin = thinned(own, self.key).select(
                pl.lit(rule).alias("rule"), "key", self.key, "rows"
            )
            by_key = pl.struct("rule", "key").hash() % self.sizes.keys
            yield from spread(thin, by_key, f"{self.key}_keys")
        yield from self._tokens(bucket, side, whole)

    def _tokens(self, bucket: int, side: Side, whole: Whole) -> Iterable[Piece]:
        nobody = side.names.clear().with_columns(
            pl.lit(0, pl.UInt32).alias(k) for k in ("firm", "unit")
        )
        own = side.names
        index = BigramIndex.build(
            own if self.key == "firm" else nobody,
            own if self.key == "unit" else nobody,
            whole.vocabulary,
        )
        firm = self.key == "firm"
        matrix, owners = (index.firm_rows, index.firms) if firm else (index.unit_rows, index.units)
        found = tokens_of(matrix, places_of(side, owners), whole.vocabulary)
        first = whole.first_name(self.key, bucket)
        tokens = pl.DataFrame({"name": (found.row + first).astype(np.uint32), "token": found.token})
        by_bigram = (pl.col("token") // (1 << PLACE_BITS)).hash() % self.sizes.keys
        yield from spread(tokens, by_bigram, f"{self.key}_tokens")
        lengths = {"first": first, "length": name_lengths(matrix, whole.vocabulary)}
        yield Piece(ELSEWHERE, f"{self.key}_lengths", pl.DataFrame(lengths))
        owner = pl.Series("owner", owners + bucket * getattr(self.sizes, self.key)).cast(pl.UInt32)
        yield Piece(ELSEWHERE, f"{self.key}_owners", pl.DataFrame({"first": first, "owner": owner}))


@dataclass(frozen=True)
class Meet:
    """All that have some keys → pairs, to the bucket of their firm; and scores of names by bigrams."""

    whole: "Broadcast[Whole]"
    sizes: Sizes
    unit_of_name: "Broadcast[np.ndarray]"

    def __call__(self, bucket: int, frames: Frames) -> Iterable[Piece]:
        """Return ``pairs`` (firm, unit, rules), ``skipped`` keys, and ``scores`` by bucket of the unit."""
        firms, units = frames.get("firm_keys"), frames.get("unit_keys")
        if firms is not None and units is not None:
            yield from self._pairs(firms, units)
        tokens = frames.get("firm_tokens"), frames.get("unit_tokens")
        if tokens[0] is not None and tokens[1] is not None:
            left, right = (
                Postings(t["name"].to_numpy().astype(np.int64), t["token"].to_numpy())
                for t in tokens
                if t is not None
            )
            scores = part_of_scores(left, right, self.whole.value.vocabulary.idf)
            owner = pl.Series("unit", self.unit_of_name.value[scores["unit_name"].to_numpy()])
            known = scores.with_columns(owner)
            for piece in spread(known, self.sizes.bucket("unit"), "scores"):
                yield piece._replace(frame=piece.frame.drop("unit"))

    def _pairs(self, firms: pl.DataFrame, units: pl.DataFrame) -> Iterable[Piece]:
        for rule in RULES:
            left, right = (side.filter(pl.col("rule") == rule) for side in (firms, units))
            if left.is_empty() or right.is_empty():
                continue
            pairs, common = pair_by_key(left, right)
            yield from spread(with_rule(pairs, rule), self.sizes.bucket("firm"), "pairs")
            told = common.select(pl.lit(rule).alias("rule"), "key", "firms", "units")
            if told.height:
                yield Piece(ELSEWHERE, "skipped", told)


@dataclass(frozen=True)
class Choose:
    """All scores of a bucket of units → for each of their names the firms most like it."""

    lengths: "Broadcast[tuple[np.ndarray, np.ndarray]]"
    owners: "Broadcast[tuple[np.ndarray, np.ndarray]]"
    sizes: Sizes
    count: int

    def __call__(self, bucket: int, frames: Frames) -> Iterable[Piece]:
        """Return ``pairs``."""
        of_firms, of_units = self.lengths.value
        best = best_of_scores(frames["scores"], of_firms, of_units, self.count)
        firm_of, unit_of = self.owners.value
        pairs = pl.DataFrame(
            {
                "firm": firm_of[best["firm_name"].to_numpy()],
                "unit": unit_of[best["unit_name"].to_numpy()],
            }
        ).unique(maintain_order=True)
        yield from spread(with_rule(pairs, "bigrams"), self.sizes.bucket("firm"), "pairs")


@dataclass(frozen=True)
class Unite:
    """All that proposes pairs of a bucket of firms → its candidates, and whom it asks units of."""

    sizes: Sizes

    def __call__(self, bucket: int, frames: Frames) -> Iterable[Piece]:
        """Return ``candidates`` (firm, unit, settled, doubted, random) and ``asked`` by bucket of the unit."""
        none = pl.DataFrame(schema={"firm": pl.UInt32, "unit": pl.UInt32, "rules": pl.UInt32})
        pairs = union_of([frames.get("pairs", none)])
        said = frames.get("said")
        own = with_settled(
            pairs, none.select("firm", "unit", settled=pl.lit(0.0)) if said is None else said
        )
        drawn = frames.get("random")
        both = [own.with_columns(drawn=pl.lit(value=False))]
        if drawn is not None:
            both.append(
                with_settled(drawn, none.select("firm", "unit", settled=pl.lit(0.0))).with_columns(
                    drawn=pl.lit(value=True)
                )
            )
        candidates = pl.concat(both)
        yield Piece(bucket, "candidates", candidates)
        yield Piece(ELSEWHERE, "candidate_count", pl.DataFrame({"pairs": [own.height]}))
        asked = (
            candidates.select("unit").unique(maintain_order=True).with_columns(by=pl.lit(bucket))
        )
        yield from spread(asked, self.sizes.bucket("unit"), "asked")


@dataclass(frozen=True)
class Send:
    """A bucket of units and who asks for which of them → what ``tags`` hold of the units, to those who ask."""

    tags: tuple[str, ...]

    def __call__(self, bucket: int, frames: Frames) -> Iterable[Piece]:
        """Return the frames of ``tags`` by bucket of firms."""
        if "asked" not in frames:
            return
        for (by,), asked in frames["asked"].partition_by("by", as_dict=True).items():
            for tag in self.tags:
                wanted = frames[tag].join(asked.select("unit"), on="unit", how="semi")
                yield Piece(int(by), tag, wanted)


@dataclass(frozen=True)
class Agree:
    """Candidates of a bucket of firms with both sides' rows → what they agree on."""

    whole: "Broadcast[Whole]"
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
                self.whole.value.side(key, rows, frames[f"{key}_named"].sort(key, "place")),
            )
        (firm_ids, firms), (unit_ids, units) = sides["firm"], sides["unit"]
        index = BigramIndex.build(firms.names, units.names, self.whole.value.vocabulary)
        lists = Lists(firms, units, index)
        local = frames["candidates"].with_columns(
            pl.Series("firm", firm_ids.search_sorted(frames["candidates"]["firm"])).cast(pl.UInt32),
            pl.Series("unit", unit_ids.search_sorted(frames["candidates"]["unit"])).cast(pl.UInt32),
        )
        for batch in local.iter_slices(self.batch):
            agreed = agree(batch, lists).with_columns(
                firm_ids.gather(batch["firm"]).alias("firm"),
                unit_ids.gather(batch["unit"]).alias("unit"),
            )
            yield Piece(bucket, "agreed", agreed.filter(~pl.col("drawn")).drop("drawn"))
            lesson = ~pl.col("drawn") & is_lesson(pl.col("unit"), self.whole.value.units)
            yield Piece(ELSEWHERE, "lesson", agreed.filter(lesson).drop("drawn"))
            yield Piece(ELSEWHERE, "drawn", agreed.filter("drawn").drop("drawn"))


@dataclass(frozen=True)
class Weigh:
    """What pairs agree on → the pairs that still count."""

    model: "Broadcast[Model]"
    totals: tuple[int, int]

    def __call__(self, bucket: int, frames: Frames) -> Iterable[Piece]:
        """Return ``weighed``, and firm and unit of each as ``edges``."""
        weighed = weigh(frames["agreed"], self.model.value, self.totals)
        yield Piece(bucket, "weighed", weighed)
        yield Piece(ELSEWHERE, "edges", weighed.select("firm", "unit"))


@dataclass(frozen=True)
class Gather:
    """Weighed pairs → the bucket of all that they are connected with."""

    bucket_of_firm: "Broadcast[pl.DataFrame]"

    def __call__(self, bucket: int, frames: Frames) -> Iterable[Piece]:
        """Return ``connected``."""
        told = frames["weighed"].join(
            self.bucket_of_firm.value, on="firm", how="left", maintain_order="left"
        )
        for piece in spread(told, pl.col("together"), "connected"):
            yield piece._replace(frame=piece.frame.drop("together"))
        # Where no pair counts any more, there is one group all the same, of no pairs.
        yield Piece(0, "connected", told.clear().drop("together"))


@dataclass(frozen=True)
class Settle:
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
class Tell:
    """Settled pairs and the reviews → what is told of them, to the bucket of their firm."""

    reviews: "Broadcast[pl.DataFrame]"
    sizes: Sizes

    def __call__(self, bucket: int, frames: Frames) -> Iterable[Piece]:
        """Return ``told``, ``nothing``: the same without rows, and what is left ``unreviewed``."""
        told = tell(frames["settled"], self.reviews.value)
        yield Piece(
            ELSEWHERE, "unreviewed", count_unreviewed(frames["settled"], self.reviews.value)
        )
        yield Piece(ELSEWHERE, "nothing", told.clear())
        yield from spread(told, self.sizes.bucket("firm"), "told")


@dataclass(frozen=True)
class TellEveryFirm:
    """What was told of a bucket of firms → LINKS of all of them."""

    sizes: Sizes
    firms: int
    nothing: "Broadcast[pl.DataFrame]"

    def __call__(self, bucket: int, frames: Frames) -> Iterable[Piece]:
        """Return ``links``."""
        first = bucket * self.sizes.firm
        last = min(first + self.sizes.firm, self.firms)
        every = pl.Series("firm", range(first, max(first, last)), dtype=pl.UInt32)
        yield Piece(bucket, "links", of_every_firm(every, frames.get("told", self.nothing.value)))
