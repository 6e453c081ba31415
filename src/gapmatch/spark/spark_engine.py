"""A quarter on a cluster, from files to targets: the stages of ``pipeline.py`` on buckets."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from gapmatch.activity.estimate import find_missing_inputs, fit_baseline
from gapmatch.errors import InputError
from gapmatch.i18n import _
from gapmatch.ledger.decisions import find_aliases, resolve_for_linkage
from gapmatch.ledger.visit_effects import resolve_visit_effects
from gapmatch.linkage.link_lists import summarise_links
from gapmatch.linkage.unrecognised import compute_unrecognised_share
from gapmatch.pipeline import (
    Assessment,
    Basis,
    Clock,
    ParquetOnlyResult,
    note_covered_branches,
    note_new_registrations,
    note_uncovered_branches,
)
from gapmatch.privacy import mask_person_codes
from gapmatch.private_files import make_private_folder
from gapmatch.rank.targets import order_targets
from gapmatch.rank.tiers import note_small_total
from gapmatch.read import Extract, Side
from gapmatch.schemas import UNITS, UNKNOWN_COUNTY
from gapmatch.settings.load import Settings, SparkSettings
from gapmatch.spark import gap_tasks
from gapmatch.spark import numbering_tasks as numbering
from gapmatch.spark.bucket_tasks import SendUnits, Sizes
from gapmatch.spark.cluster import Cluster, Piece, Pieces, Task, spread
from gapmatch.spark.cluster_linkage import ClusterLinkage, LinkageOn
from gapmatch.spark.cluster_reading import ClusterExtract, ClusterRows, read_on_cluster
from gapmatch.spark.list_tasks import AddConfirmedNames, EntryKeys, Identify
from gapmatch.spark.session import check_workers, start_session
from gapmatch.standardise.counties import find_home
from gapmatch.standardise.new_registrations import select_young
from gapmatch.standardise.registry import Registrations, index_registrations
from gapmatch.status.branches import estimate_covered
from gapmatch.status.unknown_words import find_unknown_statuses
from gapmatch.vocabulary.arrears import find_arrears
from gapmatch.vocabulary.notes import Note

if TYPE_CHECKING:
    from pyspark import Broadcast

RESULTS = "results"
"""Folder of a run's results as Parquet, among its steps."""


@contextmanager
def start_engine(master: str, folder: Path, settings: SparkSettings) -> Iterator["SparkEngine"]:
    """Give an engine on ``master`` with a shared ``folder``; raise if it cannot be had."""
    with start_session(master, settings.conf) as spark:
        make_private_folder(folder)
        if master != "local" and not master.startswith("local["):
            check_workers(spark, folder.absolute())
        tasks = max(4, 4 * spark.sparkContext.defaultParallelism)
        yield SparkEngine(Cluster(spark, folder.absolute(), tasks), settings)


@dataclass(frozen=True)
class LinkedLists:
    """Two linked lists: firms and units (what ``Identify`` returns), LINKS, candidate pairs."""

    firms: pl.DataFrame
    units: pl.DataFrame
    links: pl.DataFrame
    candidates: int


