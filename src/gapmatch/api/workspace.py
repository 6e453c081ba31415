"""The frames of a workspace's results, as analysts call them.

Frames come back with the columns of ``config/frames.csv`` first (see ``docs/api.md``), more may
follow. Persons and phones are masked; ``Workspace.persons`` alone shows them, and the export log of
the workspace remembers that it did. Nothing here writes results. What the linkage alone knows is
imported when it is asked for: reading results stays quick.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from gapmatch.api.stores import load_results, open_store, refuse_empty_workspace, resolve_quarter
from gapmatch.errors import InputError, StoreError
from gapmatch.i18n import _
from gapmatch.ledger.case_progress import list_cases
from gapmatch.ledger.quarter_diff import compare_stored_quarters
from gapmatch.privacy import mask_person, mask_persons, mask_text
from gapmatch.results.quarter_figures import compute_age
from gapmatch.results.tables import select_link_columns
from gapmatch.schemas import DEFECTS, FIRMS, UNITS, load_tables
from gapmatch.settings.load import Settings, load_workspace_settings
from gapmatch.store.runs import ExportKind, Store


def open_workspace(path: str | Path = ".") -> "Workspace":
    """Return the workspace in folder ``path``; raise ``StoreError`` if nothing was run there."""
    refuse_empty_workspace(Path(path))
    return Workspace(Path(path))


@dataclass(frozen=True)
class Workspace:
    """Results of the quarters of one workspace, for reading. ``quarter=None`` means the latest one.

    Every method that takes a quarter raises ``StoreError`` for one that was not run, with those
    that were.
    """

    path: Path

    def __post_init__(self) -> None:
        object.__setattr__(self, "path", Path(self.path))  # a text is taken for one

    def quarters(self) -> list[str]:
        """Return the quarters with results, oldest first: ``["2022Q3", "2022Q4"]``."""
        with open_store(self.path) as store:
            return store.quarters()

    def settings(self) -> Settings:
        """Return the settings that hold in this workspace (prices, capacity …)."""
        return load_workspace_settings(self.path)

    def gaps(self, quarter: str | None = None) -> pl.DataFrame:
        """Return the status of every row of the tax list (columns: ``gaps``)."""
        return load_tables()["gaps"].complete(self._load_named("gaps", quarter).sort("firm"))

    def targets(self, quarter: str | None = None) -> pl.DataFrame:
        """Return the firms worth a visit, first one first (columns: ``targets``)."""
        return load_tables()["targets"].complete(self._load_named("targets", quarter).sort("rank"))

    def links(self, quarter: str | None = None) -> pl.DataFrame:
        """Return every firm's best candidate and every match or review (columns: ``links``)."""
        order = ["firm", "weight", "unit"]
        return load_tables()["links"].complete(
            self._load_named("links", quarter).sort(
                order, descending=[False, True, False], nulls_last=True
            )
        )

    def firms(self, quarter: str | None = None) -> pl.DataFrame:
        """Return the tax list, standardised (columns: ``Firms``), persons and phones masked."""
        return FIRMS.complete(mask_persons(self._load_results(quarter)["firms"]))

    def units(self, quarter: str | None = None) -> pl.DataFrame:
        """Return the standardised units (columns: ``Units``), persons and phones masked."""
        return UNITS.complete(mask_persons(self._load_results(quarter)["units"]))

    def persons(self, quarter: str | None = None) -> pl.DataFrame:
        """Return ``side``, ``key`` (firm or unit) and the persons and phones in full. The
        workspace's export log notes account, time and number of rows.
        """
        with open_store(self.path) as store:
            wanted = resolve_quarter(store, quarter)
            frame = store.result(wanted, "persons")
            store.log_export(wanted, ExportKind.PERSONS, frame.height)
        return frame

    def defects(self, quarter: str | None = None) -> pl.DataFrame:
        """Return what was wrong in the extracts (columns: ``Defects``), persons masked."""
        with open_store(self.path) as store:
            frame = store.result(resolve_quarter(store, quarter), "defects")
        return DEFECTS.complete(frame.with_columns(mask_text("value")))

    def cases(self) -> pl.DataFrame:
        """Return all cases as they stand now (columns: ``cases``), who and remarks masked."""
        with open_store(self.path) as store:
            frame = list_cases(store)
        masked = frame.with_columns(mask_person("who"), mask_text("remark"))
        return load_tables()["cases"].complete(masked)

    def figures(self, quarter: str | None = None) -> pl.DataFrame:
        """Return the figures that a quarter was reported by (columns: ``figures``).

        Raises ``StoreError`` if a version that kept none ran the quarter.
        """
        with open_store(self.path) as store:
            wanted = resolve_quarter(store, quarter)
            frame = store.read_figures(wanted)
            if frame is None:
                store.result(wanted, "firms")  # a quarter that is not held is the nearer reason
                raise StoreError(
                    _("库中没有 {quarter} 的汇总数，该季度由旧版本运行").format(quarter=wanted),
                    _("请重新运行 gapmatch run {quarter} …。").format(quarter=wanted),
                )
        return load_tables()["figures"].complete(frame)

    def changes(self, previous: str | None = None, current: str | None = None) -> pl.DataFrame:
        """Return what changed for each firm between two quarters (columns: ``changes``).

        By default the latest quarter and the one before it. Raises ``StoreError`` if there is
        none.
        """
        with open_store(self.path) as store:
            return load_tables()["changes"].complete(
                compare_stored_quarters(store, *_resolve_quarters(store, previous, current)).firms
            )

    def totals(self, previous: str | None = None, current: str | None = None) -> pl.DataFrame:
        """Return the way from one quarter's uninsured to another's (columns: ``totals``)."""
        with open_store(self.path) as store:
            return load_tables()["totals"].complete(
                compare_stored_quarters(store, *_resolve_quarters(store, previous, current)).totals
            )

    def expected_errors(self, quarter: str | None = None) -> pl.DataFrame:
        """Return the expected false and missed gaps (columns: ``expected_errors``)."""
        from gapmatch.gate.findings import count_lost
        from gapmatch.linkage.classify import add_lost_units, estimate_errors

        with open_store(self.path) as store:
            wanted = resolve_quarter(store, quarter)
            errors = estimate_errors(store.result(wanted, "links"))
            errors = add_lost_units(errors, count_lost(store.read_findings(wanted)))
        rows = [{"error": name, **values} for name, values in errors.items()]
        return load_tables()["expected_errors"].complete(pl.DataFrame(rows))

    def parts(self, firm: int, unit: int | None = None, quarter: str | None = None) -> pl.DataFrame:
        """Return the parts of the weight of a pair (columns: ``parts``).

        ``unit=None``: the best one. Raises ``InputError`` if the firm has no such candidate.
        """
        from gapmatch.explanation.link_parts import explain_link

        frames = self._load_results(quarter)
        link = _find_pair(frames["links"], firm, unit)
        firms, units = mask_persons(frames["firms"]), mask_persons(frames["units"])
        columns = explain_link(
            link,
            firms.filter(pl.col("firm") == firm).row(0, named=True),
            units.filter(pl.col("unit") == link["unit"]).row(0, named=True),
        )
        rows = [(p.name, p.title, p.level, p.firm_value, p.unit_value, p.weight) for p in columns]
        return pl.DataFrame(rows, schema=load_tables()["parts"].schema, orient="row")

    def weights(self, quarter: str | None = None) -> pl.DataFrame:
        """Return what each level of each comparison weighs (columns: ``weights``)."""
        from gapmatch.explanation.link_parts import describe_level, list_part_labels
        from gapmatch.linkage.levels import LADDERS

        with open_store(self.path) as store:
            links = store.result(resolve_quarter(store, quarter), "links")
        labels = list_part_labels()
        rows = [
            (name, labels[name], level, describe_level(name, level), weight, pairs)
            for name in LADDERS
            for level, weight, pairs in _iterate_levels(links, name)
        ]
        return pl.DataFrame(rows, schema=load_tables()["weights"].schema, orient="row")

    def labels(self, quarter: str | None = None) -> pl.DataFrame:
        """Return the pairs on which people gave a verdict (columns: ``labels``)."""
        from gapmatch.evaluation.label_quality import join_pair_labels
        from gapmatch.ledger.decisions import resolve_decisions
        from gapmatch.ledger.entries import load_decisions

        with open_store(self.path) as store:
            wanted = resolve_quarter(store, quarter)
            frames, decisions = store.results(wanted), load_decisions(store.db)
            firms, units = _load_firm_columns(store, wanted), _load_unit_columns(store, wanted)
        resolved = resolve_decisions(frames["firms"], frames["units"], decisions)
        labels = join_pair_labels(frames["links"], resolved)
        named = labels.join(firms.select("firm", "name"), on="firm", how="left")
        return load_tables()["labels"].complete(
            named.join(units.select("unit", "unit_name"), on="unit", how="left").sort(
                "firm", "unit"
            )
        )

    def label_quality(self, quarter: str | None = None) -> pl.DataFrame:
        """Return precision and recall of thresholds, by ``labels`` (columns: ``label_quality``).

        People look at pairs that are in doubt: on these, shares are lower than on all pairs.
        """
        from gapmatch.evaluation.label_quality import measure_thresholds

        return load_tables()["label_quality"].complete(measure_thresholds(self.labels(quarter)))

    def findings(self, quarter: str | None = None) -> pl.DataFrame:
        """Return what visits found (columns: ``findings``); those drawn at random stand for all."""
        from gapmatch.evaluation.label_quality import join_visit_labels
        from gapmatch.ledger.entries import load_visits
        from gapmatch.ledger.visit_effects import select_last_outcomes

        with open_store(self.path) as store:
            wanted = resolve_quarter(store, quarter)
            frames, visits = store.results(wanted), load_visits(store.db)
            firms = _load_firm_columns(store, wanted)
        quarter_visits = visits.filter(visits["quarter"] == wanted)
        outcomes = select_last_outcomes(frames["firms"], quarter_visits)
        labelled = join_visit_labels(frames["gaps"], frames["targets"], outcomes)
        return load_tables()["findings"].complete(
            labelled.join(firms.select("firm", "name"), on="firm", how="left").sort("firm")
        )

    def groups(self, quarter: str | None = None, min_probability: float = 0.5) -> pl.DataFrame:
        """Return firms and units that links connect (columns: ``groups``).

        ``min_probability``: of a link of either relation that connects. A firm without such a link
        is in no group.
        """
        from gapmatch.api.frame_linkage import group_links

        links = self.links(quarter)
        chance = pl.max_horizontal("probability", "relation_probability")
        units = self.units(quarter).select("unit", pl.col("name").alias("unit_name"), "code_text")
        return group_links(links.filter(chance >= min_probability), units)

    def _load_results(self, quarter: str | None) -> dict[str, pl.DataFrame]:
        return load_results(self.path, quarter)

    def _load_named(self, name: str, quarter: str | None) -> pl.DataFrame:
        """Return a frame with what is shown of its firms, and of its units if it has any."""
        with open_store(self.path) as store:
            wanted = resolve_quarter(store, quarter)
            frame = store.result(wanted, name)
            if name == "links":
                frame = select_link_columns(frame)
            frame = frame.join(_load_firm_columns(store, wanted), on="firm", how="left")
            if name == "targets":
                return frame
            return frame.join(_load_unit_columns(store, wanted), on="unit", how="left")


