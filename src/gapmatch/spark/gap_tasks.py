"""Status and priority in tasks: a bucket of firms with its links and the units they name."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import polars.selectors as cs

from gapmatch.activity.estimate import Baseline, estimate_activity, is_training_firm
from gapmatch.linkage.unrecognised import count_evidence
from gapmatch.privacy import mask_person_codes
from gapmatch.rank.targets import ORDERED, describe_targets, score_targets
from gapmatch.results.tables import share_links
from gapmatch.schemas import FIRMS, TARGETS
from gapmatch.settings.load import Settings
from gapmatch.spark.bucket_tasks import ELSEWHERE, Frames, Sizes
from gapmatch.spark.cluster import Piece, spread
from gapmatch.standardise.comparability import add_comparability
from gapmatch.status.branches import (
    add_covered,
    count_branches,
    select_branches,
    select_enrolled_offices,
    select_offices,
)
from gapmatch.status.coverage import list_reported_lines
from gapmatch.status.decide import decide_statuses
from gapmatch.status.quarter_end import drop_later_ends, prepare_units
from gapmatch.vocabulary.arrears import count_paid_months
from gapmatch.wording.sentences import add_sentences

if TYPE_CHECKING:
    from pyspark import Broadcast


@dataclass(frozen=True)
class SelectTrainingFirms:
    """A bucket of firms → those of them that a list's usual wages and sizes are learned from."""

    firms: int

    def __call__(self, bucket: int, frames: Frames) -> Iterable[Piece]:
        """Return ``training_firms``."""
        own = frames["firms"].filter(is_training_firm(pl.col("firm"), self.firms))
        yield Piece(ELSEWHERE, "training_firms", own.drop(cs.nested()).sort("firm"))


@dataclass(frozen=True)
class CountPaidLines:
    """A bucket of units → the insurance lines that it has data on, and their last months paid."""

    settings: Settings

    def __call__(self, bucket: int, frames: Frames) -> Iterable[Piece]:
        """Return ``lines`` and ``months``."""
        lines = pl.DataFrame(
            {"line": list_reported_lines(frames["units"])}, schema={"line": pl.String}
        )
        yield Piece(ELSEWHERE, "lines", lines)
        months = count_paid_months(frames["units"], self.settings.statuses.payment)
        yield Piece(ELSEWHERE, "months", months)


@dataclass(frozen=True)
class RequestUnits:
    """A bucket's links → requests for units."""

    sizes: Sizes

    def __call__(self, bucket: int, frames: Frames) -> Iterable[Piece]:
        """Return ``asked`` by bucket of the unit; and ``evidence`` on unrecognised firms."""
        yield Piece(ELSEWHERE, "evidence", count_evidence(frames["links"]))
        asked = frames["links"].select("unit").drop_nulls().unique(maintain_order=True)
        by = asked.with_columns(by=pl.lit(bucket))
        yield from spread(by, self.sizes.assign_bucket("unit"), "asked")


@dataclass(frozen=True)
class ListBranches:
    """A bucket of firms with links → the branches among them."""

    def __call__(self, bucket: int, frames: Frames) -> Iterable[Piece]:
        """Return ``branches``."""
        yield Piece(ELSEWHERE, "branches", select_branches(frames["firms"], frames["links"]))


@dataclass(frozen=True)
class FindOffices:
    """A bucket of firms with links, or of units → the head offices of ``branches`` among them."""

    branches: "Broadcast[pl.DataFrame]"

    def __call__(self, bucket: int, frames: Frames) -> Iterable[Piece]:
        """Return ``offices``."""
        if "firms" in frames:
            offices = select_offices(frames["firms"], frames["links"])
        else:
            offices = select_enrolled_offices(frames["units"])
        named = [pl.col(c).is_in(self.branches.value[c].implode()) for c in ("core", "name")]
        yield Piece(ELSEWHERE, "offices", offices.filter(named[0] | named[1]))