@dataclass(frozen=True)
class SparkEngine:
    """Reads and assesses a quarter on a cluster; returns what the local engine returns."""

    cluster: Cluster
    settings: SparkSettings

    def read(self, side: Side, paths: Sequence[Path], settings: Settings) -> Extract:
        """Read one source; its rows stay on the cluster."""
        return read_on_cluster(self.cluster, side, paths, settings, self.settings.rows_a_task)

    def assess(
        self, extracts: Sequence[Extract], quarter: str, basis: Basis, clock: Clock
    ) -> Assessment:
        """Take the extracts of one quarter to statuses and ranked targets."""
        return self._make_quarter(extracts, quarter, basis, clock).assess()

    def assess_to_parquet(
        self, extracts: Sequence[Extract], quarter: str, basis: Basis, clock: Clock
    ) -> ParquetOnlyResult | None:
        """Assess without collecting results that are too many, or return None; refuse to verify."""
        rows = sum(extract.rows_out for extract in extracts if extract.side is Side.TAX)
        if rows <= self.settings.store_firms:
            return None
        if basis.settings.tax_list == "verify":
            raise InputError(
                _("名单太大，不能核查：{count} 行，超过 {limit} 行").format(
                    count=f"{rows:,}", limit=f"{self.settings.store_firms:,}"
                ),
                _("请按地市拆开名单，分别核查；或调高 gapmatch.toml 的 [spark] store_firms。"),
            )
        return self._make_quarter(extracts, quarter, basis, clock).assess_to_parquet()

    def find_results(self) -> Path | None:
        """Return the folder of the results as Parquet: ``links``, ``gaps`` and ``targets``."""
        written = sorted(self.cluster.folder.glob(f"*/{RESULTS}"))
        return written[-1] if written else None

    def link(self, extracts: Sequence[Extract], basis: Basis, clock: Clock) -> LinkedLists:
        """Take two extracts as far as links."""
        return self._make_quarter(extracts, "", basis, clock).link()

    def _make_quarter(
        self, extracts: Sequence[Extract], quarter: str, basis: Basis, clock: Clock
    ) -> "_ClusterQuarter":
        # Steps that were cut into another number of buckets do not go together.
        mark = f"{basis.compute_digest()}-{self.cluster.tasks}"
        for other in self.cluster.folder.glob("*-*"):
            if not other.name.startswith(("read-", mark)):
                shutil.rmtree(other, ignore_errors=True)
        cluster = replace(self.cluster, folder=self.cluster.folder / mark)
        lists = {extract.side: extract for extract in extracts}
        tax, enrollment = lists[Side.TAX], lists[Side.ENROLLMENT]
        if not isinstance(tax, ClusterExtract) or not isinstance(enrollment, ClusterExtract):
            raise TypeError("rows of another engine")
        rows = (tax.on_cluster, enrollment.on_cluster)
        registry = lists[Side.REGISTRY].rows if Side.REGISTRY in lists else None
        size = self.settings.rows_a_task
        return _ClusterQuarter(cluster, size, *rows, registry, quarter, basis, clock)