def sample_workspace(folder: str | Path) -> Workspace:
    """Return a sample in ``folder``: two quarters of a small invented prefecture, to try out."""
    from gapmatch.synth.sample_workspace import make_sample

    return Workspace(make_sample(Path(folder)))


def _resolve_quarters(store: Store, previous: str | None, current: str | None) -> tuple[str, str]:
    later = resolve_quarter(store, current)
    earlier = previous or store.find_comparable_quarter(later)
    if earlier is None:
        raise StoreError(
            _("库中没有早于 {quarter} 的季度，无从比较").format(quarter=later),
            _("请先运行上一季度：gapmatch run。"),
        )
    return earlier, later


def _load_firm_columns(store: Store, quarter: str) -> pl.DataFrame:
    """Everything that the frames hold about a firm."""
    return FIRMS.complete(store.result(quarter, "firms")).select(
        "firm",
        "name",
        pl.col("code_text").alias("code"),
        pl.col("county_name").alias("county"),
        "section",
        compute_age(quarter).alias("age"),
    )


def _load_unit_columns(store: Store, quarter: str) -> pl.DataFrame:
    return UNITS.complete(store.result(quarter, "units")).select(
        "unit", "unit_id", pl.col("name").alias("unit_name"), pl.col("code_text").alias("unit_code")
    )


def _find_pair(links: pl.DataFrame, firm: int, unit: int | None) -> dict[str, object]:
    links_of_firm = links.filter(pl.col("firm") == firm, pl.col("unit").is_not_null())
    if unit is not None:
        links_of_firm = links_of_firm.filter(pl.col("unit") == unit)
    if links_of_firm.is_empty():
        raise InputError(
            _("企业 {firm} 没有这样的候选单位").format(firm=firm),
            _("请从 links() 中选一对 firm 和 unit。"),
        )
    return links_of_firm.sort("weight", "unit", descending=[True, False]).row(0, named=True)


def _iterate_levels(links: pl.DataFrame, comparison: str) -> Iterator[tuple[str, float, int]]:
    """Yield level, mean weight and number of links, strongest level first."""
    level, part = f"level_{comparison}", f"part_{comparison}"
    counted = (
        links.drop_nulls([level, part])
        .group_by(level)
        .agg(pl.col(part).mean(), pl.len().cast(pl.Int64))
        .sort(part, level, descending=[True, False])
    )
    yield from counted.rows()