@dataclass(frozen=True)
class DecideStatuses:
    """A bucket of FIRMS with links and units → activity, statuses and scored targets."""

    quarter: str
    settings: Settings
    baseline: "Broadcast[Baseline]"
    lines: Sequence[str]
    visits: "Broadcast[pl.DataFrame | None]"
    no_units: "Broadcast[pl.DataFrame]"
    covered: "Broadcast[pl.DataFrame]"
    paid_since: str | None

    def __call__(self, bucket: int, frames: Frames) -> Iterable[Piece]:
        """Return ``firms`` (with sections), ``activity``, ``gaps``, ``scored``; for the driver,
        ``order``, ``covered`` and ``uncovered``.
        """
        firms, links = frames["firms"].sort("firm"), frames["links"].sort("firm", "unit")
        units = frames.get("units", self.no_units.value).sort("unit")
        units = units.with_columns(stated_lines=pl.lit(",".join(self.lines)))
        visits = self.visits.value
        own = None if visits is None else visits.join(firms.select("firm"), on="firm", how="semi")
        activity = estimate_activity(firms, self.quarter, self.settings, own, self.baseline.value)
        covered = self.covered.value.join(firms.select("firm"), on="firm", how="semi")
        judged = add_comparability(add_covered(drop_later_ends(firms, self.quarter), covered))
        current = prepare_units(units, self.quarter, self.paid_since, self.settings.gap)
        gaps = decide_statuses(judged, current, links, activity, self.settings)
        scored = score_targets(firms, gaps, activity, self.quarter, self.settings)
        placed = firms.drop("section").join(
            activity.select("firm", "section"), on="firm", how="left", maintain_order="left"
        )
        yield Piece(bucket, "firms", FIRMS.complete(placed))
        yield Piece(bucket, "activity", activity)
        yield Piece(bucket, "gaps", gaps)
        yield Piece(bucket, "scored", scored.with_columns(bucket_of=pl.lit(bucket)))
        for tag, status in (("covered", "uninsured"), ("uncovered", "covered_by_parent")):
            yield Piece(ELSEWHERE, tag, count_branches(gaps, covered, status))
        order = scored.select(*ORDERED)
        yield Piece(ELSEWHERE, "order", order.with_columns(bucket_of=pl.lit(bucket)))


@dataclass(frozen=True)
class DescribeTargets:
    """Scored targets and their places in the order → TARGETS."""

    quarter: str
    settings: Settings
    nowhere: "Broadcast[pl.DataFrame]"
    """Places of no target: what a bucket has none of."""

    def __call__(self, bucket: int, frames: Frames) -> Iterable[Piece]:
        """Return ``targets``."""
        places = frames.get("places", self.nowhere.value).drop(c for c in ORDERED if c != "firm")
        ordered = frames["scored"].drop("bucket_of").join(places, on="firm").sort("rank")
        yield Piece(bucket, "targets", describe_targets(ordered, self.quarter, self.settings))


@dataclass(frozen=True)
class WriteResults:
    """A bucket's links, statuses and targets → a Parquet file each, in a shared folder.

    Each row has the number of its row in the tax list, since numbers of firms mean nothing
    elsewhere.
    """

    folder: Path
    settings: Settings

    def __call__(self, bucket: int, frames: Frames) -> Iterable[Piece]:
        """Return how many rows were written: ``written``."""
        if "firms" not in frames:
            return
        complete = {"targets": TARGETS.empty(), **frames}
        worded = add_sentences(complete, self.settings, self.settings.language)
        firms = mask_person_codes(frames["firms"]).select(
            "firm",
            "source_file",
            pl.col("data_row").alias("tax_row"),
            "taxpayer_code",
            pl.col("name").alias("taxpayer_name"),
            pl.col("county_name").alias("county"),
            "is_duplicate",
            pl.col("duplicate_of").is_not_null().alias("is_repeat"),
        )
        if "links" in frames:
            worded = {**worded, "links": share_links(worded["links"], frames["firms"])}
        for name in ("links", "gaps", "targets"):
            if name not in frames:
                continue
            own = worded[name].drop(
                c for c in firms.columns if c in worded[name].columns and c != "firm"
            )
            written = firms.join(own, on="firm").sort("firm", maintain_order=True)
            target = self.folder / name / f"part-{bucket:06}.parquet"
            target.parent.mkdir(parents=True, exist_ok=True)
            # Two tries of one task write the same; whichever ends last replaces the other's file
            # whole. What a try leaves that was killed is hidden, so that no reader of the folder
            # takes it for a part.
            temporary = target.with_name(f".{target.name}.{os.getpid()}")
            written.write_parquet(temporary)
            temporary.replace(target)
            yield Piece(
                ELSEWHERE, "written", pl.DataFrame({"name": [name], "rows": [written.height]})
            )