@dataclass(frozen=True)
class _ClusterQuarter:
    cluster: Cluster
    size: int
    tax: ClusterRows
    enrollment: ClusterRows
    registry: pl.DataFrame | None
    quarter: str
    basis: Basis
    clock: Clock

    def assess(self) -> Assessment:
        """Take the quarter all the way."""
        judged, units, linkage, targets = self._write_results()
        return self._collect_assessment(judged, units, linkage, targets)

    def assess_to_parquet(self) -> ParquetOnlyResult:
        """Take the quarter all the way, and collect no more than its summary."""
        judged, _units, linkage, _targets = self._write_results()
        links = (
            pl.scan_parquet(self.cluster.folder / RESULTS / "links" / "*.parquet")
            .select("firm", "decision", "probability")
            .collect()
        )
        return ParquetOnlyResult(
            summarise_links(links, linkage.candidates, linkage.model, linkage.unreviewed),
            self._list_notes(self.tax.present, self.enrollment.present, linkage, judged),
            {str(rows.side): rows.digest_files() for rows in (self.tax, self.enrollment)},
        )

    def _write_results(self) -> tuple[Pieces, Pieces, ClusterLinkage, Pieces]:
        firms, units, linkage, visits = self._link_lists()
        with self.clock.stage("gap"):
            judged = self._judge_firms(firms, units, linkage, visits)
        with self.clock.stage("rank"):
            targets = self._rank_targets(judged)
        write = gap_tasks.WriteResults(self.cluster.folder / RESULTS, self.basis.settings)
        if not write.folder.is_dir():  # a run that died after moving it took it along
            self.cluster.forget_step("written")
        self._run_step("written", write, judged.only("firms", "gaps"), linkage.links, targets)
        return judged, units, linkage, targets

    def link(self) -> LinkedLists:
        """Take the quarter as far as links."""
        firms, units, linkage, _visits = self._link_lists()
        known = [self._collect_identity(k, p) for k, p in (("firm", firms), ("unit", units))]
        links = self.cluster.get(linkage.links, "links").sort("firm", "unit")
        return LinkedLists(known[0], known[1], links, linkage.candidates)

    def _link_lists(self) -> tuple[Pieces, Pieces, ClusterLinkage, pl.DataFrame | None]:
        with self.clock.stage("standardise"):
            firms, repeats = self._standardise_side("firm", self.tax)
            units, _repeats = self._standardise_side("unit", self.enrollment)
            visits, manual_decisions, firms = self._apply_memory(firms, units, repeats)
        with self.clock.stage("link"):
            counts = (self.tax.height - repeats, self.enrollment.height)
            on = LinkageOn(self.cluster, self.sizes, counts, self.basis.settings.linkage)
            linkage = on.link(firms, units, self.basis.model, manual_decisions)
        return firms, units, linkage, visits

    @cached_property
    def sizes(self) -> Sizes:
        """Buckets of firms as large as a task likes; as many of units, and of keys."""
        firms, units = self.tax.height, self.enrollment.height
        buckets = max(1, -(-firms // self.size))
        return Sizes(self.size, max(1, -(-units // buckets)), max(buckets, self.cluster.tasks))

    @cached_property
    def _home(self) -> str | None:
        return find_home(self.tax.count_values)

    @cached_property
    def _registrations(self) -> "Broadcast[Registrations | None]":
        share = self.cluster.session.sparkContext.broadcast
        return share(index_registrations(self.registry))

    def _find_new_registrations(self) -> pl.DataFrame | None:
        words = self.basis.settings.statuses.words
        young = select_young(self.registry, self.quarter, words, self._home)
        if young is None or young.is_empty():
            return young
        flag = numbering.FlagListed(self.cluster.session.sparkContext.broadcast(young))
        steps = [
            self._run_step(f"listed-{rows.side}", flag, rows.slices)
            for rows in (self.tax, self.enrollment)
        ]
        listed = pl.concat([self.cluster.get(step, "listed")["row"] for step in steps])
        return young.with_row_index("row").filter(~pl.col("row").is_in(listed.implode()))

    def _standardise_side(self, key: str, rows: ClusterRows) -> tuple[Pieces, int]:
        """Return FIRMS or UNITS of a list, and how many rows repeat another."""
        share, ranges = self.cluster.session.sparkContext.broadcast, -(-rows.height // self.size)
        known, columns = self._registrations, rows.present.columns
        sample = numbering.clean_rows(key, rows.sample, known.value, self._home)
        bounds = numbering.find_bounds(sample, ranges)
        task = numbering.CleanRows(key, self._home, known, share(bounds))
        clean = self._run_step(f"{key}-clean", task, rows.slices).only("clean")
        numbers = self.cluster.place(f"{key}-numbers", self._number_rows(key, clean, columns))
        number = numbering.NumberRows(key, columns, self.sizes)
        numbered = self._run_step(f"{key}-numbered", number, clean, numbers)
        repeats = self.cluster.collect(numbers, "repeats")
        return numbered, 0 if repeats is None else repeats.height

    def _number_rows(self, key: str, clean: Pieces, columns: Sequence[str]) -> list[Piece]:
        """Return to each range its first numbers and the numbers of its repeated rows."""
        rank = numbering.RankRows(key, columns, self.sizes)
        ranked = self._run_step(f"{key}-ranked", rank, clean)
        repeats = [self.cluster.get(ranked, "repeats"), pl.DataFrame(schema=numbering.REPEATS)]
        if key == "firm":
            keyed = ranked.only("same_firm", "signs")
            grouped = self._run_step("firm-grouped", numbering.GroupRepeatedFirms(), keyed)
            repeats_of_firms = self.cluster.collect(grouped, "repeats")
            repeats[1] = repeats[1] if repeats_of_firms is None else repeats_of_firms
        counts = self.cluster.get(ranked, "counts")
        firsts, numbered = numbering.number_repeats(counts, *repeats)
        bucket = pl.col("bucket")
        empty = [Piece(n, "repeats", numbered.clear().drop("bucket")) for n in firsts["bucket"]]
        return [*spread(firsts, bucket, "first"), *spread(numbered, bucket, "repeats"), *empty]

    def _apply_memory(
        self, firms: Pieces, units: Pieces, repeats: int
    ) -> tuple[pl.DataFrame | None, pl.DataFrame | None, Pieces]:
        """Return visits' effects, decisions on pairs, and firms with the names people confirmed."""
        memory = self.basis.memory
        if memory is not None and all(frame.is_empty() for frame in memory.frames):
            memory = None
        if memory is None and not repeats:
            return None, None, firms
        share = self.cluster.session.sparkContext.broadcast
        confirmed = visits = decisions = None
        if memory is not None:
            entries = share(EntryKeys.from_memory(memory))
            firm_side = self._collect_identity("firm", firms, entries)
            unit_side = self._collect_identity("unit", units, entries)
            confirmed = find_aliases(firm_side, memory.decisions)
            recheck = self.basis.settings.ranking.recheck_quarters
            visits = resolve_visit_effects(firm_side, memory.visits, self.quarter, recheck)
            decisions = resolve_for_linkage(firm_side, unit_side, memory.decisions, memory.links)
        add_names = AddConfirmedNames(share(confirmed), self._home)
        return visits, decisions, self._run_step("firm-named", add_names, firms)

    def _collect_identity(
        self, key: str, parts: Pieces, entries: "Broadcast[EntryKeys] | None" = None
    ) -> pl.DataFrame:
        named = self._run_step(f"{key}-identity", Identify(key, entries), parts)
        return self.cluster.get(named, "identity").sort(key)

    def _judge_firms(
        self, firms: Pieces, units: Pieces, linkage: ClusterLinkage, visits: pl.DataFrame | None
    ) -> Pieces:
        share = self.cluster.session.sparkContext.broadcast
        asked = self._run_step("gap-asked", gap_tasks.RequestUnits(self.sizes), linkage.links)
        missed = compute_unrecognised_share(self.cluster.get(asked, "evidence"))
        settings = self.basis.settings.apply_missed_share(missed)
        sample = self._run_step("gap-sample", gap_tasks.SelectTrainingFirms(self.tax.height), firms)
        training_firms = self.cluster.get(sample, "training_firms")
        baseline = fit_baseline(training_firms.sort("firm"), self.quarter, settings, visits)
        counted = self._run_step("gap-lines", gap_tasks.CountPaidLines(settings), units)
        stated_lines = self.cluster.get(counted, "lines")["line"].unique().sort().to_list()
        arrears = find_arrears(self.cluster.get(counted, "months"), self.quarter, settings.gap)
        sent = self._run_step("gap-units", SendUnits(("units",)), units, asked.only("asked"))
        decide = gap_tasks.DecideStatuses(
            self.quarter,
            settings,
            share(baseline),
            stated_lines,
            share(visits),
            share(UNITS.empty()),
            share(self._estimate_covered(firms, units, linkage, visits, settings)),
            arrears.paid_since,
        )
        return self._run_step("judged", decide, firms, linkage.links, sent)

    def _estimate_covered(
        self,
        firms: Pieces,
        units: Pieces,
        linkage: ClusterLinkage,
        visits: pl.DataFrame | None,
        settings: Settings,
    ) -> pl.DataFrame:
        listed = self._run_step("gap-branches", gap_tasks.ListBranches(), firms, linkage.links)
        branches = self.cluster.get(listed, "branches")
        find = gap_tasks.FindOffices(self.cluster.session.sparkContext.broadcast(branches))
        sides = [
            self._run_step("gap-offices-tax", find, firms, linkage.links),
            self._run_step("gap-offices-enrollment", find, units),
        ]
        offices = pl.concat([self.cluster.get(side, "offices") for side in sides])
        return estimate_covered(branches, offices, visits, settings.gap)

    def _rank_targets(self, judged: Pieces) -> Pieces:
        order, settings = self.cluster.get(judged, "order"), self.basis.settings
        places = order_targets(order, self.quarter, settings)
        given = self.cluster.place("places", spread(places, pl.col("bucket_of"), "places"))
        share = self.cluster.session.sparkContext.broadcast
        task = gap_tasks.DescribeTargets(self.quarter, settings, share(places.clear()))
        return self._run_step("targets", task, judged.only("scored"), given)

    def _collect_assessment(
        self, judged: Pieces, units: Pieces, linkage: ClusterLinkage, targets: Pieces
    ) -> Assessment:
        def get_sorted(parts: Pieces, tag: str, *keys: str) -> pl.DataFrame:
            return self.cluster.get(parts, tag).sort(*keys)

        links = get_sorted(linkage.links, "links", "firm", "unit")
        firms, all_units = get_sorted(judged, "firms", "firm"), get_sorted(units, "units", "unit")
        return Assessment(
            mask_person_codes(firms),
            mask_person_codes(all_units),
            links,
            get_sorted(judged, "activity", "firm"),
            get_sorted(judged, "gaps", "firm"),
            get_sorted(targets, "targets", "rank"),
            summarise_links(links, linkage.candidates, linkage.model, linkage.unreviewed),
            [
                *self._list_notes(firms, all_units, linkage, judged),
                *find_unknown_statuses(firms, all_units, self.basis.settings.statuses),
            ],
        )

    def _list_notes(
        self, firms: pl.DataFrame, units: pl.DataFrame, linkage: ClusterLinkage, judged: Pieces
    ) -> list[Note]:
        targets = pl.scan_parquet(self.cluster.folder / RESULTS / "targets" / "*.parquet")
        counties = targets.select("county").collect()["county"].fill_null(UNKNOWN_COUNTY)
        return [
            *find_missing_inputs(firms, units),
            *linkage.notes,
            *note_covered_branches(self.cluster.get(judged, "covered")),
            *note_uncovered_branches(self.cluster.get(judged, "uncovered")),
            *note_new_registrations(self._find_new_registrations()),
            *note_small_total(counties, self.basis.settings.capacity),
        ]

    def _run_step(self, name: str, task: Task, *parts: Pieces) -> Pieces:
        return self.cluster.run_step(name, task, *parts)
